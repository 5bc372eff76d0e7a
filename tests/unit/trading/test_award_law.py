"""Candidates, standstill, award, contract: 招例 arts. 53–58, 招法 arts. 45–46."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from kernel.clock import BEIJING, beijing
from kernel.errors import Refused
from trading.rules import award as law
from trading.rules import rejection_grounds as grounds
from trading.rules import rulebook as books
from trading.rules.award import ContractPlan, Ranked

BOOK = books.in_force("tendering_law", "works", date(2026, 11, 25))
MONEY = Decimal("8750000.00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


RANKS = {"a": 1, "b": 2, "c": 3}
OPENED = {"a": Decimal("1.00"), "b": Decimal("2.00"), "x": Decimal("3.00")}


def _ranking(*rows: tuple[str, int, str]) -> list[Ranked]:
    return [Ranked(bid, rank, Decimal(price)) for bid, rank, price in rows]


@pytest.mark.parametrize(
    ("ranking", "rejected", "good"),
    [
        (_ranking(("a", 1, "1.00"), ("b", 2, "2.00")), ["x"], True),
        (_ranking(("a", 1, "1.00"), ("b", 2, "2.00")), [], False),
        (_ranking(("a", 1, "1.00"), ("b", 2, "2.00"), ("x", 3, "3.00")), ["x"], False),
        (_ranking(("a", 1, "1.00"), ("b", 1, "2.00")), ["x"], False),
        (_ranking(("a", 2, "1.00"), ("b", 3, "2.00")), ["x"], False),
        (_ranking(("a", 1, "1.01"), ("b", 2, "2.00")), ["x"], False),
        ([], ["a", "b", "x"], False),
    ],
)
def test_every_opened_bid_is_ranked_or_rejected_once(
    ranking: list[Ranked], rejected: list[str], good: bool
) -> None:
    assert (law.ranking_reasons(ranking, rejected, OPENED) == ()) is good


@pytest.mark.parametrize(
    ("wanted", "codes"),
    [
        (["a"], []),
        (["a", "b", "c"], []),
        (["a", "b", "c", "d"], ["award.too_many_candidates"]),
        (["b", "a"], ["award.not_as_reported"]),
        (["b"], ["award.not_as_reported"]),
        ([], ["award.not_as_reported"]),
    ],
)
def test_three_candidates_at_most_as_the_report_ranks_them(wanted: list[str], codes: list[str]) -> None:
    assert [r.code for r in law.candidate_reasons(wanted, ["a", "b", "c", "d"], BOOK)] == codes


def test_a_standstill_of_three_days_passes_and_two_do_not() -> None:
    assert law.standstill_reason(3, BOOK) is None
    reason = law.standstill_reason(2, BOOK)
    assert reason is not None
    assert (reason.code, reason.law) == ("award.standstill_too_short", "招标投标法实施条例第五十四条")


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-11-23T10:00", "2026-11-27 00:00:00"),  # Mon → end of Thu
        ("2026-11-25T10:00", "2026-12-01 00:00:00"),  # Wed → Sat, a day off → end of Mon
        ("2026-09-28T10:00", "2026-10-09 00:00:00"),  # last day on 10-01, holiday to 10-07 → end of 10-08
    ],
)
def test_the_standstill_ends_at_24_oclock_off_days_off(start: str, end: str) -> None:
    assert beijing(law.standstill_end(at(start), 3)).startswith(end)


def test_a_pause_moves_the_end_by_what_was_left() -> None:
    until = law.standstill_end(at("2026-11-23T10:00"), 3)
    # Paused for 24 hours: one day later; at once: nothing moves.
    assert law.resumed_standstill(until, at("2026-11-24T10:00"), at("2026-11-25T10:00")) == until + timedelta(
        days=1
    )
    assert law.resumed_standstill(until, at("2026-11-24T10:00"), at("2026-11-24T10:00")) == until


GAVE_UP = ("gave_up", "书面放弃")


@pytest.mark.parametrize(
    ("bid", "passed_over", "state", "codes"),
    [
        ("a", {}, True, []),
        ("b", {}, True, ["award.not_first"]),
        ("b", {"a": GAVE_UP}, True, []),
        ("c", {"a": GAVE_UP}, True, ["award.not_first"]),
        ("c", {"a": GAVE_UP, "b": ("force_majeure", "地震")}, True, []),
        ("b", {}, False, []),
        ("z", {}, False, ["award.not_a_candidate"]),
        ("b", {"a": ("too_far", "x")}, True, ["award.ground_not_listed"]),
        ("b", {"a": ("gave_up", " ")}, True, ["award.ground_not_explained"]),
        ("a", {"a": GAVE_UP}, False, ["award.not_a_candidate"]),
    ],
)
def test_state_money_goes_to_the_first_unless_a_listed_ground_stands(
    bid: str, passed_over: dict[str, tuple[str, str]], state: bool, codes: list[str]
) -> None:
    reasons = law.award_reasons(bid, RANKS, passed_over, state)
    assert [r.code for r in reasons] == codes


NOTICE = at("2026-12-01T10:00")


@pytest.mark.parametrize(
    ("plan", "codes"),
    [
        (ContractPlan(MONEY, date(2026, 12, 20), Decimal("875000.00")), []),
        (ContractPlan(MONEY - 1, date(2026, 12, 20)), ["contract.price_differs"]),
        (
            ContractPlan(MONEY, date(2026, 12, 20), Decimal("875000.01")),
            ["contract.performance_security_over_cap"],
        ),
        (ContractPlan(MONEY, date(2026, 11, 30)), ["contract.signed_before_notice"]),
        (ContractPlan(MONEY, date(2027, 1, 16)), ["contract.signed_before_notice"]),
    ],
)
def test_the_contract_equals_the_award(plan: ContractPlan, codes: list[str]) -> None:
    found = law.contract_reasons(plan, MONEY, NOTICE, at("2027-01-15T10:00"), BOOK)
    assert [r.code for r in found] == codes


def test_a_contract_after_thirty_days_is_warned_of() -> None:
    assert law.signed_late(date(2026, 12, 31), NOTICE, BOOK) is None
    late = law.signed_late(date(2027, 1, 4), NOTICE, BOOK)
    assert late is not None
    assert (late.code, late.law) == ("contract.signed_late", "招标投标法第四十六条")


def test_candidates_late_by_a_day_are_warned_of() -> None:
    received = at("2026-11-23T10:00")
    assert law.announced_late(received, at("2026-11-26T23:59"), BOOK) is None
    assert law.announced_late(received, at("2026-11-27T00:00"), BOOK) is not None


def test_grounds_for_rejection_are_a_closed_list() -> None:
    assert grounds.ground("not_qualified").law == "招标投标法实施条例第五十一条第三项"
    codes = []
    for code in ("ugly", "off_reserve_price", "under_floor_price"):
        with pytest.raises(Refused) as refused:
            grounds.ground(code)
        codes.append(refused.value.code)
    assert codes == [
        "rejection.ground_not_listed",
        "rejection.ground_forbidden",
        "rejection.ground_forbidden",
    ]
