"""Questions about projects and tenders. Rows by public number; what a viewer may see; what is due."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from documents.models import StoredFile
from kernel.actor import Actor
from kernel.clock import BEIJING
from kernel.errors import Kind, ReasonForm, Refused
from trading.models import DocumentDownload, Enquiry, Lot, Project, Tender, TenderDocument
from trading.policy.tenders import NO_TENDER, hosts, may_read, sees
from trading.rules import rulebook as books
from trading.rules.rulebook import Rulebook
from trading.rules.statuses import LotStatus, TenderStatus

NO_PROJECT = ReasonForm(
    "project.not_found", zh="没有项目「{number}」", en="there is no project {number}", kind=Kind.NOT_FOUND
)
NO_LOT = ReasonForm(
    "lot.not_found",
    zh="招标 {number} 没有标段「{lot}」",
    en="tender {number} has no lot {lot}",
    kind=Kind.NOT_FOUND,
)
NO_DOCUMENT = ReasonForm(
    "document.not_found", zh="没有这份文件", en="there is no such document", kind=Kind.NOT_FOUND
)
NO_ENQUIRY = ReasonForm(
    "enquiry.not_found", zh="没有这项提问", en="there is no such enquiry", kind=Kind.NOT_FOUND
)


def project(number: str) -> Project:
    row = Project.objects.select_related("procuring_entity", "agent").filter(number=number).first()
    if row is None:
        raise Refused(NO_PROJECT(number=number[:60]))
    return row


def _tenders() -> QuerySet[Tender]:
    return Tender.objects.select_related("project__procuring_entity", "project__agent")


def tender(number: str) -> Tender:
    """By public number, drafts too; ``Refused(tender.not_found)``. Doors that show it ask :func:`seen`."""
    row = _tenders().filter(number=number).first()
    if row is None:
        raise Refused(NO_TENDER(number=number[:60]))
    return row


def seen(actor: Actor, number: str) -> Tender:
    """The tender, if this actor may know of it."""
    row = tender(number)
    if not sees(actor, row):
        raise Refused(NO_TENDER(number=number[:60]))
    return row


def lot(number: str, no: str | int) -> Lot:
    """The lot ``no`` (1…) of a tender."""
    found = Lot.objects.select_related("tender__project__procuring_entity").filter(tender__number=number)
    said = str(no)
    # "²" is a digit to Python, and no number.
    row = found.filter(no=int(said)).first() if said.isascii() and said.isdigit() and len(said) < 5 else None
    if row is None:
        raise Refused(NO_LOT(number=number[:60], lot=str(no)[:20]))
    return row


def document(number: str, key: str | uuid.UUID) -> TenderDocument:
    rows = TenderDocument.objects.select_related("tender__project", "file")
    row = rows.filter(tender__number=number, id=_uuid(key)).first() if _uuid(key) else None
    if row is None:
        raise Refused(NO_DOCUMENT())
    return row


def requirement_file(row: Tender) -> StoredFile:
    """The published requirement list; a tender announced before there was one has none."""
    found = row.documents.select_related("file").filter(kind="requirements").first()
    if found is None:
        raise Refused(NO_DOCUMENT())
    return found.file


def enquiry(key: str | uuid.UUID) -> Enquiry:
    row = (
        Enquiry.objects.select_related("tender__project").filter(id=_uuid(key)).first()
        if _uuid(key)
        else None
    )
    if row is None:
        raise Refused(NO_ENQUIRY())
    return row


def _uuid(key: str | uuid.UUID) -> uuid.UUID | None:
    try:
        return uuid.UUID(str(key))
    except ValueError:
        return None


def rulebook_of(row: Tender, now: datetime) -> Rulebook:
    """The frozen rulebook, or for a draft the one in force today."""
    if row.announced_at is not None:
        return books.rulebook(row.rulebook)
    kind = row.project
    return books.in_force(kind.regime, kind.category, now.astimezone(BEIJING).date())


def phase(row: Tender, now: datetime) -> str:
    """What the clock says of an announced tender: ``before_offer``, ``asking``, ``bidding``, ``due``; else
    the status. Computed, never stored."""
    if row.status != TenderStatus.ANNOUNCED or row.submission_deadline is None:
        return str(row.status)
    if row.documents_from and now < row.documents_from:
        return "before_offer"
    if now >= row.submission_deadline:
        return "due"
    return "asking" if row.enquiry_deadline and now < row.enquiry_deadline else "bidding"


PHASE_ZH = {
    "before_offer": "招标文件待提供",
    "asking": "投标中，可以提问",
    "bidding": "投标中",
    "due": "投标已截止，待开标",
}


def phase_zh(row: Tender, now: datetime) -> str:
    return PHASE_ZH.get(phase(row, now), TenderStatus(row.status) and row.get_status_display())


def hosted_tenders(actor: Actor) -> QuerySet[Tender]:
    """Tenders of the actor's own side, newest first."""
    if not actor.organization:
        return Tender.objects.none()
    own = Q(project__procuring_entity_id=actor.organization) | Q(project__agent_id=actor.organization)
    return _tenders().filter(own).order_by("-created_at")


def lots_to_tender_again(tenders: Iterable[Tender] | QuerySet[Tender]) -> QuerySet[Lot]:
    """Failed lots that no later tender takes up yet; those of a tender that was called off are not failed
    tenders (招法第二十八条、第四十二条)."""
    rows = Lot.objects.filter(tender__in=tenders, status=LotStatus.FAILED, tendered_again_as__isnull=True)
    rows = rows.exclude(tender__status=TenderStatus.CANCELLED)
    return rows.select_related("tender").order_by("tender__number", "no")


def tendered_again_as(actor: Actor, lot: Lot) -> Lot | None:
    """The lot of a later tender that takes up this failed one, once the viewer may know of it."""
    later = Lot.objects.select_related("tender__project").filter(tendered_again_from=lot).first()
    return later if later is not None and sees(actor, later.tender) else None


def hosted_projects(actor: Actor) -> QuerySet[Project]:
    if not actor.organization:
        return Project.objects.none()
    own = Q(procuring_entity_id=actor.organization) | Q(agent_id=actor.organization)
    return Project.objects.select_related("procuring_entity", "agent").filter(own).order_by("-created_at")


def announced_tenders() -> QuerySet[Tender]:
    """Everything that was ever announced, newest first."""
    return _tenders().exclude(announced_at=None).order_by("-announced_at")


def taken_tenders(actor: Actor) -> QuerySet[Tender]:
    """Tenders whose documents the actor's own organization took: for its own eyes only."""
    if not actor.organization:
        return Tender.objects.none()
    return _tenders().filter(downloads__organization_id=actor.organization).order_by("submission_deadline")


def documents_for(actor: Actor, row: Tender) -> list[TenderDocument]:
    """Documents to list for this viewer: what it may read, and the bidding documents on offer."""
    rows = row.documents.select_related("file", "lot", "tender__project")
    offered = row.announced_at is not None
    return [d for d in rows if may_read(actor, d) or (offered and d.published_at and d.recipient_id is None)]


def has_taken(actor: Actor, row: Tender) -> bool:
    if not actor.organization:
        return False
    return DocumentDownload.objects.filter(tender=row, organization_id=actor.organization).exists()


def enquiries_for(actor: Actor, row: Tender) -> list[Enquiry]:
    """The host sees all questions, everybody the answered ones, an asker also its own. Never who asked."""
    rows = row.enquiries.all()
    if hosts(actor, row.project):
        return list(rows)
    return [e for e in rows if e.answered_at is not None or (actor.organization == str(e.asked_by_id))]


def answered(row: Tender) -> Iterable[Enquiry]:
    return row.enquiries.exclude(answered_at=None).order_by("answered_at")


def unconfirmed(actor: Actor, row: Tender) -> int:
    """How many clarifications and answers the actor's organization has not confirmed yet."""
    mine = DocumentDownload.objects.filter(tender=row, organization_id=actor.organization or None).first()
    if mine is None:
        return 0
    since = mine.confirmed_at or mine.at
    notes = row.documents.filter(kind="clarification", published_at__gt=since).count()
    return notes + row.enquiries.filter(answered_at__gt=since).count()


def money_text(value: Any) -> str | None:
    return None if value is None else f"{value:.2f}"
