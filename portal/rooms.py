"""Writing and reading room events. Commands call :func:`say` inside their transaction; sockets hear of
it after the commit. Invariant: a stale snapshot and the events since then give the fresh snapshot."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction

from journal import clock
from journal.door import Context
from kernel.clock import iso
from kernel.merge_patch import merge_patch
from portal.models import Recall, Room, RoomEvent, RoomState

EVERYBODY = ""


@dataclass(frozen=True)
class Said:
    """One event to be: what :func:`say` takes."""

    kind: str
    words: str
    patch: dict[str, Any]
    audience: str = EVERYBODY


def say(
    ctx: Context, room: str, kind: str, words: str, patch: dict[str, Any], *, audience: str = EVERYBODY
) -> int:
    """Add an event to ``room``; its seq. ``words`` is what people read; ``patch`` changes the state of
    ``audience`` ("" or e.g. ``seat:3``, ``staff``). Call it in a command's transaction."""
    return say_all(ctx, room, [Said(kind, words, patch, audience)])


def say_all(ctx: Context, room: str, said: Sequence[Said]) -> int:
    """Several events at once, in order; the seq of the last one."""
    row = _locked(room)
    states = {s.audience: s for s in row.states.filter(audience__in={one.audience for one in said})}
    for one in said:
        state = states.setdefault(one.audience, RoomState(room=row, audience=one.audience))
        state.state = merge_patch(state.state, one.patch)
    for state in states.values():
        state.save()
    RoomEvent.objects.bulk_create(
        RoomEvent(room=row, seq=seq, at=ctx.now, kind=e.kind, say=e.words, audience=e.audience, patch=e.patch)
        for seq, e in enumerate(said, start=row.seq + 1)
    )
    row.seq += len(said)
    row.save(update_fields=["seq"])
    from portal import hub

    transaction.on_commit(lambda: hub.announce(room))
    return row.seq


def recall(person: str) -> None:
    """Whoever has sockets open as this person is asked again, in every process, whether they may stay; who
    may not is closed with 4401. Call it in the transaction that ends the right."""
    at = clock.database_now()
    # Hubs read these every other second; what is older has been heard, or its socket was opened later.
    Recall.objects.filter(at__lt=at - timedelta(minutes=10)).delete()
    Recall.objects.create(person=person, at=at)
    from portal import hub

    transaction.on_commit(hub.announce_recall)


def recalled(limit: int = 256) -> list[tuple[int, str]]:
    """The newest recalls: ``(id, person)``."""
    return list(Recall.objects.order_by("-id").values_list("id", "person")[:limit])


def _locked(key: str) -> Room:
    """The room's row under its lock; made when it is the first time."""
    rows = Room.objects.select_for_update()
    row = rows.filter(key=key).first()
    if row is None:
        Room.objects.get_or_create(key=key)
        row = rows.get(key=key)
    return row


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
