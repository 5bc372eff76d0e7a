"""The room's socket: presence, autosaved scores, blindness, bad frames, replay after a break."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.test import Client

from evaluation.models import Score, SeatConnection
from evaluation.routing import websocket_urlpatterns
from kernel.merge_patch import merge_patch
from portal import rooms
from tests import worlds_tenders
from tests.integration.evaluation import rooms_world as w

APP = SessionMiddlewareStack(URLRouter(websocket_urlpatterns))
Seats = dict[int, w.Expert]


def _scoring(stack: ExitStack) -> Seats:
    """A room in which everybody may score."""
    world = stack.enter_context(worlds_tenders.world(3))
    w.opened(world)
    seats = w.committee(world, w.experts(world, 5 + 1))
    w.declare_all(seats)
    w.elect(seats)
    w.review_all(seats)
    w.do(seats[1].actor, "close_review")
    return seats


async def sync(function: Callable[..., Any], *args: Any, **more: Any) -> Any:
    return await database_sync_to_async(function)(*args, **more)


async def join(one: w.Expert, since: int | None = None) -> WebsocketCommunicator:
    key = await sync(lambda: w.sign_in(Client(), one.actor))
    query = "" if since is None else f"?since={since}"
    headers = [(b"cookie", f"sessionid={key}".encode())]
    socket = WebsocketCommunicator(APP, f"/ws/evaluation/{w.NUMBER}/1/{query}", headers=headers)
    assert (await socket.connect())[0]
    return socket


async def until(socket: WebsocketCommunicator, *kinds: str) -> list[dict[str, Any]]:
    """Frames up to one of the wanted type."""
    seen = []
    while True:
        frame = await socket.receive_json_from(timeout=5)
        seen.append(frame)
        if frame["t"] in kinds:
            return seen


def do(frame_id: str, verb: str, **args: Any) -> dict[str, Any]:
    return {"t": "do", "id": frame_id, "verb": verb, "args": args}


@pytest.mark.django_db(transaction=True)
async def test_scores_travel_by_socket_and_nobody_else_gets_them() -> None:
    with ExitStack() as stack:
        seats: Seats = await sync(_scoring, stack)
        bid = (await sync(w.bid_ids))[0]
        one, two = await join(seats[1]), await join(seats[2])
        hello = (await until(one, "hello"))[-1]
        start = (await until(two, "hello"))[-1]
        await one.send_json_to(do("a1", "score", bid=bid, item="overview", points="3.5"))
        frames = await until(one, "done")
        assert frames[-1]["result"] == {"bid": bid, "item": "overview", "points": "3.5"}
        # The same frame again, as after a broken line: the same answer, one score.
        await one.send_json_to(do("a1", "score", bid=bid, item="overview", points="3.5"))
        assert (await until(one, "done"))[-1]["result"] == frames[-1]["result"]
        assert await sync(Score.objects.count) == 1
        for bad, kind in (
            (do("a2", "score", bid=bid, item="overview", points="40"), "refused"),
            (do("a3", "dance"), "refused"),
            ({"t": "do", "verb": "lock"}, "error"),
            ({"t": 1}, "error"),
        ):
            await one.send_json_to(bad)
            assert (await until(one, "refused", "error"))[-1]["t"] == kind
        await two.send_json_to({"t": "ping", "sent": 1})
        others = await until(two, "pong")
        events = await _fresh_equals_stale_and_events(start, two, others)
        assert not [f for f in events if "sheet" in str(f) or "3.5" in str(f.get("patch"))]
        assert [f for f in events if f.get("hidden")]
        await one.disconnect()
        assert "sheet" not in hello["state"]
        again = await join(seats[1])
        assert (await until(again, "hello"))[-1]["state"]["sheet"] == {bid: {"overview": "3.5"}}
        await again.disconnect()
        await two.disconnect()
        assert await sync(SeatConnection.objects.count) == 0


async def _fresh_equals_stale_and_events(
    start: dict[str, Any], socket: WebsocketCommunicator, seen: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """A stale snapshot and the events since give the fresh snapshot; the events."""
    state, seq, events = start["state"], start["seq"], []
    fresh = await sync(rooms.snapshot, f"evaluation:{w.NUMBER}-1", {"seat:2"})
    while seq < fresh.seq:
        frame = seen.pop(0) if seen else await socket.receive_json_from(timeout=5)
        if frame["t"] == "event":
            assert frame["seq"] == seq + 1
            state, seq = merge_patch(state, frame.get("patch", {})), frame["seq"]
            events.append(frame)
    assert state == fresh.state
    return events


@pytest.mark.django_db(transaction=True)
async def test_presence_and_replay_after_a_break() -> None:
    with ExitStack() as stack:
        seats: Seats = await sync(_scoring, stack)
        bid = (await sync(w.bid_ids))[0]
        one, two = await join(seats[1]), await join(seats[2])
        seq = (await until(one, "hello"))[-1]["seq"]
        await until(two, "hello")
        await two.disconnect()
        online = []
        while online != ["offline"]:
            frame = await one.receive_json_from(timeout=5)
            seat = frame.get("patch", {}).get("seats", {}).get("2", {})
            online = [seat["state"]] if seat else online
        await one.disconnect()
        await sync(w.do, seats[1].actor, "score", bid=bid, item="overview", points="2")
        back = await join(seats[1], since=seq)
        state: dict[str, Any] = {}
        while "sheet" not in state:
            state = merge_patch(state, (await back.receive_json_from(timeout=5)).get("patch", {}))
        assert state["sheet"] == {bid: {"overview": "2.0"}}
        await back.disconnect()


@pytest.mark.django_db(transaction=True)
async def test_a_stranger_is_closed_out() -> None:
    socket = WebsocketCommunicator(APP, f"/ws/evaluation/{w.NUMBER}/1/")
    await socket.connect()
    assert (await socket.receive_json_from())["reasons"][0]["code"] == "actor.not_signed_in"
    assert (await socket.receive_output())["code"] == 4401


@pytest.mark.django_db(transaction=True)
async def test_a_member_who_was_replaced_hears_nothing_more() -> None:
    with ExitStack() as stack:
        seats: Seats = await sync(_scoring, stack)
        gone, stays = await join(seats[2]), await join(seats[1])
        await until(gone, "hello")
        await until(stays, "hello")
        await gone.send_json_to(do("r1", "recuse", reason="与投标人有亲属关系"))
        closed = None
        for _ in range(20):
            frame = await gone.receive_output(timeout=5)
            if frame["type"] == "websocket.close":
                closed = frame["code"]
                break
        assert closed == 4404
        # Who is still there hears that the seat is empty.
        event = (await until(stays, "event"))[-1]
        while "更换" not in str(event):
            event = (await until(stays, "event"))[-1]
        await stays.disconnect()
