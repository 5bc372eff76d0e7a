"""Documents signed by the page's module under node: what it signs is what the platform puts into the PDF."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ca_interop.rules.signatures import judging, making, pdf_making, pdf_reading
from ca_interop.rules.signatures.report import Verdict, lines
from sealing import sm2
from sealing.sm2 import Sm2PrivateKey
from tests.unit.ca_interop.signatures import cast
from tests.unit.sealing.test_browser_modules import node

SCRIPT = Path(__file__).resolve().parent / "browser" / "documents.js"
BASE = cast.pdf("opening record")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def job(kind: str, revision: bytes, told: dict[str, Any] | None, wanted: bytes = BASE) -> dict[str, Any]:
    one = cast.issued(kind)
    if isinstance(one.key, Sm2PrivateKey):
        pkcs8 = one.key.pkcs8
    else:
        pkcs8 = one.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    chain = [b64(c.public_bytes(Encoding.DER)) for c in one.full_chain]
    said = {"pkcs8": b64(pkcs8), "chain": chain, "revision": b64(revision), "told": told}
    return {**said, "wanted": hashlib.sha256(wanted).hexdigest()}


def prepared() -> tuple[pdf_making.Prepared, dict[str, Any]]:
    made = pdf_making.prepare(BASE, cast.NOW, pdf_making.Appearance("单位"), "Signature1")
    return made, {"document_size": len(BASE), "byte_range": list(made.byte_range), "prepared": "x"}


def answers(*jobs: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(node(str(SCRIPT), said=list(jobs)))
    return found


def test_what_a_page_signs_is_a_valid_pdf_signature():
    made, told = prepared()
    for kind, said in zip(
        ("rsa", "p256"), answers(*(job(k, made.document, told) for k in ("rsa", "p256"))), strict=True
    ):
        how = making.plan(cast.issued(kind).full_chain, said["alg"])
        signed = making.attributes(how, made.digest)
        cms = making.assemble(how, signed, base64.b64decode(said["signature"]))
        report = pdf_reading.judge_pdf(pdf_making.embed(made, cms), cast.circumstances(kind))
        assert report.verdict is Verdict.VALID, lines(report.as_json())


def test_an_sm2_page_makes_a_message_beside_the_document():
    if not sm2.available():
        pytest.skip("no libcrypto with SM2")
    (said,) = answers(job("sm2", BASE, None))
    report = judging.judge_message(base64.b64decode(said["message"]), BASE, cast.circumstances("sm2"))
    assert (report.kind, report.verdict) == ("gbt35275", Verdict.VALID), lines(report.as_json())


def test_a_page_signs_no_other_document_and_no_wider_hole():
    made, told = prepared()
    start, first, second, length = told["byte_range"]
    wide = {**told, "byte_range": [start, first, second + 8, length - 8]}
    short = {**told, "byte_range": [start, first, second, length - 8]}
    other = pdf_making.prepare(cast.pdf("8,000"), cast.NOW, pdf_making.Appearance("单位"), "Signature1")
    jobs = [
        job("p256", other.document, {**told, "byte_range": list(other.byte_range)}),
        job("p256", made.document, wide),
        job("p256", made.document, short),
        job("p256", made.document, {**told, "document_size": len(made.document)}),
        job("sm2", BASE + b" ", None),
    ]
    assert [said["code"] for said in answers(*jobs)] == ["pdf.foreign_revision"] * 5
