"""Fetching and locking what a command is about."""

from __future__ import annotations

import uuid

from kernel.errors import Refused
from trading.models import Enquiry, Lot, Project, ResultObjection, Tender
from trading.policy.tenders import NO_TENDER
from trading.queries.awards import NO_OBJECTION
from trading.queries.tenders import NO_ENQUIRY, NO_LOT, NO_PROJECT


def project_for_update(number: str) -> Project:
    row = Project.objects.select_for_update().filter(number=number).first()
    if row is None:
        raise Refused(NO_PROJECT(number=number[:60]))
    return row


def tender_for_update(number: str) -> Tender:
    """The tender, locked; its project read along."""
    rows = Tender.objects.select_for_update(of=("self",)).select_related("project")
    row = rows.filter(number=number).first()
    if row is None:
        raise Refused(NO_TENDER(number=number[:60]))
    return row


def lot_for_update(number: str, no: str) -> Lot:
    """The lot and its tender, locked: the tender first, so that two lots never wait for each other."""
    tender = tender_for_update(number)
    row = None
    if no.isascii() and no.isdigit() and len(no) < 5:
        row = Lot.objects.select_for_update(of=("self",)).filter(tender=tender, no=int(no)).first()
    if row is None:
        raise Refused(NO_LOT(number=number[:60], lot=no[:20]))
    row.tender = tender
    return row


def enquiry_for_update(key: str) -> Enquiry:
    known = _uuid(key)
    found = (
        Enquiry.objects.filter(id=known).values_list("tender__number", flat=True).first() if known else None
    )
    if found is None:
        raise Refused(NO_ENQUIRY())
    tender = tender_for_update(found)
    row = Enquiry.objects.select_for_update().get(id=known)
    row.tender = tender
    return row


def objection_for_update(key: str) -> ResultObjection:
    known = _uuid(key)
    row = ResultObjection.objects.select_related("lot__tender").filter(id=known).first() if known else None
    if row is None:
        raise Refused(NO_OBJECTION())
    lot = lot_for_update(row.lot.tender.number, str(row.lot.no))
    row = ResultObjection.objects.select_for_update().get(id=known)
    row.lot = lot
    return row


def _uuid(key: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(key)
    except ValueError:
        return None
