"""The page and the door that judge anybody's signed file."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ca_interop import verifying
from ca_interop.rules.signatures import making
from journal.models import Act
from tests.integration.ca_interop.authorities import recognized, subscriber
from tests.unit.ca_interop.signatures import cast

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"a contract"


@pytest.fixture
def server():
    with recognized() as running:
        yield running


def upload(name: str, data: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data)


def test_a_foreign_signature_is_judged_with_what_its_authority_says_now(server, client: Client):
    """A plain CMS brings no evidence of standing: the authority of the trust list is asked."""
    made = making.sign(CONTENT, subscriber("盐城城南建设工程有限公司", 60, "周建", "demo-ca-2"))
    sent = {"file": upload("a.p7s", made), "content": upload("a.txt", CONTENT)}
    report = client.post("/api/v1/signature-reports", sent).json()
    assert (report["verdict"], report["signatures"][0]["organization"]) == (
        "valid",
        "盐城城南建设工程有限公司",
    )
    assert "revocation.ocsp" in [s["code"] for s in report["signatures"][0]["steps"]]
    sent = {"file": upload("a.p7s", made), "content": upload("a.txt", CONTENT + b".")}
    page = client.post("/verify/signature/", sent)
    assert page.status_code == 200
    assert "签名无效" in page.content.decode()
    assert "signature.digest_differs" in page.content.decode()


def test_an_authority_that_is_down_leaves_no_act_of_acceptance(server, client: Client):
    server.house.faults["demo-ca-2"] = "down"
    made = making.sign(CONTENT, subscriber("盐城城南建设工程有限公司", 61, "周建", "demo-ca-2"))
    sent = {"file": upload("a.p7s", made), "content": upload("a.txt", CONTENT)}
    assert client.post("/api/v1/signature-reports", sent).json()["verdict"] == "undecided"
    assert not Act.objects.filter(verb="revocation.accept_undecided").exists()


def test_a_pdf_of_another_platforms_authority_is_undecided_and_says_why(server, client: Client):
    data = cast.signed_pdf(cast.pdf("x"), "p256", "Signature1")
    page = client.post("/verify/signature/", {"file": upload("x.pdf", data)}).content.decode()
    assert "不能确定签名是否有效" in page
    assert "certificate.no_path" in page or "certificate.bad_signature" in page


@pytest.mark.parametrize(
    ("data", "code", "status"),
    [
        (b"hello", "signature.unknown_kind", 400),
        (b"%PDF-1.7", "signature.malformed", 400),
        (b"\x30\x03\x02\x01\x05", "signature.malformed", 400),
        (b"", "signature.no_file", 400),
    ],
)
def test_what_is_no_signed_file_has_a_code_and_a_sentence(server, client: Client, data, code, status):
    answer = client.post("/api/v1/signature-reports", {"file": upload("x", data)})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_page_says_what_is_wrong_and_offers_the_form_again(server, client: Client):
    page = client.post("/verify/signature/", {"file": upload("x", b"hello")})
    said = page.content.decode()
    assert (page.status_code, "signature.unknown_kind" in said, "选择文件" in said) == (400, True, True)


def test_a_file_too_large_is_refused_before_it_is_read(server, client: Client):
    answer = client.post("/api/v1/signature-reports", {"file": upload("x", b"0" * (verifying.MOST + 1))})
    assert (answer.status_code, answer.json()["code"]) == (400, "signature.too_large")
    assert client.get("/verify/signature/").status_code == 200
