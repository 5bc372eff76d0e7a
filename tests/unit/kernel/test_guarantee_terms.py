"""Each term of a bid guarantee by itself: right at the boundary, refused beyond it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from kernel.guarantee_terms import (
    GROUNDS,
    GuaranteeForm,
    GuaranteeRequirement,
    Party,
    legal_cap,
    reasons_against,
)

ISSUER = Party("江苏黄海融资担保有限公司", "91320900MA1XH2PW5K")
OWNER, BIDDER = Party("城投", "91320900740660513T"), Party("江苏恒远市政工程有限公司", "91320924MA1WHA8849")
FORM = GuaranteeForm(
    "DZBH-1", ISSUER, BIDDER, OWNER, "T-1", "1", Decimal("160000.00"), "CNY", date(2026, 12, 1), date(2027, 3, 31),
    True, tuple(GROUNDS), datetime(2026, 11, 30, tzinfo=UTC), "0" * 64,
)  # fmt: skip
ASKED = GuaranteeRequirement(
    OWNER, BIDDER, "T-1", "1", Decimal("160000.00"), Decimal("180000.00"), datetime(2026, 12, 1, 1, 30, tzinfo=UTC),
    date(2027, 3, 31), (ISSUER.credit_code,), {},
)  # fmt: skip


def test_a_form_that_is_right_at_every_boundary_passes() -> None:
    assert reasons_against(FORM, ASKED) == ()
    assert reasons_against(replace(FORM, amount=ASKED.cap), ASKED) == ()


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("guarantee.revocable", {"irrevocable": False}),
        ("guarantee.missing_ground", {"payable_on": ("bid_revoked",)}),
        ("guarantee.amount_too_small", {"amount": Decimal("159999.99")}),
        ("guarantee.amount_over_cap", {"amount": Decimal("180000.01")}),
        ("guarantee.wrong_currency", {"currency": "USD"}),
        ("guarantee.starts_late", {"valid_from": date(2026, 12, 2)}),
        ("guarantee.ends_early", {"valid_until": date(2027, 3, 30)}),
        ("guarantee.wrong_beneficiary", {"beneficiary": BIDDER}),
        ("guarantee.wrong_applicant", {"applicant": OWNER}),
        ("guarantee.wrong_tender", {"lot": "2"}),
        ("guarantee.unlicensed_issuer", {"issuer": OWNER}),
    ],
)
def test_one_wrong_term_is_one_reason(code: str, change: dict[str, object]) -> None:
    found = reasons_against(replace(FORM, **change), ASKED)  # type: ignore[arg-type]
    assert [reason.code for reason in found] == [code]
    assert all(reason.law for reason in found)


def test_a_number_used_elsewhere_is_refused() -> None:
    found = reasons_against(FORM, replace(ASKED, used={"DZBH-1": "另一投标"}))
    assert [reason.code for reason in found] == ["guarantee.used_elsewhere"]


@pytest.mark.parametrize(
    ("estimate", "works", "cap"),
    [
        ("9000000.00", True, "180000.00"),
        ("50000000.00", True, "800000.00"),
        ("50000000.00", False, "1000000.00"),
    ],
)
def test_the_legal_cap_is_two_percent_and_for_works_eight_hundred_thousand(
    estimate: str, works: bool, cap: str
) -> None:
    assert legal_cap(Decimal(estimate), works=works) == Decimal(cap)
