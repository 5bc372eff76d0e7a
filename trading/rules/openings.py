"""The opening session (开标会): its steps, who may do what in which, what stops the next one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move
from trading.rules.bids import clock_words
from trading.rules.statuses import SESSION_ZH, SessionStatus

#: Fewer bidders than this and a lot is not opened (招标投标法第二十八条、第三十六条, 实施条例第四十四条).
FEWEST_BIDDERS = 3

TOO_EARLY = ReasonForm(
    "opening.too_early",
    zh="开标时间为 {opening}，现在是 {now}，还不能开标",
    en="opening begins at {opening}; it is {now}",
    kind=Kind.CONFLICT,
    law="招标投标法第三十四条",
)
TOO_FEW = ReasonForm(
    "lot.too_few_bidders",
    zh="{lot}投标人 {count} 个，少于 3 个，不得开标",
    en="{lot} has {count} bidders, fewer than 3: it must not be opened",
    kind=Kind.CONFLICT,
    law="招标投标法第二十八条；实施条例第四十四条",
)
WINDOW_OPEN = ReasonForm(
    "opening.window_open",
    zh="解密截止时间为 {until}，还没有到",
    en="decryption is possible until {until}",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十条",
)
WINDOW_OVER = ReasonForm(
    "opening.window_over",
    zh="解密已于 {until} 截止",
    en="decryption ended at {until}",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十条",
)
STILL_SEALED = ReasonForm(
    "opening.still_sealed",
    zh="还有 {count} 份投标文件未开启，也未记为无法开启",
    en="{count} bids are neither open nor recorded as undecryptable",
    kind=Kind.CONFLICT,
    law="招标投标法第三十六条",
)
STILL_UNREAD = ReasonForm(
    "opening.still_unread",
    zh="还有 {count} 份投标文件未宣读",
    en="{count} bids have not been read out",
    kind=Kind.CONFLICT,
    law="招标投标法第三十六条",
)
NOT_NEXT = ReasonForm(
    "opening.not_next_to_read",
    zh="应先宣读 {lot}第 {no} 家",
    en="{lot} number {no} is next to be read out",
    kind=Kind.CONFLICT,
    law="招标投标法第三十六条",
)
UNANSWERED = ReasonForm(
    "opening.objection_unanswered",
    zh="还有 {count} 项异议未答复；异议应当场答复",
    en="{count} objections are unanswered; they are to be answered on the spot",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十四条",
)
NO_OBJECTIONS_NOW = ReasonForm(
    "opening.no_objections_now",
    zh="开标会当前处于「{step}」，对开标的异议应在开标现场提出",
    en="the session is at {step}: objections to the opening are raised during the opening",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十四条",
)
RECORD_NOT_READY = ReasonForm(
    "opening.record_not_ready",
    zh="开标记录正在制作，请稍候",
    en="the opening record is being made",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十二条",
)
SIGNATURES_MISSING = ReasonForm(
    "opening.signatures_missing",
    zh="还有 {count} 方未在开标记录上签名：{who}。投标人未签名的，须写明情况后才能闭会",
    en="{count} parties have not signed the record: {who}; say why to close without bidders' signatures",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十二条",
)
NO_SIGN_IN_NOW = ReasonForm(
    "opening.no_sign_in_now",
    zh="开标会当前处于「{step}」，不能签到",
    en="the session is at {step}: it is too late to sign in",
    kind=Kind.CONFLICT,
    law="招标投标法第三十五条",
)
DESK_TOO_EARLY = ReasonForm(
    "opening.desk_too_early",
    zh="窗口在投标截止（{deadline}）之后才办签到：此前到场的人就是可能的投标人，名称应当保密",
    en="the desk signs people in only after the deadline ({deadline}): whoever comes before may be a bidder, "
    "whose name is secret",
    kind=Kind.CONFLICT,
    law="招标投标法第二十二条",
)
EXTENSION_OUT_OF_RANGE = ReasonForm(
    "opening.extension_out_of_range",
    zh="一次可延长 1 至 {most} 分钟",
    en="1 to {most} minutes at a time",
    field="minutes",
    law="电子招标投标办法第三十一条",
)
MOST_EXTENSION_MINUTES = 240

_OPEN_STEPS = frozenset(SessionStatus) - {SessionStatus.CLOSED, SessionStatus.FAILED}
_OBJECTION_STEPS = frozenset({SessionStatus.DECRYPTING, SessionStatus.READING, SessionStatus.OBJECTIONS})
#: From here on everybody may know how many bids there are and under which pseudonyms.
STARTED = frozenset(SessionStatus) - {SessionStatus.SIGN_IN}


@dataclass(frozen=True)
class SessionFacts:
    """``opening_at``: the deadline and the grace that lets bids in flight commit. ``sealed``, ``unread``:
    bids of opened lots; ``missing``: who has not signed; ``excused``: why bidders' signatures lack."""

    now: datetime
    opening_at: datetime
    decryption_until: datetime | None = None
    sealed: int = 0
    unread: int = 0
    unanswered: int = 0
    record: bool = False
    missing_hosts: tuple[str, ...] = ()
    missing_bidders: tuple[str, ...] = ()
    excused: bool = False


def opening_at(deadline: datetime, grace_seconds: float) -> datetime:
    """When the host may begin: bids received by the deadline have then been committed."""
    return deadline + timedelta(seconds=grace_seconds)


def too_few(lot: str, count: int) -> Reason | None:
    return None if count >= FEWEST_BIDDERS else TOO_FEW(lot=lot, count=count)


def sign_in_reason(status: SessionStatus) -> Reason | None:
    return None if status in _OPEN_STEPS else NO_SIGN_IN_NOW(step=SESSION_ZH[status])


def desk_reason(now: datetime, deadline: datetime) -> Reason | None:
    """Why the trading center's desk may not sign anybody in yet."""
    return None if now > deadline else DESK_TOO_EARLY(deadline=clock_words(deadline))


def objection_reason(status: SessionStatus) -> Reason | None:
    return None if status in _OBJECTION_STEPS else NO_OBJECTIONS_NOW(step=SESSION_ZH[status])


def extension_reason(minutes: int) -> Reason | None:
    if 1 <= minutes <= MOST_EXTENSION_MINUTES:
        return None
    return EXTENSION_OUT_OF_RANGE(most=MOST_EXTENSION_MINUTES)


def _too_early(facts: SessionFacts) -> Reason | None:
    if facts.now >= facts.opening_at:
        return None
    return TOO_EARLY(opening=clock_words(facts.opening_at), now=clock_words(facts.now))


def _window_over(facts: SessionFacts) -> Reason | None:
    if facts.decryption_until is None or facts.now <= facts.decryption_until:
        return None
    return WINDOW_OVER(until=clock_words(facts.decryption_until))


def _window_open(facts: SessionFacts) -> Reason | None:
    if facts.decryption_until is None or facts.now > facts.decryption_until:
        return None
    return WINDOW_OPEN(until=clock_words(facts.decryption_until))


def _still_sealed(facts: SessionFacts) -> Reason | None:
    return STILL_SEALED(count=facts.sealed) if facts.sealed else None


def _still_unread(facts: SessionFacts) -> Reason | None:
    return STILL_UNREAD(count=facts.unread) if facts.unread else None


def _unanswered(facts: SessionFacts) -> Reason | None:
    return UNANSWERED(count=facts.unanswered) if facts.unanswered else None


def _no_record(facts: SessionFacts) -> Reason | None:
    return None if facts.record else RECORD_NOT_READY()


def _unsigned(facts: SessionFacts) -> Reason | None:
    missing = facts.missing_hosts if facts.excused else facts.missing_hosts + facts.missing_bidders
    return SIGNATURES_MISSING(count=len(missing), who="、".join(missing)) if missing else None


def _from(*statuses: SessionStatus) -> frozenset[SessionStatus]:
    return frozenset(statuses)


_D, _R, _O = SessionStatus.DECRYPTING, SessionStatus.READING, SessionStatus.OBJECTIONS
SESSION: Machine[SessionStatus, SessionFacts] = Machine(
    "opening_session",
    SessionStatus.SIGN_IN,
    (
        Move("start", _from(SessionStatus.SIGN_IN), _D, "招标投标法第三十四条、第三十六条", "开标", (_too_early,)),
        Move("fail", _from(SessionStatus.SIGN_IN), SessionStatus.FAILED,
             "招标投标法第二十八条；实施条例第四十四条", "宣布流标", (_too_early,)),
        Move("cancel", _OPEN_STEPS, SessionStatus.FAILED, "招标投标法实施条例第三十一条", "终止开标"),
        Move("release_key", _from(_D), _D, "电子招标投标办法第三十条", "解密", (_window_over,)),
        Move("request_quorum", _from(_D), _D, "电子招标投标办法第三十一条", "申请分片开启", (_window_over,)),
        Move("release_share", _from(_D), _D, "电子招标投标办法第三十一条", "提交密钥分片", (_window_over,)),
        Move("extend", _from(_D), _D, "电子招标投标办法第三十一条", "延长解密时间"),
        Move("end_window", _from(_D), _D, "电子招标投标办法第三十一条", "结束解密", (_window_open,)),
        Move("begin_reading", _from(_D), _R, "招标投标法第三十六条", "开始唱标", (_still_sealed,)),
        Move("read_out", _from(_R), _R, "招标投标法第三十六条", "唱标"),
        Move("end_reading", _from(_R), _O, "招标投标法第三十六条", "唱标完毕", (_still_unread,)),
        Move("close_objections", _from(_O), SessionStatus.SIGNING, "招标投标法实施条例第四十四条",
             "异议环节结束", (_unanswered,)),
        Move("file_record", _from(SessionStatus.SIGNING), SessionStatus.SIGNING, "电子招标投标办法第三十二条",
             "生成开标记录"),
        Move("sign_record", _from(SessionStatus.SIGNING), SessionStatus.SIGNING, "电子招标投标办法第三十二条",
             "确认开标记录", (_no_record,)),
        Move("close", _from(SessionStatus.SIGNING), SessionStatus.CLOSED, "电子招标投标办法第三十二条", "闭会",
             (_no_record, _unsigned)),
    ),
    SESSION_ZH,
)  # fmt: skip
