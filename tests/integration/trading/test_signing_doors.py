"""The opening record signed through its doors: by ``bidtool`` over HTTP, by two at once, by those who may not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.test import Client

from bidtool.cli import cli, run
from bidtool.output import Output
from ca_interop import document_signing
from ca_interop.rules.certificates import to_base64
from ca_interop.rules.signatures import signing_side
from journal.door import perform
from sealing import statements
from tests import worlds_bids, worlds_tenders
from tests.integration.evaluation.rooms_world import sign_in
from tests.worlds_tenders import Member
from trading.commands import CloseObjections
from trading.models import Tender
from trading.queries import openings

pytestmark = pytest.mark.django_db(transaction=True)


def signing_tender(world: worlds_tenders.World) -> Tender:
    """A tender whose record waits for signatures."""
    tender = worlds_tenders.announced_tender(world)
    sent = worlds_bids.submit_all(world, tender)
    worlds_bids.sign_in(tender, world.owner, *world.bidders)
    worlds_bids.start(world, tender)
    for one in sent:
        worlds_bids.release(one)
    worlds_bids.read_all(world, tender)
    perform(CloseObjections(tender.number), world.center.actor, via="ws")
    return tender


def machine(folder: Path, member: Member, url: str) -> list[str]:
    """A member's own machine: the key file and the session of somebody signed in."""
    client = Client()
    cookie = sign_in(client, member.actor)
    key = member.signer._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain = b"".join(c.public_bytes(Encoding.PEM) for c in member.signer.chain)
    (folder / f"{member.key}.pem").write_bytes(key + chain)
    session = folder / f"{member.key}.json"
    session.write_text(json.dumps({"v": 1, "server": url, "cookies": {"sessionid": cookie}}))
    return [
        "--key",
        str(folder / f"{member.key}.pem"),
        "--session",
        str(session),
        "--server",
        url,
        "--yes",
        "--json",
    ]


def test_bidtool_signs_the_statement_and_the_pdf(live_server, tmp_path, capsys):
    with worlds_tenders.world() as world:
        tender = signing_tender(world)
        for member in (world.owner, world.bidders[0]):
            how = machine(tmp_path, member, live_server.url)
            assert run(cli, ["sign-record", tender.number, *how], Output()) == 0
            assert json.loads(capsys.readouterr().out)["pdf"] == "inside"
        assert run(cli, ["sign-record", tender.number, *how], Output()) == 6
        assert json.loads(capsys.readouterr().out)["code"] == "opening.record_signed_already"
        session = openings.session_of(tender)
        names = [world.owner.organization.name, world.bidders[0].organization.name]
        assert [row.signer for row in document_signing.signatures_of(session.record)] == names
        assert session.signatures.count() == 2


def test_who_was_overtaken_is_told_so_and_nothing_is_half_done():
    with worlds_tenders.world() as world:
        tender = signing_tender(world)
        late = worlds_bids.record_pdf(tender, world.bidders[0])
        worlds_bids.sign_record(tender, world.owner, pdf=True)
        client, session = Client(), openings.session_of(tender)
        sign_in(client, world.bidders[0].actor)
        base = f"/api/v1/tenders/{tender.number}/opening"
        signed = statements.sign(openings.record_statement(session), world.bidders[0].signer)
        answer = client.post(f"{base}/sign_record", {"signed": signed, "pdf": late}, "application/json")
        assert (answer.status_code, answer.json()["code"]) == (409, "pdf.stale")
        assert session.signatures.count() == 1
        again = worlds_bids.record_pdf(tender, world.bidders[0])
        answer = client.post(f"{base}/sign_record", {"signed": signed, "pdf": again}, "application/json")
        assert answer.status_code == 200
        assert session.signatures.count() == 2
        row = document_signing.signatures_of(session.record)[-1]
        assert row.file == document_signing.latest(session.record)


def test_who_may_not_sign_may_not_prepare_and_bad_input_has_a_code():
    with worlds_tenders.world() as world:
        tender = signing_tender(world)
        base = f"/api/v1/tenders/{tender.number}/opening/prepare-signature"
        body = {
            "certificates": [to_base64(c) for c in world.owner.signer.chain],
            "alg": world.owner.signer.alg,
        }
        client = Client()
        assert client.post(base, body, "application/json").json()["code"] == "actor.not_signed_in"
        sign_in(client, world.stranger.actor)
        answer = client.post(base, body, "application/json")
        assert (answer.status_code, answer.json()["code"]) == (403, "opening.not_a_party")
        sign_in(client, world.owner.actor)
        for wrong, code in (
            ({}, "signature.malformed"),
            ({**body, "certificates": ["!"]}, "certificate.malformed"),
            ({**body, "alg": "md5"}, "signature.algorithm"),
            ({**body, "alg": "sm2-sm3"}, "signature.algorithm"),
        ):
            answer = client.post(base, wrong, "application/json")
            assert (answer.status_code in (400, 422), answer.json()["code"]) == (True, code)
        told = client.post(base, body, "application/json").json()
        revision = client.get(told["revision"])
        signing_side.sign_revision(told, revision.content, world.owner.signer, told["document_sha256"])
        assert client.get("/api/v1/prepared-signatures/nothing").json()["code"] == "pdf.not_prepared"
