"""The life of a tender as a table (process.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from kernel.clock import beijing
from kernel.errors import Kind, Reason, ReasonForm
from kernel.machine import Machine, Move
from trading.rules.statuses import TENDER_ZH, LotStatus, TenderStatus

TOO_EARLY = ReasonForm(
    "tender.deadline_not_reached",
    zh="投标截止时间 {deadline} 未到，不能开标",
    en="the submission deadline {deadline} is not reached: opening is not possible",
    kind=Kind.CONFLICT,
    law="招标投标法第三十四条",
)
DEADLINE_PASSED = ReasonForm(
    "tender.deadline_passed",
    zh="投标截止时间 {deadline} 已过",
    en="the submission deadline {deadline} has passed",
    kind=Kind.CONFLICT,
    law="招标投标法第二十三条、第三十四条",
)
PAUSED = ReasonForm(
    "tender.paused_by_objection",
    zh="还有 {count} 项对招标文件的异议未答复，招标活动暂停",
    en="{count} objections to the bidding documents are not answered: the procedure is paused",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第二十二条",
)
LOTS_OPEN = ReasonForm(
    "tender.lots_open",
    zh="还有标段未结束：{lots}",
    en="these lots are not finished: {lots}",
    kind=Kind.CONFLICT,
    law="招标投标法第四十六条",
)
NOTHING_OPEN = ReasonForm(
    "tender.not_all_lots_failed",
    zh="还有标段没有流标：{lots}",
    en="these lots have not failed: {lots}",
    kind=Kind.CONFLICT,
    law="招标投标法第四十二条",
)
AWARDED = ReasonForm(
    "tender.awarded_already",
    zh="标段 {lots} 已经定标，不能终止招标",
    en="lots {lots} are awarded: the tender cannot be cancelled",
    kind=Kind.CONFLICT,
    law="招标投标法第四十五条",
)

_DONE = frozenset({LotStatus.CONTRACTED, LotStatus.FAILED})
_AWARDED = frozenset({LotStatus.AWARDED, LotStatus.CONTRACTED})


@dataclass(frozen=True)
class TenderFacts:
    """What the guards look at. ``lots``: lot number → status; ``open_objections`` to the documents."""

    now: datetime
    submission_deadline: datetime | None = None
    open_objections: int = 0
    lots: tuple[tuple[str, LotStatus], ...] = ()

    @property
    def deadline_passed(self) -> bool:
        """D itself is past: at D submission is over and opening may begin (招法第三十四条)."""
        return self.submission_deadline is not None and self.now >= self.submission_deadline

    def numbers(self, *statuses: LotStatus, other: bool = False) -> str:
        return "、".join(no for no, status in self.lots if (status in statuses) is not other)


def _before_deadline(facts: TenderFacts) -> Reason | None:
    if facts.deadline_passed and facts.submission_deadline is not None:
        return DEADLINE_PASSED(deadline=beijing(facts.submission_deadline))
    return None


def _deadline_reached(facts: TenderFacts) -> Reason | None:
    if facts.deadline_passed or facts.submission_deadline is None:
        return None
    return TOO_EARLY(deadline=beijing(facts.submission_deadline))


def _not_paused(facts: TenderFacts) -> Reason | None:
    return PAUSED(count=facts.open_objections) if facts.open_objections else None


def _all_lots_done(facts: TenderFacts) -> Reason | None:
    left = facts.numbers(*_DONE, other=True)
    return LOTS_OPEN(lots=left) if left else None


def _all_lots_failed(facts: TenderFacts) -> Reason | None:
    left = facts.numbers(LotStatus.FAILED, other=True)
    return NOTHING_OPEN(lots=left) if left else None


def _nothing_awarded(facts: TenderFacts) -> Reason | None:
    awarded = facts.numbers(*_AWARDED)
    return AWARDED(lots=awarded) if awarded else None


def _move(
    verb: str, sources: set[TenderStatus], target: TenderStatus, law: str, zh: str, *unless: object
) -> Move[TenderStatus, TenderFacts]:
    return Move(verb, frozenset(sources), target, law, zh, unless)  # type: ignore[arg-type]


_S = TenderStatus
TENDER: Machine[TenderStatus, TenderFacts] = Machine(
    "tender",
    _S.DRAFT,
    (
        _move("edit", {_S.DRAFT}, _S.DRAFT, "招标投标法第十九条", "修改"),
        _move(
            "announce", {_S.DRAFT}, _S.ANNOUNCED, "招标投标法第十六条；招标投标法实施条例第十五条", "发布公告"
        ),
        _move(
            "clarify", {_S.ANNOUNCED}, _S.ANNOUNCED, "招标投标法第二十三条", "澄清或修改", _before_deadline
        ),
        _move("answer", {_S.ANNOUNCED}, _S.ANNOUNCED, "招标投标法实施条例第二十二条", "答复"),
        _move(
            "start_opening",
            {_S.ANNOUNCED},
            _S.OPENING,
            "招标投标法第三十四条",
            "开标",
            _deadline_reached,
            _not_paused,
        ),
        _move("finish_opening", {_S.OPENING}, _S.OPENED, "招标投标法第三十六条", "结束开标"),
        _move("close", {_S.OPENED}, _S.CLOSED, "招标投标法第四十六条", "结束", _all_lots_done),
        _move(
            "fail",
            {_S.ANNOUNCED, _S.OPENING, _S.OPENED},
            _S.FAILED,
            "招标投标法第二十八条、第四十二条",
            "流标",
            _all_lots_failed,
        ),
        _move(
            "cancel",
            {_S.ANNOUNCED, _S.OPENING, _S.OPENED},
            _S.CANCELLED,
            "招标投标法实施条例第三十一条",
            "终止招标",
            _nothing_awarded,
        ),
    ),
    TENDER_ZH,
)
