"""Kinds of keys: those of ``cryptography``, and SM2's (:mod:`sealing.sm2`), which it does not know."""

from __future__ import annotations

from typing import TypeAlias

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from kernel.errors import Refused
from sealing import sm2
from sealing.refusals import KEY_FILE_BAD, KEY_UNSUPPORTED
from sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

PrivateKey: TypeAlias = (
    rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | Sm2PrivateKey
)
PublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | Sm2PublicKey
#: Keys that something can be sealed to.
RecipientPublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | Sm2PublicKey
RecipientPrivateKey: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | Sm2PrivateKey
#: A bid's one-time key.
PseudonymKey: TypeAlias = ed25519.Ed25519PrivateKey | Sm2PrivateKey

PRIVATE_KEYS = (rsa.RSAPrivateKey, ec.EllipticCurvePrivateKey, ed25519.Ed25519PrivateKey, Sm2PrivateKey)


def known_private(key: object) -> PrivateKey:
    """The key, if it is of a kind we use; ``Refused(key.unsupported)`` otherwise."""
    if isinstance(key, PRIVATE_KEYS):
        return key
    raise Refused(KEY_UNSUPPORTED(what=type(key).__name__.strip("_")))


def public_key_of(certificate: x509.Certificate) -> PublicKey:
    """A certificate's key; ``Refused(key.unsupported)``, or ``sm2.no_library`` where nobody knows SM2.

    Use this, not ``certificate.public_key()``, which raises for SM2.
    """
    found = sm2.public_key_of(certificate)
    if found is not None:
        return found
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(KEY_UNSUPPORTED(what=str(error)[:80])) from error
    if isinstance(key, (rsa.RSAPublicKey, ec.EllipticCurvePublicKey, ed25519.Ed25519PublicKey)):
        return key
    raise Refused(KEY_UNSUPPORTED(what=type(key).__name__.strip("_")))


def check_issued_directly(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    """As ``certificate.verify_directly_issued_by(issuer)``, SM2 too: the issuer's name and signature, nothing
    else. Raises ``InvalidSignature``, ``ValueError`` or ``TypeError``."""
    key = sm2.public_key_of(issuer)
    if key is None:
        certificate.verify_directly_issued_by(issuer)
        return
    named = certificate.issuer == issuer.subject
    if not named or certificate.signature_algorithm_oid.dotted_string != sm2.SIGNATURE_OID:
        raise ValueError("another issuer or another algorithm")
    key.verify(certificate.signature, certificate.tbs_certificate_bytes)


def spki(key: PublicKey) -> bytes:
    """SubjectPublicKeyInfo DER: how public keys are compared."""
    if isinstance(key, Sm2PublicKey):
        return key.spki
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def pkcs8(key: PrivateKey) -> bytes:
    """PrivateKeyInfo DER, not encrypted."""
    if isinstance(key, Sm2PrivateKey):
        return key.pkcs8
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def from_pkcs8(data: bytes) -> PrivateKey:
    """The inverse; ``Refused(key.file_bad)`` for other bytes, ``key.unsupported`` for other keys."""
    try:
        return known_private(load_der_private_key(data, None))
    except UnsupportedAlgorithm:
        return Sm2PrivateKey.from_pkcs8(data)
    except (ValueError, TypeError) as error:
        raise Refused(KEY_FILE_BAD(why="PKCS#8")) from error
