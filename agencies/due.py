"""What the clock brings about: sign-up ends."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from agencies import queries
from agencies.commands import CloseSignUp
from journal.due import FINDERS, Due


def find(now: datetime) -> Iterable[Due]:
    for row in queries.due_to_close(now):
        yield Due(CloseSignUp(row.number), f"agencies.close:{row.number}")


FINDERS["agencies.close"] = find
