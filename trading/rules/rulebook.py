"""Statutory figures as data with their dates and sources: the law moves, code does not.

A tender keeps the rulebook that was in force on the day of its announcement; rules take their numbers
from it and never compare dates themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from kernel.errors import ReasonForm, Refused

NONE_IN_FORCE = ReasonForm(
    "rulebook.none_in_force",
    zh="{day} 没有适用于「{regime}／{category}」的规则版本",
    en="no rulebook for {regime}/{category} is in force on {day}",
    field="category",
)
UNKNOWN = ReasonForm(
    "rulebook.unknown", zh="没有规则版本「{key}」", en="there is no rulebook {key}", field="rulebook"
)

#: What is tendered: works 施工, goods 货物, design 勘察设计, services 监理等其他服务.
CATEGORY_ZH = {"works": "施工", "goods": "货物", "design": "勘察设计", "services": "监理等服务"}


@dataclass(frozen=True)
class Figure:
    """One number of the law: ``value`` in ``unit`` (day, working_day, percent, yuan, count), the article,
    and where its text was taken from (``read`` in the text of the law, ``known`` not re-read)."""

    value: Decimal
    unit: str
    law: str
    source: str = "read"

    @property
    def days(self) -> int:
        return int(self.value)


def _days(value: int, law: str, source: str = "read") -> Figure:
    return Figure(Decimal(value), "day", law, source)


@dataclass(frozen=True)
class Rulebook:
    """The figures of one regime and category, in force on ``effective_from`` ≤ day < ``effective_until``."""

    key: str
    regime: str
    category: str
    title: str
    effective_from: date
    effective_until: date | None
    offer_days: Figure
    bidding_days: Figure
    objection_before_deadline_days: Figure
    clarification_before_deadline_days: Figure
    answer_days: Figure
    candidates_most: Figure
    candidates_within_days: Figure
    standstill_days: Figure
    contract_days: Figure
    bond_percent: Figure
    bond_cap: Figure | None
    performance_percent: Figure
    bidders_least: Figure

    def covers(self, day: date) -> bool:
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)

    @property
    def bond_cap_law(self) -> str:
        return f"{self.bond_percent.law}；{self.bond_cap.law}" if self.bond_cap else self.bond_percent.law


_ACT = "招标投标法"
_REGULATION = "招标投标法实施条例"
#: Second limit of the bid security by category; none for services outside the three decrees.
_BOND_CAPS = {
    "works": Figure(Decimal(800000), "yuan", "30号令第三十七条", "known"),
    "goods": Figure(Decimal(800000), "yuan", "27号令第二十七条", "known"),
    "design": Figure(Decimal(100000), "yuan", "2号令第二十四条", "known"),
    "services": None,
}


def _tendering_law(category: str, version: str, start: date, end: date | None) -> Rulebook:
    """The Tendering Law and its regulation. The texts of 2012, 2017 and 2019 share these figures; they are
    kept apart so that a tender names the text it was run under and a new text becomes one more row."""
    return Rulebook(
        key=f"tendering_law/{category}/{version}",
        regime="tendering_law",
        category=category,
        title=f"招标投标法（{CATEGORY_ZH[category]}，{version} 版）",
        effective_from=start,
        effective_until=end,
        offer_days=_days(5, f"{_REGULATION}第十六条"),
        bidding_days=_days(20, f"{_ACT}第二十四条"),
        objection_before_deadline_days=_days(10, f"{_REGULATION}第二十二条"),
        clarification_before_deadline_days=_days(15, f"{_ACT}第二十三条；{_REGULATION}第二十一条"),
        answer_days=_days(3, f"{_REGULATION}第二十二条、第五十四条"),
        candidates_most=Figure(Decimal(3), "count", f"{_REGULATION}第五十三条"),
        candidates_within_days=_days(3, f"{_REGULATION}第五十四条"),
        standstill_days=_days(3, f"{_REGULATION}第五十四条"),
        contract_days=_days(30, f"{_ACT}第四十六条"),
        bond_percent=Figure(Decimal(2), "percent", f"{_REGULATION}第二十六条"),
        bond_cap=_BOND_CAPS[category],
        performance_percent=Figure(Decimal(10), "percent", f"{_REGULATION}第五十八条"),
        bidders_least=Figure(Decimal(3), "count", f"{_ACT}第二十八条；{_REGULATION}第四十四条"),
    )


_VERSIONS = (
    ("2013", date(2013, 5, 1), date(2017, 12, 28)),
    ("2017", date(2017, 12, 28), date(2019, 3, 2)),
    ("2019", date(2019, 3, 2), None),
)
RULEBOOKS: dict[str, Rulebook] = {
    book.key: book
    for category in CATEGORY_ZH
    for version, start, end in _VERSIONS
    for book in (_tendering_law(category, version, start, end),)
}


def in_force(regime: str, category: str, day: date) -> Rulebook:
    """The rulebook of ``regime`` and ``category`` on a Beijing day; ``Refused(rulebook.none_in_force)``."""
    for book in RULEBOOKS.values():
        if (book.regime, book.category) == (regime, category) and book.covers(day):
            return book
    raise Refused(NONE_IN_FORCE(day=day, regime=regime, category=category))


def rulebook(key: str) -> Rulebook:
    """The rulebook a tender was announced under; ``Refused(rulebook.unknown)``."""
    if key not in RULEBOOKS:
        raise Refused(UNKNOWN(key=key))
    return RULEBOOKS[key]
