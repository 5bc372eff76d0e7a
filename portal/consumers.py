"""The base of every room's WebSocket: snapshot and replay in, commands in, refusals out.

Client frames ``{t: "do", id, verb, args}``, ``{t: "resync"}``, ``{t: "ping", sent}``. Server frames ``hello``
{seq, state, now}, ``event``, ``done`` {id, result}, ``refused`` {id, reasons}, ``error`` {reasons}, ``pong``
{sent, now}. A bad frame gets an error frame and never ends the socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from journal import clock
from journal.door import Command, perform
from kernel.actor import Actor
from kernel.canonical_json import parse
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused
from portal import hub, problems, rooms
from portal.doors import NOT_SIGNED_IN, plain

log = logging.getLogger("mingtang.room")
MAX_FRAME = 512 * 1024
MAX_REPLAY = 500

BAD_FRAME = ReasonForm(
    "frame.malformed", zh="消息格式不合格：{why}", en="malformed frame: {why}", kind=Kind.MALFORMED
)
UNKNOWN_VERB = ReasonForm(
    "frame.unknown_verb",
    zh="这个房间不接受「{verb}」",
    en="this room takes no {verb}",
    kind=Kind.MALFORMED,
)


@dataclass(frozen=True)
class Entry:
    """Leave to enter: the room, who, and the audiences whose events the viewer may see."""

    room: str
    actor: Actor
    audiences: frozenset[str] = frozenset()


#: A frame's builder: ``build(args, entry, kwargs of the URL) -> Command``; ``Refused`` for bad arguments.
Build = Callable[[dict[str, Any], Entry, dict[str, Any]], Command]


class RoomConsumer(AsyncWebsocketConsumer):
    """Subclasses give ``verbs`` (from their ``frames.py``) and :meth:`enter`."""

    verbs: ClassVar[Mapping[str, Build]] = {}
    #: No layer of this name: the hub listens once for a room and process, not each socket by itself.
    channel_layer_alias = "none"

    def enter(self, scope: dict[str, Any]) -> Entry:
        """Who is this and may they come in? Runs in a thread with the database. Raises ``Refused``."""
        raise NotImplementedError

    def again(self, scope: dict[str, Any]) -> Entry:
        """Who acts now. Rooms may leave it at that where each command's policy asks the rest."""
        return self.enter(scope)

    async def connect(self) -> None:
        self.pump: asyncio.Task[None] | None = None
        self.listener: hub.Listener | None = None
        await self.accept()
        try:
            self.entry = await database_sync_to_async(self.enter)(self.scope)
        except Refused as refusal:
            await self.send(hub.encode({"t": "error", "reasons": problems.reasons_json(refusal)}))
            await self.close(problems.CLOSE_CODE.get(refusal.kind, 4403))
            return
        await self._join(self._since())

    def _since(self) -> int | None:
        text = parse_qs(self.scope.get("query_string", b"").decode("latin-1")).get("since", [""])[0]
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    async def _join(self, since: int | None) -> None:
        """Replay from ``since`` when it is near enough, else a snapshot."""
        await self._part()
        replay = await database_sync_to_async(self._replay)(since)
        if replay is None:
            seq, text = await database_sync_to_async(self._hello)()
            await self.send(text)
        else:
            seq = since or 0
            for event in replay:
                seq = event.seq
                await self.send(hub.encode(rooms.frame(event, self.entry.audiences)))
        self.listener = hub.Listener(self.entry.audiences, seq, self.entry.actor.person)
        self.hub = hub.join(self.entry.room, self.listener)
        self.pump = asyncio.create_task(self._feed(self.listener))

    def _replay(self, since: int | None) -> list[Any] | None:
        if since is None:
            return None
        newest = rooms.snapshot(self.entry.room, ()).seq
        if since > newest or newest - since > MAX_REPLAY:
            return None
        return rooms.events_since(self.entry.room, since, MAX_REPLAY)

    def _hello(self) -> tuple[int, str]:
        now = rooms.snapshot(self.entry.room, self.entry.audiences)
        return now.seq, hub.encode(
            {"t": "hello", "seq": now.seq, "state": now.state, "now": iso(clock.now())}
        )

    async def _feed(self, listener: hub.Listener) -> None:
        while True:
            text = await listener.queue.get()
            if text is None:
                await self.close(hub.TOO_SLOW)
                return
            if text == hub.ASK_AGAIN:
                if not await self._may_stay():
                    return
                continue
            await self.send(text)

    async def _may_stay(self) -> bool:
        """Ask again who this is and whether they may be here: a socket of somebody who is not signed in as that
        person any more is closed with 4401 and comes back as what it is by then, one who may not be here any
        more (a member who was replaced) with 4403 or 4404."""
        try:
            entry = await database_sync_to_async(self.enter)(self.scope)
            if (entry.actor.key, entry.audiences) == (self.entry.actor.key, self.entry.audiences):
                return True
            refusal = Refused(NOT_SIGNED_IN())
        except Refused as refused:
            refusal = refused
        await self.send(hub.encode({"t": "error", "reasons": problems.reasons_json(refusal)}))
        await self.close(problems.CLOSE_CODE.get(refusal.kind, 4403))
        return False

    async def _part(self) -> None:
        if self.pump is not None:
            self.pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self.pump
            self.pump = None
        if self.listener is not None:
            hub.leave(self.hub, self.listener)
            self.listener = None

    async def disconnect(self, code: int) -> None:
        await self._part()

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame_id = ""
        try:
            frame = self._read(text_data)
            given = frame.get("id")
            frame_id = given if isinstance(given, str) and len(given) <= 100 else ""
            await self._answer(frame, frame_id)
        except Refused as refusal:
            kind = "refused" if frame_id else "error"
            await self.send(
                hub.encode({"t": kind, "id": frame_id, "reasons": problems.reasons_json(refusal)})
            )

    def _read(self, text: str | None) -> dict[str, Any]:
        if text is None or len(text) > MAX_FRAME:
            raise Refused(BAD_FRAME(why="需要不超过 512 KiB 的文本 / text of at most 512 KiB"))
        frame = parse(text)
        if not isinstance(frame, dict) or not isinstance(frame.get("t"), str):
            raise Refused(BAD_FRAME(why="t"))
        return frame

    async def _answer(self, frame: dict[str, Any], frame_id: str) -> None:
        kind = frame["t"]
        if kind == "ping":
            now = await database_sync_to_async(clock.now)()
            await self.send(hub.encode({"t": "pong", "sent": frame.get("sent"), "now": iso(now)}))
        elif kind == "resync":
            await self._join(None)
        elif kind == "do":
            if not frame_id:
                raise Refused(BAD_FRAME(why="id"))
            result = await database_sync_to_async(self._do)(frame, frame_id)
            await self.send(hub.encode({"t": "done", "id": frame_id, "result": result}))
        else:
            raise Refused(BAD_FRAME(why=f"t={kind[:40]}"))

    def _do(self, frame: dict[str, Any], frame_id: str) -> dict[str, Any]:
        verb, args = frame.get("verb"), frame.get("args", {})
        build = self.verbs.get(verb) if isinstance(verb, str) else None
        if build is None:
            raise Refused(UNKNOWN_VERB(verb=str(verb)[:40]))
        if not isinstance(args, dict):
            raise Refused(BAD_FRAME(why="args"))
        plain(args)
        # Rights may have ended since the socket opened: who acts is asked again for every act.
        entry = self.again(self.scope)
        command = build(args, entry, self.scope["url_route"]["kwargs"])
        return perform(command, entry.actor, via="ws", key=frame_id).result


def decode(text: str) -> Any:
    """For tests and clients: one frame."""
    return json.loads(text)
