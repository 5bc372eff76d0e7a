"""The whole matrix of the tender and the lot machine, and their guards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.errors import Refused
from trading.rules.lot_machine import LOT, LotFacts
from trading.rules.statuses import LotStatus, TenderStatus
from trading.rules.tender_machine import TENDER, TenderFacts

D = datetime(2026, 12, 20, 1, 30, tzinfo=UTC)
BEFORE, MINUTE = D - timedelta(microseconds=1), timedelta(minutes=1)
L, T = LotStatus, TenderStatus

TENDER_MATRIX = {
    T.DRAFT: {"edit", "announce"},
    T.ANNOUNCED: {"clarify", "answer", "start_opening", "fail", "cancel"},
    T.OPENING: {"finish_opening", "fail", "cancel"},
    T.OPENED: {"close", "fail", "cancel"},
    T.CLOSED: set(),
    T.FAILED: set(),
    T.CANCELLED: set(),
}
LOT_MATRIX = {
    L.PENDING: {"start_evaluation", "fail"},
    L.EVALUATING: {"report", "conclude_technical", "fail"},
    L.TECHNICAL_EVALUATED: {"conclude_technical", "open_prices", "fail"},
    L.REPORTED: {"announce_candidates", "fail"},
    L.CANDIDATES_ANNOUNCED: {"correct_result", "object", "answer_objection", "award", "fail"},
    L.AWARDED: {"award_next", "notify", "register_contract", "fail"},
    L.CONTRACTED: set(),
    L.FAILED: set(),
}


@pytest.mark.parametrize("status", list(T))
def test_the_tender_matrix(status: TenderStatus) -> None:
    assert {v for v, m in TENDER.moves.items() if status in m.sources} == TENDER_MATRIX[status]


@pytest.mark.parametrize("status", list(L))
def test_the_lot_matrix(status: LotStatus) -> None:
    assert {v for v, m in LOT.moves.items() if status in m.sources} == LOT_MATRIX[status]


def _codes(machine: object, verb: str, status: object, facts: object) -> list[str]:
    return [r.code for r in machine.reasons_against(verb, status, facts)]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("verb", "status", "facts", "codes"),
    [
        ("start_opening", T.ANNOUNCED, TenderFacts(BEFORE, D), ["tender.deadline_not_reached"]),
        ("start_opening", T.ANNOUNCED, TenderFacts(D, D), []),
        ("start_opening", T.ANNOUNCED, TenderFacts(D, D, 1), ["tender.paused_by_objection"]),
        ("clarify", T.ANNOUNCED, TenderFacts(BEFORE, D), []),
        ("clarify", T.ANNOUNCED, TenderFacts(D, D), ["tender.deadline_passed"]),
        ("close", T.OPENED, TenderFacts(D, D, 0, (("1", L.CONTRACTED), ("2", L.FAILED))), []),
        ("close", T.OPENED, TenderFacts(D, D, 0, (("1", L.AWARDED),)), ["tender.lots_open"]),
        ("fail", T.OPENED, TenderFacts(D, D, 0, (("1", L.FAILED),)), []),
        ("fail", T.OPENED, TenderFacts(D, D, 0, (("1", L.CONTRACTED),)), ["tender.not_all_lots_failed"]),
        ("cancel", T.OPENED, TenderFacts(D, D, 0, (("1", L.AWARDED),)), ["tender.awarded_already"]),
        ("cancel", T.OPENED, TenderFacts(D, D, 0, (("1", L.REPORTED),)), []),
    ],
)
def test_tender_guards(verb: str, status: TenderStatus, facts: TenderFacts, codes: list[str]) -> None:
    assert _codes(TENDER, verb, status, facts) == codes


ON_SHOW = L.CANDIDATES_ANNOUNCED


@pytest.mark.parametrize(
    ("verb", "status", "facts", "codes"),
    [
        ("award", ON_SHOW, LotFacts(BEFORE, D), ["lot.standstill"]),
        ("award", ON_SHOW, LotFacts(D, D), []),
        ("award", ON_SHOW, LotFacts(D, D, 1), ["lot.paused_by_objection"]),
        ("award", ON_SHOW, LotFacts(D, D, 0, 1), ["lot.correction_due"]),
        ("object", ON_SHOW, LotFacts(BEFORE, D), []),
        ("object", ON_SHOW, LotFacts(D, D), ["lot.standstill_over"]),
        ("object", ON_SHOW, LotFacts(D, D, 1), []),
        ("correct_result", ON_SHOW, LotFacts(D, D), ["lot.nothing_upheld"]),
        ("correct_result", ON_SHOW, LotFacts(D, D, 0, 1), []),
        ("register_contract", L.AWARDED, LotFacts(D, D), ["lot.not_notified"]),
        ("register_contract", L.AWARDED, LotFacts(D, D, notified_at=D), []),
        ("notify", L.AWARDED, LotFacts(D, D, notified_at=D), ["lot.notified_already"]),
    ],
)
def test_lot_guards(verb: str, status: LotStatus, facts: LotFacts, codes: list[str]) -> None:
    assert _codes(LOT, verb, status, facts) == codes


def test_a_wrong_status_is_said_in_words() -> None:
    with pytest.raises(Refused) as refused:
        TENDER.after("announce", T.CLOSED, TenderFacts(D, D))
    reason = refused.value.reasons[0]
    assert reason.zh == "当前状态为「已结束」，不能发布公告；要在「编制中」时才能办理"
    assert reason.law == TENDER.moves["announce"].law
