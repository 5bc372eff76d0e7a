"""Coming in without a certificate, through the pages and against the sandboxes: what it is good for, and the
attacks on it: fixation, foreign and replayed states, mix-up, open redirect, linking somebody else's account."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client, override_settings

from journal import clock
from journal.door import perform
from journal.models import Act
from kernel.actor import SYSTEM
from kernel.clock import iso
from parties import external, queries
from parties.commands import EndRole
from parties.models import CertificateBinding, ExternalAccount, Membership, Person
from portal.models import Recall
from tests.integration.ca_interop.authorities import recognized, subscriber
from tests.integration.gateways import houses
from tests.integration.gateways.houses import CLIENT, JIA, SECRET, YI, approve, query_of
from tests.integration.parties.people import post, register, sign_in

pytestmark = pytest.mark.django_db


def service(server: Any, name: str) -> dict[str, str]:
    return {"name": name, "url": server.url, "client_id": CLIENT, "client_secret": SECRET}


@pytest.fixture(scope="module")
def running() -> Iterator[dict[str, Any]]:
    base = f"{settings.PUBLIC_URL}/login/identity"
    with (
        houses.identity(f"{base}/jszwfw/back/") as first,
        houses.identity(f"{base}/gjzwfw/back/") as second,
        houses.licences() as licences,
    ):
        yield {"jszwfw": first, "gjzwfw": second, "licences": licences}


@pytest.fixture
def world(running: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for server in running.values():
        server.fault = ""
    providers = {
        "jszwfw": service(running["jszwfw"], "江苏政务服务网"),
        "gjzwfw": service(running["gjzwfw"], "国家政务服务平台"),
    }
    with (
        recognized(),
        override_settings(
            IDENTITY_PROVIDERS=providers,
            LICENCE_SERVICE=service(running["licences"], "电子营业执照"),
            GATEWAY_TIMEOUT_SECONDS=2,
        ),
    ):
        yield running


@pytest.fixture
def mine() -> Client:
    """甲一 of 甲公司, signed in by certificate."""
    client = Client()
    assert register(client, subscriber("甲公司", 22, "甲一"), "bidder").status_code == 201
    return client


def leave(client: Client, account: str, key: str = "jszwfw", query: str = "") -> str:
    """Off to the provider, an account chosen there: the address the browser is sent back to."""
    left = client.get(f"/login/identity/{key}/{query}")
    assert left.status_code == 302, left.content.decode()
    return approve(left["Location"], account)


def back(client: Client, url: str) -> Any:
    return client.get(url.removeprefix(settings.PUBLIC_URL))


def link(client: Client, account: str, key: str = "jszwfw") -> Any:
    return back(client, leave(client, account, key, "?for=link"))


def come_in(account: str, client: Client | None = None, query: str = "") -> tuple[Client, Any]:
    client = client or Client()
    return client, back(client, leave(client, account, query=query))


def code_of(answer: Any) -> str:
    import re

    found = re.search(r"<code>([a-z_.]+)</code>", answer.content.decode())
    return found[1] if found else ""


# -- what it is good for


def test_a_linked_account_looks_and_prepares_and_does_not_bind(world: dict[str, Any], mine: Client) -> None:
    assert link(mine, f"{JIA}.p1")["Location"] == "/certificates/"
    assert "江苏政务服务网" in mine.get("/certificates/").content.decode()
    client, answer = come_in(f"{JIA}.p1")
    assert (answer.status_code, answer["Location"]) == (302, "/desk/")
    me = client.get("/api/v1/me").json()
    assert (me["name"], me["organization_name"], me["roles"], me["light"]) == (
        "甲一", "甲公司", ["bidder"], True,
    )  # fmt: skip
    assert "仅查看和准备" in client.get("/desk/").content.decode()
    certificate = me["certificates"][0]["fingerprint"]
    for path, body in (
        ("/api/v1/parties/roles/end", {"membership": str(Membership.objects.get().id), "reason": "x"}),
        ("/api/v1/certificates/retire", {"certificate": certificate, "reason": "x"}),
    ):
        refused = post(client, path, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "actor.needs_certificate")
        assert refused.json()["reasons"][0]["law"] == "电子签名法第十三条、第十四条"
    # The lost certificate itself can be reported by this way in: it may be the only one left.
    assert post(client, "/api/v1/certificates/block", {"certificate": certificate, "reason": "遗失"}).status_code == 200  # fmt: skip
    assert mine.get("/api/v1/me").status_code == 401
    assert client.get("/api/v1/me").status_code == 200


def test_without_a_certificate_nobody_elses_certificate_is_reported_lost(
    world: dict[str, Any], mine: Client
) -> None:
    """甲一 administers 甲公司; a provider that comes in as 甲一 must not keep the whole firm out of a deadline."""
    assert register(Client(), subscriber("甲公司", 22, "甲二"), "bidder").status_code == 201
    other = CertificateBinding.objects.get(person__name="甲二").fingerprint
    link(mine, f"{JIA}.p1")
    light, _ = come_in(f"{JIA}.p1")
    lost = {"certificate": other, "reason": "遗失"}
    refused = post(light, "/api/v1/certificates/block", lost)
    assert (refused.status_code, refused.json()["code"]) == (403, "actor.needs_certificate")
    assert post(mine, "/api/v1/certificates/block", lost).status_code == 200


def test_whose_work_is_secret_carries_no_role_without_a_certificate(
    world: dict[str, Any], mine: Client
) -> None:
    person = Person.objects.get()
    for role in ("expert", "supervisory_authority"):
        where = None if role == "expert" else person.memberships.get(role="bidder").organization
        Membership.objects.create(person=person, organization=where, role=role, since=clock.now())
    assert mine.get("/api/v1/me").json()["roles"] == ["bidder", "expert", "supervisory_authority"]
    link(mine, "p1")
    client, _ = come_in("p1")
    assert client.get("/api/v1/me").json()["roles"] == ["bidder"]


def test_every_command_that_may_be_done_without_a_certificate_is_named_here() -> None:
    from journal.door import HANDLERS

    house = {c.verb for c in HANDLERS if c.prepares and not c.__module__.startswith("tests")}
    assert house == {
        "account.unlink", "certificate.block", "session.enter_by_account", "session.end_by_provider",
        "tender.create", "tender.edit", "tender.set_custodians", "tender.add_document", "tender.remove_document",
        "documents.take", "enquiry.ask",
    }  # fmt: skip


def test_acts_of_these_ways_in_stand_in_the_log_as_commitments(world: dict[str, Any], mine: Client) -> None:
    link(mine, f"{JIA}.p1")
    come_in(f"{JIA}.p1")
    kept = Act.objects.filter(verb__in=("account.link", "session.enter_by_account"))
    assert [(act.verb, act.sealed) for act in kept] == [
        ("account.link", True),
        ("session.enter_by_account", True),
    ]
    assert SECRET not in str([act.document for act in kept])


def test_without_the_settings_there_is_no_such_way_in() -> None:
    client = Client()
    assert "只查看和准备" not in client.get("/login/").content.decode()
    for path in ("/login/identity/jszwfw/", "/login/licence/"):
        answer = client.get(path)
        assert (answer.status_code, code_of(answer)) == (404, "account.no_such_way")


def test_an_outage_refuses_and_leaves_certificates(world: dict[str, Any], mine: Client) -> None:
    signer = subscriber("乙公司", 23, "乙一")
    url = leave(mine, f"{JIA}.p1", query="?for=link")
    world["jszwfw"].fault = "down"
    answer = back(mine, url)
    page = answer.content.decode()
    assert (answer.status_code, code_of(answer), answer["Retry-After"]) == (503, "outside.unreachable", "2")
    assert 'name="certificate-file"' in page or "证书文件" in page
    world["licences"].fault = "down"
    assert Client().get("/login/licence/").status_code == 503
    other = Client()
    assert register(other, signer, "bidder").status_code == 201
    assert sign_in(other, signer).status_code == 200


# -- whose account


def test_an_account_that_nobody_linked_leads_nowhere(world: dict[str, Any], mine: Client) -> None:
    client, answer = come_in(f"{JIA}.p1")
    assert (answer.status_code, code_of(answer)) == (403, "account.not_linked")
    assert client.get("/api/v1/me").status_code == 401
    _, answer = come_in(f"{houses.BING}.p1")
    assert (answer.status_code, code_of(answer)) == (403, "account.organization_not_in_force")


def test_only_an_account_of_the_same_person_and_organization_is_linked(
    world: dict[str, Any], mine: Client
) -> None:
    """p1 acts for 乙公司 too, and bears the same name: it is another organization's account all the same."""
    assert code_of(link(mine, f"{YI}.p1")) == "account.other_organization"
    assert code_of(link(mine, f"{JIA}.p2")) == "account.other_person"
    assert code_of(link(mine, "p3")) == "account.other_person"
    assert ExternalAccount.objects.count() == 0


def test_an_account_is_linked_to_one_person(world: dict[str, Any], mine: Client) -> None:
    assert link(mine, "p1").status_code == 302
    namesake = Client()
    register(namesake, subscriber("乙公司", 23, "甲一"), "bidder")
    answer = link(namesake, "p1")
    assert (answer.status_code, code_of(answer)) == (409, "account.linked_elsewhere")
    row = ExternalAccount.objects.get()
    light, _ = come_in("p1")
    assert link(mine, "p1").status_code == 302
    assert mine.post("/certificates/", {"act": "unlink", "account": str(row.id)}).status_code == 302
    assert light.get("/api/v1/me").status_code == 401
    assert link(namesake, "p1").status_code == 302


def test_linking_takes_a_certificate_and_the_person_who_began(world: dict[str, Any], mine: Client) -> None:
    assert code_of(Client().get("/login/identity/jszwfw/?for=link")) == "actor.not_signed_in"
    link(mine, "p1")
    light, _ = come_in("p1")
    assert code_of(light.get("/login/identity/jszwfw/?for=link")) == "account.link_by_certificate"
    # Somebody else signs in while the browser is away at the provider.
    url = leave(mine, f"{JIA}.p1", query="?for=link")
    other = subscriber("甲公司", 22, "甲二", "demo-ca-1")
    register(Client(), other, "bidder")
    kept = mine.session["parties.departed"]
    sign_in(mine, other)
    assert code_of(back(mine, url)) == "account.state_unknown"
    session = mine.session
    session["parties.departed"] = kept
    session.save()
    assert code_of(back(mine, leave_again(mine, kept, url))) == "account.somebody_else_now"


def leave_again(client: Client, kept: dict[str, Any], url: str) -> str:
    """The same answer: its code was not redeemed, because the state was refused first."""
    assert query_of(url)["state"] in kept
    return url


def test_a_second_login_checks_that_the_account_is_still_of_that_organization(
    world: dict[str, Any], mine: Client
) -> None:
    link(mine, f"{JIA}.p1")
    organizations = world["jszwfw"].register.organizations
    try:
        organizations[JIA]["status"] = "deregistered"
        assert code_of(come_in(f"{JIA}.p1")[1]) == "account.organization_not_in_force"
    finally:
        organizations[JIA]["status"] = "in_force"
    assert come_in(f"{JIA}.p1")[1].status_code == 302


# -- attacks on the way


def test_the_session_gets_a_new_key(world: dict[str, Any], mine: Client) -> None:
    link(mine, "p1")
    client = Client()
    url = leave(client, "p1")
    before = client.session.session_key
    back(client, url)
    assert client.session.session_key != before
    planted = Client()
    planted.cookies["sessionid"] = before
    assert planted.get("/api/v1/me").status_code == 401


def test_an_answer_belongs_to_the_browser_that_left_and_comes_once(
    world: dict[str, Any], mine: Client
) -> None:
    link(mine, "p1")
    client, victim = Client(), Client()
    url = leave(client, "p1")
    # Login CSRF: the attacker's answer is brought to the victim's browser.
    leave(victim, "p1")
    answer = back(victim, url)
    assert (answer.status_code, code_of(answer)) == (401, "account.state_unknown")
    assert back(client, url).status_code == 302
    again = back(client, url)
    assert (again.status_code, code_of(again)) == (401, "account.state_unknown")
    for query in ("", "?state=", "?state=x&code=y", "?code=y", "?state=%ff%fe&code=y"):
        assert code_of(client.get(f"/login/identity/jszwfw/back/{query}")) == "account.state_unknown"


def test_answers_of_two_providers_are_not_mixed_up(world: dict[str, Any], mine: Client) -> None:
    url = leave(mine, "p1", "gjzwfw", "?for=link")
    answer = back(mine, url.replace("/gjzwfw/", "/jszwfw/"))
    assert code_of(answer) == "account.state_unknown"
    url = leave(mine, "p1", "gjzwfw", "?for=link")
    swapped = url.replace(query_of(url)["iss"].replace(":", "%3A").replace("/", "%2F"), "https%3A%2F%2Fevil.example")  # fmt: skip
    assert code_of(back(mine, swapped)) == "identity.mixed_up"
    # The same subject at another provider is another account.
    assert link(mine, "p1", "jszwfw").status_code == 302
    client = Client()
    assert code_of(back(client, leave(client, "p1", "gjzwfw"))) == "account.not_linked"


def test_a_login_leads_nowhere_else(world: dict[str, Any], mine: Client) -> None:
    link(mine, "p1")
    for wanted in ("https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"):
        _, answer = come_in("p1", query=f"?next={wanted}")
        assert answer["Location"] == "/desk/"
    assert come_in("p1", query="?next=/notices/")[1]["Location"] == "/notices/"


def test_a_login_that_took_too_long_has_expired(world: dict[str, Any], mine: Client) -> None:
    url = leave(mine, "p1", query="?for=link")
    session = mine.session
    kept = session["parties.departed"]
    for note in kept.values():
        note["started"] = iso(clock.now() - timedelta(minutes=11))
    session["parties.departed"] = kept
    session.save()
    assert code_of(back(mine, url)) == "account.state_expired"


def test_a_light_session_is_short_and_ends_with_its_rights(world: dict[str, Any], mine: Client) -> None:
    link(mine, "p1")
    for how in ("role", "time", "provider"):
        client, _ = come_in("p1")
        assert client.get("/api/v1/me").status_code == 200
        if how == "role":
            perform(EndRole(str(Membership.objects.get(until=None).id), "调离"), _center(), via="http")
        elif how == "time":
            session = client.session
            session["parties.opened"] = iso(clock.now() - timedelta(hours=2, seconds=1))
            session.save()
        else:
            server = world["jszwfw"]
            subject = ExternalAccount.objects.get().subject
            server.backchannel[CLIENT] = "x"
            server.tell = lambda url, form: _told(form).status_code == 200
            assert server.end_sessions(CLIENT, subject)
        assert client.get("/api/v1/me").status_code == 401, how
    assert Recall.objects.filter(person=str(Person.objects.get().id)).exists()


def _told(form: dict[str, str]) -> Any:
    client = Client(enforce_csrf_checks=True)
    return client.post("/login/identity/jszwfw/logout/", form)


def _center() -> Any:
    from dataclasses import replace

    from kernel.actor import Role

    return replace(SYSTEM, roles=SYSTEM.roles | {Role.TRADING_CENTER})


@pytest.mark.parametrize("token", ["", "x", "a.b.c"])
def test_a_logout_that_nobody_signed_ends_nothing(world: dict[str, Any], mine: Client, token: str) -> None:
    link(mine, "p1")
    client, _ = come_in("p1")
    assert _told({"logout_token": token}).status_code == 400
    assert client.get("/api/v1/me").status_code == 200


def test_signing_out_offers_to_sign_out_at_the_provider(world: dict[str, Any], mine: Client) -> None:
    link(mine, "p1")
    client, _ = come_in("p1")
    page = client.post("/logout/").content.decode()
    assert f'href="{world["jszwfw"].url}/logout?id_token_hint=' in page
    assert client.get("/api/v1/me").status_code == 401
    assert mine.post("/logout/")["Location"] == "/"


# -- electronic licence


def scan(world: dict[str, Any], client: Client, holder: str, act: str = "confirm") -> None:
    server, kept = world["licences"], client.session["parties.licence"]
    answer = houses.WEB.post(f"{server.url}/phone/{kept['session']}/{act}", json={"holder": holder})
    assert answer.status_code == 200


def licence(world: dict[str, Any], client: Client, holder: str, query: str = "?new=1") -> Any:
    assert client.get(f"/login/licence/{query}").status_code == 200
    scan(world, client, holder)
    return client.post("/login/licence/")


def test_a_licence_is_linked_and_then_comes_in(world: dict[str, Any], mine: Client) -> None:
    assert code_of(licence(world, Client(), f"{JIA}.p1")) == "account.not_linked"
    assert licence(world, mine, f"{JIA}.p1", "?new=1&for=link")["Location"] == "/certificates/"
    client = Client()
    page = client.get("/login/licence/").content.decode()
    assert client.session["parties.licence"]["digits"] in page
    assert client.get("/api/v1/login/licence/step").json() == {"step": "waiting"}
    # Reloading shows the same code; it is this browser's.
    assert client.get("/login/licence/").content.decode().count("data:image/svg+xml") == 1
    assert client.post("/login/licence/").status_code == 302
    assert client.get("/api/v1/me").status_code == 401
    scan(world, client, f"{JIA}.p1", "scan")
    assert client.get("/api/v1/login/licence/step").json() == {"step": "scanned"}
    scan(world, client, f"{JIA}.p1")
    assert client.post("/login/licence/")["Location"] == "/desk/"
    assert client.get("/api/v1/me").json()["light"] is True
    assert code_of(client.post("/login/licence/")) == "account.state_unknown"


@pytest.mark.parametrize(
    ("holder", "code"),
    [
        (f"{houses.BING}.p1", "account.organization_not_in_force"),
        (f"{YI}.p1", "account.not_authorized"),
        (f"{JIA}.p3", "account.not_authorized"),
        (f"{JIA}.p2", "account.not_linked"),
    ],
)
def test_licences_that_do_not_come_in(world: dict[str, Any], mine: Client, holder: str, code: str) -> None:
    assert code_of(licence(world, Client(), holder)) == code


def test_a_licence_of_somebody_else_is_not_linked(world: dict[str, Any], mine: Client) -> None:
    assert code_of(licence(world, mine, f"{JIA}.p2", "?new=1&for=link")) == "account.other_person"
    assert code_of(licence(world, mine, f"{houses.BING}.p1", "?new=1&for=link")) == "account.organization_not_in_force"  # fmt: skip


def test_coming_in_by_a_licence_takes_the_token_of_the_page(world: dict[str, Any]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get("/login/licence/")
    assert client.post("/login/licence/").status_code == 403
    assert code_of(Client().post("/login/licence/")) == "account.state_unknown"
    assert Client().get("/api/v1/login/licence/step").status_code == 401


def test_nothing_of_these_ways_in_finds_a_person_by_name_alone(world: dict[str, Any], mine: Client) -> None:
    assert [bound.person.name for bound in CertificateBinding.objects.all()] == ["甲一"]
    assert queries.accounts_of(queries.actor_for(Person.objects.get(), None)).count() == 0
    assert [way.name for way in external.ways()] == ["江苏政务服务网", "国家政务服务平台", "电子营业执照"]
