"""What the clock alone brings about: the end of decryption and of a standstill; lost openings."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from journal.due import FINDERS, Due
from trading.commands.awards import EndStandstill
from trading.commands.decryption import RetryOpening
from trading.commands.openings import EndDecryption
from trading.commands.records import RetryRecord
from trading.models import Lot, OpeningSession
from trading.queries.bids import keys_waiting
from trading.queries.openings import records_waiting
from trading.rules.statuses import LotStatus, SessionStatus

#: A task that was started this long ago and has left no trace is started again.
LOST_AFTER = timedelta(minutes=2)


def standstills(now: datetime) -> Iterable[Due]:
    """Lots whose standstill has ended and is not paused or in dispute."""
    rows = Lot.objects.select_related("tender").filter(
        status=LotStatus.CANDIDATES_ANNOUNCED, due_at__lte=now, paused_since=None
    )
    for lot in rows.exclude(objections__upheld=True, objections__settled_at=None):
        yield Due(EndStandstill(lot.tender.number, str(lot.no)), f"standstill:{lot.id}:{lot.due_at}")


FINDERS["trading.standstills"] = standstills


def decryption_ends(now: datetime) -> Iterable[Due]:
    """Sessions whose time for decryption is over."""
    rows = OpeningSession.objects.select_related("tender").filter(
        status=SessionStatus.DECRYPTING, due_at__lt=now
    )
    for session in rows:
        yield Due(EndDecryption(session.tender.number), f"decryption:{session.id}:{session.due_at}")


def lost_openings(now: datetime) -> Iterable[Due]:
    """Bids whose key is here for long and that are still sealed; records that nobody has filed."""
    turn = int(now.timestamp() // LOST_AFTER.total_seconds())
    for bid in keys_waiting(now - LOST_AFTER):
        yield Due(RetryOpening(str(bid.pk)), f"reopen:{bid.pk}:{turn}")
    for session in records_waiting():
        yield Due(RetryRecord(session.tender.number), f"record-again:{session.id}:{turn}")


FINDERS["trading.decryption"] = decryption_ends
FINDERS["trading.lost_openings"] = lost_openings
