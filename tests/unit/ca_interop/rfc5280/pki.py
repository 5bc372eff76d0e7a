"""A small PKI of P-256 keys: certificates and CRLs of any shape, and requests as the contract has them."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import count
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ca_interop.rules.rfc5280.faults import Budget
from ca_interop.rules.rfc5280.request import answer

AT = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SERIALS = count(1000)
USAGE = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
         "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip


@lru_cache
def key(label: str) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def name(*parts: str) -> x509.Name:
    """name("O=Works", "CN=Root"); a part without "=" is a common name."""
    oids = {"CN": NameOID.COMMON_NAME, "O": NameOID.ORGANIZATION_NAME, "E": NameOID.EMAIL_ADDRESS}
    pairs = [p.split("=", 1) if "=" in p else ("CN", p) for p in parts]
    return x509.Name([x509.NameAttribute(oids[k], v) for k, v in pairs])


def usage(*on: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{u: u in on for u in USAGE})


@dataclass
class Cert:
    """Something issued, and the key and name it issues with."""

    certificate: x509.Certificate
    label: str
    subject: x509.Name = field(init=False)

    def __post_init__(self) -> None:
        self.subject = self.certificate.subject

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def issue(
    subject: str | x509.Name,
    by: Cert | None = None,
    *,
    ca: bool | None = False,
    length: int | None = None,
    label: str | None = None,
    use: tuple[str, ...] | None = None,
    start: datetime = AT - 100 * DAY,
    end: datetime = AT + 100 * DAY,
    serial: int | None = None,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
) -> Cert:
    subject = name(subject) if isinstance(subject, str) else subject
    label = label or subject.rfc4514_string()
    signer = by.label if by else label
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(by.subject if by else subject)
        .public_key(key(label).public_key())
        .serial_number(serial or next(SERIALS))
        .not_valid_before(start)
        .not_valid_after(end)
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, length), True)
    if use is None and ca:
        use = ("key_cert_sign", "crl_sign")
    if use:
        builder = builder.add_extension(usage(*use), True)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    return Cert(builder.sign(key(signer), hashes.SHA256()), label)


def crl(
    by: Cert,
    *revoked: Cert,
    extra: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    start: datetime = AT - DAY,
    end: datetime = AT + DAY,
    reason: x509.ReasonFlags | None = None,
    issuer: x509.Name | None = None,
    number: int = 1,
    entry_issuer: x509.Name | None = None,
) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(issuer or by.subject)
    builder = builder.last_update(start).next_update(end).add_extension(x509.CRLNumber(number), False)
    for extension, critical in extra:
        builder = builder.add_extension(extension, critical)
    for cert in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(cert.certificate.serial_number)
        entry = entry.revocation_date(start)
        if reason:
            entry = entry.add_extension(x509.CRLReason(reason), False)
        if entry_issuer:
            entry = entry.add_extension(x509.CertificateIssuer([x509.DirectoryName(entry_issuer)]), True)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(key(by.label), hashes.SHA256()).public_bytes(Encoding.DER)


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def request(
    leaf: Cert, *between: Cert, anchor: Cert | list[Cert], crls: tuple[bytes, ...] = (), **more: Any
) -> dict:
    anchors = anchor if isinstance(anchor, list) else [anchor]
    return {
        "id": "t", "leaf": b64(leaf.der), "intermediates": [b64(c.der) for c in between],
        "anchors": [b64(c.der) for c in anchors], "crls": [b64(c) for c in crls],
        "time": "2026-06-01T00:00:00Z", "require_revocation": bool(crls), "policies": None,
        "explicit_policy": False, "inhibit_policy_mapping": False, "inhibit_any_policy": False,
        "purpose": "any", "peer_name": None, "max_path_length": None, **more,
    }  # fmt: skip


def ask(
    leaf: Cert, *between: Cert, anchor: Cert | list[Cert], crls: tuple[bytes, ...] = (), **more: Any
) -> str:
    """The reason code of the engine's answer, ``ok`` when valid."""
    return str(full(leaf, *between, anchor=anchor, crls=crls, **more)["reason"])


def full(
    leaf: Cert, *between: Cert, anchor: Cert | list[Cert], crls: tuple[bytes, ...] = (), **more: Any
) -> dict:
    import json

    return answer(json.dumps(request(leaf, *between, anchor=anchor, crls=crls, **more)).encode(), Budget())
