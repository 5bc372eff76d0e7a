"""Times at the edge. Inside the house every time is an aware UTC ``datetime`` and an argument."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

BEIJING = ZoneInfo("Asia/Shanghai")


def iso(at: datetime) -> str:
    """RFC 3339 UTC with microseconds and ``Z``: how acts, receipts and frames carry a time."""
    if at.tzinfo is None:
        raise ValueError("a naive time has no place here")
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_iso(text: str) -> datetime:
    """The inverse of :func:`iso`; other RFC 3339 offsets are accepted, naive times raise ``ValueError``."""
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time needs its offset")
    return at.astimezone(UTC)


def beijing(at: datetime, *, fraction: bool = False) -> str:
    """``2026-11-24 14:05:09（北京时间）``, with milliseconds when ``fraction``."""
    local = at.astimezone(BEIJING)
    text = local.strftime("%Y-%m-%d %H:%M:%S")
    if fraction:
        text += f".{local.microsecond // 1000:03d}"
    return f"{text}（北京时间）"
