"""Registration, roles and sessions through the JSON doors, with real certificates."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import call_command
from django.test import Client

from journal.door import perform
from journal.models import Act
from kernel.errors import Refused
from parties import queries
from parties.commands import HandOverAdministration, SignIn
from parties.login import CERTIFICATE, actor_of_scope, opened_by
from parties.models import CertificateBinding, Membership, Organization, Person, UsedChallenge
from sealing import statements
from tests.integration.ca_interop.authorities import code, house, recognized, subscriber
from tests.integration.parties.people import answer, post, register, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server():
    with recognized() as running:
        yield running


@pytest.fixture
def center(tmp_path) -> Client:
    """The first person of the trading center, signed in."""
    signer = subscriber("盐城市公共资源交易中心", 1, "王敏")
    file = tmp_path / "center.pem"
    file.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in signer.chain))
    out = StringIO()
    call_command("bootstrap_center", certificate=str(file), role="trading_center", stdout=out)
    assert "王敏" in out.getvalue()
    client = Client()
    assert sign_in(client, signer).json()["roles"] == ["trading_center"]
    return client


@pytest.mark.parametrize("ca", ["demo-ca-1", "demo-ca-2", "demo-ca-3"])
def test_a_bidder_registers_and_signs_in_with_any_recognized_certificate(ca):
    signer, client = subscriber("江苏苏海建设有限公司", 21, "李海", ca), Client()
    answered = register(client, signer, "bidder")
    assert (answered.status_code, answered.json()["roles"], answered.json()["requested"]) == (
        201,
        ["bidder"],
        "",
    )
    organization = Organization.objects.get()
    assert (organization.name, organization.credit_code) == ("江苏苏海建设有限公司", code(21))
    other = Client()
    said = sign_in(other, signer).json()
    assert (said["organization"], said["name"]) == (str(organization.id), "李海")
    assert other.get("/api/v1/me").json()["certificates"][0]["authority"] == ca
    # Who registers or signs in stands in the log as a commitment only.
    verbs = ("party.register", "session.sign_in")
    assert [act.sealed for act in Act.objects.filter(verb__in=verbs)] == [True, True]


def test_a_challenge_is_answered_once():
    signer, client = subscriber("甲公司", 22, "甲一"), Client()
    register(client, signer, "bidder")
    signed = answer(client, signer)
    assert post(client, "/api/v1/login", {"signed": signed}).status_code == 200
    again = post(client, "/api/v1/login", {"signed": signed})
    assert (again.status_code, again.json()["code"]) == (401, "login.replayed")
    # A captured request, sent again as it was by somebody else, opens no session.
    body, headers = {"signed": answer(client, signer)}, {"Idempotency-Key": "k1"}
    assert post(client, "/api/v1/login", body, **headers).status_code == 200
    thief = Client()
    assert post(thief, "/api/v1/login", body, **headers).json()["code"] == "login.replayed"
    assert thief.get("/api/v1/me").status_code == 401


def test_expired_answers_are_swept():
    signer, client = subscriber("甲公司", 22, "甲一"), Client()
    register(client, signer, "bidder")
    UsedChallenge.objects.update(expires_at=datetime.now(UTC) - timedelta(minutes=1))
    sign_in(client, signer)
    assert UsedChallenge.objects.count() == 1


def test_the_session_gets_a_new_key_at_login():
    signer, client = subscriber("甲公司", 22, "甲一"), Client()
    register(client, signer, "bidder")
    before = client.session.session_key
    sign_in(client, signer)
    assert client.session.session_key != before
    post(client, "/api/v1/logout")
    assert client.get("/api/v1/me").status_code == 401


def test_who_answers_with_something_else_is_refused(server):
    known, client = subscriber("甲公司", 22, "甲一"), Client()
    register(client, known, "bidder")
    signed = answer(client, known)
    stranger = subscriber("乙公司", 23, "乙一")
    old = subscriber("丙公司", 24, "丙一", days_ago=400, days=390)
    tampered = {
        **signed,
        "statement": {**signed["statement"], "payload": {**signed["statement"]["payload"], "platform": "x"}},
    }
    other_type = statements.sign({**signed["statement"], "type": "mingtang/other"}, known)
    revoked = subscriber("丁公司", 25, "丁一")
    house().authorities["demo-ca-2"].revoke(
        revoked.chain[0].serial_number, datetime.now(UTC) - timedelta(days=1)
    )
    for body, wanted in (
        ({"signed": answer(client, stranger)}, (404, "certificate.not_registered")),
        ({"signed": answer(client, old)}, (422, "certificate.expired")),
        ({"signed": answer(client, revoked)}, (422, "certificate.revoked")),
        ({"signed": tampered}, (401, "login.challenge_unknown")),
        ({"signed": other_type}, (422, "statement.purpose_differs")),
        ({"signed": {**signed, "certificates": answer(client, stranger)["certificates"]}}, (422, "statement.signature_bad")),
        ({"signed": {}}, (401, "login.challenge_unknown")),
        ({}, (400, "request.bad_field")),
    ):  # fmt: skip
        got = post(client, "/api/v1/login", body)
        assert (got.status_code, got.json()["code"]) == wanted
    server.house.faults["demo-ca-2"] = "down"
    got = sign_in(client, subscriber("戊公司", 26, "戊一"))
    assert (got.status_code, got.json()["code"], got["Retry-After"]) == (
        503,
        "certificate.revocation_undecided",
        "2",
    )


def test_an_encryption_certificate_does_not_sign_in():
    signer = subscriber("甲公司", 22, "甲一", "demo-ca-3")
    client = Client()
    wrong = statements.sign(post(client, "/api/v1/login/challenge").json()["statement"], signer._decryption_key, [signer.encryption_certificate, *signer.chain[1:]])  # fmt: skip
    assert post(client, "/api/v1/login", {"signed": wrong}).json()["code"] == "certificate.wrong_usage"


def test_the_second_certificate_of_a_pair_is_registered_with_the_first():
    signer, client = subscriber("甲公司", 22, "甲一", "demo-ca-3"), Client()
    pair = [base64.b64encode(c.public_bytes(Encoding.DER)).decode() for c in (signer.encryption_certificate, *signer.chain[1:])]  # fmt: skip
    register(client, signer, "bidder", encryption=pair)
    bound = queries.encryption_certificate(Organization.objects.get())
    assert bound is not None
    assert bytes(bound.der) == signer.encryption_certificate.public_bytes(Encoding.DER)
    again = post(client, "/api/v1/certificates", {"encryption": pair})
    assert (again.status_code, again.json()["code"]) == (409, "certificate.bound_before")


def test_colleagues_join_their_organization():
    register(Client(), subscriber("甲公司", 22, "甲一"), "bidder")
    register(Client(), subscriber("甲公司", 22, "甲二", "demo-ca-1"), "bidder")
    assert (Organization.objects.count(), Person.objects.count(), Membership.objects.count()) == (1, 2, 2)


def test_two_people_of_one_name_without_an_organization_are_two():
    for _ in range(2):
        assert register(Client(), subscriber("", 0, "张伟"), "expert").json()["requested"] == "expert"
    assert Person.objects.count() == 2


def test_personal_certificates_do_not_bid():
    got = register(Client(), subscriber("", 0, "张伟"), "bidder")
    assert (got.status_code, got.json()["code"], Person.objects.count()) == (
        422,
        "role.needs_organization",
        0,
    )


def test_a_further_certificate_of_the_same_holder_signs_in():
    client = Client()
    register(client, subscriber("甲公司", 22, "甲一"), "bidder")
    second = subscriber("甲公司", 22, "甲一", "demo-ca-1")
    assert post(client, "/api/v1/certificates", {"signed": answer(client, second)}).status_code == 201
    assert sign_in(Client(), second).status_code == 200
    foreign = subscriber("乙公司", 23, "乙一")
    got = post(client, "/api/v1/certificates", {"signed": answer(client, foreign)})
    assert (got.status_code, got.json()["code"]) == (422, "certificate.other_holder")


def test_a_lost_certificate_ends_its_sessions_and_logins():
    signer, client, colleague = subscriber("甲公司", 22, "甲一"), Client(), Client()
    register(client, signer, "bidder")
    register(colleague, subscriber("甲公司", 22, "甲二"), "bidder")
    stranger = Client()
    register(stranger, subscriber("乙公司", 23, "乙一"), "bidder")
    third = Client()
    register(third, subscriber("甲公司", 22, "甲三"), "bidder")
    perform(HandOverAdministration(code(22), str(Person.objects.get(name="甲二").id), "分工"), queries.actor_for(Person.objects.get(name="甲一"), Organization.objects.get(credit_code=code(22))), via="http")  # fmt: skip
    body = {
        "certificate": client.get("/api/v1/me").json()["certificates"][0]["fingerprint"],
        "reason": "U 盾遗失",
    }
    for other in (stranger, third):
        assert post(other, "/api/v1/certificates/block", body).json()["code"] == "certificate.not_yours"
    assert post(colleague, "/api/v1/certificates/block", body).status_code == 200
    assert client.get("/api/v1/me").status_code == 401
    got = sign_in(client, signer)
    assert (got.status_code, got.json()["code"]) == (403, "certificate.blocked")


def test_the_center_grants_what_was_asked_for_and_ends_it(center):
    owner = Client()
    asked = register(
        owner, subscriber("盐城市城市建设投资集团有限公司", 31, "陈立"), "procuring_entity"
    ).json()
    assert (asked["roles"], asked["requested"]) == ([], "procuring_entity")
    waiting = center.get("/api/v1/parties/requests").json()["requests"][0]
    assert (waiting["name"], waiting["role"]) == ("陈立", "procuring_entity")
    body = {key: waiting[key] for key in ("person", "organization", "role")}
    assert post(owner, "/api/v1/parties/roles", body).json()["code"] == "parties.only_center"
    granted = post(center, "/api/v1/parties/roles", body)
    assert granted.status_code == 200
    assert owner.get("/api/v1/me").json()["roles"] == ["procuring_entity"]
    assert center.get("/api/v1/parties/requests").json() == {"requests": []}
    assert post(center, "/api/v1/parties/roles", body).json()["code"] == "role.granted_before"
    end = {"membership": granted.json()["membership"], "reason": "调离"}
    assert post(center, "/api/v1/parties/roles/end", end).status_code == 200
    # The session ends with the role; whoever comes back has what is left.
    assert owner.get("/api/v1/me").status_code == 401
    assert post(center, "/api/v1/parties/roles/end", end).json()["code"] == "role.not_found"


def test_experts_hold_their_role_in_their_own_name(center):
    client = Client()
    person = register(client, subscriber("江苏工程大学", 32, "周正"), "expert").json()["person"]
    assert post(center, "/api/v1/parties/roles", {"person": person, "role": "expert"}).status_code == 200
    assert (client.get("/api/v1/me").json()["roles"], Membership.objects.get(role="expert").organization) == (
        ["expert"],
        None,
    )


def test_there_is_one_first_person_of_the_center(center, tmp_path):
    file = tmp_path / "second.pem"
    file.write_bytes(subscriber("另一家中心", 2, "赵二").chain[0].public_bytes(Encoding.PEM))
    with pytest.raises(SystemExit) as left:
        call_command("bootstrap_center", certificate=str(file), stderr=StringIO())
    assert left.value.code == 6
    assert post(Client(), "/api/v1/parties/roles", {"person": "x", "role": "expert"}).status_code == 401


def test_nobody_signs_in_for_another(center):
    register(Client(), subscriber("甲公司", 22, "甲一"), "bidder")
    someone = queries.actor_for(Person.objects.get(name="王敏"), None)
    binding = CertificateBinding.objects.get(person__name="甲一")
    with pytest.raises(Refused) as refused:
        perform(SignIn(binding.fingerprint, {}), someone, via="http")
    assert refused.value.code == "login.other_person"


def test_a_socket_knows_its_actor():
    client = Client()
    register(client, subscriber("甲公司", 22, "甲一"), "bidder")
    assert actor_of_scope({"session": client.session}).organization_name == "甲公司"
    unknown = {"session": opened_by("0" * 64)}
    never = {"session": {CERTIFICATE: CertificateBinding.objects.get().fingerprint}}
    for scope in ({}, unknown, never):
        with pytest.raises(Refused) as refused:
            actor_of_scope(scope)
        assert refused.value.code == "actor.not_signed_in"


def test_queries_name_what_is_missing():
    register(Client(), subscriber("甲公司", 22, "甲一"), "bidder")
    row = Organization.objects.get()
    assert queries.organization(code(22).lower()) == queries.organization(str(row.id)) == row
    for ask, wanted in (
        (queries.organization, "organization.not_found"),
        (queries.person, "person.not_found"),
    ):
        with pytest.raises(Refused) as refused:
            ask("nobody")
        assert refused.value.code == wanted
