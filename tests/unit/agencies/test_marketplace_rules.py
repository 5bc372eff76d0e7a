"""Limits, conflicts and machines of the marketplace."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from agencies.rules import amounts, conflicts, limits
from agencies.rules.conflicts import Interests
from agencies.rules.moves import ASSIGNMENT, AssignmentFacts, AssignmentStatus
from kernel.errors import Refused

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("budget", "earlier", "day", "wanted"),
    [
        ("86000.00", [], date(2026, 11, 25), ""),
        ("999999.99", [], date(2026, 11, 25), ""),
        ("1000000.00", [], date(2026, 11, 25), "assignment.over_limit"),
        ("600000.00", ["399999.99"], date(2026, 11, 25), ""),
        ("600000.00", ["400000.00"], date(2026, 11, 25), "assignment.over_limit"),
        ("2000000.00", [], date(2018, 5, 31), ""),
        ("0.00", [], date(2026, 11, 25), "assignment.budget_not_positive"),
    ],
)
def test_over_the_limit_a_tender_is_due(budget, earlier, day, wanted):
    reason = limits.reason_against(Decimal(budget), [Decimal(e) for e in earlier], day)
    assert (reason.code if reason else "") == wanted
    assert wanted != "assignment.over_limit" or "第五条" in reason.law


CLIENT = Interests("城投", "C", "陈立", frozenset({"G"}))


@pytest.mark.parametrize(
    ("agency", "recused", "declared", "wanted"),
    [
        (Interests("甲", "A", "赵一", frozenset()), (), "", []),
        (Interests("城投", "C", "陈立", frozenset()), (), "", ["conflict.same_organization"]),
        (Interests("甲", "A", "陈立", frozenset()), (), "", ["conflict.same_head"]),
        (Interests("甲", "A", "赵一", frozenset({"C"})), (), "", ["conflict.control"]),
        (Interests("甲", "G", "赵一", frozenset()), (), "", ["conflict.control"]),
        (Interests("甲", "A", "赵一", frozenset({"G"})), (), "", ["conflict.control"]),
        (Interests("甲", "A", "赵一", frozenset()), ("A",), " ", ["conflict.declared_by_client"]),
        (Interests("甲", "A", "陈立", frozenset({"C"})), ("A",), "持股", ["conflict.same_head", "conflict.control", "conflict.declared_by_client", "conflict.declared_by_agency"]),
        (Interests("甲", "A", "", frozenset()), (), "", []),
    ],
)  # fmt: skip
def test_every_ground_of_recusal_is_said(agency, recused, declared, wanted):
    found = conflicts.reasons_against(agency, CLIENT, frozenset(recused), declared)
    assert [reason.code for reason in found] == wanted


def facts(**more):
    return AssignmentFacts(**{"now": NOW, "closing_at": NOW, "pool": 3, "budget": Decimal("100.00"), **more})


@pytest.mark.parametrize(
    ("verb", "status", "of", "wanted"),
    [
        ("apply", "open", facts(closing_at=NOW + timedelta(microseconds=1)), []),
        ("apply", "open", facts(), ["assignment.sign_up_over"]),
        ("close", "open", facts(), []),
        ("close", "open", facts(closing_at=NOW + DAY, pool=2), ["assignment.still_open", "assignment.too_few"]),
        ("fail", "open", facts(pool=2), []),
        ("fail", "open", facts(), ["assignment.enough"]),
        ("select", "closed", facts(), ["assignment.not_revealed"]),
        ("select", "open", facts(revealed=True), ["machine.wrong_status"]),
        ("file_contract", "selected", facts(notice_until=NOW + DAY), ["assignment.notice_runs"]),
        ("file_contract", "selected", facts(notice_until=NOW, amount=Decimal("100.01")), ["assignment.contract_over_budget"]),
        ("file_contract", "selected", facts(notice_until=NOW, amount=Decimal("100.00")), []),
        ("cancel", "selected", facts(), ["machine.wrong_status"]),
    ],
)  # fmt: skip
def test_moves_of_an_assignment(verb, status, of, wanted):
    assert [r.code for r in ASSIGNMENT.reasons_against(verb, AssignmentStatus(status), of)] == wanted


def test_amounts_are_read_or_refused():
    assert (amounts.read("86000"), amounts.read("0.5")) == (Decimal("86000.00"), Decimal("0.50"))
    for text in ("", "-1", "1e3", "1.234", "８６", "1,000", "00"):
        with pytest.raises(Refused) as refused:
            amounts.read(text, "budget")
        assert (refused.value.code, refused.value.reasons[0].field) == ("amount.malformed", "budget")
