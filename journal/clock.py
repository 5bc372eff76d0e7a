"""The database's time, plus the training clock where there is one. Read once, at the door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

_SQLITE = "strftime('%Y-%m-%dT%H:%M:%f', 'now')"
_POSTGRESQL = "clock_timestamp()"
_OFFSET = '(SELECT "offset" FROM journal_trainingclock ORDER BY id LIMIT 1)'


def database_now() -> datetime:
    """The database's own time, aware, UTC. SQLite gives milliseconds, PostgreSQL microseconds."""
    return _time(_row(_clock())[0])


def offset() -> timedelta:
    """How far the training clock is ahead; zero in a real deployment, whatever a row says."""
    return _duration(_row(_OFFSET)[0]) if settings.TRAINING else timedelta()


def now() -> datetime:
    """What counts as now: in commands use ``ctx.now`` instead, which is this, read once."""
    if not settings.TRAINING:
        return database_now()
    time, ahead = _row(f"{_clock()}, {_OFFSET}")
    return _time(time) + _duration(ahead)


def _clock() -> str:
    return _POSTGRESQL if connection.vendor == "postgresql" else _SQLITE


def _row(what: str) -> tuple[Any, ...]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {what}")
        found: tuple[Any, ...] = cursor.fetchone()
        return found


def _time(value: Any) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)  # type: ignore[no-any-return]


def _duration(value: Any) -> timedelta:
    """PostgreSQL has intervals; SQLite keeps microseconds."""
    return timedelta(microseconds=value) if isinstance(value, int) else value or timedelta()
