"""The database's time, plus the training clock where there is one. Read once, at the door."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

_SQLITE = "SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')"
_POSTGRESQL = "SELECT clock_timestamp()"


def database_now() -> datetime:
    """The database's own time, aware, UTC. SQLite gives milliseconds, PostgreSQL microseconds."""
    with connection.cursor() as cursor:
        cursor.execute(_POSTGRESQL if connection.vendor == "postgresql" else _SQLITE)
        value: Any = cursor.fetchone()[0]
    if isinstance(value, str):
        return datetime.fromisoformat(value).replace(tzinfo=UTC)
    return value.astimezone(UTC)  # type: ignore[no-any-return]


def offset() -> timedelta:
    """How far the training clock is ahead; zero in a real deployment, whatever a row says."""
    if not settings.TRAINING:
        return timedelta()
    from journal.models import TrainingClock

    row = TrainingClock.objects.first()
    return row.offset if row is not None else timedelta()


def now() -> datetime:
    """What counts as now: in commands use ``ctx.now`` instead, which is this, read once."""
    return database_now() + offset()
