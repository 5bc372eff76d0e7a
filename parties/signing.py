"""Signatures made in a page: the text to sign, and reading back what was signed.

Two ways lead to the same signed statement: a client posts it whole (``signed``), or a page posts
``certificate`` (PEM, leaf first), ``signature`` (base64 over the statement's text) and its ``alg`` as
``portal/js/login.js`` makes them, and it is put together here.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.http import HttpRequest

from ca_interop.rules.certificates import load_certificate, to_base64
from kernel.canonical_json import canonical, parse
from kernel.errors import Kind, ReasonForm, Refused
from sealing.keys import PublicKey, public_key_of
from sealing.signer import ECDSA_P256, RSA_PKCS1, SM2_SM3
from sealing.sm2 import Sm2PublicKey
from sealing.statements import DOMAIN, MAX_CHAIN, MAX_SIGNATURE, signing_bytes

MAX_PEM = 64 * 1024
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"

MISSING = ReasonForm(
    "signing.missing",
    zh="没有收到签名：请选择证书文件和私钥文件后再提交",
    en="no signature arrived: choose the certificate and key files first",
    kind=Kind.MALFORMED,
    field="signature",
)
NOT_THE_TEXT = ReasonForm(
    "signing.other_statement",
    zh="签名的内容与当前要签的内容不一致，请重新打开本页再签",
    en="another statement was signed than the present one; reload and sign again",
    kind=Kind.CONFLICT,
)
NO_PEM = ReasonForm(
    "signing.no_certificate",
    zh="没有收到 PEM 证书",
    en="no PEM certificate arrived",
    kind=Kind.MALFORMED,
    field="certificate",
)


def text_of(statement: Mapping[str, Any]) -> str:
    """What a person signs: ``mingtang statement v1``, a line feed, canonical JSON."""
    return signing_bytes(statement).decode()


def statement_of(text: str) -> dict[str, Any]:
    """The statement of a signed text, as a form's textarea brings it back (line ends may be CRLF)."""
    said = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n").encode()
    if not said.startswith(DOMAIN) or len(said) > MAX_PEM:
        raise Refused(NOT_THE_TEXT())
    statement = parse(said[len(DOMAIN) :])
    if not isinstance(statement, dict) or canonical(statement) != said[len(DOMAIN) :]:
        raise Refused(NOT_THE_TEXT())
    return statement


def read_certificates(pem: str) -> list[x509.Certificate]:
    """The certificates of a PEM text in their order; ``Refused(signing.no_certificate)`` if there is none."""
    blocks = [part.split(_END)[0] for part in pem[:MAX_PEM].split(_BEGIN)[1:]]
    if not blocks or len(blocks) > MAX_CHAIN:
        raise Refused(NO_PEM())
    return [load_certificate(f"{_BEGIN}{body}{_END}\n".encode()) for body in blocks]


def assemble(
    statement: Mapping[str, Any], certificate_pem: str, signature: str, alg: str = ""
) -> dict[str, Any]:
    """A signed statement from a page's fields; without ``alg``, the one that the key's kind has. The signature
    itself is verified later, by ``ca_interop.service.check_signed``."""
    if not certificate_pem.strip() or not signature.strip():
        raise Refused(MISSING())
    chain = read_certificates(certificate_pem)
    usual = _usual_alg(public_key_of(chain[0]))
    try:
        value = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(MISSING()) from error
    if not value or len(value) > MAX_SIGNATURE:
        raise Refused(MISSING())
    return {
        "statement": dict(statement),
        "signature": {"alg": alg[:40] or usual, "value": base64.b64encode(value).decode()},
        "certificates": [to_base64(c) for c in chain],
    }


def _usual_alg(key: PublicKey) -> str:
    if isinstance(key, Sm2PublicKey):
        return SM2_SM3
    if isinstance(key, rsa.RSAPublicKey):
        return RSA_PKCS1
    return ECDSA_P256 if isinstance(key, ec.EllipticCurvePublicKey) else "unknown"


def signed_from(fields: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """The signed statement in a JSON body or a frame's arguments: ``{"signed": …}`` or
    ``{"certificate", "signature"}``. Its statement must equal ``expected``: a person signs what was shown.
    """
    signed = fields.get("signed")
    if isinstance(signed, dict):
        if signed.get("statement") != dict(expected):
            raise Refused(NOT_THE_TEXT())
        return signed
    certificate, signature, alg = (fields.get(name, "") for name in ("certificate", "signature", "alg"))
    if not isinstance(certificate, str) or not isinstance(signature, str) or not isinstance(alg, str):
        raise Refused(MISSING())
    return assemble(expected, certificate, signature, alg)


def posted(request: HttpRequest) -> dict[str, Any]:
    """What a form that answers a challenge posts, put together; whether the challenge is ours is judged
    later."""
    return read_signed(request, statement_of(request.POST.get("statement", "")))


def read_signed(request: HttpRequest, expected: Mapping[str, Any]) -> dict[str, Any]:
    """The same for a request: a JSON body, or the fields of ``parties/sign_form.html``."""
    if request.content_type == "application/json":
        body = parse(request.body)
        return signed_from(body if isinstance(body, dict) else {}, expected)
    # The text the page showed must be the text that is to be signed now.
    if "statement" in request.POST and statement_of(request.POST["statement"]) != dict(expected):
        raise Refused(NOT_THE_TEXT())
    return signed_from(request.POST.dict(), expected)
