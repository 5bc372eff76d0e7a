"""What an evaluation room is told. State of everybody in it (audience ``""``)::

    {tender {number, title}, lot {no, name}, step, size, chair, paused {reason, since},
     seats {no: {label, site, state, done, of, declared, voted, signed, chair}},
     bids {id: {alias, position}}, rejected {id: {alias, ground, law, reason}}, valid,
     returned [words], totals {id: {…}}, ranking [ids], report {sha256}, finished_at}

Of a seat's own audience: ``{seat, sheet {bid: {item: points}}, reviews {bid: {…}}, returned_cells}``. A seat's
audience is ``seat:<no>``, for its successor ``seat:<no>.2``: nobody reads what a predecessor wrote.
"""

from __future__ import annotations

from typing import Any

from evaluation.models import EvaluatedBid, Evaluation, Review, Score, Seat
from evaluation.queries import facts
from evaluation.rules.room_moves import label
from evaluation.rules.statuses import RoomStatus
from journal.door import Context
from kernel.clock import iso
from portal import rooms
from trading.rules.rejection_grounds import GROUNDS


def say(
    ctx: Context,
    evaluation: Evaluation,
    kind: str,
    words: str,
    patch: dict[str, Any],
    seat: Seat | None = None,
) -> int:
    """An event for the whole room, or for one seat alone."""
    audience = seat.audience if seat else rooms.EVERYBODY
    return rooms.say(ctx, evaluation.room, kind, words, patch, audience=audience)


def progress(evaluation: Evaluation, seat: Seat) -> tuple[int, int]:
    """How much of the present step a seat has done, of how much."""
    bids = evaluation.bids.filter(rejected=False).count()
    if evaluation.status == RoomStatus.SCORING:
        done = Score.objects.filter(seat=seat, bid__evaluation=evaluation, bid__rejected=False).count()
        return done, bids * len(facts.items(evaluation))
    if evaluation.status in (RoomStatus.REVIEWING, RoomStatus.PRICE_REVIEWING):
        judged = facts.under_review(evaluation)
        stage = facts.stage_of(evaluation)
        return Review.objects.filter(seat=seat, bid__in=judged, stage=stage).count(), len(judged)
    if evaluation.status == RoomStatus.CONVENED:
        return int(evaluation.declarations.filter(seat=seat).exists()), 1
    if evaluation.status == RoomStatus.ELECTING:
        return int(evaluation.ballots.filter(seat=seat, question=facts.CHAIR).exists()), 1
    return int(has_signed(evaluation, seat)), 1


def has_signed(evaluation: Evaluation, seat: Seat) -> bool:
    """Under the report as it is now: signed, or counted as agreeing."""
    sha256 = facts.report_sha256(evaluation)
    return bool(sha256) and evaluation.signatures.filter(seat=seat, report_sha256=sha256).exists()


def seat_row(evaluation: Evaluation, seat: Seat) -> dict[str, Any]:
    """``seats.<no>`` of the room's state."""
    done, of = progress(evaluation, seat)
    locked = evaluation.locks.filter(seat=seat, returned_at__isnull=True).exists()
    online = evaluation.connections.filter(seat=seat).exists()
    return {
        "label": label(seat.no),
        "site": seat.ticket.site,
        "state": "locked" if locked else "online" if online else "offline",
        "online": online,
        "done": done,
        "of": of,
        "declared": evaluation.declarations.filter(seat=seat).exists(),
        "voted": evaluation.ballots.filter(seat=seat, question=facts.CHAIR).exists(),
        "signed": has_signed(evaluation, seat),
        "chair": evaluation.chair_id == seat.pk,
    }


def all_seats(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    return {seat.key: seat_row(evaluation, seat) for seat in facts.seats_of(evaluation)}


def rejection_row(bid: EvaluatedBid) -> dict[str, Any]:
    return {
        "alias": bid.alias,
        "ground": GROUNDS[bid.ground].zh,
        "law": GROUNDS[bid.ground].law,
        "reason": bid.reason,
        "document": bid.document,
        "page": bid.page,
    }


def say_convened(ctx: Context, evaluation: Evaluation) -> None:
    """The room opens: its first event holds everything that is common."""
    tender, lot = evaluation.lot.tender, evaluation.lot
    patch = {
        "tender": {"number": tender.number, "title": tender.title},
        "lot": {"no": lot.no, "name": lot.name},
        "step": evaluation.status,
        "size": evaluation.committee.size,
        "bids": {str(b.pk): {"alias": b.alias, "position": b.position} for b in facts.bids_of(evaluation)},
        "seats": all_seats(evaluation),
    }
    say(ctx, evaluation, "convened", f"评标委员会 {evaluation.committee.size} 人到齐，请签署声明", patch)


def say_step(ctx: Context, evaluation: Evaluation, words: str, patch: dict[str, Any] | None = None) -> None:
    """The room is at another step; every seat's progress starts anew."""
    chair = evaluation.chair
    said = {
        "step": evaluation.status,
        "chair": chair.key if chair else None,
        "seats": all_seats(evaluation),
        **(patch or {}),
    }
    say(ctx, evaluation, "step", words, said)


def say_seat(ctx: Context, evaluation: Evaluation, seat: Seat, kind: str, words: str, *names: str) -> None:
    """A seat's row has changed; only the fields in ``names``, or all."""
    row = seat_row(evaluation, seat)
    said = {name: row[name] for name in names} if names else row
    say(ctx, evaluation, kind, words, {"seats": {seat.key: said}})


def say_progress(ctx: Context, evaluation: Evaluation, seat: Seat) -> None:
    """How far a seat is; what it wrote stays its own."""
    done, of = progress(evaluation, seat)
    say(ctx, evaluation, "progress", "", {"seats": {seat.key: {"done": done, "of": of}}})


def say_score(ctx: Context, evaluation: Evaluation, seat: Seat, cells: dict[str, dict[str, str]]) -> None:
    """A cell is written: to the seat what it is, to everybody how far the seat has come."""
    done, of = progress(evaluation, seat)
    told = [
        rooms.Said("score", "", {"sheet": cells}, seat.audience),
        rooms.Said("progress", "", {"seats": {seat.key: {"done": done, "of": of}}}),
    ]
    rooms.say_all(ctx, evaluation.room, told)


def say_pause(ctx: Context, evaluation: Evaluation) -> None:
    if evaluation.paused_at:
        paused = {"reason": evaluation.pause_reason, "since": iso(evaluation.paused_at)}
        words = f"评标暂停：{evaluation.pause_reason}。已保存的评分不会丢失。"
        say(ctx, evaluation, "paused", words, {"paused": paused})
    else:
        say(ctx, evaluation, "resumed", "评标恢复，请核对已保存的评分后继续", {"paused": None})
