"""The authorities' keys, RSA, P-256 and SM2 behind one set of functions: make, keep, sign, name the algorithm."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Callable
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from kernel.errors import Kind, ReasonForm, Refused
from sealing import der, sm2
from sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Sm2PrivateKey
SubscriberPublicKey: TypeAlias = (
    rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | Sm2PublicKey
)

BAD_REQUEST = ReasonForm(
    "demo_ca.bad_request",
    zh="证书申请不合格：{why}",
    en="the certificate request is not acceptable: {why}",
    kind=Kind.MALFORMED,
)
RSA_SHA256, ECDSA_SHA256, SM2_SM3 = "1.2.840.113549.1.1.11", "1.2.840.10045.4.3.2", sm2.SIGNATURE_OID
_NULL = b"\x05\x00"

_MAKERS: dict[str, Callable[[], Key]] = {
    "rsa-2048": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "rsa-4096": lambda: rsa.generate_private_key(public_exponent=65537, key_size=4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "sm2": lambda: Sm2PrivateKey.generate(os.urandom),
}


def generate_key(algorithm: str) -> Key:
    """A fresh key: ``rsa-2048``, ``rsa-4096``, ``p256`` or ``sm2``; ``Refused`` for another name."""
    if algorithm not in _MAKERS:
        raise Refused(BAD_REQUEST(why=f"algorithm {algorithm!r}"))
    return _MAKERS[algorithm]()


def spki(public_key: SubscriberPublicKey) -> bytes:
    """SubjectPublicKeyInfo in DER."""
    if isinstance(public_key, Sm2PublicKey):
        return public_key.spki
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_identifier(info: bytes) -> bytes:
    """SHA-1 of the key's bits, RFC 5280 §4.2.1.2 (1): a name, no protection."""
    bits = der.children(info)[1].need(der.BITS).body[1:]
    return hashlib.sha1(bits, usedforsecurity=False).digest()


def sign(key: Key, data: bytes) -> bytes:
    """RSA PKCS#1 v1.5 or ECDSA with SHA-256, SM2 with SM3."""
    if isinstance(key, Sm2PrivateKey):
        return key.sign(data)
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def signature_oid(key: Key) -> str:
    """The algorithm of :func:`sign` as CRLs, OCSP answers and certificates name it."""
    if isinstance(key, Sm2PrivateKey):
        return SM2_SM3
    return RSA_SHA256 if isinstance(key, rsa.RSAPrivateKey) else ECDSA_SHA256


def signature_algorithm(key: Key) -> bytes:
    """AlgorithmIdentifier in DER: NULL parameters for RSA (RFC 4055), none for the others (RFC 5758)."""
    dotted = x509.ObjectIdentifier(signature_oid(key))
    parameters = _NULL if isinstance(key, rsa.RSAPrivateKey) else b""
    return der.encode(der.SEQUENCE, oid(dotted.dotted_string), parameters)


def oid(dotted: str) -> bytes:
    """An OBJECT IDENTIFIER in DER."""
    first, second, *rest = (int(part) for part in dotted.split("."))
    out = bytearray()
    for number in (first * 40 + second, *rest):
        septets = [number & 0x7F]
        while number := number >> 7:
            septets.append(number & 0x7F | 0x80)
        out += bytes(reversed(septets))
    return der.encode(der.OID, bytes(out))


def to_pem(key: Key) -> bytes:
    """PKCS#8, not encrypted: demo keys only."""
    if isinstance(key, Sm2PrivateKey):
        lines = base64.encodebytes(key.pkcs8).replace(b"\n", b"")
        rows = b"\n".join(lines[at : at + 64] for at in range(0, len(lines), 64))
        return b"-----BEGIN PRIVATE KEY-----\n" + rows + b"\n-----END PRIVATE KEY-----\n"
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(data: bytes) -> Key:
    body = b"".join(line for line in data.splitlines() if not line.startswith(b"-----"))
    raw = base64.b64decode(body)
    if sm2.is_sm2(der.encode(der.SEQUENCE, der.children(raw)[1].raw, der.encode(der.BITS, b"\0"))):
        return Sm2PrivateKey.from_pkcs8(raw)
    key = load_pem_private_key(data, None)
    if not isinstance(key, rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey):
        raise Refused(BAD_REQUEST(why=type(key).__name__))
    return key
