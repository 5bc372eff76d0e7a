"""Fan-out of room events: one layer subscription a room and process, each frame encoded once, each
socket with a bounded outbox. The layer only says "there is something new"; the truth is in the
database, so a lost notice is found by the next poll."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import logging
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import async_to_sync
from channels.db import database_sync_to_async
from channels.layers import get_channel_layer
from django.conf import settings

from portal import rooms

log = logging.getLogger("mingtang.hub")
OUTBOX = 256
POLL_SECONDS = 2.0
TOO_SLOW = 4408
#: In a listener's queue: ask again whether this one may stay.
ASK_AGAIN = ""
#: The layer group that every hub hears, beside its room's.
_EVERYWHERE = "room.everywhere"


def group_of(room: str) -> str:
    """Layer group names are ASCII and short; room keys are neither."""
    return "room." + hashlib.sha256(room.encode()).hexdigest()[:40]


def announce(room: str) -> None:
    """Tell every process that ``room`` has news. Called after commit, from any thread; never raises."""
    wake(room)
    if settings.EMBEDDED:
        return  # there is no other process
    try:
        layer: Any = get_channel_layer()
        async_to_sync(layer.group_send)(group_of(room), {"type": "news", "room": room})
    except Exception:
        log.exception("announce %s", room)


def announce_recall() -> None:
    """Wake every hub of every process: somebody's right to a socket may have ended. Never raises."""
    for hub in list(_hubs.values()):
        hub.wake()
    if settings.EMBEDDED:
        return
    try:
        layer: Any = get_channel_layer()
        async_to_sync(layer.group_send)(_EVERYWHERE, {"type": "news", "room": ""})
    except Exception:
        log.exception("announce recall")


def wake(room: str) -> None:
    """Wake this process's hubs of ``room``."""
    for hub in list(_hubs.values()):
        if hub.room == room:
            hub.wake()


@dataclass(eq=False)
class Listener:
    """One socket in a room. ``queue`` holds encoded frames; ``None`` says: too slow, close; ``ASK_AGAIN``:
    may this one stay? ``person`` is whose socket it is, empty for the public."""

    audiences: frozenset[str]
    seq: int
    person: str = ""
    heard: set[int] = field(default_factory=set)
    queue: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(OUTBOX))

    def put(self, text: str) -> bool:
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            return False
        return True


class RoomHub:
    """All listeners of one room in this process."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.seq = 0
        self.listeners: set[Listener] = set()
        self.task: asyncio.Task[None] | None = None
        self.news = asyncio.Event()
        self.loop = asyncio.get_running_loop()

    def wake(self) -> None:
        with contextlib.suppress(RuntimeError):  # its loop has just been closed
            self.loop.call_soon_threadsafe(self.news.set)

    def start(self) -> None:
        self.task = asyncio.create_task(self._run())

    async def _run(self) -> None:
        ear = None if settings.EMBEDDED else asyncio.create_task(self._listen())
        try:
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.news.wait(), POLL_SECONDS)
                self.news.clear()
                try:
                    await self._recall()
                    await self._pump()
                except Exception:
                    log.exception("room %s", self.room)
                    await asyncio.sleep(1)
        finally:
            if ear is not None:
                ear.cancel()

    async def _listen(self) -> None:
        """One subscription of the channel layer for the room and process, whatever the number of sockets."""
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        await layer.group_add(group_of(self.room), channel)
        await layer.group_add(_EVERYWHERE, channel)
        try:
            while True:
                try:
                    await layer.receive(channel)
                except Exception:
                    log.exception("channel layer of %s", self.room)
                    await asyncio.sleep(1)
                self.news.set()
        finally:
            await layer.group_discard(group_of(self.room), channel)
            await layer.group_discard(_EVERYWHERE, channel)

    async def _recall(self) -> None:
        """Pass recalls on to the sockets of those persons. A socket that is newer than a recall is asked once
        for nothing; that way none falls between entering and joining."""
        if not any(listener.person for listener in self.listeners):
            return
        people: dict[str, set[int]] = {}
        for number, person in await database_sync_to_async(rooms.recalled)():
            people.setdefault(person, set()).add(number)
        for listener in list(self.listeners):
            news = people.get(listener.person, set()) - listener.heard if listener.person else set()
            if news:
                listener.heard |= news
                if not listener.put(ASK_AGAIN):
                    self._drop(listener)

    async def _pump(self) -> None:
        """Read what is new and hand it out; the frame is encoded once for each way of seeing it."""
        while True:
            events = await database_sync_to_async(rooms.events_since)(self.room, self.seq)
            if not events:
                return
            for event in events:
                shown, hidden = "", ""
                for listener in list(self.listeners):
                    if event.seq <= listener.seq:
                        continue
                    listener.seq = event.seq
                    if not event.audience or event.audience in listener.audiences:
                        shown = shown or encode(rooms.frame(event, {event.audience}))
                        text = shown
                    else:
                        hidden = hidden or encode(rooms.frame(event, ()))
                        text = hidden
                    if not listener.put(text):
                        self._drop(listener)
                self.seq = event.seq

    def _drop(self, listener: Listener) -> None:
        # A slow socket is closed and comes back by replay; the room never waits for it.
        self.listeners.discard(listener)
        while not listener.queue.empty():
            listener.queue.get_nowait()
        listener.queue.put_nowait(None)


_hubs: dict[tuple[int, str], RoomHub] = {}


def join(room: str, listener: Listener) -> RoomHub:
    """Add a listener that has everything up to ``listener.seq``. Call it on the event loop."""
    loop = id(asyncio.get_running_loop())
    hub = _hubs.get((loop, room))
    if hub is None or hub.task is None or hub.task.done():
        hub = RoomHub(room)
        hub.seq = listener.seq
        _hubs[loop, room] = hub
        hub.start()
    hub.listeners.add(listener)
    hub.seq = min(hub.seq, listener.seq)
    hub.news.set()
    return hub


def leave(hub: RoomHub, listener: Listener) -> None:
    hub.listeners.discard(listener)
    if not hub.listeners and hub.task is not None:
        hub.task.cancel()
        for key in [k for k, v in _hubs.items() if v is hub]:
            del _hubs[key]


def encode(frame: dict[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"))
