"""Pages and JSON of guarantees: who sees what, release and a signed demand through the real doors."""

from __future__ import annotations

import base64
import html
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client

from guarantees.models import Guarantee
from kernel.actor import Role
from kernel.clock import iso
from parties.models import Membership, Organization, Person
from sealing.signer import ECDSA_P256, sign_with
from tests.integration.ca_interop.authorities import recognized
from tests.integration.guarantees.cast import (
    BIDDER,
    ISSUER,
    NOW,
    OTHER,
    OWNER,
    PLATFORM,
    TENDER,
    Company,
    certificate,
    serving,
    sign,
    signer,
)
from tests.integration.guarantees.world import World, licensed, tender
from tests.integration.parties.people import post, register
from trading.models import Bid
from trading.rules.statuses import BidStatus

pytestmark = pytest.mark.django_db(transaction=True)
CENTER = Company("盐城市公共资源交易中心", "91320900MA1N00009")


def person(company: Company, role: Role) -> Client:
    """A client signed in for a company with a role (a row, as the center's grant would leave it)."""
    client = Client()
    assert register(client, signer(company), "bidder").status_code == 201
    found = Organization.objects.get(credit_code=company.credit_code)
    who = Person.objects.get(memberships__organization=found)
    Membership.objects.get_or_create(person=who, organization=found, role=role, defaults={"since": NOW})
    return client


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    monkeypatch.setattr("guarantees.tasks.platform_signer", lambda: PLATFORM)
    with recognized() as authorities, serving(tmp_path) as issuer:
        licensed(issuer.url)
        yield World(None, issuer, authorities)  # type: ignore[arg-type]


def presented(world: World, **change: Any) -> Guarantee:
    world.tender = tender()
    return Guarantee.objects.get(bid=world.present(**change))


def test_who_sees_a_guarantee(world: World) -> None:
    owner, center = person(OWNER, Role.PROCURING_ENTITY), person(CENTER, Role.TRADING_CENTER)
    bidder, other = person(BIDDER, Role.BIDDER), person(OTHER, Role.BIDDER)
    row = presented(world, amount="120000.00")
    for client, sees in ((owner, True), (center, True), (bidder, True), (other, False), (Client(), None)):
        status = {True: 200, False: 404, None: 401}[sees]
        assert client.get(f"/guarantees/{row.pk}/").status_code == status
        assert client.get(f"/api/v1/guarantees/{row.pk}").status_code == status
        assert client.get(f"/guarantees/{row.pk}/pdf").status_code == status
        page = client.get("/guarantees/")
        assert page.status_code == (401 if sees is None else 200)
        assert (BIDDER.name in page.content.decode()) == bool(sees) or client is bidder
    page = owner.get(f"/guarantees/{row.pk}/").content.decode()
    assert "保函金额 ¥ 120,000.00，应 ≥ ¥ 160,000.00（招例第二十六条）" in page
    assert "退还这份投标担保" in page
    assert "退还这份投标担保" not in bidder.get(f"/guarantees/{row.pk}/").content.decode()
    shown = owner.get(f"/api/v1/guarantees?tender={TENDER}").json()["guarantees"]
    assert [(g["state"], g["amount"], g["number"]) for g in shown] == [("refused", "120000.00", row.number)]
    assert owner.get("/api/v1/guarantees?tender=other").json() == {"guarantees": []}
    assert owner.get("/api/v1/guarantees/nothing").status_code == 404


def test_release_by_the_page_and_by_json(world: World) -> None:
    owner, bidder = person(OWNER, Role.PROCURING_ENTITY), person(BIDDER, Role.BIDDER)
    row = presented(world)
    path = f"/api/v1/guarantees/{row.pk}/release"
    refused = post(bidder, path, {"ground": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "guarantee.only_host")
    assert post(owner, path, {}).json()["code"] == "request.bad_field"
    blank = owner.post(f"/guarantees/{row.pk}/", {"act": "release", "ground": " ", "_key": "k0"})
    assert blank.status_code == 400
    assert "请写明退还的理由" in blank.content.decode()
    done = owner.post(f"/guarantees/{row.pk}/", {"act": "release", "ground": "投标人放弃", "_key": "k1"})
    assert (done.status_code, done["Location"]) == (302, f"/guarantees/{row.pk}/")
    again = post(owner, path, {"ground": "再退"})
    assert (again.status_code, again.json()["code"]) == (409, "machine.wrong_status")
    assert "投标人放弃" in owner.get(f"/guarantees/{row.pk}/").content.decode()


def test_a_demand_is_signed_in_the_page(world: World) -> None:
    owner = person(OWNER, Role.PROCURING_ENTITY)
    row = presented(world)
    Bid.objects.filter(pk=row.bid_id).update(status=BidStatus.REVOKED)
    asked = {"ground": "bid_revoked", "amount": "160000.00", "explanation": "开标后撤销投标"}
    page = owner.get(f"/guarantees/{row.pk}/", asked).content.decode()
    text = html.unescape(re.search(r"<textarea[^>]*name=\"statement\"[^>]*>(.*?)</textarea>", page, re.S)[1])  # type: ignore[index]
    value = sign_with(certificate(OWNER).key, ECDSA_P256, text.encode())  # type: ignore[arg-type]
    pem = b"".join(c.public_bytes(Encoding.PEM) for c in certificate(OWNER).full_chain).decode()
    fields = {
        "act": "demand",
        "statement": text.replace("\n", "\r\n"),
        "certificate": pem,
        "signature": base64.b64encode(value).decode(),
        "_key": "d1",
    }
    assert owner.post(f"/guarantees/{row.pk}/", fields | {"signature": ""}).status_code == 400
    assert owner.post(f"/guarantees/{row.pk}/", fields).status_code == 302
    row.refresh_from_db()
    assert (row.status, str(row.paid)) == ("forfeited", "160000.00")
    assert "已赔付" in owner.get(f"/guarantees/{row.pk}/").content.decode()


def test_a_demand_by_json_must_be_the_beneficiarys(world: World) -> None:
    owner = person(OWNER, Role.PROCURING_ENTITY)
    row = presented(world)
    payload = {"v": 1, "number": row.number, "ground": "bid_revoked", "amount": "1.00", "explanation": "x", "at": iso(NOW)}  # fmt: skip
    path = f"/api/v1/guarantees/{row.pk}/demand"
    for company, said, code in (
        (OTHER, payload, "guarantee.demand_not_by_beneficiary"),
        (OWNER, payload | {"extra": 1}, "sealing.bad_field"),
        (OWNER, payload | {"amount": ""}, "sealing.bad_field"),
        (OWNER, payload, "guarantee.no_fact"),
    ):
        answer = post(owner, path, {"signed": sign(company, "guarantee-demand", said)})
        assert answer.json()["code"] == code


def test_the_list_of_issuers_is_public_and_kept_by_the_center(world: World) -> None:
    center, bidder = person(CENTER, Role.TRADING_CENTER), person(BIDDER, Role.BIDDER)
    assert [i["name"] for i in Client().get("/api/v1/guarantees/issuers").json()["issuers"]] == [ISSUER.name]
    assert ISSUER.name in Client().get("/guarantees/issuers/").content.decode()
    entry = {"name": "某银行盐城分行", "credit_code": OTHER.credit_code, "endpoint": ""}
    assert post(Client(), "/api/v1/guarantees/issuers", entry).status_code == 401
    assert post(bidder, "/api/v1/guarantees/issuers", entry).json()["code"] == "guarantee.only_center"
    assert post(center, "/api/v1/guarantees/issuers", entry).status_code == 201
    assert post(center, "/api/v1/guarantees/issuers", entry).json()["code"] == "guarantee.issuer_listed"
    end = {"credit_code": OTHER.credit_code, "reason": "退出"}
    assert post(center, "/api/v1/guarantees/issuers/end", end).json()["name"] == "某银行盐城分行"
    page = center.post("/guarantees/issuers/", {"act": "add", "name": "", "credit_code": "1", "_key": "a"})
    assert page.status_code == 422
    added = center.post("/guarantees/issuers/", entry | {"act": "add", "_key": "b"})
    assert added.status_code == 302
    wrong = center.post("/guarantees/issuers/", entry | {"act": "add", "_key": "c"})
    assert (wrong.status_code, "已在名单上" in wrong.content.decode()) == (409, True)
    gone = center.post("/guarantees/issuers/", end | {"act": "end", "_key": "d"})
    assert gone.status_code == 302


def test_the_desk_reminds(world: World) -> None:
    owner = person(OWNER, Role.PROCURING_ENTITY)
    row = presented(world)
    world.issuer.fault = "down"
    owner.post(f"/guarantees/{row.pk}/", {"act": "release", "ground": "放弃", "_key": "k"})
    assert "1 份保函等开立机构答复" in owner.get("/desk/").content.decode()
