"""What the clock alone brings about on the award side: the end of a standstill is recorded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from journal.due import FINDERS, Due
from trading.commands.awards import EndStandstill
from trading.models import Lot
from trading.rules.statuses import LotStatus


def standstills(now: datetime) -> Iterable[Due]:
    """Lots whose standstill has ended and is not paused or in dispute."""
    rows = Lot.objects.select_related("tender").filter(
        status=LotStatus.CANDIDATES_ANNOUNCED, due_at__lte=now, paused_since=None
    )
    for lot in rows.exclude(objections__upheld=True, objections__settled_at=None):
        yield Due(EndStandstill(lot.tender.number, str(lot.no)), f"standstill:{lot.id}:{lot.due_at}")


FINDERS["trading.standstills"] = standstills
