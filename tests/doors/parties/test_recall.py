"""Open sockets end when the right to them ends: certificate blocked or retired, role ended, signed out."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.sessions import SessionMiddlewareStack
from channels.testing import WebsocketCommunicator
from django.test import Client

from journal.door import perform
from parties.commands import BlockCertificate, EndRole, LiftBlock
from parties.models import CertificateBinding, Membership
from tests import worlds_tenders
from tests.integration.evaluation.rooms_world import sign_in
from tests.worlds_tenders import World, announced_tender
from trading.routing import websocket_urlpatterns

APP = SessionMiddlewareStack(URLRouter(websocket_urlpatterns))


async def sync(function: Any, *args: Any) -> Any:
    return await database_sync_to_async(function)(*args)


async def join(number: str, session: str) -> WebsocketCommunicator:
    headers = [(b"cookie", f"sessionid={session}".encode())] if session else []
    socket = WebsocketCommunicator(APP, f"/ws/halls/{number}/", headers=headers)
    assert (await socket.connect())[0]
    assert (await socket.receive_json_from(timeout=5))["t"] == "hello"
    return socket


async def end(socket: WebsocketCommunicator) -> tuple[str, int]:
    """The last frame's first code, and the close code; well before the hub's next look by itself."""
    frame = await socket.receive_json_from(timeout=1.5)
    closed = await socket.receive_output(timeout=5)
    return frame["reasons"][0]["code"], closed["code"]


def block(world: World) -> None:
    row = CertificateBinding.objects.filter(person_id=world.owner.actor.person).earliest("bound_at")
    perform(BlockCertificate(row.fingerprint, "U 盾遗失"), world.center.actor, via="http")


def end_role(world: World) -> None:
    row = Membership.objects.get(person_id=world.owner.actor.person, until=None)
    perform(EndRole(str(row.id), "调离"), world.center.actor, via="http")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("how", ["block", "end_role", "sign_out"])
async def test_an_open_socket_is_closed_with_4401(how: str) -> None:
    with ExitStack() as stack:
        world = await sync(lambda: stack.enter_context(worlds_tenders.world(bidders=1)))
        number = (await sync(announced_tender, world)).number
        client, other = Client(), Client()
        mine = await join(number, await sync(sign_in, client, world.owner.actor))
        theirs = await join(number, await sync(sign_in, other, world.agent.actor))
        nobody = await join(number, "")
        if how == "sign_out":
            await sync(lambda: client.post("/logout/"))
        else:
            await sync({"block": block, "end_role": end_role}[how], world)
        assert await end(mine) == ("actor.not_signed_in", 4401)
        for socket in (theirs, nobody):
            assert await socket.receive_nothing(timeout=0.1)
            await socket.disconnect()


@pytest.mark.django_db
def test_a_session_from_before_the_block_does_not_come_back_to_life() -> None:
    with worlds_tenders.world(bidders=1) as world:
        client = Client()
        sign_in(client, world.owner.actor)
        assert client.get("/api/v1/me").status_code == 200
        block(world)
        row = CertificateBinding.objects.get(person_id=world.owner.actor.person)
        perform(LiftBlock(row.fingerprint, "找到了"), _other_staff(world), via="http")
        assert client.get("/api/v1/me").status_code == 401
        sign_in(client, world.owner.actor)
        assert client.get("/api/v1/me").status_code == 200


def _other_staff(world: World) -> Any:
    """A colleague at the center: whoever reported the loss does not lift it."""
    from tests.worlds_tenders import granted, name_of

    body = worlds_tenders.CENTER.credit_code[:17]
    second = name_of("center-2", worlds_tenders.CENTER.name, body, "李静", 1)
    return granted(world.center, second, "trading_center").actor
