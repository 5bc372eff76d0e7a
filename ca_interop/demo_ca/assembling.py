"""Certificates and CRLs put together in DER and signed by any key here, SM2 too.

The builders of ``cryptography`` do not know SM2, so the outer structures (RFC 5280 §4.1, §5.1) are
assembled here; names and extensions are encoded by ``cryptography``.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from ca_interop.demo_ca import keys
from ca_interop.demo_ca.keys import Key
from sealing import der

_VERSION_3 = der.encode(0xA0, der.integer(2))
_VERSION_2 = der.integer(1)
_TRUE = b"\x01\x01\xff"


@dataclass(frozen=True)
class Wanted:
    """What a certificate shall say. ``extensions`` are (value, critical); key identifiers are added."""

    subject: x509.Name
    spki: bytes
    window: tuple[datetime, datetime]
    extensions: Sequence[tuple[x509.ExtensionType, bool]]


@dataclass(frozen=True)
class Issuer:
    """Who signs: name and key."""

    name: x509.Name
    key: Key

    @property
    def key_identifier(self) -> bytes:
        return keys.key_identifier(keys.spki(self.key.public_key()))


@dataclass(frozen=True)
class Entry:
    """One revoked certificate of a CRL; ``issuer`` only in an indirect one."""

    serial: int
    at: datetime
    reason: x509.ReasonFlags
    issuer: x509.Name | None = None


def certificate(wanted: Wanted, issuer: Issuer) -> x509.Certificate:
    """Assemble and sign, with a random serial of 159 bits (CA/B BR §7.1)."""
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.SubjectKeyIdentifier(keys.key_identifier(wanted.spki)), False),
        (x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None), False),
        *wanted.extensions,
    ]
    body = der.encode(
        der.SEQUENCE,
        _VERSION_3,
        der.integer(secrets.randbits(158) | 1 << 158),
        keys.signature_algorithm(issuer.key),
        issuer.name.public_bytes(),
        der.encode(der.SEQUENCE, *(_time(at) for at in wanted.window)),
        wanted.subject.public_bytes(),
        wanted.spki,
        der.encode(0xA3, _extensions(extensions)),
    )
    return x509.load_der_x509_certificate(_signed(body, issuer.key))


def crl(
    issuer: Issuer,
    window: tuple[datetime, datetime],
    number: int,
    entries: Iterable[Entry],
    distribution: x509.IssuingDistributionPoint | None = None,
) -> bytes:
    """A CRL (v2) in DER; ``distribution`` makes it an indirect or a partitioned one."""
    extensions: list[tuple[x509.ExtensionType, bool]] = [
        (x509.AuthorityKeyIdentifier(issuer.key_identifier, None, None), False),
        (x509.CRLNumber(number), False),
    ]
    if distribution is not None:
        extensions.append((distribution, True))
    listed = [_entry(entry) for entry in entries]
    body = der.encode(
        der.SEQUENCE,
        _VERSION_2,
        keys.signature_algorithm(issuer.key),
        issuer.name.public_bytes(),
        *(_time(at) for at in window),
        der.encode(der.SEQUENCE, *listed) if listed else b"",
        der.encode(0xA0, _extensions(extensions)),
    )
    return _signed(body, issuer.key)


def _signed(body: bytes, key: Key) -> bytes:
    signature = der.encode(der.BITS, b"\0", keys.sign(key, body))
    return der.encode(der.SEQUENCE, body, keys.signature_algorithm(key), signature)


def _entry(entry: Entry) -> bytes:
    extensions: list[tuple[x509.ExtensionType, bool]] = [(x509.CRLReason(entry.reason), False)]
    if entry.issuer is not None:
        extensions.append((x509.CertificateIssuer([x509.DirectoryName(entry.issuer)]), True))
    return der.encode(der.SEQUENCE, der.integer(entry.serial), _time(entry.at), _extensions(extensions))


def _extensions(extensions: Sequence[tuple[x509.ExtensionType, bool]]) -> bytes:
    rows = [
        der.encode(
            der.SEQUENCE,
            keys.oid(value.oid.dotted_string),
            _TRUE if critical else b"",
            der.encode(der.OCTETS, value.public_bytes()),
        )
        for value, critical in extensions
    ]
    return der.encode(der.SEQUENCE, *rows)


def _time(at: datetime) -> bytes:
    """UTCTime until 2049, GeneralizedTime after (RFC 5280 §4.1.2.5)."""
    local = at.astimezone(UTC)
    if local.year < 2050:
        return der.encode(0x17, local.strftime("%y%m%d%H%M%SZ").encode())
    return der.encode(0x18, local.strftime("%Y%m%d%H%M%SZ").encode())
