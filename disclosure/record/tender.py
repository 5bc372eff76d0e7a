"""``tender.json``, ``documents.json`` and ``awards.json`` of a record."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings

from disclosure.record.folder import Folder
from disclosure.record.named import ActFinder
from kernel.clock import iso
from parties.models import Organization
from trading.models import Award, Candidate, Contract, Custodian, Lot, Tender, TenderDocument

_EXTENSION = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/zip": "zip",
    "application/json": "json",
    "text/plain": "txt",
}


def _party(one: Organization) -> dict[str, str]:
    return {"name": one.name, "credit_code": one.credit_code}


def tender_json(tender: Tender, licensed: list[str], acts: ActFinder) -> dict[str, Any]:
    """``tender.json`` as in bidtool/RECORD.md §4."""
    times = ("announced_at", "documents_from", "documents_until", "enquiry_deadline", "submission_deadline")
    project = tender.project
    return {
        "v": 1,
        "number": tender.number,
        "title": tender.title,
        "status": tender.status,
        "training": settings.TRAINING,
        "regime": project.regime,
        "category": project.category,
        "rulebook": tender.rulebook,
        "state_funded": project.state_funded,
        "project": {"number": project.number, "name": project.name},
        "procuring_entity": _party(project.procuring_entity),
        "agent": _party(project.agent) if project.agent else None,
        "part": tender.part,
        "currency": tender.currency,
        "bid_validity_days": tender.bid_validity_days,
        "decryption_minutes": tender.decryption_minutes,
        "threshold": tender.share_threshold,
        **{name: iso(at) if (at := getattr(tender, name)) else None for name in times},
        "custodians": [_custodian(one) for one in tender.custodians.all()],
        "lots": [_lot(lot) for lot in tender.lots.all()],
        "licensed_issuers": licensed,
        "evaluation_method": tender.evaluation_method,
        "requirements": tender.requirements,
        "bid_rules": tender.bid_rules,
        "acts": {"announce": acts.first(f"tender:{tender.number}", "tender.announce")},
    }


def _custodian(one: Custodian) -> dict[str, Any]:
    certificate = base64.b64encode(bytes(one.certificate)).decode("ascii")
    return {"index": one.index, **_party(one.organization), "certificate": certificate}


def _lot(lot: Lot) -> dict[str, Any]:
    return {
        "lot": str(lot.no),
        "code": lot.code,
        "name": lot.name,
        "status": lot.status,
        "estimate": str(lot.estimate),
        "ceiling_price": str(lot.ceiling_price) if lot.ceiling_price is not None else None,
        "bond_amount": str(lot.bond_amount),
        "duration_days": lot.duration_days,
        "scheme": lot.scheme,
    }


def write_documents(folder: Folder, tender: Tender) -> None:
    """``documents.json`` and the published files, each once."""
    rows = []
    for one in _published(tender):
        extension = _EXTENSION.get(one.file.media_type, "bin")
        path = f"documents/{one.file.sha256}.{extension}"
        if not folder.has(path):
            folder.copy(path, one.file.open())
        rows.append(
            {
                "id": str(one.pk),
                "title": one.title,
                "kind": one.kind,
                "lot": str(one.lot.no) if one.lot else "",
                "sha256": one.file.sha256,
                "size": one.file.size,
                "media_type": one.file.media_type,
                "path": path,
                "published_at": iso(one.published_at) if one.published_at else None,
            }
        )
    folder.json("documents.json", {"v": 1, "documents": rows})


def _published(tender: Tender) -> list[TenderDocument]:
    # Bidding documents are not "public" while bids are prepared (they need a sign-in); afterwards they are
    # what the evaluation is checked against. Letters to one organization are nobody else's.
    rows = tender.documents.select_related("file", "lot").filter(published_at__isnull=False, recipient=None)
    return list(rows.order_by("published_at", "id"))


def awards_json(tender: Tender, acts: ActFinder) -> dict[str, Any]:
    """``awards.json`` as in bidtool/RECORD.md §11."""
    return {"v": 1, "lots": [_lot_award(lot, acts) for lot in tender.lots.all()]}


def _lot_award(lot: Lot, acts: ActFinder) -> dict[str, Any]:
    candidates = list(Candidate.objects.filter(lot=lot).select_related("bid"))
    award = Award.objects.filter(lot=lot).select_related("bid").first()
    contract = Contract.objects.filter(award=award).select_related("file").first() if award else None
    return {
        "lot": str(lot.no),
        "candidates": [_candidate(one) for one in candidates],
        "announced_at": iso(candidates[0].announced_at) if candidates else None,
        "standstill_until": iso(max(c.standstill_until for c in candidates)) if candidates else None,
        "objections": [
            {"at": iso(one.raised_at), "answered_at": iso(one.answered_at) if one.answered_at else None}
            for one in lot.objections.all()
        ],
        "award": _award(award, candidates) if award else None,
        "contract": _contract(contract) if contract else None,
        "acts": {
            "report": acts.last(f"lot:{lot.code}", "evaluation.receive_result"),
            "candidates": acts.last(f"lot:{lot.code}", "candidates.announce"),
            "award": acts.last(f"lot:{lot.code}", "award.decide"),
            "contract": acts.last(f"lot:{lot.code}", "contract.register"),
        },
    }


def _candidate(one: Candidate) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "bid": str(one.bid_id),
        "bidder": one.bid.bidder_name,
        "credit_code": one.bid.bidder_credit_code,
        "price": str(one.price),
        "score": str(one.score) if one.score is not None else "",
    }


def _award(award: Award, candidates: list[Candidate]) -> dict[str, Any]:
    bid = award.bid
    grounds = dict(one.split(":", 1) for one in award.ground.split(",") if ":" in one)
    return {
        "bid": str(bid.pk),
        "bidder": bid.bidder_name,
        "credit_code": bid.bidder_credit_code,
        "price": str(bid.price),
        "decided_at": iso(award.decided_at),
        "notified_at": iso(award.notified_at) if award.notified_at else None,
        "passed_over": [
            {"bid": str(one.bid_id), "ground": grounds.get(str(one.rank), ""), "note": ""}
            for one in candidates
            if str(one.rank) in grounds
        ],
    }


def _contract(contract: Contract) -> dict[str, Any]:
    return {
        "number": contract.number,
        "price": str(contract.price),
        "signed_on": contract.signed_on.isoformat(),
        "registered_at": iso(contract.registered_at),
        "sha256": contract.file.sha256,
    }
