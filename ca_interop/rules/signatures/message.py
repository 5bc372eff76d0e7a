"""Reading signed messages: CMS SignedData (RFC 5652) and PKCS#7 signedData of GB/T 35275.

Everything that is needed is taken out at once, as plain values, so that nothing can fail later in a
lazy attribute. Bounded: size, certificates, signers, revocation documents.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from asn1crypto import algos, cms, core
from asn1crypto import x509 as names
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from ca_interop.rules.signatures import oids, structures
from ca_interop.rules.signatures.reasons import MALFORMED, TOO_COMPLEX, TOO_LARGE
from kernel.errors import Refused

T = TypeVar("T")
MAX_MESSAGE = 256 * 1024 * 1024
MAX_CERTIFICATES, MAX_SIGNERS, MAX_REVOCATION, MAX_STAMPS = 100, 64, 100, 4
_MAX_ATTRIBUTES = 1024 * 1024


@dataclass(frozen=True)
class Algorithm:
    """``kind``: ``rsa-pkcs1``, ``rsa-pss``, ``ecdsa``, ``sm2`` or the dotted OID of another one.
    ``hash``: ``sha256``, ``sha384``, ``sha512``, ``sm3`` or the name or OID of another one."""

    kind: str
    hash: str
    salt: int = 0

    def __str__(self) -> str:
        return f"{self.kind}-{self.hash}"


@dataclass(frozen=True)
class SignerInfo:
    """One signature of a message. ``attributes``: the DER SET OF that was signed, ``None`` without signed
    attributes; ``signed``: OID → DER values; ``unsigned`` likewise."""

    algorithm: Algorithm
    attributes: bytes | None
    signed: Mapping[str, tuple[bytes, ...]]
    unsigned: Mapping[str, tuple[bytes, ...]]
    signature: bytes
    certificate: x509.Certificate | None

    @property
    def claimed_time(self) -> datetime | None:
        """The signing-time attribute: what the signer's machine said, no evidence of time."""
        values = self.signed.get(oids.SIGNING_TIME, ())
        try:
            found = cms.Time.load(values[0]).native if values else None
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return found if isinstance(found, datetime) and found.tzinfo is not None else None

    @property
    def timestamps(self) -> tuple[bytes, ...]:
        """RFC 3161 tokens over the signature value."""
        return self.unsigned.get(oids.TIMESTAMP_TOKEN, ())[:MAX_STAMPS]


@dataclass(frozen=True)
class SignedMessage:
    """``kind``: ``cms`` or ``gbt35275``; ``content`` is ``None`` in a detached signature."""

    kind: str
    content_type: str
    content: bytes | None
    certificates: tuple[x509.Certificate, ...]
    crls: tuple[bytes, ...]
    ocsp: tuple[bytes, ...]
    signers: tuple[SignerInfo, ...]


def read(data: bytes, what: str = "签名") -> SignedMessage:
    """Parse DER, BER, PEM or bare base64. ``Refused(signature.malformed | too_large | too_complex)``."""
    if len(data) > MAX_MESSAGE:
        raise Refused(TOO_LARGE(what=what, size=len(data), limit=MAX_MESSAGE))
    return guarded(lambda: _read(_binary(data), what), what)


def guarded(parse: Callable[[], T], what: str) -> T:
    """Run a parser over untrusted bytes: whatever it stumbles on becomes ``signature.malformed``.

    asn1crypto documents ``ValueError`` and ``TypeError`` only, and hostile bytes find others.
    """
    try:
        return parse()
    except Refused:
        raise
    except (Exception, RecursionError) as error:
        # What asn1crypto adds (where in which class) says nothing to the one whose file it is.
        why = " ".join(str(error).split()).split(" while parsing ")[0][:160] or type(error).__name__
        raise Refused(MALFORMED(what=what, why=why)) from error


def _binary(data: bytes) -> bytes:
    """DER or BER out of it, from PEM (with or without header lines) or bare base64."""
    if data[:1] == b"\x30":
        return data
    body = data
    if data[:64].lstrip().startswith(b"-----BEGIN"):
        armoured = data.split(b"-----", 4)[2]
        body = b"".join(line for line in armoured.splitlines() if b":" not in line)
    try:
        return base64.b64decode(b"".join(body.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("既非 DER 也非 PEM / neither DER nor PEM") from error


def _read(data: bytes, what: str) -> SignedMessage:
    outer = structures.Message.load(data)
    kind = oids.KINDS.get(outer["content_type"].dotted)
    if kind is None:
        raise ValueError(f"content type {outer['content_type'].dotted}")
    signed = outer["content"]
    inner = signed["encap_content_info"].parse(spec=structures.InnerInfo)
    certificates = _certificates(signed, what)
    crls, ocsp = _revocation(signed, what)
    rows = signed["signer_infos"]
    if len(rows) > MAX_SIGNERS:
        raise Refused(TOO_COMPLEX(what=what, limit=f"{MAX_SIGNERS} 个签名"))
    signers = tuple(_signer(row, certificates) for row in rows)
    content_type = inner["content_type"].dotted
    return SignedMessage(kind, content_type, _content(inner), certificates, crls, ocsp, signers)


def _content(inner: Any) -> bytes | None:
    value = inner["content"]
    if isinstance(value, core.Void):
        return None
    value = value.parse()
    if isinstance(value, core.OctetString):
        return bytes(value)
    return bytes(value.contents)  # PKCS#7: the octets of the value, without tag and length


def _certificates(signed: Any, what: str) -> tuple[x509.Certificate, ...]:
    rows = signed["certificates"]
    if isinstance(rows, core.Void):
        return ()
    if len(rows) > MAX_CERTIFICATES:
        raise Refused(TOO_COMPLEX(what=what, limit=f"{MAX_CERTIFICATES} 张证书"))
    found = []
    for row in rows:
        if row.name == "certificate":
            found.append(_certificate(row.chosen.dump()))
    return tuple(found)


def _certificate(der: bytes) -> x509.Certificate:
    certificate = x509.load_der_x509_certificate(der)
    _ = certificate.subject, certificate.issuer, certificate.serial_number
    return certificate


def _revocation(signed: Any, what: str) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    rows = signed["crls"]
    if isinstance(rows, core.Void):
        return (), ()
    if len(rows) > MAX_REVOCATION:
        raise Refused(TOO_COMPLEX(what=what, limit=f"{MAX_REVOCATION} 份吊销信息"))
    crls, ocsp = [], []
    for row in rows:
        if row.name == "certificate_list":
            crls.append(row.chosen.dump())
        elif row.chosen["other_rev_info_format"].dotted == oids.OCSP_RESPONSE:
            ocsp.append(row.chosen["other_rev_info"].dump())
    return tuple(crls), tuple(ocsp)


def _signer(row: Any, certificates: tuple[x509.Certificate, ...]) -> SignerInfo:
    attributes, signed = _attributes(row["signed_attrs"])
    _, unsigned = _attributes(row["unsigned_attrs"])
    return SignerInfo(
        algorithm=_algorithm(row["digest_algorithm"], row["signature_algorithm"]),
        attributes=attributes,
        signed=signed,
        unsigned=unsigned,
        signature=bytes(row["signature"]),
        certificate=_certificate_of(row["sid"], certificates),
    )


def _attributes(rows: Any) -> tuple[bytes | None, dict[str, tuple[bytes, ...]]]:
    if isinstance(rows, core.Void):
        return None, {}
    raw = rows.untag().dump(force=False)
    if len(raw) > _MAX_ATTRIBUTES:
        raise ValueError("attributes too large")
    found: dict[str, tuple[bytes, ...]] = {}
    for row in rows:
        name = row["type"].dotted
        # An attribute that stands twice is no attribute: nobody can say which one counts.
        values = tuple(value.dump() for value in row["values"])
        found[name] = (*found[name], *values, b"") if name in found else values
    return b"\x31" + raw[1:], found


def _certificate_of(sid: Any, certificates: tuple[x509.Certificate, ...]) -> x509.Certificate | None:
    if sid.name == "subject_key_identifier":
        wanted = bytes(sid.chosen)
        return next((c for c in certificates if subject_key(c) == wanted), None)
    issuer, serial = sid.chosen["issuer"].dump(), sid.chosen["serial_number"].native
    for certificate in certificates:
        if certificate.serial_number == serial and certificate.issuer.public_bytes() == issuer:
            return certificate
    # Some signers write the issuer's strings anew in another string type: compare as text then.
    alike = [c for c in certificates if c.serial_number == serial and _same_name(c.issuer, issuer)]
    return alike[0] if len(alike) == 1 else None


def _same_name(name: x509.Name, der: bytes) -> bool:
    return bool(names.Name.load(name.public_bytes()) == names.Name.load(der))


def subject_key(certificate: x509.Certificate) -> bytes | None:
    """The subjectKeyIdentifier, if the certificate has a readable one."""
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError, UnsupportedAlgorithm):
        return None


def _algorithm(digest: Any, signature: Any) -> Algorithm:
    hash_name = oids.HASHES.get(digest["algorithm"].dotted, digest["algorithm"].dotted)
    oid = signature["algorithm"].dotted
    kind, own_hash = oids.SIGNATURES.get(oid, (oid, ""))
    if kind == "rsa-pss":
        parameters = signature["parameters"]
        if not isinstance(parameters, algos.RSASSAPSSParams):
            parameters = algos.RSASSAPSSParams()
        own_hash = oids.HASHES.get(parameters["hash_algorithm"]["algorithm"].dotted, "")
        mask = parameters["mask_gen_algorithm"]["parameters"]["algorithm"].dotted
        if oids.HASHES.get(mask) != own_hash:
            return Algorithm("rsa-pss with another mask hash", hash_name)
        return Algorithm(
            kind if own_hash == hash_name else f"{kind}-{own_hash}",
            hash_name,
            parameters["salt_length"].native,
        )
    if own_hash and own_hash != hash_name:
        return Algorithm(f"{kind}-{own_hash}", hash_name)  # the two disagree: no known kind
    return Algorithm(kind, hash_name)
