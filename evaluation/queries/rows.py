"""Rows by their public names; ``Refused`` not found. Commands lock through these."""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.models import QuerySet

from evaluation.models import Committee, DrawTicket, EvaluatedBid, Evaluation, ExpertDraw, ExpertProfile, Seat
from evaluation.policy import NO_DRAW, NO_INVITATION, NO_ROOM
from evaluation.rules.statuses import DrawStatus
from kernel.errors import Kind, ReasonForm, Refused
from trading.models import Tender
from trading.queries.tenders import tender as tender_by_number

NO_EXPERT = ReasonForm(
    "expert.not_found", zh="专家库中没有编号 {expert}", en="no expert {expert}", kind=Kind.NOT_FOUND
)
NO_SEAT = ReasonForm(
    "evaluation.no_such_seat",
    zh="没有在席的 {seat} 号席位",
    en="seat {seat} is not taken",
    kind=Kind.NOT_FOUND,
    field="seat",
)
NO_BID = ReasonForm(
    "evaluation.no_such_bid",
    zh="这个评标室没有这份投标文件",
    en="this room has no such bid",
    kind=Kind.NOT_FOUND,
    field="bid",
)


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def expert(expert_id: str) -> ExpertProfile:
    row = ExpertProfile.objects.select_related("person").filter(pk=as_uuid(expert_id)).first()
    if row is None:
        raise Refused(NO_EXPERT(expert=expert_id[:40]))
    return row


def tender(number: str) -> Tender:
    return tender_by_number(number)


def tender_for_update(number: str) -> Tender:
    """The tender under its lock: two draws of one tender never run beside each other."""
    return Tender.objects.select_for_update().get(pk=tender_by_number(number).pk)


def draw(number: str, *, lock: bool = False) -> ExpertDraw:
    """The newest draw of a tender."""
    if lock:
        # The committee's row is the lock of everything about its draws and seats.
        Committee.objects.select_for_update(of=("self",)).filter(tender__number=number).first()
    rows = ExpertDraw.objects.select_related("committee__tender__project").filter(
        committee__tender__number=number
    )
    row = rows.order_by("-round").first()
    if row is None:
        raise Refused(NO_DRAW())
    return row


def draw_for_update(number: str) -> ExpertDraw:
    return draw(number, lock=True)


def ticket_for_update(ticket_id: str) -> DrawTicket:
    """A ticket that has been invited at least once, under its committee's lock."""
    rows = DrawTicket.objects.select_related("draw__committee__tender", "expert")
    row = rows.filter(pk=as_uuid(ticket_id), invited_at__isnull=False).first()
    if row is None:
        raise Refused(NO_INVITATION())
    Committee.objects.select_for_update().get(pk=row.draw.committee_id)
    row.refresh_from_db()
    return row


def seat_for_update(number: str, no: int) -> Seat:
    committee = Committee.objects.select_for_update(of=("self",)).filter(tender__number=number).first()
    if committee is None:
        raise Refused(NO_SEAT(seat=no))
    return seat(committee, no)


def seat(committee: Committee, no: int) -> Seat:
    """Who sits on number ``no`` now; ``Refused(evaluation.no_such_seat)``."""
    row = committee.occupied().select_related("ticket__expert", "committee__tender").filter(no=no).first()
    if row is None:
        raise Refused(NO_SEAT(seat=no))
    return row


def _evaluations() -> QuerySet[Evaluation]:
    return Evaluation.objects.select_related("committee", "lot__tender__project", "chair", "report")


def evaluation(number: str, lot: int) -> Evaluation:
    row = _evaluations().filter(lot__tender__number=number, lot__no=lot).first()
    if row is None:
        raise Refused(NO_ROOM())
    return row


def evaluation_for_update(number: str, lot: int) -> Evaluation:
    """The room under its lock: votes, reviews, locks and signatures are taken one after the other."""
    if connection.features.has_select_for_update:
        # First the lock, then the rows: what was read while waiting may be old.
        locked = Evaluation.objects.select_for_update(of=("self",))
        locked.filter(lot__tender__number=number, lot__no=lot).values_list("pk").first()
    return evaluation(number, lot)


def bid_in(row: Evaluation, bid_id: str, *, files: bool = True) -> EvaluatedBid:
    """A bid of the room by its id there; with ``files`` also what was opened."""
    bids = row.bids.select_related("bid__bundle") if files else row.bids.all()
    found = bids.filter(pk=as_uuid(bid_id)).first()
    if found is None:
        raise Refused(NO_BID())
    return found


def open_draws_with_invitations() -> QuerySet[ExpertDraw]:
    return ExpertDraw.objects.filter(status=DrawStatus.INVITING)
