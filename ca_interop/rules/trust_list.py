"""The trust list: which authorities this platform recognizes, from when to when, with what profile.

A signed statement of type ``mingtang/trust-list`` (after ETSI TS 119 612 in spirit), so platforms can
publish and import each other's. Payload::

    {"v": 1, "version": 3, "publisher": "…", "issued_at": rfc3339, "effective_from": rfc3339,
     "authorities": [{"id", "name", "profile": {…}, "anchors": [b64 DER], "intermediates": [b64 DER],
                      "crl": [url], "ocsp": [url], "effective_from": rfc3339, "withdrawn_at": null|rfc3339}]}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509

from ca_interop.rules.certificates import fingerprint, from_base64, to_base64
from ca_interop.rules.profiles import Profile, profile_from_json
from ca_interop.rules.reasons import (
    AUTHORITY_NOT_YET,
    TRUST_LIST_MALFORMED,
    TRUST_LIST_PUBLISHER,
    WITHDRAWN_AUTHORITY,
)
from kernel.canonical_json import digest
from kernel.clock import beijing, iso, parse_iso
from kernel.errors import Reason, Refused
from sealing import statements

PURPOSE = "trust-list"
_MAX_AUTHORITIES = 500
_MAX_CERTIFICATES = 50
_MAX_SOURCES = 20


@dataclass(frozen=True)
class Authority:
    """One recognized certification authority (电子认证服务机构)."""

    id: str
    name: str
    profile: Profile
    anchors: tuple[x509.Certificate, ...]
    intermediates: tuple[x509.Certificate, ...]
    crl: tuple[str, ...]
    ocsp: tuple[str, ...]
    effective_from: datetime
    withdrawn_at: datetime | None = None

    def reason_against(self, at: datetime) -> Reason | None:
        """Why its certificates do not count at ``at``; old signatures are judged at their own time."""
        if at < self.effective_from:
            return AUTHORITY_NOT_YET(authority=self.name, since=beijing(self.effective_from))
        if self.withdrawn_at is not None and at >= self.withdrawn_at:
            return WITHDRAWN_AUTHORITY(authority=self.name, since=beijing(self.withdrawn_at))
        return None

    def as_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "profile": self.profile.as_json(),
            "anchors": [to_base64(c) for c in self.anchors],
            "intermediates": [to_base64(c) for c in self.intermediates],
            "crl": list(self.crl),
            "ocsp": list(self.ocsp),
            "effective_from": iso(self.effective_from),
            "withdrawn_at": iso(self.withdrawn_at) if self.withdrawn_at else None,
        }


@dataclass(frozen=True)
class TrustList:
    """A version of the list. ``digest`` is SHA-256 of the canonical payload; ``signer`` the
    fingerprint of the publisher's certificate, empty for a list made in code."""

    version: int
    publisher: str
    issued_at: datetime
    effective_from: datetime
    authorities: tuple[Authority, ...]
    signer: str = ""

    def as_payload(self) -> dict[str, Any]:
        return {
            "v": 1,
            "version": self.version,
            "publisher": self.publisher,
            "issued_at": iso(self.issued_at),
            "effective_from": iso(self.effective_from),
            "authorities": [a.as_json() for a in self.authorities],
        }

    @property
    def digest(self) -> str:
        return digest(self.as_payload())

    def authority_of(self, anchor: x509.Certificate) -> Authority | None:
        """The authority that ``anchor`` belongs to."""
        wanted = fingerprint(anchor)
        for authority in self.authorities:
            if any(fingerprint(a) == wanted for a in authority.anchors):
                return authority
        return None

    @property
    def anchors(self) -> tuple[x509.Certificate, ...]:
        return tuple(c for a in self.authorities for c in a.anchors)

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        return tuple(c for a in self.authorities for c in a.intermediates)


def read_signed(signed: Any, publishers: frozenset[str]) -> TrustList:
    """Read a signed list. ``publishers``: hex SHA-256 of the certificates whose lists we take.

    Raises ``Refused``: what the statement's signature check raises, ``trust_list.unknown_publisher``,
    ``trust_list.malformed``.
    """
    said = statements.verify(signed, purpose=PURPOSE)
    signer = fingerprint(said.leaf) if said.leaf is not None else ""
    if signer not in publishers:
        raise Refused(TRUST_LIST_PUBLISHER(fingerprint=signer or "—"))
    return read_payload(said.payload, signer)


def read_payload(payload: Any, signer: str = "") -> TrustList:
    """Read an already trusted payload; ``Refused(trust_list.malformed)`` says which field is wrong."""
    if not isinstance(payload, Mapping) or payload.get("v") != 1:
        raise Refused(TRUST_LIST_MALFORMED(why="v"))
    version, rows = payload.get("version"), payload.get("authorities")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Refused(TRUST_LIST_MALFORMED(why="version"))
    if not isinstance(rows, list) or not rows or len(rows) > _MAX_AUTHORITIES:
        raise Refused(TRUST_LIST_MALFORMED(why="authorities"))
    authorities = tuple(_authority(row) for row in rows)
    if len({a.id for a in authorities}) != len(authorities):
        raise Refused(TRUST_LIST_MALFORMED(why="authorities: id 重复"))
    return TrustList(
        version=version,
        publisher=_text(payload, "publisher"),
        issued_at=_time(payload, "issued_at"),
        effective_from=_time(payload, "effective_from"),
        authorities=authorities,
        signer=signer,
    )


def _authority(row: Any) -> Authority:
    if not isinstance(row, Mapping):
        raise Refused(TRUST_LIST_MALFORMED(why="authorities"))
    anchors = _certificates(row, "anchors")
    if not anchors:
        raise Refused(TRUST_LIST_MALFORMED(why="anchors"))
    return Authority(
        id=_text(row, "id"),
        name=_text(row, "name"),
        profile=profile_from_json(row.get("profile")),
        anchors=anchors,
        intermediates=_certificates(row, "intermediates"),
        crl=_sources(row, "crl"),
        ocsp=_sources(row, "ocsp"),
        effective_from=_time(row, "effective_from"),
        withdrawn_at=_time(row, "withdrawn_at") if row.get("withdrawn_at") is not None else None,
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value or len(value) > 500:
        raise Refused(TRUST_LIST_MALFORMED(why=name))
    return value


def _time(row: Mapping[str, Any], name: str) -> datetime:
    try:
        return parse_iso(_text(row, name))
    except ValueError as error:
        raise Refused(TRUST_LIST_MALFORMED(why=name)) from error


def _certificates(row: Mapping[str, Any], name: str) -> tuple[x509.Certificate, ...]:
    value = row.get(name, [])
    if not isinstance(value, list) or len(value) > _MAX_CERTIFICATES:
        raise Refused(TRUST_LIST_MALFORMED(why=name))
    return tuple(from_base64(text) for text in value)


def _sources(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value: Any = row.get(name, [])
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > _MAX_SOURCES:
        raise Refused(TRUST_LIST_MALFORMED(why=name))
    for url in value:
        if not isinstance(url, str) or len(url) > 1000 or urlsplit(url).scheme not in ("http", "https"):
            raise Refused(TRUST_LIST_MALFORMED(why=f"{name}: {url!r}"[:200]))
    return tuple(value)
