"""The socket of an evaluation room: ``/ws/evaluation/<number>/<lot>/``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from channels.db import database_sync_to_async

from evaluation import frames, policy, presence
from evaluation.models import Evaluation, Seat
from evaluation.queries import rows
from journal.door import Command
from kernel.errors import Refused
from parties.login import actor_of_scope
from portal.consumers import Entry, RoomConsumer


def _for_socket(build: frames.Build) -> Callable[[dict[str, Any], Entry, dict[str, Any]], Command]:
    return lambda args, entry, where: build(args, entry.actor, where["number"], where["lot"])


class EvaluationConsumer(RoomConsumer):
    """A member sees the room and the own seat; staff the room. Nobody sees another's sheet before the award."""

    verbs: ClassVar = {name: _for_socket(build) for name, build in frames.VERBS.items()}
    seat: Seat | None = None
    evaluation: Evaluation
    connection: uuid.UUID

    def enter(self, scope: dict[str, Any]) -> Entry:
        actor = actor_of_scope(scope)
        where = scope["url_route"]["kwargs"]
        evaluation = rows.evaluation(where["number"], where["lot"])
        if (reason := policy.may_enter(actor, evaluation)) is not None:
            raise Refused(reason)
        seat = policy.seat_of(actor, evaluation)
        return Entry(evaluation.room, actor, audiences(seat, staff=policy.is_staff(actor)))

    def again(self, scope: dict[str, Any]) -> Entry:
        # Every command of the room asks itself whether the actor sits there now.
        if getattr(self, "entry", None) is None:
            return self.enter(scope)
        return replace(self.entry, actor=actor_of_scope(scope))

    async def connect(self) -> None:
        self.connection = uuid.uuid4()
        await super().connect()
        if getattr(self, "entry", None) is not None:
            await database_sync_to_async(self._arrive)()

    def _arrive(self) -> None:
        where = self.scope["url_route"]["kwargs"]
        self.evaluation = rows.evaluation(where["number"], where["lot"])
        self.seat = policy.seat_of(self.entry.actor, self.evaluation)
        if self.seat is not None:
            presence.arrived(self.evaluation, self.seat, self.connection)

    async def disconnect(self, code: int) -> None:
        await super().disconnect(code)
        if self.seat is not None:
            await database_sync_to_async(presence.left)(self.evaluation, self.seat, self.connection)

    async def _answer(self, frame: dict[str, Any], frame_id: str) -> None:
        if frame["t"] == "ping" and self.seat is not None:
            await database_sync_to_async(presence.heard)(self.evaluation, self.connection)
        await super()._answer(frame, frame_id)


def audiences(seat: Seat | None, *, staff: bool) -> frozenset[str]:
    """Whose events a viewer may see, beside the room's."""
    own = {seat.audience} if seat is not None else set()
    return frozenset(own | ({"staff"} if staff else set()))
