"""Replacing a member: at once, by the order that was drawn; the replaced one's opinions are void."""

from __future__ import annotations

from dataclasses import dataclass

from evaluation import policy, room
from evaluation.commands.draws import invite_next
from evaluation.models import Evaluation, ExpertDraw, Seat
from evaluation.queries import facts, rows
from evaluation.rules.draw_moves import DRAW, INVITATION
from evaluation.rules.exclusions import GROUND_LAW, GROUND_ZH, REPLACEMENT, Ground
from evaluation.rules.room_moves import ROOM, label
from evaluation.rules.statuses import ROOM_ENDED, DrawStatus, InvitationStatus, RoomStatus
from journal.door import Command, Context, Done, handler
from kernel.errors import ReasonForm, Refused
from portal import rooms

BAD_GROUND = ReasonForm(
    "committee.bad_ground",
    zh="更换评委只能因回避、缺席或者健康等原因",
    en="a member is replaced for recusal, absence or health only",
    law="招标投标法实施条例第四十六条、第四十八条",
    field="ground",
)
NO_REASON = ReasonForm(
    "committee.no_reason",
    zh="请写明理由（不少于 5 字）",
    en="give a reason of at least 5 characters",
    field="reason",
)


@dataclass(frozen=True)
class ReplaceMember(Command):
    """``ground``: recused (by the member or the center), absent, unfit (by the center)."""

    tender: str
    seat: int
    ground: str
    reason: str

    verb = "committee.replace"
    sealed = True
    law = "招标投标法实施条例第四十八条"


@handler(ReplaceMember, load=lambda cmd: rows.seat_for_update(cmd.tender, cmd.seat), may=policy.may_replace)
def replace_member(cmd: ReplaceMember, ctx: Context, seat: Seat) -> Done:
    if cmd.ground not in {g.value for g in REPLACEMENT}:
        raise Refused(BAD_GROUND())
    if len(cmd.reason.strip()) < 5 or len(cmd.reason) > 300:
        raise Refused(NO_REASON())
    ground = Ground(cmd.ground)
    open_rooms = _open_rooms(seat)
    _vacate(seat, ground, cmd.reason.strip(), ctx)
    # An open socket of the one who leaves hears nothing more of the room.
    rooms.recall(str(seat.ticket.expert.person_id))
    for evaluation in open_rooms:
        _back_to_start(evaluation, seat, ground, ctx)
    draw = _reopen(seat)
    invited = invite_next(draw, ctx)
    said = {
        "seat": seat.no,
        "generation": seat.generation,
        "entry": seat.ticket.entry,
        "ground": ground.value,
        "law": GROUND_LAW[ground],
        "reason": cmd.reason.strip(),
        "invited": invited,
    }
    return Done(f"committee:{cmd.tender}", said, {"seat": label(seat.no), "invited": invited})


def _open_rooms(seat: Seat) -> list[Evaluation]:
    """The rooms that are not finished; a committee whose work is done is not changed any more."""
    found = seat.committee.evaluations.select_for_update(of=("self",)).select_related(
        "committee", "lot__tender", "report"
    )
    rooms = [row for row in found if row.status not in ROOM_ENDED]
    if found and not rooms:
        # Says so with the machine's own words.
        ROOM.after("replace", RoomStatus(found[0].status), facts.facts_of(found[0]))
    return rooms


def _vacate(seat: Seat, ground: Ground, reason: str, ctx: Context) -> None:
    seat.vacated_at, seat.vacated_ground = ctx.now, ground.value
    seat.save(update_fields=["vacated_at", "vacated_ground"])
    ticket = seat.ticket
    ticket.status = INVITATION.after("replace", InvitationStatus(ticket.status), None)
    ticket.ground, ticket.note = ground.value, reason
    ticket.save(update_fields=["status", "ground", "note"])


def _reopen(seat: Seat) -> ExpertDraw:
    """The newest draw of the committee goes on inviting."""
    draw = seat.committee.draws.order_by("-round").first()
    if draw is None:
        raise Refused(policy.NO_DRAW())
    status = DrawStatus(draw.status)
    draw.status = DRAW.after("reopen" if status is DrawStatus.FORMED else "vacate", status, draw.facts())
    draw.save(update_fields=["status"])
    return draw


def _back_to_start(evaluation: Evaluation, seat: Seat, ground: Ground, ctx: Context) -> None:
    evaluation.status = ROOM.after("replace", RoomStatus(evaluation.status), facts.facts_of(evaluation))
    if evaluation.chair_id == seat.pk:
        evaluation.chair = None
    evaluation.calculation = evaluation.report_payload = evaluation.report = None
    evaluation.calculation_sha256, evaluation.report_act = "", None
    evaluation.calculated_at = None
    evaluation.save()
    words = f"{label(seat.no)} 因{GROUND_ZH[ground]}更换，其意见无效；补足后继续，其他成员已保存的内容保留"
    room.say_step(
        ctx,
        evaluation,
        words,
        {
            "seats": {**room.all_seats(evaluation), seat.key: None},
            "totals": None,
            "ranking": None,
            "report": None,
        },
    )
