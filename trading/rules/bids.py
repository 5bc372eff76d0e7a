"""A sealed bid from its acceptance to its opening: when it counts, when it may be taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from kernel.clock import BEIJING
from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move
from trading.rules.statuses import (
    BID_ZH,
    SESSION_ZH,
    TENDER_ZH,
    BidStatus,
    SessionStatus,
    TenderStatus,
)

LATE = ReasonForm(
    "bid.late",
    zh="截止时间 {deadline}，您的文件于 {received} 收齐，晚了 {late} 秒，未被接收",
    en="the deadline was {deadline}; your file was complete at {received}, {late} seconds late, and is not accepted",
    kind=Kind.CONFLICT,
    law="招标投标法第二十八条",
)
NOT_OPEN_FOR_BIDS = ReasonForm(
    "bid.tender_not_open",
    zh="该招标当前状态为「{status}」，不接收投标文件",
    en="the tender's status is {status}: it takes no bids",
    kind=Kind.CONFLICT,
    law="招标投标法第二十八条",
)
NO_DEADLINE = ReasonForm(
    "bid.no_deadline",
    zh="该招标尚未确定投标截止时间",
    en="the tender has no submission deadline yet",
    kind=Kind.CONFLICT,
    law="招标投标法第二十四条",
)
WITHDRAWN_LATE = ReasonForm(
    "bid.withdrawal_late",
    zh="截止时间 {deadline} 已过 {late} 秒，不能撤回；此后只能撤销，招标人可以不退还投标保证金",
    en="the deadline {deadline} passed {late} seconds ago: a bid can now only be revoked, and the bond may be kept",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第三十五条",
)
TAKEN_BACK = ReasonForm(
    "bid.taken_back",
    zh="这份加密投标文件{status}，不能再次递交；请重新加密（bidtool seal 得到新的文件），在截止时间之前递交",
    en="this envelope was taken back ({status}) and cannot come again; seal anew and submit before the deadline",
    kind=Kind.CONFLICT,
    law="招标投标法第二十九条",
)
REVOKED_EARLY = ReasonForm(
    "bid.revocation_early",
    zh="截止时间 {deadline} 之前请用撤回，撤回不影响投标保证金",
    en="before the deadline {deadline} withdraw the bid instead: that leaves the bond untouched",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第三十五条",
)
REVOKED_FAILED_LOT = ReasonForm(
    "bid.revocation_lot_failed",
    zh="本标段已流标，投标不再有效，无须撤销；已收取的投标保证金应当退还",
    en="the lot has failed: the bid binds nobody any more and need not be revoked; the bond goes back",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第三十一条、第三十五条",
)
REVOKED_AFTER_REPORT = ReasonForm(
    "bid.revocation_reported",
    zh="评标报告已经提交，不再受理撤销；中标候选人放弃中标的，由招标人依法另行处理",
    en="the evaluation report is in: a bid is not revoked any more; a candidate that gives up is passed over",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第三十五条、第五十五条",
)
NOT_DECRYPTING = ReasonForm(
    "bid.not_decrypting",
    zh="开标会当前处于「{step}」，不在解密阶段",
    en="the opening session is at {step}: it is not the time of decryption",
    kind=Kind.CONFLICT,
    law="电子招标投标办法第三十条",
)
LOT_NOT_OPENED = ReasonForm(
    "bid.lot_not_opened",
    zh="该标段投标人少于 3 个，不开标，投标文件保持密封",
    en="the lot has fewer than 3 bidders: it is not opened and its bids stay sealed",
    kind=Kind.CONFLICT,
    law="招标投标法第二十八条",
)


@dataclass(frozen=True)
class BidFacts:
    """What a bid's moves depend on. ``session`` is of the opening of the bid's part, ``None`` while nobody has
    signed in to it: a price part has none before the second opening is convened."""

    now: datetime
    deadline: datetime | None
    tender: TenderStatus
    session: SessionStatus | None = None
    lot_failed: bool = False
    lot_reported: bool = False


def seconds_late(now: datetime, deadline: datetime) -> str:
    """How late, in seconds, to the microsecond: ``0.000001``; without superfluous zeros."""
    late = now - deadline
    whole, micro = divmod(late // timedelta(microseconds=1), 1_000_000)
    fraction = f"{micro:06d}".rstrip("0")
    return f"{whole}.{fraction}" if fraction else str(whole)


def clock_words(at: datetime) -> str:
    """Beijing's time of day as a refusal says it, with its fraction only when there is one."""
    local = at.astimezone(BEIJING)
    fraction = f".{local.microsecond:06d}".rstrip("0") if local.microsecond else ""
    return f"{local:%Y-%m-%d %H:%M:%S}{fraction}"


def late_reason(now: datetime, deadline: datetime) -> Reason | None:
    """Later than the deadline, by a microsecond or more, is late (招标投标法第二十八条)."""
    if now <= deadline:
        return None
    return LATE(deadline=clock_words(deadline), received=clock_words(now), late=seconds_late(now, deadline))


def submission_reason(facts: BidFacts) -> Reason | None:
    """Why no bid may be accepted now, or ``None``."""
    if facts.deadline is None:
        return NO_DEADLINE()
    if facts.tender in (TenderStatus.OPENING, TenderStatus.OPENED, TenderStatus.ANNOUNCED) and (
        late := late_reason(facts.now, facts.deadline)
    ):
        return late
    if facts.tender is not TenderStatus.ANNOUNCED:
        return NOT_OPEN_FOR_BIDS(status=TENDER_ZH[facts.tender])
    return None


def _withdrawn_late(facts: BidFacts) -> Reason | None:
    if facts.deadline is None or facts.now <= facts.deadline:
        return None
    return WITHDRAWN_LATE(deadline=clock_words(facts.deadline), late=seconds_late(facts.now, facts.deadline))


def _revoked_early(facts: BidFacts) -> Reason | None:
    if facts.deadline is not None and facts.now > facts.deadline:
        return None
    return REVOKED_EARLY(deadline=clock_words(facts.deadline) if facts.deadline else "—")


def _too_late_to_revoke(facts: BidFacts) -> Reason | None:
    if facts.lot_failed:
        return REVOKED_FAILED_LOT()
    return REVOKED_AFTER_REPORT() if facts.lot_reported else None


def _left_early(facts: BidFacts) -> Reason | None:
    """Before the deadline a part may still come."""
    if facts.deadline is not None and facts.now > facts.deadline:
        return None
    return NOT_DECRYPTING(step=SESSION_ZH[SessionStatus.SIGN_IN])


def _not_decrypting(facts: BidFacts) -> Reason | None:
    if facts.lot_failed:
        return LOT_NOT_OPENED()
    if facts.session is SessionStatus.DECRYPTING:
        return None
    return NOT_DECRYPTING(step=SESSION_ZH[facts.session or SessionStatus.SIGN_IN])


_S = frozenset({BidStatus.SUBMITTED})
BID: Machine[BidStatus, BidFacts] = Machine(
    "bid",
    BidStatus.SUBMITTED,
    (
        Move("withdraw", _S, BidStatus.WITHDRAWN, "招标投标法第二十九条", "撤回", (_withdrawn_late,)),
        Move(
            "revoke",
            frozenset({BidStatus.SUBMITTED, BidStatus.OPENED}),
            BidStatus.REVOKED,
            "招标投标法实施条例第三十五条",
            "撤销",
            (_revoked_early, _too_late_to_revoke),
        ),
        Move("open", _S, BidStatus.OPENED, "招标投标法第三十六条", "开启", (_not_decrypting,)),
        Move("leave", _S, BidStatus.UNOPENED, "电子招标投标办法第二十七条；招标投标法实施条例第四十九条", "不予开启",
             (_left_early,)),
        Move("fail", _S, BidStatus.UNDECRYPTABLE, "电子招标投标办法第三十一条", "记为无法开启",
             (_not_decrypting,)),
    ),
    BID_ZH,
)  # fmt: skip
