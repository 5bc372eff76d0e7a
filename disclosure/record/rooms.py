"""What the rooms above trading say for a record: guarantees, the committee's work, the agent's selection."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from disclosure.record.named import ActFinder
from guarantees import queries as guarantees
from guarantees.models import Guarantee
from trading.models import Bid, Tender


def licensed_issuers(at: datetime) -> list[str]:
    """Credit codes of the issuers whose guarantees were taken at ``at``."""
    return sorted(set(guarantees.in_force(at).values_list("credit_code", flat=True)))


def subjects(tender: Tender) -> set[str]:
    """Subjects of acts about this tender that only the rooms above trading know."""
    presented = Guarantee.objects.filter(bid__lot__tender=tender).values_list("pk", flat=True)
    return {f"guarantee:{key}" for key in presented}


def guarantee_of(bid: Bid, acts: ActFinder) -> dict[str, Any] | None:
    """``guarantee.json``; ``None`` where nothing was presented and nothing asked (bidtool/RECORD.md §7)."""
    said = guarantees.public_record(bid)
    if said is None:
        return None
    row = Guarantee.objects.get(bid=bid)
    return {
        **said,
        "bid": str(bid.pk),
        "valid": said["state"] == "valid",
        "used": _used_before(row),
        "valid_until": said["asked"]["valid_until"],
        "act": acts.last(f"bid:{bid.pk}", "guarantee.present"),
    }


def _used_before(row: Guarantee) -> dict[str, str]:
    """Where this guarantee's number had been presented before; other numbers are nobody's business."""
    if not row.number:
        return {}
    earlier = Guarantee.objects.filter(number=row.number, presented_at__lt=row.presented_at)
    return {one.number: one.bid.lot.code for one in earlier.select_related("bid__lot__tender")}


def evaluation_files(tender: Tender) -> dict[str, Any]:
    return {}
