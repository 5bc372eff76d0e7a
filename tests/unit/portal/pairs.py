"""双证: one holder's signing and encryption certificates, issued by one CA, in PKCS#12 files."""

from __future__ import annotations

import datetime
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier

START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
ORGANIZATION_IDENTIFIER = ObjectIdentifier("2.5.4.97")


def _usage(*names: str) -> x509.KeyUsage:
    known = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{name: name in names for name in known})


def _certificate(
    key: Any, name: x509.Name, issuer: x509.Name, issuer_key: Any, usage: x509.KeyUsage
) -> x509.Certificate:
    builder = x509.CertificateBuilder(issuer, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(START).not_valid_after(START + datetime.timedelta(days=900))
    return builder.add_extension(usage, critical=True).sign(issuer_key, hashes.SHA256())


def pair_files(
    name: str, code: str, password: bytes
) -> tuple[tuple[x509.Certificate, x509.Certificate], bytes, bytes]:
    """``((signing, encryption), a PEM file with both, one with two signing certificates)``; ``password`` locks
    the keys of the first."""
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(4)]
    ca = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "测试 CA")])
    holder = x509.Name([
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, name),
        x509.NameAttribute(ORGANIZATION_IDENTIFIER, f"NTRCN-{code}"),
    ])  # fmt: skip
    top = _certificate(keys[0], ca, ca, keys[0], _usage("key_cert_sign"))
    sign = _usage("digital_signature", "content_commitment")
    signing = _certificate(keys[1], holder, ca, keys[0], sign)
    encryption = _certificate(
        keys[2], holder, ca, keys[0], _usage("key_encipherment", "data_encipherment", "key_agreement")
    )
    other = _certificate(keys[3], holder, ca, keys[0], sign)

    def pem(key: Any, lock: Any) -> bytes:
        return bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock))

    lock = BestAvailableEncryption(password)
    certificates = [c.public_bytes(Encoding.PEM) for c in (top, signing, encryption, other)]
    both = b"".join([pem(keys[2], lock), pem(keys[1], lock), *certificates[:3]])
    two = b"".join([pem(keys[1], NoEncryption()), pem(keys[3], NoEncryption()), *certificates])
    return (signing, encryption), both, two
