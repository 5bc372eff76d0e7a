"""Writing and reading room events. Commands call :func:`say` inside their transaction; sockets hear of
it after the commit. Invariant: a stale snapshot and the events since then give the fresh snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction

from journal.door import Context
from kernel.clock import iso
from kernel.merge_patch import merge_patch
from portal.models import Room, RoomEvent, RoomState

EVERYBODY = ""


def say(
    ctx: Context, room: str, kind: str, words: str, patch: dict[str, Any], *, audience: str = EVERYBODY
) -> int:
    """Add an event to ``room``; its seq. ``words`` is what people read; ``patch`` changes the state of
    ``audience`` ("" or e.g. ``seat:3``, ``staff``). Call it in a command's transaction."""
    Room.objects.get_or_create(key=room)
    row = Room.objects.select_for_update().get(key=room)
    row.seq += 1
    row.save(update_fields=["seq"])
    state, _ = RoomState.objects.get_or_create(room=row, audience=audience)
    state.state = merge_patch(state.state, patch)
    state.save(update_fields=["state"])
    RoomEvent.objects.create(
        room=row, seq=row.seq, at=ctx.now, kind=kind, say=words, audience=audience, patch=patch
    )
    from portal import hub

    transaction.on_commit(lambda: hub.announce(room))
    return row.seq


@dataclass(frozen=True)
class Snapshot:
    seq: int
    state: dict[str, Any]


def snapshot(room: str, audiences: Collection[str]) -> Snapshot:
    """The room as this viewer sees it: the common state with the viewer's own laid over it."""
    seen = {EVERYBODY, *audiences}
    with transaction.atomic():
        row = Room.objects.filter(key=room).first()
        if row is None:
            return Snapshot(0, {})
        state: Any = {}
        for part in RoomState.objects.filter(room=row, audience__in=seen).order_by("audience"):
            state = merge_patch(state, part.state)
        return Snapshot(row.seq, state)


def events_since(room: str, since: int, limit: int = 500) -> list[RoomEvent]:
    """Events after ``since``, oldest first."""
    return list(RoomEvent.objects.filter(room_id=room, seq__gt=since).order_by("seq")[:limit])


def frame(event: RoomEvent, audiences: Collection[str]) -> dict[str, Any]:
    """The event as this viewer may see it: what may not be seen keeps its seq only."""
    if event.audience and event.audience not in audiences:
        return {"t": "event", "seq": event.seq, "hidden": True}
    return {
        "t": "event",
        "seq": event.seq,
        "at": iso(event.at),
        "kind": event.kind,
        "say": event.say,
        "patch": event.patch,
    }


def recent(room: str, audiences: Collection[str], limit: int = 50) -> list[dict[str, Any]]:
    """The newest sentences that this viewer may read, newest first: ``{seq, at, say}``."""
    rows = RoomEvent.objects.filter(room_id=room, audience__in={EVERYBODY, *audiences}).exclude(say="")
    return [{"seq": r.seq, "at": r.at, "say": r.say} for r in rows.order_by("-seq")[:limit]]


def fold(state: dict[str, Any], frames: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """What a client does with event frames; used to test the invariant."""
    for one in frames:
        state = merge_patch(state, one.get("patch", {}))
    return state
