"""What may go over the marketplace at all: only what lies below the limits from which a tender is due.

Data with dates and sources, chosen by the day of publication: the law moves (process.md §1).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.errors import Reason, ReasonForm


@dataclass(frozen=True)
class Limit:
    """From ``amount`` yuan on a contract for services must be tendered; in force from ``since``."""

    amount: Decimal
    since: date
    until: date | None
    law: str


SERVICE_LIMITS = (
    Limit(
        Decimal("1000000.00"), date(2018, 6, 1), None, "必须招标的工程项目规定（发展改革委令第16号）第五条"
    ),
)

OVER_LIMIT = ReasonForm(
    "assignment.over_limit",
    zh="本项目同类服务合计 {total} 元，达到 {limit} 元，应当招标，不能在中介超市选取",
    en="services of one kind for this project add up to {total} yuan; from {limit} on a tender is due",
    law="必须招标的工程项目规定（发展改革委令第16号）第五条；招标投标法第四条",
    field="budget",
)
NOT_POSITIVE = ReasonForm(
    "assignment.budget_not_positive",
    zh="服务费应大于 0 元",
    en="the fee must be more than 0 yuan",
    field="budget",
)


def limit_on(day: date) -> Limit | None:
    """The limit in force on a Beijing day."""
    for limit in SERVICE_LIMITS:
        if limit.since <= day and (limit.until is None or day <= limit.until):
            return limit
    return None


def reason_against(budget: Decimal, earlier: Iterable[Decimal], day: date) -> Reason | None:
    """Why ``budget`` cannot be published. ``earlier``: fees of the same client's other assignments for the
    same service and project, which are added up: splitting evades nothing (招标投标法第四条)."""
    if budget <= 0:
        return NOT_POSITIVE()
    limit = limit_on(day)
    total = budget + sum(earlier, Decimal("0.00"))
    if limit is not None and total >= limit.amount:
        return OVER_LIMIT(total=f"{total:,.2f}", limit=f"{limit.amount:,.2f}")
    return None
