"""Reading certificates safely: bytes in, facts out, every oddity a refusal."""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning

from ca_interop.rules.profiles import GENERIC, Profile, read
from ca_interop.rules.reasons import MALFORMED, TOO_COMPLEX, TOO_LARGE
from kernel.errors import Refused
from kernel.ids import credit_code
from sealing.keys import public_key_of
from sealing.sm2 import Sm2PublicKey

MAX_CERTIFICATE = 64 * 1024
MAX_CHAIN = 100
_KEPT = 1024  # the same certificates are asked about again and again; what they say does not change
_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}


class Usage(StrEnum):
    """Which of the pair (双证) a certificate is; COMBINED is one certificate for both uses."""

    SIGNING = "signing"
    ENCRYPTION = "encryption"
    COMBINED = "combined"
    AUTHORITY = "authority"
    OTHER = "other"


USAGE_ZH = {
    Usage.SIGNING: "签名证书",
    Usage.ENCRYPTION: "加密证书",
    Usage.COMBINED: "签名加密证书",
    Usage.AUTHORITY: "机构证书",
    Usage.OTHER: "其他用途证书",
}


@dataclass(frozen=True)
class CertificateFacts:
    """What a certificate says, read with its authority's profile.

    ``subject`` and ``issuer`` are RFC 4514 text for display only, never for comparison.
    ``credit_code`` is checked (GB 32100) and empty when absent or wrong; ``fingerprint`` is hex
    SHA-256 of the DER; ``algorithm`` is ``RSA-2048``, ``ECDSA-P-256``, ``Ed25519``…
    """

    subject: str
    common_name: str
    organization: str
    credit_code: str
    person: str
    usage: Usage
    algorithm: str
    not_before: datetime
    not_after: datetime
    serial: str
    fingerprint: str
    issuer: str
    issuer_name: str
    profile: str


def load_certificate(data: bytes, what: str = "证书") -> x509.Certificate:
    """One certificate from DER or PEM. ``Refused(certificate.malformed | too_large)`` otherwise.

    Everything is parsed here, extensions too, so that nothing can fail later in a lazy attribute.
    """
    if len(data) > MAX_CERTIFICATE:
        raise Refused(TOO_LARGE(what=what, size=len(data), limit=MAX_CERTIFICATE))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", CryptographyDeprecationWarning)
            if data.lstrip().startswith(b"-----BEGIN"):
                certificate = x509.load_pem_x509_certificate(data)
            else:
                certificate = x509.load_der_x509_certificate(data)
            _touch(certificate)
    except Refused:
        raise
    except (
        ValueError,
        TypeError,
        UnsupportedAlgorithm,
        OverflowError,
        CryptographyDeprecationWarning,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    ) as error:
        raise Refused(MALFORMED(what=what, why=_short(error))) from error
    return certificate


def _touch(certificate: x509.Certificate) -> None:
    _ = certificate.subject, certificate.issuer, certificate.extensions, public_key_of(certificate)
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc, certificate.serial_number
    _ = certificate.tbs_certificate_bytes, certificate.signature_algorithm_oid
    for attribute in [*certificate.subject, *certificate.issuer]:
        _ = attribute.value
    if certificate.version is not x509.Version.v3:
        raise ValueError("not an X.509 v3 certificate")


def _short(error: Exception) -> str:
    return (str(error) or type(error).__name__)[:200]


def from_base64(text: str, what: str = "证书") -> x509.Certificate:
    """One certificate from base64 DER, as statements and trust lists carry it."""
    if not isinstance(text, str) or len(text) > MAX_CERTIFICATE * 2:
        raise Refused(MALFORMED(what=what, why="base64"))
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refused(MALFORMED(what=what, why=_short(error))) from error
    return load_certificate(data, what)


def to_base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def load_chain(texts: Sequence[str]) -> list[x509.Certificate]:
    """The ``certificates`` of a signed statement (base64 DER, leaf first)."""
    if not texts:
        raise Refused(MALFORMED(what="证书链", why="empty"))
    if len(texts) > MAX_CHAIN:
        raise Refused(TOO_COMPLEX(limit=f"{MAX_CHAIN} 张证书"))
    return [from_base64(text) for text in texts]


@lru_cache(maxsize=_KEPT)
def fingerprint(certificate: x509.Certificate) -> str:
    """Hex SHA-256 of the DER bytes."""
    return certificate.fingerprint(hashes.SHA256()).hex()


@lru_cache(maxsize=_KEPT)
def display_name(certificate: x509.Certificate) -> str:
    """What a person calls it: the common name, else the organization, else the whole subject."""
    return _common_name(certificate.subject) or certificate.subject.rfc4514_string() or "（无名）"


@lru_cache(maxsize=_KEPT)
def issuer_name(certificate: x509.Certificate) -> str:
    return _common_name(certificate.issuer) or certificate.issuer.rfc4514_string() or "（无名）"


def _common_name(name: x509.Name) -> str:
    for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.ORGANIZATION_NAME):
        for attribute in name.get_attributes_for_oid(oid):
            value = attribute.value
            return value if isinstance(value, str) else value.decode("gbk", errors="replace")
    return ""


@lru_cache(maxsize=_KEPT)
def algorithm(certificate: x509.Certificate) -> str:
    """Name and size of the certified key."""
    key = public_key_of(certificate)
    if isinstance(key, Sm2PublicKey):
        return "SM2"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"ECDSA-{_CURVES.get(key.curve.name, key.curve.name)}"
    if isinstance(key, ed25519.Ed25519PublicKey):
        return "Ed25519"
    return type(key).__name__.removeprefix("_").removesuffix("PublicKey")


@lru_cache(maxsize=_KEPT)
def is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except x509.ExtensionNotFound:
        return False


@lru_cache(maxsize=_KEPT)
def usage(certificate: x509.Certificate) -> Usage:
    """Read from keyUsage. A subscriber certificate without keyUsage has no stated use: OTHER."""
    if is_authority(certificate):
        return Usage.AUTHORITY
    try:
        bits = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return Usage.OTHER
    signing = bits.digital_signature or bits.content_commitment
    encryption = bits.key_encipherment or bits.data_encipherment or bits.key_agreement
    if signing and encryption:
        return Usage.COMBINED
    if signing:
        return Usage.SIGNING
    return Usage.ENCRYPTION if encryption else Usage.OTHER


@lru_cache(maxsize=_KEPT)
def facts(certificate: x509.Certificate, profile: Profile = GENERIC) -> CertificateFacts:
    """Read ``certificate`` with ``profile``. A person's certificate has no organization: then the
    common name is the person's."""
    organization = read(certificate, profile.organization)
    common = _common_name(certificate.subject)
    person = read(certificate, profile.person) or ("" if organization else common)
    return CertificateFacts(
        subject=certificate.subject.rfc4514_string(),
        common_name=common,
        organization=organization,
        credit_code=_credit_code(read(certificate, profile.credit_code)),
        person=person,
        usage=usage(certificate),
        algorithm=algorithm(certificate),
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
        serial=f"{certificate.serial_number:x}",
        fingerprint=fingerprint(certificate),
        issuer=certificate.issuer.rfc4514_string(),
        issuer_name=issuer_name(certificate),
        profile=profile.key,
    )


def _credit_code(text: str) -> str:
    try:
        return credit_code(text) if text else ""
    except Refused:
        return ""
