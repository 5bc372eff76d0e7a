"""Rooms: order, replay, what a viewer may see, and the invariant of snapshots."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.urls import path
from hypothesis import given
from hypothesis import strategies as st

from journal.door import Command, Context, Done, handler, perform
from kernel.actor import Actor, Role
from kernel.errors import Kind, Reason, Refused
from kernel.merge_patch import merge_patch
from portal import rooms
from portal.consumers import Entry, RoomConsumer

STAFF = Actor("person:9", "王敏", frozenset({Role.TRADING_CENTER}))


@dataclass(frozen=True)
class Say(Command):
    room: str
    words: str
    patch: dict[str, Any]
    audience: str = ""
    verb = "test.say"


@handler(Say, may=lambda actor, row: None)
def say(cmd: Say, ctx: Context, row: None) -> Done:
    if cmd.words == "no":
        raise Refused(Reason("test.no_words", "不行", "no"))
    seq = rooms.say(ctx, cmd.room, "said", cmd.words, cmd.patch, audience=cmd.audience)
    return Done(cmd.room, {}, {"seq": seq})


class Hall(RoomConsumer):
    verbs = {"say": lambda args, entry, kwargs: Say(entry.room, args["words"], args.get("patch", {}))}

    def enter(self, scope: dict[str, Any]) -> Entry:
        who = scope["url_route"]["kwargs"]["who"]
        if who == "stranger":
            raise Refused(Reason("test.stranger", "不能进", "no entry", Kind.FORBIDDEN))
        return Entry("hall:1", STAFF, frozenset({who}))


APP = URLRouter([path("ws/<str:who>/", Hall.as_asgi())])


async def write(words: str, patch: dict[str, Any], audience: str = "") -> None:
    await database_sync_to_async(perform)(Say("hall:1", words, patch, audience), STAFF, via="ws")


async def join(who: str, since: int | None = None) -> WebsocketCommunicator:
    query = "" if since is None else f"?since={since}"
    socket = WebsocketCommunicator(APP, f"/ws/{who}/{query}")
    connected, _ = await socket.connect()
    assert connected
    return socket


@pytest.mark.django_db(transaction=True)
async def test_snapshot_then_events_and_what_may_not_be_seen_keeps_its_seq() -> None:
    await write("开场", {"step": "sign_in", "bids": {"a": {"no": 1}}})
    one, two = await join("seat:1"), await join("seat:2")
    hello = await one.receive_json_from()
    assert (hello["t"], hello["seq"], hello["state"]) == (
        "hello",
        1,
        {"step": "sign_in", "bids": {"a": {"no": 1}}},
    )
    await two.receive_json_from()
    await write("", {"sheet": {"a": {"i1": "4.5"}}}, "seat:1")
    mine, theirs = await one.receive_json_from(), await two.receive_json_from()
    assert mine["patch"] == {"sheet": {"a": {"i1": "4.5"}}}
    assert theirs == {"t": "event", "seq": 2, "hidden": True}
    await one.disconnect()
    await two.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_stale_snapshot_and_the_events_since_give_the_fresh_snapshot() -> None:
    await write("一", {"a": {"x": 1, "y": 2}})
    stale = await database_sync_to_async(rooms.snapshot)("hall:1", {"seat:1"})
    await write("二", {"a": {"x": None}, "b": "2"})
    await write("三", {"own": {"k": "v"}}, "seat:1")
    socket = await join("seat:1", since=stale.seq)
    frames = [await socket.receive_json_from(), await socket.receive_json_from()]
    fresh = await database_sync_to_async(rooms.snapshot)("hall:1", {"seat:1"})
    assert [f["seq"] for f in frames] == [2, 3]
    assert rooms.fold(stale.state, frames) == fresh.state == {"a": {"y": 2}, "b": "2", "own": {"k": "v"}}
    await socket.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_bad_frames_get_an_error_and_never_end_the_socket() -> None:
    socket = await join("seat:1")
    await socket.receive_json_from()
    for text in ("{", "[]", '{"t": 5}', '{"t": "jump"}', '{"t":"do","id":"1","verb":"fly"}', '{"t":"do","verb":"say"}',
                 '{"t":"do","id":"2","verb":"say","args":[]}', '{"a":1,"a":2}'):  # fmt: skip
        await socket.send_to(text_data=text)
        answer = await socket.receive_json_from()
        assert answer["t"] in ("error", "refused"), text
        assert answer["reasons"][0]["zh"]
    await socket.send_json_to({"t": "ping", "sent": 7})
    assert (await socket.receive_json_from())["sent"] == 7
    await socket.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_frame_sent_twice_is_done_once() -> None:
    socket = await join("seat:1")
    await socket.receive_json_from()
    frame = {"t": "do", "id": "f1", "verb": "say", "args": {"words": "一次", "patch": {"n": "1"}}}
    for _ in range(2):
        await socket.send_json_to(frame)
    frames = [await socket.receive_json_from() for _ in range(3)]
    assert sorted(f["t"] for f in frames) == ["done", "done", "event"]
    assert {f["result"]["seq"] for f in frames if f["t"] == "done"} == {1}
    await socket.send_json_to({"t": "do", "id": "f2", "verb": "say", "args": {"words": "no"}})
    refused = await socket.receive_json_from()
    assert (refused["t"], refused["reasons"][0]["code"]) == ("refused", "test.no_words")
    await socket.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_stranger_hears_why_and_is_closed() -> None:
    socket = WebsocketCommunicator(APP, "/ws/stranger/")
    await socket.connect()
    assert (await socket.receive_json_from())["reasons"][0]["code"] == "test.stranger"
    closed = await socket.receive_output()
    assert (closed["type"], closed["code"]) == ("websocket.close", 4403)


@pytest.mark.django_db(transaction=True)
async def test_many_sockets_hear_every_event_in_order() -> None:
    sockets = [await join(f"seat:{n}") for n in range(10)]
    for socket in sockets:
        await socket.receive_json_from()
    await asyncio.gather(*(write(f"第{n}句", {"n": str(n)}) for n in range(8)))
    for socket in sockets:
        assert [(await socket.receive_json_from(timeout=10))["seq"] for _ in range(8)] == list(range(1, 9))
        await socket.disconnect()


JSON = st.recursive(
    st.none() | st.text(max_size=3) | st.integers(0, 9),
    lambda inner: st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_merge_patch_agrees_with_rfc_7396(target: Any, patch: Any) -> None:
    result = merge_patch(target, patch)
    assert merge_patch(result, patch) == result
    if isinstance(patch, dict):
        assert all((key not in result) == (value is None) for key, value in patch.items())
    else:
        assert result == patch
