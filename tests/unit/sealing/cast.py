"""Certificates and signers for the sealing tests: made once per process, self-signed."""

from __future__ import annotations

import datetime
import functools
import io
import os
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from sealing import SoftwareSigner, Ticket, seal, sm2


def certificate(key: Any, name: str) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    start = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 5).not_valid_before(start)
    return builder.not_valid_after(start + datetime.timedelta(days=900)).sign(key, hashes.SHA256())


@functools.cache
def signer(name: str, kind: str = "ec") -> SoftwareSigner:
    if kind == "sm2":
        own = sm2.Sm2PrivateKey.generate(os.urandom)
        leaf = sm2.issue(
            certificate(ec.generate_private_key(ec.SECP256R1()), name), own, own.public_key().spki
        )
        return SoftwareSigner(own, [leaf])
    key: Any = (
        rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
    )
    return SoftwareSigner(key, [certificate(key, name)])


def custodians(n: int = 3, kind: str = "") -> list[SoftwareSigner]:
    if kind:
        return [signer(f"{kind} custodian {i}", kind) for i in range(1, n + 1)]
    return [signer(f"custodian {i}", "rsa" if i == 2 else "ec") for i in range(1, n + 1)]


def sealed(
    data: bytes, *, own_key: Any = "client", k: int = 2, n: int = 3, **more: Any
) -> tuple[bytes, Ticket]:
    out = io.BytesIO()
    arguments: dict[str, Any] = {
        "size": len(data),
        "tender": "T-2026-001",
        "lot": "1",
        "part": "whole",
        "bidder": signer("投标人"),
        "own_key": own_key,
        "custodians": [c.encryption_certificate for c in custodians(n)],
        "threshold": k,
    }
    ticket = seal(io.BytesIO(data), out, **(arguments | more))
    return out.getvalue(), ticket
