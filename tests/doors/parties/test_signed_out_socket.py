"""A socket that was opened before its person signed out may not act any more."""

from __future__ import annotations

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client

from kernel.errors import Refused
from parties.login import actor_of_scope
from tests import worlds_tenders
from tests.integration.evaluation.rooms_world import sign_in


@pytest.mark.django_db
def test_an_open_socket_ends_with_its_session() -> None:
    with worlds_tenders.world(bidders=1) as world:
        client = Client()
        sign_in(client, world.owner.actor)
        scope = {"session": SessionStore(client.cookies["sessionid"].value)}
        assert actor_of_scope(scope).key == world.owner.actor.key
        client.post("/logout/")
        with pytest.raises(Refused) as refused:
            actor_of_scope(scope)
        assert refused.value.code == "actor.not_signed_in"
