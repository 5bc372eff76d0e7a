"""What the rooms above trading say for a record: guarantees, the committee's work, the agent's selection."""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime
from typing import Any

from agencies import queries as agencies
from agencies.models import Assignment
from disclosure.record.named import ActFinder
from documents.models import StoredFile
from evaluation.models import Evaluation
from evaluation.queries import public as evaluation
from guarantees import queries as guarantees
from guarantees.models import Guarantee
from trading.models import Bid, Tender


def licensed_issuers(at: datetime) -> list[str]:
    """Credit codes of the issuers whose guarantees were taken at ``at``."""
    return sorted(set(guarantees.in_force(at).values_list("credit_code", flat=True)))


def subjects(tender: Tender) -> set[str]:
    """Subjects of acts about this tender that only the rooms above trading know."""
    presented = Guarantee.objects.filter(bid__lot__tender=tender).values_list("pk", flat=True)
    selection = selection_of(tender)
    return {f"guarantee:{key}" for key in presented} | (
        {f"assignment:{selection.number}"} if selection is not None else set()
    )


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


def reports(tender: Tender, written: Container[str]) -> list[StoredFile]:
    """The evaluation reports of the lots whose ``evaluation/<lot>.json`` is written."""
    rows = Evaluation.objects.filter(lot__tender=tender, report__isnull=False).select_related("lot", "report")
    named = [row for row in rows.order_by("lot__no") if f"evaluation/{row.lot.no}.json" in written]
    return [row.report for row in named if row.report is not None]


def evaluation_files(tender: Tender) -> dict[str, Any]:
    """path → content of ``draw.json`` and each ``evaluation/<lot>.json``, as far as there are any."""
    found = {f"evaluation/{lot.no}.json": evaluation.public_record(lot) for lot in tender.lots.all()}
    found["draw.json"] = evaluation.public_draws(tender)
    return {path: value for path, value in found.items() if value is not None}


def selection_of(tender: Tender) -> Assignment | None:
    """The selection on the marketplace by which the agent of this tender was chosen, if it was."""
    project = tender.project
    rows = Assignment.objects.filter(client=project.procuring_entity, selected_id=project.agent_id)
    rows = rows.exclude(selected=None).filter(project__in=(project.name, project.number))
    return rows.order_by("selected_at").last()


def agency_json(row: Assignment, acts: ActFinder) -> dict[str, Any]:
    """``agency.json`` (bidtool/RECORD.md §9): what was needed, the draw that counts, who was chosen."""
    said = agencies.public_record(row.number)
    drawn, chosen = said["draw"], said["selected"]
    subject = f"assignment:{row.number}"
    made = acts.by_party(subject, "draw.commit", drawn["draw"]) | acts.by_party(
        subject, "draw.reveal", drawn["draw"]
    )
    return {
        "v": 1,
        "need": {
            name: said[name] for name in ("number", "title", "project", "item", "client", "need", "budget")
        },
        "draw": {
            "id": drawn["draw"],
            "purpose": "agency",
            "tender": "",
            "entries": [one["credit_code"] for one in said["pool"]],
            "people": {one["credit_code"]: {"name": one["name"], "organization": ""} for one in said["pool"]},
            "pool_digest": said["pool_digest"],
            "commitments": [
                {"who": who, "commitment": digest, "act": made["draw.commit", who]}
                for who, digest in drawn["commitments"].items()
            ],
            "reveals": [
                {"who": who, "nonce": nonce, "act": made["draw.reveal", who]}
                for who, nonce in drawn["reveals"].items()
            ],
            "order": drawn["order"],
            "count": 1,
            "sites": [],
            "skipped": [],
            "result": drawn["order"][:1],
        },
        "barred": said["barred"],
        "chosen": {
            "name": chosen["name"],
            "credit_code": chosen["credit_code"],
            "entry": chosen["credit_code"],
        },
        "acts": acts.of(subject),
    }
