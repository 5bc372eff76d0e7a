"""The same acts through the pages: what a browser posts."""

from __future__ import annotations

import base64
import html
import re

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import Client

from ca_interop import service
from ca_interop.rules.validation import Purpose
from journal import clock
from journal.door import perform
from kernel.actor import SYSTEM
from parties import signing
from parties.commands import BootstrapCenter
from parties.commands.proofs import CertificateFound
from parties.models import Membership, Organization
from sealing.signer import RSA_PKCS1, SoftwareSigner, sign_with
from tests.integration.ca_interop.authorities import recognized, subscriber
from tests.integration.parties.people import register, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server():
    with recognized() as running:
        yield running


def signed_fields(page: str, signer: SoftwareSigner) -> dict[str, str]:
    """What login.js puts into the form: the browser sends the textarea with CRLF line ends."""
    text = html.unescape(re.search(r"<textarea[^>]*name=\"statement\"[^>]*>(.*?)</textarea>", page, re.S)[1])
    value = sign_with(signer._key, RSA_PKCS1, text.encode())
    pem = b"".join(c.public_bytes(Encoding.PEM) for c in signer.chain).decode()
    return {
        "statement": text.replace("\n", "\r\n"),
        "certificate": pem,
        "signature": base64.b64encode(value).decode(),
    }


@pytest.mark.parametrize("ca", ["demo-ca-1", "demo-ca-2"])
def test_a_person_registers_and_signs_in_by_the_pages(ca):
    signer, client = subscriber("江苏苏海建设有限公司", 21, "李海", ca), Client()
    fields = signed_fields(client.get("/register/").content.decode(), signer)
    got = client.post("/register/", {**fields, "role": "bidder", "person_name": ""})
    assert (got.status_code, got["Location"]) == (302, "/desk/")
    assert client.get("/desk/").status_code == 200
    client.post("/logout/")
    assert client.get("/desk/").status_code == 401
    fields = signed_fields(client.get("/login/").content.decode(), signer)
    got = client.post("/login/", {**fields, "next": "/certificates/"})
    assert (got.status_code, got["Location"]) == (302, "/certificates/")
    again = client.post("/login/", fields)
    assert (again.status_code, "login.replayed" in again.content.decode()) == (401, True)


def test_login_leads_nowhere_else():
    signer, client = subscriber("甲公司", 22, "甲一"), Client()
    register(client, signer, "bidder")
    fields = signed_fields(client.get("/login/").content.decode(), signer)
    assert client.post("/login/", {**fields, "next": "https://elsewhere.example/"})["Location"] == "/desk/"


def test_an_unknown_certificate_is_shown_the_way_to_register():
    client = Client()
    fields = signed_fields(client.get("/login/").content.decode(), subscriber("乙公司", 23, "乙一"))
    got = client.post("/login/", fields)
    assert (got.status_code, 'href="/register/"' in got.content.decode()) == (404, True)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"signature": ""}, "signing.missing"),
        ({"signature": "!!"}, "signing.missing"),
        ({"certificate": "nothing"}, "signing.no_certificate"),
        ({"statement": "something else"}, "signing.other_statement"),
    ],
)
def test_a_form_without_its_signature_says_so(change, code):
    client = Client()
    fields = signed_fields(client.get("/login/").content.decode(), subscriber("乙公司", 23, "乙一"))
    assert code in client.post("/login/", {**fields, **change}).content.decode()


def test_a_page_signature_must_be_over_what_is_to_be_signed(rf):
    statement = {"v": 1, "type": "mingtang/opening-record", "payload": {"bids": 6}}
    other = {**statement, "payload": {"bids": 5}}
    signer = subscriber("甲公司", 22, "甲一", "demo-ca-1")
    page = f'<textarea name="statement">{signing.text_of(statement)}</textarea>'
    request = rf.post("/", signed_fields(page, signer))
    signed = signing.read_signed(request, statement)
    checked = service.check_signed(signed, purpose="opening-record", at=clock.now())
    assert checked.validation.facts.organization == "甲公司"
    for act in (
        lambda: signing.read_signed(request, other),
        lambda: signing.signed_from({"signed": signed}, other),
    ):
        with pytest.raises(signing.Refused) as refused:
            act()
        assert refused.value.code == "signing.other_statement"


def test_the_center_works_by_pages():
    signer, center = subscriber("盐城市公共资源交易中心", 1, "王敏"), Client()
    validation = service.check_chain(signer.chain, Purpose.LOGIN, clock.now())
    perform(BootstrapCenter(CertificateFound.of(validation)), SYSTEM, via="cli")
    sign_in(center, signer)
    owner = Client()
    register(owner, subscriber("盐城市城市建设投资集团有限公司", 31, "陈立"), "procuring_entity")
    assert owner.get("/parties/").status_code == 403
    page = center.get("/parties/").content.decode()
    assert page.count("陈立") == 1
    row = Organization.objects.get(name__startswith="盐城市城市建设")
    person = row.certificates.get().person_id
    center.post("/parties/", {"person": person, "organization": row.id, "role": "procuring_entity"})
    membership = Membership.objects.get(organization=row)
    assert "招标人" in center.get(f"/parties/{row.id}/").content.decode()
    assert [
        i in center.get(f"/parties/?q={q}").content.decode()
        for i, q in (("城市建设", "城市建设"), ("没有找到单位", "无此单位"))
    ] == [True, True]
    center.post(f"/parties/{row.id}/", {"act": "end", "membership": membership.id, "reason": "调离"})
    membership.refresh_from_db()
    assert membership.until is not None


def test_own_certificates_are_registered_and_reported_lost_by_the_page():
    signer, client = subscriber("甲公司", 22, "甲一", "demo-ca-3"), Client()
    register(client, signer, "bidder")
    second = subscriber("甲公司", 22, "甲一", "demo-ca-1")
    fields = signed_fields(client.get("/certificates/").content.decode(), second)
    assert client.post("/certificates/", {**fields, "act": "bind"}).status_code == 302
    from django.core.files.uploadedfile import SimpleUploadedFile

    pem = signer.encryption_certificate.public_bytes(Encoding.PEM)
    got = client.post(
        "/certificates/", {"act": "encryption", "certificate": SimpleUploadedFile("e.pem", pem)}
    )
    assert got.status_code == 302
    rows = client.get("/api/v1/me").json()["certificates"]
    assert sorted(c["usage"] for c in rows) == ["combined", "encryption", "signing"]
    lost = next(c["fingerprint"] for c in rows if c["usage"] == "combined")
    client.post("/certificates/", {"act": "block", "certificate": lost, "reason": "遗失"})
    assert "已挂失" in client.get("/certificates/").content.decode()
