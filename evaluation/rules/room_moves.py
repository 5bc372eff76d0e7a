"""The evaluation room as a table of moves.

What each seat has done stands in rows; guards ask whether every seat has done its part. So when a
member is replaced the room goes back to the start, what the others did stays, and only the new
member has to catch up (实施条例第四十八条).
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.rules.statuses import PAUSE_ZH, ROOM_ENDED, ROOM_ZH, PauseStatus, RoomStatus
from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move

PAUSED = ReasonForm(
    "evaluation.paused",
    zh="评标已暂停：{reason}。已保存的评分不会丢失，恢复后继续。",
    en="the evaluation is paused: {reason}; saved scores are kept",
    kind=Kind.CONFLICT,
)
BELOW_QUORUM = ReasonForm(
    "evaluation.below_quorum",
    zh="评标委员会只有 {present} 人在席，应为 {size} 人；补足前不能继续",
    en="{present} of {size} members are seated; the committee must be complete first",
    kind=Kind.CONFLICT,
    law="招标投标法第三十七条；实施条例第四十八条",
)
WAITING_FOR = ReasonForm(
    "evaluation.waiting_for_seats",
    zh="还在等 {seats} 完成{what}",
    en="still waiting for {seats}: {what}",
    kind=Kind.CONFLICT,
)
NO_MAJORITY = ReasonForm(
    "evaluation.no_majority",
    zh="没有人得到过半数票（需 {need} 票），请重新投票",
    en="nobody has a majority ({need} votes needed); vote again",
    kind=Kind.CONFLICT,
    law="12号令第九条",
)
NOTHING_VALID = ReasonForm(
    "evaluation.nothing_left",
    zh="没有通过初步评审的投标，不进入详细评审",
    en="no bid passed the preliminary review: there is nothing to score",
    kind=Kind.CONFLICT,
    law="招标投标法第四十二条",
)
STILL_VALID = ReasonForm(
    "evaluation.bids_left",
    zh="还有 {count} 份投标通过初步评审，应进入详细评审",
    en="{count} bids passed the preliminary review and must be scored",
    kind=Kind.CONFLICT,
)
COMPETITION_OPEN = ReasonForm(
    "evaluation.competition_undecided",
    zh="有效投标不足 3 个，须先由委员会过半数认定是否明显缺乏竞争",
    en="fewer than three valid bids: a majority must first decide whether there is competition",
    kind=Kind.CONFLICT,
    law="12号令第二十七条",
)
OBJECTIVE_DIFFER = ReasonForm(
    "evaluation.objective_items_differ",
    zh="客观评分项各评委不一致：{items}，请更正",
    en="objective items differ between members: {items}",
    kind=Kind.CONFLICT,
    law="87号令第六十四条（参照）",
)

PRICES_SEALED = ReasonForm(
    "evaluation.prices_sealed",
    zh="本标段为双信封，技术评审结束后先开启报价，再汇总",
    en="the lot has two envelopes: prices are opened after the technical evaluation, before the totals",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十九条",
)
NO_SECOND = ReasonForm(
    "evaluation.one_envelope",
    zh="本标段只有一个信封，没有待开启的报价",
    en="the lot has one envelope: there are no prices to wait for",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十九条",
)


@dataclass(frozen=True)
class RoomFacts:
    """Seats are named by number. ``valid`` counts bids not rejected; ``competition`` is the committee's
    finding when fewer than three are left (``None`` until a majority agrees); ``dual``: two envelopes."""

    size: int
    seats: tuple[int, ...]
    pause_reason: str = ""
    declared: frozenset[int] = frozenset()
    voted: frozenset[int] = frozenset()
    chair: int | None = None
    reviewed: frozenset[int] = frozenset()
    valid: int = 0
    competition: bool | None = None
    locked: frozenset[int] = frozenset()
    differing: tuple[str, ...] = ()
    spoken: frozenset[int] = frozenset()
    dual: bool = False

    @property
    def paused(self) -> bool:
        return bool(self.pause_reason)

    @property
    def majority(self) -> int:
        return self.size // 2 + 1


def label(seat: int) -> str:
    """``03 号``: the only name a member has before the award."""
    return f"{seat:02d} 号"


def _running(facts: RoomFacts) -> Reason | None:
    return PAUSED(reason=facts.pause_reason) if facts.paused else None


def _complete(facts: RoomFacts) -> Reason | None:
    if len(facts.seats) != facts.size:
        return BELOW_QUORUM(present=len(facts.seats), size=facts.size)
    return None


def _all(done: frozenset[int], facts: RoomFacts, what: str) -> Reason | None:
    missing = [label(s) for s in facts.seats if s not in done]
    return WAITING_FOR(seats="、".join(missing), what=what) if missing else None


def _all_declared(facts: RoomFacts) -> Reason | None:
    return _all(facts.declared, facts, "声明")


def _all_voted(facts: RoomFacts) -> Reason | None:
    return _all(facts.voted, facts, "投票")


def _has_chair(facts: RoomFacts) -> Reason | None:
    return None if facts.chair is not None else NO_MAJORITY(need=facts.majority)


def _all_reviewed(facts: RoomFacts) -> Reason | None:
    return _all(facts.reviewed, facts, "初步评审")


def _something_left(facts: RoomFacts) -> Reason | None:
    return None if facts.valid else NOTHING_VALID()


def _competition_found(facts: RoomFacts) -> Reason | None:
    return COMPETITION_OPEN() if facts.valid < 3 and facts.competition is not True else None


def _nothing_left(facts: RoomFacts) -> Reason | None:
    if facts.valid == 0 or (facts.valid < 3 and facts.competition is False):
        return None
    return STILL_VALID(count=facts.valid)


def _all_locked(facts: RoomFacts) -> Reason | None:
    return _all(facts.locked, facts, "锁定评分")


def _objective_agree(facts: RoomFacts) -> Reason | None:
    return OBJECTIVE_DIFFER(items="、".join(facts.differing)) if facts.differing else None


def _one_envelope(facts: RoomFacts) -> Reason | None:
    return PRICES_SEALED() if facts.dual else None


def _two_envelopes(facts: RoomFacts) -> Reason | None:
    return None if facts.dual else NO_SECOND()


def _all_spoken(facts: RoomFacts) -> Reason | None:
    return _all(facts.spoken, facts, "签署")


S = RoomStatus
_OPEN = frozenset(S) - ROOM_ENDED
_SECRECY = "招标投标法第三十八条、第四十四条；12号令第十二条、第十三条"
_CHAIR = "12号令第九条"
_REVIEW = "招标投标法实施条例第五十一条；12号令第二十三条"
_SCORE = "招标投标法第四十条；实施条例第四十九条"
_SIGN = "招标投标法实施条例第五十三条"

ROOM: Machine[RoomStatus, RoomFacts] = Machine(
    "evaluation",
    S.CONVENED,
    [
        Move("declare", frozenset({S.CONVENED}), S.CONVENED, _SECRECY, "签署声明", (_running,)),
        Move("begin", frozenset({S.CONVENED}), S.ELECTING, _SECRECY, "开始",
             (_running, _complete, _all_declared)),
        Move("vote_chair", frozenset({S.ELECTING}), S.ELECTING, _CHAIR, "推选组长", (_running, _complete)),
        Move("elect", frozenset({S.ELECTING}), S.REVIEWING, _CHAIR, "确定组长",
             (_running, _complete, _all_voted, _has_chair)),
        Move("review", frozenset({S.REVIEWING}), S.REVIEWING, _REVIEW, "初步评审", (_running, _complete)),
        Move("find_competition", frozenset({S.REVIEWING}), S.REVIEWING, "12号令第二十七条", "认定竞争性",
             (_running, _complete, _all_reviewed)),
        Move("close_review", frozenset({S.REVIEWING}), S.SCORING, _REVIEW, "结束初步评审",
             (_running, _complete, _all_reviewed, _something_left, _competition_found)),
        Move("reject_all", frozenset({S.REVIEWING}), S.CALCULATED, "招标投标法第四十二条", "否决全部投标",
             (_running, _complete, _all_reviewed, _nothing_left)),
        Move("conclude_technical", frozenset({S.SCORING}), S.AWAITING_PRICE, "招标投标法实施条例第四十九条", "技术评审结束",
             (_running, _complete, _all_locked, _objective_agree, _two_envelopes)),
        Move("open_prices", frozenset({S.AWAITING_PRICE}), S.PRICE_REVIEWING, "招标投标法实施条例第四十九条",
             "报价已开启"),
        Move("review_price", frozenset({S.PRICE_REVIEWING}), S.PRICE_REVIEWING, _REVIEW, "报价评审",
             (_running, _complete)),
        Move("find_price_competition", frozenset({S.PRICE_REVIEWING}), S.PRICE_REVIEWING, "12号令第二十七条",
             "认定竞争性", (_running, _complete, _all_reviewed)),
        Move("close_price_review", frozenset({S.PRICE_REVIEWING}), S.CALCULATED, _REVIEW, "结束报价评审",
             (_running, _complete, _all_reviewed, _something_left, _competition_found)),
        Move("reject_all_prices", frozenset({S.PRICE_REVIEWING}), S.CALCULATED, "招标投标法第四十二条", "否决全部投标",
             (_running, _complete, _all_reviewed, _nothing_left)),
        Move("score", frozenset({S.SCORING}), S.SCORING, _SCORE, "打分", (_running,)),
        Move("lock", frozenset({S.SCORING}), S.SCORING, _SCORE, "锁定评分", (_running,)),
        Move("return_sheets", frozenset({S.SCORING}), S.SCORING, _SCORE, "退回更正", (_running, _all_locked)),
        Move("calculate", frozenset({S.SCORING}), S.CALCULATED, "12号令第三十七条", "汇总",
             (_running, _complete, _all_locked, _objective_agree, _one_envelope)),
        Move("attach_report", frozenset({S.CALCULATED}), S.SIGNING, "12号令第四十二条", "生成评标报告"),
        Move("sign", frozenset({S.SIGNING}), S.SIGNING, _SIGN, "签署报告", (_running, _complete)),
        Move("deem_agreed", frozenset({S.SIGNING}), S.SIGNING, _SIGN, "视为同意", (_running, _complete)),
        Move("finish", frozenset({S.SIGNING}), S.FINISHED, _SIGN, "结束评标",
             (_running, _complete, _all_spoken)),
        Move("terminate", _OPEN, S.TERMINATED, "招标投标法实施条例第三十一条；招标投标法第四十二条", "终止评标"),
        Move("replace", _OPEN, S.CONVENED, "招标投标法实施条例第四十八条", "更换评委"),
    ],
    ROOM_ZH,
)  # fmt: skip

#: A pause is an open interval beside the steps: it blocks every move but the replacement of a member.
PAUSE: Machine[PauseStatus, RoomFacts] = Machine(
    "pause",
    PauseStatus.RUNNING,
    [
        Move("pause", frozenset({PauseStatus.RUNNING}), PauseStatus.PAUSED, "实施条例第四十八条；远程异地评标协议",
             "暂停"),
        Move("resume", frozenset({PauseStatus.PAUSED}), PauseStatus.RUNNING, "实施条例第四十八条；远程异地评标协议",
             "恢复", (_complete,)),
    ],
    PAUSE_ZH,
)  # fmt: skip
