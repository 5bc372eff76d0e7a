"""The register of legal persons: asked by the center, noted, and no role for an organization that it has ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client, override_settings

from ca_interop import service
from ca_interop.rules.validation import Purpose
from gateways.registers.http import HttpLegalPersonRegister
from gateways.registers.sandbox.server import RegisterServer
from journal import clock
from journal.door import perform
from journal.models import Act
from kernel.actor import SYSTEM, Actor, Role
from kernel.errors import Refused
from parties import external
from parties.commands import BootstrapCenter, GrantRole
from parties.commands.proofs import CertificateFound
from parties.models import Organization, Person
from tests.integration.ca_interop.authorities import code, recognized, subscriber
from tests.integration.gateways import houses
from tests.integration.gateways.houses import CLIENT, SECRET
from tests.integration.parties.people import register, sign_in

pytestmark = pytest.mark.django_db
CENTER = Actor("person:clerk", "王敏", frozenset({Role.TRADING_CENTER}), person="clerk")


@pytest.fixture
def server() -> Iterator[RegisterServer]:
    with houses.register() as running, recognized():
        said = {"name": "法人库", "url": running.url, "client_id": CLIENT, "client_secret": SECRET}
        with override_settings(LEGAL_PERSON_REGISTER=said, GATEWAY_TIMEOUT_SECONDS=2):
            yield running


def refusal(act: Any, *args: Any) -> str:
    with pytest.raises(Refused) as refused:
        act(*args)
    return refused.value.code


def grant(number: int) -> str:
    person = Person.objects.get(certificates__organization__credit_code=code(number))
    perform(GrantRole(str(person.id), "procuring_entity", code(number)), CENTER, via="http")
    return "done"


def test_what_the_register_says_is_noted_and_counts(server: RegisterServer) -> None:
    for number, name in ((22, "甲公司"), (24, "丙公司"), (29, "不存在公司")):
        register(Client(), subscriber(name, number, "甲一"))
    found = external.look_up(CENTER, code(22), "k1").result
    assert (found["status"], found["name"]) == ("in_force", "甲公司")
    row = Organization.objects.get(credit_code=code(22))
    assert (row.registration_zh, row.stands, row.legal_representative) == ("存续", True, "甲二")
    assert external.look_up(CENTER, code(24), "k2").result["status"] == "revoked"
    assert external.look_up(CENTER, code(29), "k3").result["status"] == "unknown"
    assert grant(22) == "done"
    assert [refusal(grant, number) for number in (24, 29)] == ["account.organization_not_in_force"] * 2
    assert {act.sealed for act in Act.objects.filter(verb="organization.look_up")} == {True}


def test_only_the_center_looks_up_and_an_outage_changes_nothing(server: RegisterServer) -> None:
    register(Client(), subscriber("甲公司", 22, "甲一"), "bidder")
    stranger = Actor("person:x", "x", frozenset({Role.BIDDER}), person="x")
    assert refusal(external.look_up, stranger, code(22), "k") == "parties.only_center"
    server.fault = "down"
    assert refusal(external.look_up, CENTER, code(22), "k") == "outside.unreachable"
    assert Organization.objects.get().registration == ""
    assert grant(22) == "done"
    with override_settings(LEGAL_PERSON_REGISTER=None):
        assert refusal(external.look_up, CENTER, code(22), "k") == "account.no_such_way"


@pytest.mark.parametrize(
    ("fault", "code_"),
    [
        ("expired", "outside.bad_answer"),
        ("other_audience", "outside.bad_answer"),
        ("wrong_signature", "outside.bad_answer"),
        ("alg_none", "outside.bad_answer"),
        ("unknown_key", "outside.bad_answer"),
        ("bad_status", "outside.bad_answer"),
        ("other_organization", "register.other_organization"),
    ],
)
def test_a_register_that_lies_is_refused(fault: str, code_: str) -> None:
    with houses.register() as server:
        server.fault = fault
        at = HttpLegalPersonRegister("法人库", server.url, CLIENT, SECRET, seconds=2)
        assert refusal(at.look_up, code(22)) == code_


def test_the_center_looks_up_on_the_organizations_page(server: RegisterServer) -> None:
    signer, center = subscriber("盐城市公共资源交易中心", 1, "王敏"), Client()
    found = CertificateFound.of(service.check_chain(signer.chain, Purpose.LOGIN, clock.now()))
    perform(BootstrapCenter(found), SYSTEM, via="cli")
    sign_in(center, signer)
    register(Client(), subscriber("丙公司", 24, "甲一"), "bidder")
    row = Organization.objects.get(credit_code=code(24))
    assert "还没有查过" in center.get(f"/parties/{row.id}/").content.decode()
    assert center.post(f"/parties/{row.id}/", {"act": "look_up"}).status_code == 302
    page = center.get(f"/parties/{row.id}/").content.decode()
    assert ("吊销" in page, "登记机关答复：丙公司，吊销。" in page) == (True, True)
    server.fault = "down"
    answer = center.post(f"/parties/{row.id}/", {"act": "look_up"})
    assert (answer.status_code, "outside.unreachable" in answer.content.decode()) == (503, True)
