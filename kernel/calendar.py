"""Days as the law counts them: 民法典 arts. 200–204, with holidays and 调休 working days as data.

Every time is an aware ``datetime``; days are Beijing days. The State Council's yearly notices
(国务院办公厅关于部分节假日安排的通知) are data in :data:`PUBLISHED`. For the years after the last
notice the fixed holidays of 《全国年节及纪念日放假办法》(2025) and plain weekends count
(:data:`STATUTORY`), since the shifted working days are not known before the notice; past that the
calendar refuses to answer instead of guessing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from kernel.clock import BEIJING
from kernel.errors import ReasonForm, Refused

_DAY = timedelta(days=1)
#: No holiday is longer than this many days in a row; a loop past it would be wrong data.
_LONGEST_BREAK = 30

NO_DATA = ReasonForm(
    "calendar.no_data",
    zh="日历没有 {year} 年的节假日数据",
    en="the calendar has no holidays for the year {year}",
    law="民法典第二百零三条",
)
BAD_PERIOD = ReasonForm(
    "calendar.bad_period",
    zh="期间 {count} 不是非负整数",
    en="a period of {count} is not a whole number ≥ 0",
    law="民法典第二百零一条",
)


@dataclass(frozen=True)
class Year:
    """Days off that are weekdays or weekends (``off``), and weekend days that are worked (``worked``)."""

    off: frozenset[date]
    worked: frozenset[date] = field(default=frozenset())


def _days(*spans: str) -> frozenset[date]:
    """``"2026-10-01/2026-10-07"`` or single days."""
    found: set[date] = set()
    for span in spans:
        first, _, last = span.partition("/")
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
        while day <= end:
            found.add(day)
            day += _DAY
    return frozenset(found)


#: 国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号: days off, then weekends worked.
PUBLISHED: Mapping[int, Year] = {
    2024: Year(
        _days("2024-01-01", "2024-02-10/2024-02-17", "2024-04-04/2024-04-06", "2024-05-01/2024-05-05",
              "2024-06-08/2024-06-10", "2024-09-15/2024-09-17", "2024-10-01/2024-10-07"),
        _days("2024-02-04", "2024-02-18", "2024-04-07", "2024-04-28", "2024-05-11", "2024-09-14",
              "2024-09-29", "2024-10-12"),
    ),
    2025: Year(
        _days("2025-01-01", "2025-01-28/2025-02-04", "2025-04-04/2025-04-06", "2025-05-01/2025-05-05",
              "2025-05-31/2025-06-02", "2025-10-01/2025-10-08"),
        _days("2025-01-26", "2025-02-08", "2025-04-27", "2025-09-28", "2025-10-11"),
    ),
    2026: Year(
        _days("2026-01-01/2026-01-03", "2026-02-15/2026-02-23", "2026-04-04/2026-04-06",
              "2026-05-01/2026-05-05", "2026-06-19/2026-06-21", "2026-09-25/2026-09-27",
              "2026-10-01/2026-10-07"),
        _days("2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"),
    ),
}  # fmt: skip

#: 放假办法 art. 2 (国令第795号): 元旦 1, 春节 4 from the eve on, 清明 1, 劳动节 2, 端午 1, 中秋 1, 国庆 3.
STATUTORY: Mapping[int, Year] = {
    2027: Year(
        _days("2027-01-01", "2027-02-05/2027-02-08", "2027-04-05", "2027-05-01/2027-05-02", "2027-06-09",
              "2027-09-15", "2027-10-01/2027-10-03")
    ),
    2028: Year(
        _days("2028-01-01", "2028-01-25/2028-01-28", "2028-04-04", "2028-05-01/2028-05-02", "2028-05-28",
              "2028-10-01/2028-10-03")
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Calendar:
    """Counts days. ``years`` maps a year to its holidays; the default is China's."""

    years: Mapping[int, Year] = field(default_factory=lambda: {**STATUTORY, **PUBLISHED})

    def is_working_day(self, day: date) -> bool:
        """A weekday that is no holiday, or a weekend day that the notice makes a working day."""
        year = self.years.get(day.year)
        if year is None:
            raise Refused(NO_DATA(year=day.year))
        if day in year.worked:
            return True
        return day.weekday() < 5 and day not in year.off

    def working_day_from(self, day: date) -> date:
        """``day`` itself if it is a working day, else the next one."""
        for ahead in range(_LONGEST_BREAK):
            if self.is_working_day(day + ahead * _DAY):
                return day + ahead * _DAY
        raise Refused(NO_DATA(year=day.year))

    def add_days(self, at: datetime, n: int) -> datetime:
        """The same Beijing time of day ``n`` calendar days later (negative: earlier). Nothing is moved:
        for least periods (招法第二十四条 "不得少于二十日") and for counting back from a deadline."""
        local = at.astimezone(BEIJING)
        return datetime.combine(local.date() + n * _DAY, local.timetz()).astimezone(at.tzinfo)

    def add_working_days(self, at: datetime, n: int) -> datetime:
        """The same Beijing time of day on the ``n``-th working day after the day of ``at``."""
        local = at.astimezone(BEIJING)
        day = self._working_day_after(local.date(), n)
        return datetime.combine(day, local.timetz()).astimezone(at.tzinfo)

    def end_of_period(
        self, start: datetime, days: int, *, working: bool = False, closing: time | None = None
    ) -> datetime:
        """When a period of ``days`` days from ``start`` ends, in the zone of ``start``.

        The day it starts on is not counted (民法典第二百零一条). A calendar period whose last day is a
        day off ends on the next working day (第二百零三条第一款). It ends at 24:00 of its last day,
        which is 00:00 of the following one, or at ``closing`` where there are business hours
        (第二款). ``working`` counts 工作日 only, as 招例第六十一条 does.
        """
        first = start.astimezone(BEIJING).date()
        last = self._working_day_after(first, days) if working else self._last_day(first, days)
        if closing is None:
            end = datetime.combine(last + _DAY, time(0), BEIJING)
        else:
            end = datetime.combine(last, closing, BEIJING)
        return end.astimezone(start.tzinfo)

    def last_day_of_period(self, start: datetime, days: int) -> date:
        """The Beijing date on which a calendar period ends, moved off days off."""
        return self._last_day(start.astimezone(BEIJING).date(), days)

    @staticmethod
    def days_between(start: datetime, end: datetime) -> int:
        """Beijing days after the day of ``start`` up to the day of ``end``: how long a period is when its
        first day is not counted. Negative when ``end`` comes first."""
        return (end.astimezone(BEIJING).date() - start.astimezone(BEIJING).date()).days

    def _last_day(self, first: date, days: int) -> date:
        return self.working_day_from(first + _whole(days) * _DAY)

    def _working_day_after(self, day: date, n: int) -> date:
        for _ in range(_whole(n)):
            day = self.working_day_from(day + _DAY)
        return day


def _whole(count: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count <= 3660:
        raise Refused(BAD_PERIOD(count=count))
    return count


#: The calendar of the house.
CHINA = Calendar()
