"""Every statutory period and cap of the tender side, by article: just under is refused, equal passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from kernel.clock import BEIJING
from kernel.errors import Refused
from trading.rules import announcement as law
from trading.rules import rulebook as books
from trading.rules.announcement import LotMoney, Schedule

BOOK = books.in_force("tendering_law", "works", date(2026, 11, 25))
NOW = datetime(2026, 11, 25, 9, 0, tzinfo=BEIJING)


def _plan(offer: int = 5, enquiry: int = 10, bidding: int = 20) -> Schedule:
    deadline = NOW + timedelta(days=bidding)
    return Schedule(NOW, NOW + timedelta(days=offer), deadline - timedelta(days=enquiry), deadline)


def _found(reasons: tuple) -> list[tuple[str, str]]:
    return [(r.code, r.law) for r in reasons]


def test_equal_passes_everywhere() -> None:
    assert law.schedule_reasons(_plan(), NOW, BOOK) == ()


@pytest.mark.parametrize(
    ("plan", "code", "article"),
    [
        (_plan(offer=4), "tender.offer_too_short", "招标投标法实施条例第十六条"),
        (_plan(bidding=19), "tender.time_to_bid_too_short", "招标投标法第二十四条"),
        (_plan(enquiry=9), "tender.enquiry_deadline_too_late", "招标投标法实施条例第二十二条"),
        (_plan(offer=21), "tender.offer_after_deadline", "招标投标法实施条例第十六条"),
        (_plan(enquiry=20), "tender.enquiry_deadline_too_early", "招标投标法实施条例第二十二条"),
    ],
)
def test_one_day_short_is_refused_with_its_article(plan: Schedule, code: str, article: str) -> None:
    assert _found(law.schedule_reasons(plan, NOW, BOOK)) == [(code, article)]


def test_days_are_beijing_days_and_the_first_is_not_counted() -> None:
    late = NOW.replace(hour=23, minute=59)
    early = (NOW + timedelta(days=20)).replace(hour=0, minute=1)
    plan = replace(
        _plan(), documents_from=late, submission_deadline=early, enquiry_deadline=early - timedelta(days=10)
    )
    assert law.schedule_reasons(plan, late, BOOK) == ()


def test_documents_are_never_issued_before_the_notice() -> None:
    plan = replace(_plan(), documents_from=NOW - timedelta(days=10))
    assert _found(law.schedule_reasons(plan, NOW + timedelta(days=1), BOOK)) == [
        ("tender.offer_too_short", "招标投标法实施条例第十六条"),
        ("tender.time_to_bid_too_short", "招标投标法第二十四条"),
    ]


@pytest.mark.parametrize(
    ("category", "estimate", "cap"),
    [
        ("works", "9000000.00", "180000.00"),
        ("works", "40000000.00", "800000.00"),
        ("works", "90000000.00", "800000.00"),
        ("goods", "90000000.00", "800000.00"),
        ("design", "90000000.00", "100000.00"),
        ("services", "90000000.00", "1800000.00"),
    ],
)
def test_the_cap_of_the_bid_security(category: str, estimate: str, cap: str) -> None:
    book = books.in_force("tendering_law", category, date(2026, 11, 25))
    assert law.bond_cap(Decimal(estimate), book) == Decimal(cap)


@pytest.mark.parametrize(
    ("lot", "project", "state", "codes"),
    [
        (("9000000.00", "9000000.00", "180000.00"), "9000000.00", True, []),
        (("9000000.00", "9000000.00", "180000.01"), "9000000.00", True, ["tender.bond_over_cap"]),
        (("9000000.00", "9000000.01", "0.00"), "9000000.00", True, ["tender.ceiling_over_estimate"]),
        (("9000000.00", None, "0.00"), "9000000.00", True, ["tender.ceiling_missing"]),
        (("9000000.00", None, "0.00"), "9000000.00", False, []),
        (("9000000.00", "9000000.00", "0.00"), "8999999.99", True, ["tender.lots_over_project"]),
    ],
)
def test_money_against_its_limits(lot: tuple, project: str, state: bool, codes: list[str]) -> None:
    estimate, ceiling, bond = (None if value is None else Decimal(value) for value in lot)
    lots = (LotMoney("1", estimate, ceiling, bond),)
    assert [r.code for r in law.money_reasons(lots, Decimal(project), state, BOOK)] == codes


DEADLINE = NOW + timedelta(days=15)


@pytest.mark.parametrize(
    ("now", "wanted", "affects", "codes"),
    [
        (NOW, None, True, []),
        (NOW + timedelta(days=1), None, True, ["tender.clarification_too_late"]),
        (NOW + timedelta(days=1), None, False, []),
        (NOW + timedelta(days=1), DEADLINE + timedelta(days=1), True, []),
        (NOW + timedelta(days=5), DEADLINE + timedelta(days=4), True, ["tender.clarification_too_late"]),
        (NOW, DEADLINE - timedelta(minutes=1), False, ["tender.deadline_earlier"]),
    ],
)
def test_a_clarification_leaves_fifteen_days_or_moves_the_deadline(
    now: datetime, wanted: datetime | None, affects: bool, codes: list[str]
) -> None:
    assert [r.code for r in law.moved_deadline_reasons(now, DEADLINE, wanted, affects, BOOK)] == codes


def test_an_objection_may_come_ten_days_before_the_deadline_whatever_is_printed() -> None:
    printed, deadline = NOW, NOW + timedelta(days=10)
    assert law.may_ask("objection", NOW + timedelta(hours=1), printed, deadline, BOOK) is None
    late = law.may_ask("objection", NOW + timedelta(days=1), printed, deadline, BOOK)
    assert late is not None
    assert (late.code, late.law) == ("enquiry.objection_over", "招标投标法实施条例第二十二条")
    assert law.may_ask("enquiry", NOW, printed, deadline, BOOK).code == "enquiry.over"


def test_documents_are_taken_from_the_first_to_the_last_moment() -> None:
    end = NOW + timedelta(days=5)
    found = [law.may_take(at, NOW, end) is None for at in (NOW, end, end + timedelta(microseconds=1))]
    assert found == [True, True, False]


@pytest.mark.parametrize(
    ("day", "version"),
    [("2013-05-01", "2013"), ("2017-12-28", "2017"), ("2019-03-01", "2017"), ("2019-03-02", "2019")],
)
def test_the_rulebook_is_that_of_the_announcement(day: str, version: str) -> None:
    book = books.in_force("tendering_law", "works", date.fromisoformat(day))
    assert book.key == f"tendering_law/works/{version}"


def test_no_rulebook_no_tender() -> None:
    with pytest.raises(Refused) as refused:
        books.in_force("tendering_law", "works", date(2013, 4, 30))
    assert refused.value.code == "rulebook.none_in_force"


def test_every_figure_has_its_article_and_source() -> None:
    figures = [
        v for book in books.RULEBOOKS.values() for v in vars(book).values() if isinstance(v, books.Figure)
    ]
    assert [f for f in figures if not f.law or f.source not in ("read", "known")] == []
