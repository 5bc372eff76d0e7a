"""The ASGI application of the room measurement: our room consumer, and beside it a bare broadcast.

Both live in one Daphne process. A frame to ``/ws/room/`` becomes a command, an act, a room event, and goes
out through the hub. A frame to ``/ws/raw/`` is sent to every raw socket at once, and nothing else.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass
from typing import Any

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.urls import path  # noqa: E402

from journal.door import Command, Context, Done, handler  # noqa: E402
from kernel.actor import PUBLIC, Actor  # noqa: E402
from kernel.errors import Reason  # noqa: E402
from portal import rooms  # noqa: E402
from portal.consumers import Entry, RoomConsumer  # noqa: E402

ROOM = "bench:1"


@dataclass(frozen=True)
class Ring(Command):
    words: str

    verb = "bench.ring"


def _anybody(actor: Actor, row: None) -> Reason | None:
    return None


@handler(Ring, may=_anybody)
def ring(cmd: Ring, ctx: Context, row: None) -> Done:
    seq = rooms.say(ctx, ROOM, "bench.rang", cmd.words, {"bids": {"b1": {"price": "8750000.00"}}})
    return Done(ROOM, {"seq": seq})


def _build(args: dict[str, Any], entry: Entry, path: dict[str, Any]) -> Command:
    return Ring(str(args["words"]))


class Room(RoomConsumer):
    verbs = {"ring": _build}

    def enter(self, scope: dict[str, Any]) -> Entry:
        return Entry(ROOM, PUBLIC)


_raw: set[Any] = set()


async def raw(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Every text that comes in goes to every socket: the least that a broadcast can be."""
    await receive()
    await send({"type": "websocket.accept"})
    _raw.add(send)
    try:
        while (message := await receive())["type"] == "websocket.receive":
            text = message["text"]
            await asyncio.gather(*(one({"type": "websocket.send", "text": text}) for one in list(_raw)))
    finally:
        _raw.discard(send)


application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter([path("ws/room/", Room.as_asgi()), path("ws/raw/", raw)]),
    }
)
