"""A right that ends closes open sockets in every process: by Redis at once, by the next look without it."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

import pytest
from channels.db import database_sync_to_async
from channels.layers import channel_layers, get_channel_layer
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.test import override_settings
from django.urls import path

from journal import clock
from kernel.actor import Actor
from portal import hub
from portal.consumers import Entry, RoomConsumer
from portal.models import Recall

MEMBER = Actor("person:7", "甲一", person="7")
STRANGER = Actor("public:anonymous", "社会公众")


class Room(RoomConsumer):
    gone: ClassVar[set[str]] = set()

    def enter(self, scope: dict[str, Any]) -> Entry:
        who = scope["url_route"]["kwargs"]["who"]
        return Entry("room:recall", STRANGER if who in self.gone else MEMBER)


APP = URLRouter([path("ws/<str:who>/", Room.as_asgi())])


async def join(who: str) -> WebsocketCommunicator:
    socket = WebsocketCommunicator(APP, f"/ws/{who}/")
    assert (await socket.connect())[0]
    assert (await socket.receive_json_from())["t"] == "hello"
    # The hub looks once when somebody joins; after that every other second, or when it is told.
    await asyncio.sleep(0.3)
    return socket


async def ended(socket: WebsocketCommunicator, within: float) -> tuple[str, int]:
    frame = await socket.receive_json_from(timeout=within)
    return frame["reasons"][0]["code"], (await socket.receive_output())["code"]


def _written_by_another_process() -> None:
    """The row alone: this process is not told."""
    Recall.objects.create(person="7", at=clock.database_now())


@pytest.mark.django_db(transaction=True)
async def test_the_next_look_finds_a_recall_that_nobody_announced() -> None:
    Room.gone.clear()
    one, two = await join("one"), await join("two")
    Room.gone.add("one")
    await database_sync_to_async(_written_by_another_process)()
    assert await ended(one, hub.POLL_SECONDS + 1) == ("actor.not_signed_in", 4401)
    assert await two.receive_nothing(timeout=0.1)
    await two.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_recall_between_entering_and_joining_is_not_missed() -> None:
    Room.gone.clear()
    await database_sync_to_async(_written_by_another_process)()
    socket = WebsocketCommunicator(APP, "/ws/three/")
    assert (await socket.connect())[0]
    assert (await socket.receive_json_from())["t"] == "hello"
    Room.gone.add("three")
    # The recall is older than the socket's place in the hub; it is asked about nevertheless.
    assert await ended(socket, 1) == ("actor.not_signed_in", 4401)


@pytest.mark.redis
@pytest.mark.django_db(transaction=True)
async def test_another_process_is_told_by_redis(redis_url: str) -> None:
    layer = {
        "default": {"BACKEND": "channels_redis.core.RedisChannelLayer", "CONFIG": {"hosts": [redis_url]}}
    }
    Room.gone.clear()
    with override_settings(EMBEDDED=False, CHANNEL_LAYERS=layer):
        channel_layers.backends.clear()
        try:
            socket = await join("four")
            Room.gone.add("four")
            await database_sync_to_async(_written_by_another_process)()
            told: Any = get_channel_layer()
            await told.group_send(hub._EVERYWHERE, {"type": "news", "room": ""})
            assert await ended(socket, 1) == ("actor.not_signed_in", 4401)
            await told.close_pools()
        finally:
            channel_layers.backends.clear()
