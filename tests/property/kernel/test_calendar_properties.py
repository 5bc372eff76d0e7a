"""Periods never end on a day off, never early, and grow with their length."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kernel.calendar import CHINA
from kernel.clock import BEIJING

times = st.timedeltas(timedelta(0), timedelta(days=1360)).map(
    lambda after: datetime(2024, 1, 1, tzinfo=BEIJING) + after
)
lengths = st.integers(0, 60)


def last_day(end: datetime) -> date:
    return (end.astimezone(BEIJING) - timedelta(microseconds=1)).date()


@given(times, lengths)
def test_a_period_ends_on_a_working_day_and_not_early(start: datetime, days: int) -> None:
    end = CHINA.end_of_period(start, days)
    day = last_day(end)
    assert CHINA.is_working_day(day)
    assert CHINA.days_between(start, CHINA.add_days(start, days)) == days
    moved = (day - start.date()).days - days
    assert moved >= 0
    assert not any(CHINA.is_working_day(day - timedelta(days=n)) for n in range(1, moved + 1))


@given(times, lengths)
def test_longer_never_ends_earlier(start: datetime, days: int) -> None:
    assert CHINA.end_of_period(start, days) <= CHINA.end_of_period(start, days + 1)


@given(times, st.integers(0, 20))
def test_working_days_count_working_days(start: datetime, n: int) -> None:
    end = last_day(CHINA.end_of_period(start, n, working=True))
    between = (start.date() + timedelta(days=d) for d in range(1, (end - start.date()).days + 1))
    assert sum(CHINA.is_working_day(day) for day in between) == n
