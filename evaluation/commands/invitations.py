"""Answers to invitations. Sealed: who was drawn is secret until the award (招法第三十七条)."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Max

from evaluation import policy
from evaluation.commands.draws import form_if_complete, invite_next, ticket_said
from evaluation.models import Committee, DrawTicket, ExpertDraw, Seat
from evaluation.queries import rows
from evaluation.rules.draw_moves import INVITATION
from evaluation.rules.exclusions import Ground
from evaluation.rules.room_moves import label
from evaluation.rules.statuses import InvitationStatus
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.clock import beijing
from kernel.errors import Kind, ReasonForm, Refused

TOO_LATE = ReasonForm(
    "invitation.too_late",
    zh="答复截止于 {until}，已通知下一位专家",
    en="the time to answer ended at {until}; the next expert was invited",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第四十八条",
)
NOT_YET_DUE = ReasonForm(
    "invitation.not_due", zh="答复时间未到", en="there is still time to answer", kind=Kind.CONFLICT
)
NO_REASON = ReasonForm(
    "invitation.no_reason",
    zh="谢绝请写明理由",
    en="give a reason for declining",
    field="reason",
)
CONSTRAINTS["seat_no_once_at_a_time"] = ReasonForm(
    "seat.taken", zh="席位刚刚有人入席，请再试一次", en="the seat was taken just now", kind=Kind.CONFLICT
)


@dataclass(frozen=True)
class AnswerInvitation(Command):
    """The drawn expert takes part, or declines with a reason."""

    ticket: str
    accept: bool
    reason: str = ""

    verb = "invitation.answer"
    sealed = True
    law = "招标投标法第三十七条；招标投标法实施条例第四十八条"


@dataclass(frozen=True)
class ExpireInvitation(Command):
    """No answer in time: the next of the order is invited."""

    ticket: str

    verb = "invitation.expire"
    sealed = True
    law = "招标投标法实施条例第四十八条"


@handler(AnswerInvitation, load=lambda cmd: rows.ticket_for_update(cmd.ticket), may=policy.may_answer)
def answer_invitation(cmd: AnswerInvitation, ctx: Context, ticket: DrawTicket) -> Done:
    if ticket.reply_until is not None and ctx.now > ticket.reply_until:
        raise Refused(TOO_LATE(until=beijing(ticket.reply_until)))
    verb = "accept" if cmd.accept else "decline"
    ticket.status = INVITATION.after(verb, InvitationStatus(ticket.status), None)
    ticket.answered_at = ctx.now
    seat = None
    if cmd.accept:
        seat = _take_seat(ticket, ctx)
    else:
        ticket.ground, ticket.note = Ground.DECLINED.value, _reason(cmd.reason)
    ticket.save(update_fields=["status", "answered_at", "ground", "note"])
    _go_on(ticket.draw, ctx)
    said = {**ticket_said(ticket), "seat": seat.no if seat else None, "reason": ticket.note}
    result = {"status": ticket.status, "seat": label(seat.no) if seat else ""}
    return Done(f"draw:{ticket.draw.committee.tender.number}", said, result)


def _take_seat(ticket: DrawTicket, ctx: Context) -> Seat:
    """The lowest free number; a successor on it has the next generation."""
    committee: Committee = ticket.draw.committee
    held = set(committee.occupied().values_list("no", flat=True))
    no = next(n for n in range(1, committee.size + 1) if n not in held)
    last = committee.seats.filter(no=no).aggregate(last=Max("generation"))["last"] or 0
    return Seat.objects.create(committee=committee, no=no, generation=last + 1, ticket=ticket, since=ctx.now)


def _go_on(draw: ExpertDraw, ctx: Context) -> None:
    if not form_if_complete(draw, ctx):
        invite_next(draw, ctx)


@handler(ExpireInvitation, load=lambda cmd: rows.ticket_for_update(cmd.ticket), may=policy.may_expire)
def expire_invitation(cmd: ExpireInvitation, ctx: Context, ticket: DrawTicket) -> Done:
    if ticket.reply_until is None or ctx.now <= ticket.reply_until:
        raise Refused(NOT_YET_DUE())
    ticket.status = INVITATION.after("expire", InvitationStatus(ticket.status), None)
    ticket.ground = Ground.EXPIRED.value
    ticket.save(update_fields=["status", "ground"])
    _go_on(ticket.draw, ctx)
    return Done(f"draw:{ticket.draw.committee.tender.number}", ticket_said(ticket))


def _reason(text: str) -> str:
    if not text.strip() or len(text) > 300:
        raise Refused(NO_REASON())
    return text.strip()
