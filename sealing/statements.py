"""Signed statements: the one shape of everything that is signed outside an envelope.

``Statement = {"v": 1, "type": "mingtang/<purpose>", "payload": {…}}``;
``SignedStatement = {"statement", "signature": {"alg", "value"}, "certificates": [b64 DER, leaf first]}``,
or, for a bare one-time key (:mod:`sealing.pseudonym`), ``"public_key": hex`` in place of ``certificates``. The signature is over
``b"mingtang statement v1\\n" + canonical(statement)`` (RFC 8785), so a statement of one purpose never
passes for another. Whether the certificate itself is good at some time is ``ca_interop``'s question.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.canonical_json import canonical, digest
from kernel.errors import Refused
from sealing import fields, pseudonym
from sealing.evidence import Evidence
from sealing.keys import PRIVATE_KEYS, PrivateKey, PublicKey, public_key_of, spki
from sealing.refusals import (
    STATEMENT_ALG,
    STATEMENT_PURPOSE,
    STATEMENT_SIGNATURE,
    STATEMENT_SIGNER,
)
from sealing.signer import ECDSA_P256, ED25519, PSS, RSA_PKCS1, RSA_PSS, SM2_SM3, algorithm_of, sign_with
from sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

DOMAIN = b"mingtang statement v1\n"
MAX_CHAIN, MAX_CERTIFICATE, MAX_SIGNATURE = 8, 16384, 1024
_PURPOSE = re.compile(r"mingtang/[a-z0-9][a-z0-9-]{0,62}")


class Signing(Protocol):
    """The signing half of :class:`sealing.signer.Signer`."""

    @property
    def chain(self) -> Sequence[x509.Certificate]: ...
    @property
    def alg(self) -> str: ...
    def sign(self, data: bytes) -> bytes: ...


@dataclass(frozen=True)
class SignatureEvidence(Evidence):
    """A valid signature: what was said (``payload``) and by whom (``leaf`` or ``public_key``)."""

    purpose: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    chain: tuple[x509.Certificate, ...] = ()
    public_key: PublicKey | None = None

    @property
    def leaf(self) -> x509.Certificate | None:
        return self.chain[0] if self.chain else None

    @property
    def public_key_hex(self) -> str:
        """The bare key in hex: what names a pseudonym; empty where a certificate signed."""
        return "" if self.chain or self.public_key is None else pseudonym.public_bytes(self.public_key).hex()


def statement(purpose: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """``statement("bid-submission", {…})``; the purpose is given without ``mingtang/``."""
    return {"v": 1, "type": f"mingtang/{purpose}", "payload": dict(payload)}


def signing_bytes(said: Mapping[str, Any]) -> bytes:
    """What is signed for a statement."""
    return DOMAIN + canonical(dict(said))


def sign(
    said: Mapping[str, Any], key: PrivateKey | Signing, chain: Sequence[x509.Certificate] = ()
) -> dict[str, Any]:
    """Sign with a private key (and its chain), or with a :class:`Signer`, which brings its own chain.

    An Ed25519 or SM2 key without a chain signs as a pseudonym: the public key itself stands in the result.
    """
    _check_statement(said)
    data = signing_bytes(said)
    if isinstance(key, PRIVATE_KEYS):
        alg = algorithm_of(key)
        value = sign_with(key, alg, data)
    else:
        alg, value, chain = key.alg, key.sign(data), chain or key.chain
    out: dict[str, Any] = {"statement": dict(said), "signature": {"alg": alg, "value": fields.b64(value)}}
    if chain:
        out["certificates"] = [fields.b64(c.public_bytes(Encoding.DER)) for c in chain]
    elif isinstance(key, (ed25519.Ed25519PrivateKey, Sm2PrivateKey)):
        out["public_key"] = pseudonym.public_bytes(key.public_key()).hex()
    else:
        raise Refused(STATEMENT_ALG(alg=alg))
    return out


def verify(
    signed: Any, *, purpose: str = "", public_key: PublicKey | None = None, step: int = 1
) -> SignatureEvidence:
    """Check shape and signature of a signed statement; ``purpose`` and ``public_key`` if expected.

    Only the signature against the leaf's key is checked, not the chain, its dates or revocation.
    """
    got = fields.exact_keys(signed, "", ("statement", "signature"), ("certificates", "public_key"))
    said = _check_statement(got["statement"])
    if purpose and said["type"] != f"mingtang/{purpose}":
        raise Refused(STATEMENT_PURPOSE(expected=f"mingtang/{purpose}", found=said["type"]))
    chain, key = _signer_of(got)
    if public_key is not None and spki(public_key) != spki(key):
        raise Refused(STATEMENT_SIGNER())
    signature = fields.exact_keys(got["signature"], "signature", ("alg", "value"))
    alg = fields.text(signature, "alg", limit=40)
    value = fields.b64_bytes(signature, "value", limit=MAX_SIGNATURE)
    _check_signature(key, alg, value, signing_bytes(said))
    facts = {"type": said["type"], "alg": alg, "statement_sha256": digest(said)}
    return SignatureEvidence(
        step=step,
        code="statement.signature",
        zh=f"签名有效（{alg}，{said['type']}）",
        en=f"the signature is valid ({alg}, {said['type']})",
        facts=facts,
        purpose=said["type"].removeprefix("mingtang/"),
        payload=said["payload"],
        chain=chain,
        public_key=key,
    )


def read_certificate(data: bytes) -> x509.Certificate:
    """A certificate from DER with a key of a kind we know; ``Refused`` otherwise."""
    try:
        certificate = x509.load_der_x509_certificate(data)
        public_key_of(certificate)
        _ = certificate.subject, certificate.issuer
    except (ValueError, TypeError, x509.InvalidVersion) as error:
        raise fields.bad("certificates", "不是 X.509 证书 / not an X.509 certificate") from error
    return certificate


def _check_statement(said: Any) -> dict[str, Any]:
    out = fields.exact_keys(said, "statement", ("v", "type", "payload"))
    fields.integer(out, "v", 1, 1)
    if not _PURPOSE.fullmatch(fields.text(out, "type", limit=80)):
        raise fields.bad("type", "应为 mingtang/<用途> / must be mingtang/<purpose>")
    fields.mapping(out["payload"], "payload")
    return out


def _signer_of(got: Mapping[str, Any]) -> tuple[tuple[x509.Certificate, ...], PublicKey]:
    if ("certificates" in got) == ("public_key" in got):
        raise fields.bad("certificates", "证书与公钥应有且仅有其一 / exactly one of certificates, public_key")
    if "public_key" in got:
        return (), pseudonym.public_key(pseudonym.read(got, "public_key"))
    texts = fields.items(got, "certificates", 1, MAX_CHAIN)
    ders = [fields.b64_bytes({"certificates": t}, "certificates", limit=MAX_CERTIFICATE) for t in texts]
    chain = tuple(read_certificate(der) for der in ders)
    return chain, public_key_of(chain[0])


def _check_signature(key: PublicKey, alg: str, value: bytes, data: bytes) -> None:
    try:
        if isinstance(key, rsa.RSAPublicKey) and alg in (RSA_PSS, RSA_PKCS1) and key.key_size >= 2048:
            key.verify(value, data, PSS if alg == RSA_PSS else padding.PKCS1v15(), hashes.SHA256())
        elif (
            isinstance(key, ec.EllipticCurvePublicKey)
            and isinstance(key.curve, ec.SECP256R1)
            and alg == ECDSA_P256
        ):
            key.verify(value, data, ec.ECDSA(hashes.SHA256()))
        elif (isinstance(key, ed25519.Ed25519PublicKey) and alg == ED25519) or (
            isinstance(key, Sm2PublicKey) and alg == SM2_SM3
        ):
            key.verify(value, data)
        else:
            raise Refused(STATEMENT_ALG(alg=alg))
    except InvalidSignature as error:
        raise Refused(STATEMENT_SIGNATURE()) from error
