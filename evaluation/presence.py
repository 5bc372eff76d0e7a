"""Who is at the line. A state of sockets, not an act: it is told to the room and not journalled.

Each open socket of a seat is a row; a ping renews it, and whoever is heard last sweeps what has gone
silent, so a crashed process leaves nobody online for long.
"""

from __future__ import annotations

import uuid
from datetime import timedelta

from django.db import transaction

from evaluation import room
from evaluation.models import Evaluation, Seat, SeatConnection
from evaluation.rules.room_moves import label
from journal import clock
from journal.door import Context
from kernel.actor import SYSTEM

SILENT_AFTER = timedelta(seconds=70)


def arrived(evaluation: Evaluation, seat: Seat, connection: uuid.UUID) -> None:
    """A socket of ``seat`` is open."""
    ctx = _context()
    with transaction.atomic():
        Evaluation.objects.select_for_update().get(pk=evaluation.pk)
        before = SeatConnection.objects.filter(evaluation=evaluation, seat=seat).exists()
        SeatConnection.objects.create(pk=connection, evaluation=evaluation, seat=seat, seen_at=ctx.now)
        if not before:
            _say(ctx, evaluation, seat, f"{label(seat.no)} 已连接")
        _sweep(ctx, evaluation)


def heard(evaluation: Evaluation, connection: uuid.UUID) -> None:
    """A ping: the socket lives. Others that have gone silent are taken off."""
    ctx = _context()
    with transaction.atomic():
        SeatConnection.objects.filter(pk=connection).update(seen_at=ctx.now)
        _sweep(ctx, evaluation)


def left(evaluation: Evaluation, seat: Seat, connection: uuid.UUID) -> None:
    """The socket is closed; the seat is offline when it was the last one."""
    ctx = _context()
    with transaction.atomic():
        Evaluation.objects.select_for_update().get(pk=evaluation.pk)
        gone, _ = SeatConnection.objects.filter(pk=connection).delete()
        if gone and not SeatConnection.objects.filter(evaluation=evaluation, seat=seat).exists():
            _say(ctx, evaluation, seat, f"{label(seat.no)} 断线，已保存的评分不会丢失")


def _sweep(ctx: Context, evaluation: Evaluation) -> None:
    silent = SeatConnection.objects.filter(evaluation=evaluation, seen_at__lt=ctx.now - SILENT_AFTER)
    for row in silent.select_related("seat__ticket"):
        row.delete()
        if not SeatConnection.objects.filter(evaluation=evaluation, seat=row.seat).exists():
            _say(ctx, evaluation, row.seat, f"{label(row.seat.no)} 断线，已保存的评分不会丢失")


def _say(ctx: Context, evaluation: Evaluation, seat: Seat, words: str) -> None:
    if seat.vacated_at is None:
        room.say_seat(ctx, evaluation, seat, "presence", words, "state", "online")


def _context() -> Context:
    return Context(SYSTEM, clock.now(), "ws", "", uuid.uuid4())
