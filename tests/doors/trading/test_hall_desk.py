"""The hall's desk: a person code becomes somebody who has signed in; not before the deadline, and once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from gateways.persons.sandbox.server import PersonCodeServer
from gateways.sandbox import Register
from journal.door import perform
from journal.models import Act
from parties.commands import BlockCertificate
from parties.models import CertificateBinding
from tests import worlds_tenders
from tests.integration.evaluation.rooms_world import sign_in
from tests.integration.gateways import houses
from tests.worlds_tenders import AGENT, BIDDERS, OWNER, STRANGER, TENDER, World
from trading.models import SignIn

pytestmark = pytest.mark.django_db
CAST = (OWNER, AGENT, *BIDDERS[:2])
REGISTER = {
    "people": [
        *({"id": n.key, "name": n.person, "id_number": "320902199001011234"} for n in CAST),
        {"id": "nobody", "name": "无此人"},
    ],
    "organizations": [
        {"credit_code": n.credit_code, "name": n.name, "status": "in_force", "legal_representative": n.key}
        for n in CAST
    ],
}


@pytest.fixture
def hall() -> Iterator[tuple[World, PersonCodeServer, Client]]:
    server = PersonCodeServer(("127.0.0.1", 0), Register.of(REGISTER), {houses.CLIENT: houses.SECRET})
    said = {"name": "苏服码", "url": server.url, "client_id": houses.CLIENT, "client_secret": houses.SECRET}
    with (
        houses.serving(server),
        worlds_tenders.world(bidders=2) as world,
        override_settings(PERSON_CODES=said),
    ):
        worlds_tenders.announced_tender(world)
        client = Client()
        sign_in(client, world.center.actor)
        yield world, server, client


def scan(server: PersonCodeServer, client: Client, holder: str, code: str = "") -> Any:
    shown = code or houses.WEB.post(f"{server.url}/codes", json={"holder": holder}).json()["code"]
    return client.post(f"/halls/{TENDER}/desk/", {"act": "scan", "code": shown})


def refusal(answer: Any) -> str:
    return re.search(r"<code>([a-z_.]+)</code>", answer.content.decode())[1]  # type: ignore[index]


def confirm(client: Client, organization: Any) -> Any:
    return client.post(f"/halls/{TENDER}/desk/", {"act": "sign_in", "organization": str(organization.id)})


def test_a_scanned_code_signs_in_whom_it_shows(hall: Any) -> None:
    world, server, client = hall
    bidder = world.bidders[0]
    holder = f"{BIDDERS[0].credit_code}.{BIDDERS[0].key}"
    # Before the deadline the desk does not even learn who is there.
    assert refusal(scan(server, client, holder)) == "opening.desk_too_early"
    world.advance(days=30)
    assert scan(server, client, holder).status_code == 302
    page = client.get(f"/halls/{TENDER}/desk/").content.decode()
    assert (BIDDERS[0].person in page, "320902********1234" in page) == (True, True)
    assert refusal(confirm(client, world.bidders[1].organization)) == "opening.scan_again"
    assert confirm(client, bidder.organization).status_code == 302
    row = SignIn.objects.get()
    assert (str(row.person_id), row.organization, row.capacity) == (
        bidder.actor.person,
        bidder.organization,
        "bidder",
    )
    act = Act.objects.get(verb="opening.sign_in_at_desk")
    assert (act.sealed, act.actor, act.document["payload"]["at_desk"]) == (True, world.center.actor.key, True)
    assert refusal(confirm(client, bidder.organization)) == "opening.scan_again"
    scan(server, client, holder)
    assert refusal(confirm(client, bidder.organization)) == "opening.signed_in_already"


def test_a_code_of_a_natural_person_leads_to_the_organization_acted_for(hall: Any) -> None:
    world, server, client = hall
    world.advance(days=30)
    scan(server, client, f".{OWNER.key}")
    assert confirm(client, world.owner.organization).status_code == 302
    assert SignIn.objects.get().capacity == "procuring_entity"


def test_what_the_desk_refuses(hall: Any) -> None:
    world, server, client = hall
    world.advance(days=30)
    assert refusal(scan(server, client, ".nobody")) == "person_code.not_registered"
    assert refusal(scan(server, client, "", "no code!")) == "person_code.malformed"
    shown = houses.WEB.post(f"{server.url}/codes", json={"holder": f".{OWNER.key}"}).json()["code"]
    assert scan(server, client, "", shown).status_code == 302
    assert refusal(scan(server, client, "", shown)) == "outside.said_no"
    # Whoever's only certificate was reported lost is known to the desk no more.

    row = CertificateBinding.objects.get(person_id=world.owner.actor.person)
    perform(BlockCertificate(row.fingerprint, "遗失"), world.center.actor, via="http")
    assert refusal(scan(server, client, f".{OWNER.key}")) == "person_code.not_registered"
    server.fault = "down"
    answer = scan(server, client, "", "ABCDEFGH2345")
    assert (answer.status_code, refusal(answer)) == (503, "outside.unreachable")
    with override_settings(PERSON_CODES=None):
        assert refusal(scan(server, client, "", "ABCDEFGH2345")) == "account.no_such_way"
    other = Client()
    sign_in(other, world.bidders[0].actor)
    assert other.get(f"/halls/{TENDER}/desk/").status_code == 403
    assert STRANGER.name not in client.get(f"/halls/{TENDER}/desk/").content.decode()
