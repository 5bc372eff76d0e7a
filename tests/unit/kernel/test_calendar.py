"""Periods by 民法典 201 and 203 over the real holidays of 2026, with 调休."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest

from kernel.calendar import CHINA, PUBLISHED, STATUTORY, Calendar
from kernel.clock import BEIJING
from kernel.errors import Refused


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_data_is_that_of_the_notices(year: int) -> None:
    day = date(year, 1, 1)
    while day.year == year:
        assert CHINA.is_working_day(day) == chinese_calendar.is_workday(day), day
        day += timedelta(days=1)


def test_every_statutory_year_has_its_thirteen_days() -> None:
    # 办法 (2025) gives 13 days; in 2028 mid-autumn falls on 3 October, inside 国庆.
    assert {year: len(data.off) for year, data in STATUTORY.items()} == {2027: 13, 2028: 12}


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-03-02T09:00", 5, "2026-03-10T00:00"),  # 7 March is a Saturday: to Monday the 9th
        ("2026-03-04T23:59", 5, "2026-03-10T00:00"),
        ("2026-03-05T00:00", 5, "2026-03-11T00:00"),
        ("2026-09-28T10:00", 5, "2026-10-09T00:00"),  # 3 October → 8 October
        ("2026-10-05T10:00", 5, "2026-10-11T00:00"),  # Saturday 10 October is worked (调休)
        ("2026-02-10T10:00", 5, "2026-02-25T00:00"),  # 15 February, first day of 春节 → 24 February
        ("2026-02-09T10:00", 5, "2026-02-15T00:00"),  # Saturday 14 February is worked
        ("2026-12-30T10:00", 2, "2027-01-05T00:00"),  # 1 January 2027, then a weekend → Monday the 4th
        ("2026-03-09T10:00", 0, "2026-03-10T00:00"),
    ],
)
def test_the_end_of_a_period(start: str, days: int, end: str) -> None:
    assert CHINA.end_of_period(at(start), days) == at(end)


def test_business_hours_end_it_earlier() -> None:
    assert CHINA.end_of_period(at("2026-03-05T08:00"), 4, closing=time(17, 30)) == at("2026-03-09T17:30")


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        ("2026-09-30T10:00", 3, "2026-10-11T00:00"),  # 8, 9 and the worked Saturday 10
        ("2026-02-13T10:00", 1, "2026-02-15T00:00"),  # the worked Saturday 14
        ("2026-01-02T10:00", 2, "2026-01-06T00:00"),  # Sunday 4 January is worked
    ],
)
def test_working_days(start: str, days: int, end: str) -> None:
    assert CHINA.end_of_period(at(start), days, working=True) == at(end)
    assert CHINA.add_working_days(at(start), days).date() == (at(end) - timedelta(days=1)).date()


def test_days_are_beijing_days_and_the_zone_stays() -> None:
    evening = datetime(2026, 3, 1, 17, 0, tzinfo=UTC)  # 2 March, 01:00 in Beijing
    assert CHINA.end_of_period(evening, 1) == datetime(2026, 3, 3, 16, 0, tzinfo=UTC)
    assert CHINA.add_days(evening, 20) == datetime(2026, 3, 21, 17, 0, tzinfo=UTC)
    assert CHINA.add_days(evening, -20) == datetime(2026, 2, 9, 17, 0, tzinfo=UTC)
    assert CHINA.last_day_of_period(evening, 5) == date(2026, 3, 9)
    assert CHINA.days_between(evening, datetime(2026, 3, 2, 15, 59, tzinfo=UTC)) == 0
    assert CHINA.days_between(evening, datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == 1


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(Refused, match="calendar.no_data"):
        CHINA.is_working_day(date(2031, 1, 1))
    with pytest.raises(Refused, match="calendar.bad_period"):
        CHINA.end_of_period(at("2026-03-05T08:00"), -1)
    with pytest.raises(Refused, match="calendar.no_data"):
        Calendar({}).working_day_from(date(2026, 1, 1))
