"""What the public and its machines read of a tender: one shape for clients, notices and the record."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from typing import Any

from django.conf import settings

from kernel.canonical_json import canonical
from kernel.clock import iso
from trading.models import Lot, Tender, TenderDocument
from trading.queries.suites import suite_among
from trading.queries.tenders import money_text, tender
from trading.rules.statuses import LOT_ZH, TENDER_ZH, LotStatus, TenderStatus


def _moment(at: datetime | None) -> str | None:
    return iso(at) if at else None


def lot_json(lot: Lot) -> dict[str, Any]:
    return {
        "lot": str(lot.no),
        "code": lot.code,
        "name": lot.name,
        "scope": lot.scope,
        "estimate": money_text(lot.estimate),
        "ceiling_price": money_text(lot.ceiling_price),
        "bond_amount": money_text(lot.bond_amount),
        "duration_days": lot.duration_days,
        "scheme": lot.scheme,
    }


def document_json(row: TenderDocument) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "title": row.title,
        "kind": row.kind,
        "lot": str(row.lot.no) if row.lot else None,
        "size": row.file.size,
        "sha256": row.file.sha256,
        "media_type": row.file.media_type,
        "public": row.public,
        "published_at": _moment(row.published_at),
        "url": f"/tenders/{row.tender.number}/documents/{row.id}",
    }


def terms(row: Tender) -> dict[str, Any]:
    """What the announcement fixes: the act of announcing carries it, clients and auditors read it."""
    project = row.project
    return {
        "number": row.number,
        "title": row.title,
        "project": {"number": project.number, "name": project.name, "category": project.category,
                    "state_funded": project.state_funded},
        "procuring_entity": _party(project.procuring_entity),
        "agent": _party(project.agent) if project.agent else None,
        "rulebook": row.rulebook,
        "announced_at": _moment(row.announced_at),
        "documents_from": _moment(row.documents_from),
        "documents_until": _moment(row.documents_until),
        "enquiry_deadline": _moment(row.enquiry_deadline),
        "submission_deadline": _moment(row.submission_deadline),
        "decryption_minutes": row.decryption_minutes,
        "part": row.part,
        "currency": row.currency,
        "bid_validity_days": row.bid_validity_days,
        "threshold": row.share_threshold,
        "custodians": [_custodian(c, with_certificate=False) for c in row.custodians.select_related("organization")],
        "lots": [lot_json(lot) for lot in row.lots.all()],
        "requirements": row.requirements,
        "bid_rules": row.bid_rules,
        "evaluation_method": row.evaluation_method,
    }  # fmt: skip


def requirement_list(row: Tender) -> dict[str, Any]:
    """The machine-readable list of what a bid must hold and fit, as it is published with the notice: what
    ``bidtool check`` checks against. Format: trading/README.md."""
    lots = ("lot", "code", "name", "scheme", "ceiling_price", "bond_amount", "duration_days")
    return {
        "v": 1,
        "type": "mingtang/bid-requirements",
        "tender": row.number,
        "title": row.title,
        "currency": row.currency,
        "bid_validity_days": row.bid_validity_days,
        "beneficiary": _party(row.project.procuring_entity),
        "lots": [{key: lot_json(lot)[key] for key in lots} for lot in row.lots.all()],
        "requirements": row.requirements,
        "bid_rules": row.bid_rules,
    }


def terms_sha256(row: Tender) -> str:
    return hashlib.sha256(canonical(terms(row))).hexdigest()


def _party(organization: Any) -> dict[str, str]:
    return {"name": organization.name, "credit_code": organization.credit_code}


def _custodian(custodian: Any, *, with_certificate: bool) -> dict[str, Any]:
    shape = {
        "index": custodian.index,
        "name": custodian.organization.name,
        "credit_code": custodian.organization.credit_code,
        "fingerprint": custodian.fingerprint,
    }
    if with_certificate:
        shape["certificate"] = base64.b64encode(bytes(custodian.certificate)).decode()
    return shape


def public_json(row: Tender, now: datetime) -> dict[str, Any]:
    """``GET /api/v1/tenders/<number>``: the terms, custodians with certificates (base64 DER), statuses,
    published documents, answered enquiries. Nothing about bids, downloads or who asked."""
    shape = terms(row)
    statuses = {str(lot.no): lot.status for lot in row.lots.all()}
    before, after = _tendered_again(row)
    for lot in shape["lots"]:
        lot["status"] = statuses[lot["lot"]]
        lot["status_zh"] = LOT_ZH[LotStatus(lot["status"])]
        lot["tendered_again_from"], lot["tendered_again_as"] = before.get(lot["lot"]), after.get(lot["lot"])
    custodians = row.custodians.select_related("organization")
    documents = row.documents.select_related("file", "lot", "tender").filter(recipient=None)
    answered = row.enquiries.exclude(answered_at=None).order_by("answered_at")
    shape |= {
        "status": row.status,
        "status_zh": TENDER_ZH[TenderStatus(row.status)],
        "now": iso(now),
        "notice": row.notice_text,
        "suite": suite_among(custodians).number,
        "custodians": [_custodian(c, with_certificate=True) for c in custodians],
        "documents": [document_json(d) for d in documents.exclude(published_at=None)],
        "enquiries": [
            {
                "id": str(e.id),
                "kind": e.kind,
                "text": e.text,
                "answer": e.answer,
                "answered_at": _moment(e.answered_at),
            }
            for e in answered
        ],
        "training": bool(settings.TRAINING),
    }
    return shape


def _tendered_again(row: Tender) -> tuple[dict[str, str], dict[str, str]]:
    """Lot number → code of the failed lot it comes from, and of the announced lot that took it up."""
    later = Lot.objects.filter(tendered_again_from__tender=row).exclude(tender__announced_at=None)
    earlier = row.lots.exclude(tendered_again_from=None).select_related("tendered_again_from__tender")
    return (
        {str(lot.no): lot.tendered_again_from.code for lot in earlier if lot.tendered_again_from},
        {
            str(lot.tendered_again_from.no): lot.code
            for lot in later.select_related("tender", "tendered_again_from")
            if lot.tendered_again_from
        },
    )


def public_notice(number: str) -> Tender:
    """The announced tender of a public page; a draft is ``Refused(tender.not_found)``."""
    row = tender(number)
    if row.announced_at is None:
        from kernel.errors import Refused
        from trading.policy.tenders import NO_TENDER

        raise Refused(NO_TENDER(number=number[:60]))
    return row
