"""The room opens; members declare and elect their chair; the center pauses and resumes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from evaluation import policy, room, signing
from evaluation.models import Ballot, Declaration, EvaluatedBid, Evaluation, Seat
from evaluation.queries import facts, rows
from evaluation.rules.room_moves import PAUSE, ROOM, RoomFacts, label
from evaluation.rules.statuses import ROOM_ENDED, PauseStatus, RoomStatus
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.actor import Actor
from kernel.bid_rules import PRICE
from kernel.clock import iso
from kernel.errors import Kind, Reason, ReasonForm, Refused
from trading.models import Bid, Lot, Tender
from trading.rules.statuses import BidStatus, LotStatus

DECLARED = ReasonForm(
    "evaluation.declared_before", zh="您已经签署声明", en="you have declared already", kind=Kind.CONFLICT
)
NO_REASON = ReasonForm(
    "evaluation.no_reason",
    zh="请写明理由（不少于 5 字）",
    en="give a reason of at least 5 characters",
    field="reason",
)
CONSTRAINTS["declaration_once_a_seat"] = DECLARED
ALIASES = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"


@dataclass(frozen=True)
class ConveneRooms(Command):
    """The committee is complete: open the room of every lot, or go on in the open ones."""

    tender: str

    verb = "evaluation.convene"
    sealed = True
    law = "招标投标法第三十七条"


@dataclass(frozen=True)
class Declare(Command):
    """保密与回避声明 of the acting member; ``signed`` was checked before."""

    tender: str
    lot: int
    signed: dict[str, Any]
    fingerprint: str
    revocation_sha256: tuple[str, ...] = field(default=())

    verb = "evaluation.declare"
    sealed = True
    law = "招标投标法第三十八条、第四十四条；12号令第十二条、第十三条"


@dataclass(frozen=True)
class VoteChair(Command):
    """A vote for the chair: the number of a seat, also one's own. It can be changed until somebody is elected."""

    tender: str
    lot: int
    seat: int

    verb = "evaluation.vote_chair"
    sealed = True
    law = "12号令第九条"


@dataclass(frozen=True)
class PauseRoom(Command):
    tender: str
    lot: int
    reason: str

    verb = "evaluation.pause"
    sealed = True
    law = "招标投标法实施条例第四十八条"


@dataclass(frozen=True)
class ResumeRoom(Command):
    tender: str
    lot: int

    verb = "evaluation.resume"
    sealed = True
    law = "招标投标法实施条例第四十八条"


@dataclass(frozen=True)
class TerminateRoom(Command):
    """The lot has ended without this room: the tender was called off or the lot failed. Sheets are kept."""

    tender: str
    lot: int
    code: str

    verb = "evaluation.terminate"
    law = "招标投标法实施条例第三十一条；招标投标法第四十二条"


def load_room(cmd: Any) -> Evaluation:
    return rows.evaluation_for_update(cmd.tender, cmd.lot)


def my_seat(ctx: Context, evaluation: Evaluation) -> Seat:
    """The acting member's seat; the policy has made sure there is one."""
    seat = evaluation.acting or policy.seat_of(ctx.actor, evaluation)
    if seat is None:
        raise Refused(policy.NOT_A_MEMBER())
    return seat


def move(evaluation: Evaluation, verb: str) -> None:
    """Go on by the table of moves; saved."""
    evaluation.status = ROOM.after(verb, RoomStatus(evaluation.status), facts.facts_of(evaluation))
    evaluation.save()


def stay(evaluation: Evaluation, verb: str) -> None:
    """A move that stays at its step and asks only whether the room runs and is complete: it need not count
    what everybody has done."""
    reason = evaluation.pause_reason if evaluation.pause == PauseStatus.PAUSED else ""
    seated = tuple(evaluation.committee.occupied().values_list("no", flat=True))
    ROOM.after(verb, RoomStatus(evaluation.status), RoomFacts(evaluation.committee.size, seated, reason))


def against(evaluation: Evaluation, verb: str) -> tuple[Reason, ...]:
    return ROOM.reasons_against(verb, RoomStatus(evaluation.status), facts.facts_of(evaluation))


def done(evaluation: Evaluation, seat: Seat | None, said: dict[str, Any], result: Any = None) -> Done:
    if seat is not None:
        said = {"seat": seat.no, "generation": seat.generation, **said}
    return Done(evaluation.subject, said, result if result is not None else {"step": evaluation.status})


def _system(actor: Actor, row: object) -> Reason | None:
    return policy.only_system(actor, row)


@handler(ConveneRooms, load=lambda cmd: rows.tender_for_update(cmd.tender), may=_system)
def convene_rooms(cmd: ConveneRooms, ctx: Context, tender: Tender) -> Done:
    committee = tender.committee
    opened = []
    for lot in tender.lots.filter(status=LotStatus.EVALUATING):
        evaluation = Evaluation.objects.filter(lot=lot).first()
        if evaluation is None:
            evaluation = _open_room(lot, committee, ctx)
            room.say_convened(ctx, evaluation)
            opened.append(lot.no)
        elif evaluation.status not in ROOM_ENDED:
            room.say_step(ctx, evaluation, "评标委员会已补足，新成员请签署声明", {})
    return Done(f"committee:{tender.number}", {"lots": opened, "size": committee.size}, {"lots": opened})


def _open_room(lot: Lot, committee: Any, ctx: Context) -> Evaluation:
    """The bids under aliases; their new ids are random, so the order of aliases is too."""
    evaluation = Evaluation.objects.create(committee=committee, lot=lot, convened_at=ctx.now)
    opened = Bid.objects.filter(lot=lot, status=BidStatus.OPENED).exclude(part=PRICE)
    fresh = sorted(((uuid.uuid4(), bid) for bid in opened), key=lambda pair: pair[0])
    EvaluatedBid.objects.bulk_create(
        EvaluatedBid(id=key, evaluation=evaluation, bid=bid, alias=alias_of(no), position=no)
        for no, (key, bid) in enumerate(fresh)
    )
    return evaluation


def alias_of(no: int) -> str:
    """甲, 乙, … 亥, then 甲2."""
    turn, place = divmod(no, len(ALIASES))
    return ALIASES[place] + (str(turn + 1) if turn else "")


@handler(Declare, load=load_room, may=policy.may_sit)
def declare(cmd: Declare, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    if evaluation.declarations.filter(seat=seat).exists():
        raise Refused(DECLARED())
    if cmd.signed.get("statement") != signing.declaration_for(evaluation, seat):
        raise Refused(signing.NOT_THE_STATEMENT())
    signing.must_be_of(seat, cmd.fingerprint)
    stay(evaluation, "declare")
    Declaration.objects.create(
        evaluation=evaluation, seat=seat, statement=cmd.signed, at=ctx.now, act=ctx.act_id
    )
    words = f"{label(seat.no)} 已声明保密、无需回避"
    room.say_seat(ctx, evaluation, seat, "declared", words, "declared", "done", "of")
    if not against(evaluation, "begin"):
        move(evaluation, "begin")
        room.say_step(ctx, evaluation, "全体成员已声明，请推选组长")
        elect_if_decided(ctx, evaluation)
    said = {"certificate": cmd.fingerprint, "revocation": list(cmd.revocation_sha256)}
    return done(evaluation, seat, said)


@handler(VoteChair, load=load_room, may=policy.may_sit)
def vote_chair(cmd: VoteChair, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    stay(evaluation, "vote_chair")
    chosen = rows.seat(evaluation.committee, cmd.seat)
    Ballot.objects.update_or_create(
        evaluation=evaluation,
        seat=seat,
        question=facts.CHAIR,
        defaults={"choice": str(chosen.pk), "at": ctx.now},
    )
    room.say_seat(ctx, evaluation, seat, "voted", f"{label(seat.no)} 已投票", "voted", "done", "of")
    elect_if_decided(ctx, evaluation)
    return done(evaluation, seat, {"for": chosen.no}, {"step": evaluation.status})


def elect_if_decided(ctx: Context, evaluation: Evaluation) -> None:
    """Everybody has voted: whoever has the majority is chair; without one the vote goes on."""
    reasons = against(evaluation, "elect")
    if reasons:
        if [r.code for r in reasons] == ["evaluation.no_majority"]:
            room.say(ctx, evaluation, "no_majority", "没有人得到过半数票，请改投", {})
        return
    evaluation.chair = facts.chair_elected(evaluation, facts.seats_of(evaluation))
    move(evaluation, "elect")
    chair = evaluation.chair
    if chair is not None:
        room.say_step(ctx, evaluation, f"{label(chair.no)} 当选组长，开始初步评审")


@handler(PauseRoom, load=load_room, may=policy.may_run_room)
def pause_room(cmd: PauseRoom, ctx: Context, evaluation: Evaluation) -> Done:
    if len(cmd.reason.strip()) < 5 or len(cmd.reason) > 300:
        raise Refused(NO_REASON())
    evaluation.pause = PAUSE.after("pause", PauseStatus(evaluation.pause), facts.facts_of(evaluation))
    evaluation.pause_reason, evaluation.paused_at = cmd.reason.strip(), ctx.now
    evaluation.save(update_fields=["pause", "pause_reason", "paused_at"])
    room.say_pause(ctx, evaluation)
    return done(evaluation, None, {"reason": evaluation.pause_reason})


@handler(ResumeRoom, load=load_room, may=policy.may_run_room)
def resume_room(cmd: ResumeRoom, ctx: Context, evaluation: Evaluation) -> Done:
    evaluation.pause = PAUSE.after("resume", PauseStatus(evaluation.pause), facts.facts_of(evaluation))
    evaluation.pause_reason, evaluation.paused_at = "", None
    evaluation.save(update_fields=["pause", "pause_reason", "paused_at"])
    room.say_pause(ctx, evaluation)
    return done(evaluation, None, {})


@handler(TerminateRoom, load=load_room, may=_system)
def terminate_room(cmd: TerminateRoom, ctx: Context, evaluation: Evaluation) -> Done:
    """Also a paused room, and one whose committee is not complete, ends; nothing that was written is lost."""
    evaluation.status = ROOM.after("terminate", RoomStatus(evaluation.status), facts.facts_of(evaluation))
    evaluation.finished_at = ctx.now
    evaluation.save(update_fields=["status", "finished_at"])
    room.say_step(
        ctx, evaluation, "本标段已终止，评标不再继续；已保存的意见和评分留存", {"finished_at": iso(ctx.now)}
    )
    return done(evaluation, None, {"code": cmd.code})
