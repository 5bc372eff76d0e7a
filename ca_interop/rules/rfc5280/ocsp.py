"""OCSP answers (RFC 6960, RFC 8954): parsed with the same reader as certificates, so that SM2 ones are read, too.

Pure: what an answer says, who may have signed it, and from when to when it speaks is judged here; fetching is not.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from ca_interop.rules.rfc5280.certificate import Certificate, Extension, read_extensions
from ca_interop.rules.rfc5280.der import (
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    OCTET_STRING,
    OID,
    SEQUENCE,
    Item,
    item_at,
    moment,
    octets_of_bits,
    oid,
    whole,
)
from ca_interop.rules.rfc5280.faults import Malformed
from ca_interop.rules.rfc5280.names import NameKey, read_name

OCSP_SIGNING, NO_CHECK = "1.3.6.1.5.5.7.3.9", "1.3.6.1.5.5.7.48.1.5"
_BASIC, _NONCE, _CUTOFF = "1.3.6.1.5.5.7.48.1.1", "1.3.6.1.5.5.7.48.1.2", "1.3.6.1.5.5.7.48.1.6"
_KNOWN = {_NONCE, _CUTOFF}
_MAX_SINGLE, _MAX_CERTIFICATES = 64, 8
GOOD, REVOKED, UNKNOWN = 0, 1, 2
STATUS = {1: "malformedRequest", 2: "internalError", 3: "tryLater", 5: "sigRequired", 6: "unauthorized"}
_HASHES = {
    "1.3.14.3.2.26": "sha1",  # a name here, not a protection
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "1.2.156.10197.1.401": "sm3",
}


class Single(NamedTuple):
    """What is said of one certificate. Times as YYYYMMDDhhmmss; ``cutoff``: the archive cut-off (§4.4.4), for
    certificates that expired after it the responder still knows."""

    hash_name: str
    name_hash: bytes
    key_hash: bytes
    serial: bytes
    status: int
    revoked_at: int | None
    reason: int
    start: int
    end: int | None
    cutoff: int | None


@dataclass(frozen=True, eq=False)
class Answer:
    """One response. ``failure`` is empty, or the name of the error a responder gave instead of an answer."""

    der: bytes
    failure: str = ""
    algorithm: bytes = b""
    signature: bytes = b""
    tbs: bytes = b""
    responder_name: NameKey | None = None
    responder_key: bytes | None = None
    produced: int = 0
    nonce: bytes | None = None
    singles: tuple[Single, ...] = ()
    certificates: tuple[Certificate, ...] = ()
    #: The nonce of the request it answers, when one was sent.
    asked: bytes | None = field(default=None, compare=False)

    def about(self, certificate: Certificate, issuer: Certificate) -> Single | None:
        """What it says of ``certificate`` of ``issuer``."""
        for single in self.singles:
            if not single.hash_name or single.serial != certificate.serial:
                continue  # a hash nobody here knows names no certificate
            if single[1:3] == certificate_id(certificate, issuer, single.hash_name):
                return single
        return None

    def names(self, signer: Certificate) -> bool:
        """Is ``signer`` whom the answer says signed it? Its key is named by SHA-1 (§4.2.1)."""
        if self.responder_name is not None:
            return self.responder_name == signer.subject.key
        return self.responder_key == hashlib.sha1(key_bits(signer.spki), usedforsecurity=False).digest()

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()


def key_bits(spki: bytes) -> bytes:
    """The public key's octets, as a CertID hashes them."""
    parts = item_at(spki, 0, len(spki)).children()
    if len(parts) != 2:
        raise Malformed("public key: not an algorithm and a key")
    return octets_of_bits(parts[1], "public key")


def certificate_id(certificate: Certificate, issuer: Certificate, hash_name: str) -> tuple[bytes, bytes]:
    """(hash of the issuer's name, of its key) of a CertID (§4.1.1)."""
    return _digest(hash_name, certificate.issuer_raw), _digest(hash_name, key_bits(issuer.spki))


def _digest(hash_name: str, data: bytes) -> bytes:
    if hash_name == "sm3":
        from cryptography.hazmat.primitives import hashes

        context = hashes.Hash(hashes.SM3())
        context.update(data)
        return context.finalize()
    return hashlib.new(hash_name, data, usedforsecurity=False).digest()


def read_answer(der: bytes, asked: bytes | None = None) -> Answer:
    """An OCSPResponse from DER; ``asked``: the nonce sent. ``Malformed`` for anything else."""
    parts = whole(der, SEQUENCE, "OCSP response").children()
    if not parts:
        raise Malformed("OCSP response: empty")
    status = parts[0].need(ENUMERATED, "OCSP status").body
    if status != b"\x00":
        return Answer(der, failure=STATUS.get(status[0] if status else 0, "unknown"))
    if len(parts) != 2 or parts[1].tag != 0xA0:
        raise Malformed("OCSP response: successful without an answer")
    kind, body = _pair(item_at(der, parts[1].start, parts[1].stop), "OCSP response bytes")
    if oid(kind.need(OID, "OCSP response type").body) != _BASIC:
        raise Malformed("OCSP response: not a basic one")
    return _basic(der, body.need(OCTET_STRING, "OCSP response bytes").body, asked)


def _pair(item: Item, what: str) -> tuple[Item, Item]:
    parts = item.need(SEQUENCE, what).children()
    if len(parts) != 2:
        raise Malformed(f"{what}: not two parts")
    return parts[0], parts[1]


def _basic(der: bytes, data: bytes, asked: bytes | None) -> Answer:
    parts = whole(data, SEQUENCE, "basic OCSP response").children()
    if not 3 <= len(parts) <= 4:
        raise Malformed("basic OCSP response: not three parts")
    certificates: tuple[Certificate, ...] = ()
    if len(parts) == 4:
        held = item_at(data, parts[3].need(0xA0, "OCSP certificates").start, parts[3].stop)
        listed = held.need(SEQUENCE, "OCSP certificates").children()[:_MAX_CERTIFICATES]
        certificates = tuple(Certificate(c.raw) for c in listed)
    fields = parts[0].need(SEQUENCE, "OCSP response data").children()
    if fields and fields[0].tag == 0xA0:  # version 1, written out
        fields.pop(0)
    if len(fields) not in (3, 4):
        raise Malformed("OCSP response data: fields are missing")
    extensions = _extensions(fields[3], 0xA1) if len(fields) == 4 else {}
    name, key = _responder(fields[0])
    singles = fields[2].need(SEQUENCE, "OCSP responses").children()
    if len(singles) > _MAX_SINGLE:
        raise Malformed(f"OCSP response: about more than {_MAX_SINGLE} certificates")
    return Answer(
        der,
        algorithm=parts[1].need(SEQUENCE, "OCSP signature algorithm").raw,
        signature=octets_of_bits(parts[2], "OCSP signature"),
        tbs=parts[0].raw,
        responder_name=name,
        responder_key=key,
        produced=moment(fields[1].need(GENERALIZED_TIME, "producedAt"), "producedAt"),
        nonce=_nonce(extensions),
        singles=tuple(_single(s) for s in singles),
        certificates=certificates,
        asked=asked,
    )


def _responder(item: Item) -> tuple[NameKey | None, bytes | None]:
    inner = item_at(item.data, item.start, item.stop)
    if item.tag == 0xA1:
        return read_name(inner.raw).key, None
    if item.tag == 0xA2:
        return None, inner.need(OCTET_STRING, "responder key").body
    raise Malformed("OCSP responder: unknown choice")


def _extensions(item: Item, tag: int) -> dict[str, Extension]:
    found = read_extensions(item_at(item.data, item.need(tag, "OCSP extensions").start, item.stop))
    if any(e.critical and key not in _KNOWN for key, e in found.items()):
        raise Malformed("OCSP response: an unknown critical extension")
    return found


def _nonce(extensions: dict[str, Extension]) -> bytes | None:
    found = extensions.get(_NONCE)
    if found is None:
        return None
    try:
        return whole(found.value, OCTET_STRING, "nonce").body
    except Malformed:
        return found.value  # before RFC 8954 some put the octets there as they are


def _single(item: Item) -> Single:
    fields = item.need(SEQUENCE, "single response").children()
    if len(fields) < 3:
        raise Malformed("single response: fields are missing")
    identity = fields[0].need(SEQUENCE, "CertID").children()
    if len(identity) != 4:
        raise Malformed("CertID: not four parts")
    algorithm = identity[0].need(SEQUENCE, "CertID hash").children()
    if not algorithm:
        raise Malformed("CertID hash: empty")
    name = _HASHES.get(oid(algorithm[0].need(OID, "hash").body), "")
    status, revoked_at, reason = _status(fields[1])
    end, cutoff = None, None
    for rest in fields[3:]:
        if rest.tag == 0xA0:
            end = moment(item_at(rest.data, rest.start, rest.stop), "nextUpdate")
        elif rest.tag == 0xA1:
            marks = _extensions(rest, 0xA1)
            if _CUTOFF in marks:
                value = marks[_CUTOFF].value
                cutoff = moment(whole(value, GENERALIZED_TIME, "archive cut-off"), "archive cut-off")
    return Single(
        name, identity[1].body, identity[2].body, identity[3].need(INTEGER, "serial number").body,
        status, revoked_at, reason, moment(fields[2].need(GENERALIZED_TIME, "thisUpdate"), "thisUpdate"), end, cutoff,
    )  # fmt: skip


def _status(item: Item) -> tuple[int, int | None, int]:
    if item.tag == 0x80:
        return GOOD, None, 0
    if item.tag == 0x82:
        return UNKNOWN, None, 0
    if item.tag != 0xA1:
        raise Malformed("certificate status: unknown choice")
    parts = item.children()
    if not parts:
        raise Malformed("certificate status: revoked without a time")
    reason = 0
    if len(parts) == 2 and parts[1].tag == 0xA0:
        body = item_at(item.data, parts[1].start, parts[1].stop).need(ENUMERATED, "reason").body
        reason = body[0] if len(body) == 1 else 0
    return REVOKED, moment(parts[0].need(GENERALIZED_TIME, "revocation time"), "revocation time"), reason


def may_answer(certificate: Certificate) -> bool:
    """Is it marked as a delegated responder's (§4.2.2.2)? Who certified it is the caller's question."""
    try:
        uses = certificate.extended_key_usage
    except Malformed:
        return False
    return uses is not None and OCSP_SIGNING in uses


def never_asked_about(certificate: Certificate) -> bool:
    """id-pkix-ocsp-nocheck: its own standing is not asked for (§4.2.2.2.1)."""
    return NO_CHECK in certificate.extensions


__all__ = ["Answer", "Single", "certificate_id", "key_bits", "may_answer", "read_answer"]
