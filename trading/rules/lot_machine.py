"""What becomes of a lot, from its open bids to the contract, as a table (process.md §3, §9)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kernel.clock import beijing
from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move
from trading.rules.parts import RESULT_STANDS
from trading.rules.statuses import LOT_ZH, LotStatus

STANDSTILL = ReasonForm(
    "lot.standstill",
    zh="中标候选人公示至 {until}，期满后才能定标",
    en="the candidates are on show until {until}; the award comes after that",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第五十四条",
)
STANDSTILL_OVER = ReasonForm(
    "lot.standstill_over",
    zh="中标候选人公示已于 {until} 结束，不再受理对评标结果的异议",
    en="the candidates were on show until {until}: objections to the result are no longer possible",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第五十四条",
)
PAUSED = ReasonForm(
    "lot.paused_by_objection",
    zh="还有 {count} 项对评标结果的异议未答复，招标投标活动暂停",
    en="{count} objections to the result are not answered: the procedure is paused",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第五十四条",
)
CORRECTION_DUE = ReasonForm(
    "lot.correction_due",
    zh="异议成立，应先由评标委员会改正结果或重新招标，不能定标",
    en="an objection was upheld: the committee corrects the result or the lot is tendered again; no award",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第五十六条、第八十一条",
)
NOTHING_UPHELD = ReasonForm(
    "lot.nothing_upheld",
    zh="没有成立的异议，评标结果不能更改",
    en="no objection was upheld: the result stands",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第五十三条",
)
NOT_NOTIFIED = ReasonForm(
    "lot.not_notified",
    zh="尚未发出中标通知书，不能登记合同",
    en="the acceptance notice is not out: no contract can be registered",
    kind=Kind.CONFLICT,
    law="招标投标法第四十五条、第四十六条",
)
NOTIFIED = ReasonForm(
    "lot.notified_already",
    zh="中标通知书已于 {at} 发出",
    en="the acceptance notice went out at {at}",
    kind=Kind.CONFLICT,
    law="招标投标法第四十五条",
)


@dataclass(frozen=True)
class LotFacts:
    """``standstill_until`` end of the time on show; ``open_objections`` to the result, not answered;
    ``upheld`` objections that wait for a correction; ``notified_at`` of the present award; ``second_begun``:
    second envelopes are being opened, or are open."""

    now: datetime
    standstill_until: datetime | None = None
    open_objections: int = 0
    upheld: int = 0
    notified_at: datetime | None = None
    second_begun: bool = False


def _standstill_over(facts: LotFacts) -> Reason | None:
    if facts.standstill_until is not None and facts.now < facts.standstill_until:
        return STANDSTILL(until=beijing(facts.standstill_until))
    return None


def _standstill_runs(facts: LotFacts) -> Reason | None:
    # A paused standstill does not end: further objections are heard (招例第五十四条).
    over = facts.standstill_until is not None and facts.now >= facts.standstill_until
    if over and not facts.open_objections and facts.standstill_until is not None:
        return STANDSTILL_OVER(until=beijing(facts.standstill_until))
    return None


def _not_paused(facts: LotFacts) -> Reason | None:
    return PAUSED(count=facts.open_objections) if facts.open_objections else None


def _nothing_to_correct(facts: LotFacts) -> Reason | None:
    return CORRECTION_DUE() if facts.upheld else None


def _second_not_begun(facts: LotFacts) -> Reason | None:
    return RESULT_STANDS() if facts.second_begun else None


def _something_upheld(facts: LotFacts) -> Reason | None:
    return None if facts.upheld else NOTHING_UPHELD()


def _notified(facts: LotFacts) -> Reason | None:
    return NOT_NOTIFIED() if facts.notified_at is None else None


def _not_notified(facts: LotFacts) -> Reason | None:
    return None if facts.notified_at is None else NOTIFIED(at=beijing(facts.notified_at))


def _move(
    verb: str, sources: set[LotStatus], target: LotStatus, law: str, zh: str, *unless: object
) -> Move[LotStatus, LotFacts]:
    return Move(verb, frozenset(sources), target, law, zh, unless)  # type: ignore[arg-type]


_S = LotStatus
LOT: Machine[LotStatus, LotFacts] = Machine(
    "lot",
    _S.PENDING,
    (
        _move("start_evaluation", {_S.PENDING}, _S.EVALUATING, "招标投标法第三十七条", "开始评标"),
        _move(
            "conclude_technical",
            {_S.EVALUATING, _S.TECHNICAL_EVALUATED},
            _S.TECHNICAL_EVALUATED,
            "招标投标法实施条例第四十九条",
            "技术评审结束",
            _second_not_begun,
        ),
        _move(
            "open_prices",
            {_S.TECHNICAL_EVALUATED},
            _S.EVALUATING,
            "招标投标法第三十六条",
            "报价已开启",
        ),
        _move(
            "report",
            {_S.EVALUATING},
            _S.REPORTED,
            "招标投标法第四十条；招标投标法实施条例第五十三条",
            "提交评标报告",
        ),
        _move(
            "correct_result",
            {_S.CANDIDATES_ANNOUNCED},
            _S.REPORTED,
            "招标投标法实施条例第五十六条",
            "改正评标结果",
            _something_upheld,
            _not_paused,
        ),
        _move(
            "announce_candidates",
            {_S.REPORTED},
            _S.CANDIDATES_ANNOUNCED,
            "招标投标法实施条例第五十四条",
            "公示中标候选人",
        ),
        _move(
            "object",
            {_S.CANDIDATES_ANNOUNCED},
            _S.CANDIDATES_ANNOUNCED,
            "招标投标法实施条例第五十四条",
            "提出异议",
            _standstill_runs,
        ),
        _move(
            "answer_objection",
            {_S.CANDIDATES_ANNOUNCED},
            _S.CANDIDATES_ANNOUNCED,
            "招标投标法实施条例第五十四条",
            "答复异议",
        ),
        _move(
            "award",
            {_S.CANDIDATES_ANNOUNCED},
            _S.AWARDED,
            "招标投标法第四十条；招标投标法实施条例第五十五条",
            "定标",
            _standstill_over,
            _not_paused,
            _nothing_to_correct,
        ),
        _move("award_next", {_S.AWARDED}, _S.AWARDED, "招标投标法实施条例第五十五条", "另定中标人"),
        _move("notify", {_S.AWARDED}, _S.AWARDED, "招标投标法第四十五条", "发出中标通知书", _not_notified),
        _move(
            "register_contract", {_S.AWARDED}, _S.CONTRACTED, "招标投标法第四十六条", "登记合同", _notified
        ),
        _move(
            "fail",
            {
                _S.PENDING,
                _S.EVALUATING,
                _S.TECHNICAL_EVALUATED,
                _S.REPORTED,
                _S.CANDIDATES_ANNOUNCED,
                _S.AWARDED,
            },
            _S.FAILED,
            "招标投标法第二十八条、第四十二条；招标投标法实施条例第五十五条、第八十一条",
            "流标",
        ),
    ),
    LOT_ZH,
)
