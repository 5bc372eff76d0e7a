"""The trust list: which authorities this platform recognizes, from when to when, with what profile.

A signed statement of type ``mingtang/trust-list`` (after ETSI TS 119 612 in spirit), so platforms can
publish and import each other's. Payload::

    {"v": 1, "version": 3, "publisher": "…", "issued_at": rfc3339, "effective_from": rfc3339,
     "authorities": [{"id", "name", "profile": {…}, "anchors": [b64 DER], "intermediates": [b64 DER],
                      "crl": [url], "ocsp": [url], "effective_from": rfc3339, "withdrawn_at": null|rfc3339}]}

Optional, written only when said, so that lists signed before keep their digest: of an authority ``tsa`` [url],
``withdrawal_reason``, ``grace_until``, ``recognized`` {publisher, signer, version, sha256} (taken over from another
publisher's list, see ``trust_list_recognition``); of the list ``next_update`` (after it the list is stale) and ``publishers``
[b64 DER], the certificates that may sign the versions after this one (absent: its own signer).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.rules.certificates import fingerprint, from_base64, to_base64
from ca_interop.rules.profiles import Profile, profile_from_json
from ca_interop.rules.reasons import (
    AUTHORITY_NOT_YET,
    BACKDATED,
    OLDER,
    TRUST_LIST_MALFORMED,
    TRUST_LIST_PUBLISHER,
    WITHDRAWN_AUTHORITY,
)
from ca_interop.rules.rfc5280.certificate import Certificate, remembered
from ca_interop.rules.rfc5280.names import NameKey
from kernel.canonical_json import digest
from kernel.clock import beijing, iso, parse_iso
from kernel.errors import Reason, Refused
from sealing import statements

PURPOSE = "trust-list"
_MAX_AUTHORITIES = 500
_MAX_CERTIFICATES = 50
_MAX_SOURCES = 20
_FIRST_YEAR, _LAST_YEAR = 1970, 9000
_MAX_PATHS = 2000


class Withdrawal(StrEnum):
    """Why an authority leaves the list. A lost key ends everything at once: no grace."""

    CEASED = "ceased"
    LICENCE_REVOKED = "licence_revoked"
    COMPROMISED = "compromised"
    MERGED = "merged"
    RECOGNITION_ENDED = "recognition_ended"


WITHDRAWAL_ZH = {
    Withdrawal.CEASED: "终止服务（电子签名法第二十三条）",
    Withdrawal.LICENCE_REVOKED: "电子认证许可被吊销",
    Withdrawal.COMPROMISED: "机构私钥失密",
    Withdrawal.MERGED: "业务由其他机构承接",
    Withdrawal.RECOGNITION_ENDED: "互认终止",
}


@dataclass(frozen=True)
class Recognition:
    """From whose list an authority was taken over: publisher, fingerprint of its certificate, version, digest."""

    publisher: str
    signer: str
    version: int
    sha256: str

    def as_json(self) -> dict[str, Any]:
        return {
            "publisher": self.publisher,
            "signer": self.signer,
            "version": self.version,
            "sha256": self.sha256,
        }


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
    tsa: tuple[str, ...] = ()
    withdrawal_reason: Withdrawal | None = None
    grace_until: datetime | None = None
    recognized: Recognition | None = None

    def reason_against(self, at: datetime, issued: datetime | None = None) -> Reason | None:
        """Why a certificate that it ``issued`` then does not count at ``at``; old signatures are judged at their
        own time. In the grace after a withdrawal only certificates from before it count."""
        if at < self.effective_from:
            return AUTHORITY_NOT_YET(authority=self.name, since=beijing(self.effective_from))
        if self.withdrawn_at is None or at < self.withdrawn_at:
            return None
        graceful = self.grace_until is not None and at < self.grace_until
        if graceful and issued is not None and issued < self.withdrawn_at:
            return None
        told = self.withdrawal_reason
        why = f"{WITHDRAWAL_ZH[told]}，{told.value}" if told else "未说明原因"
        return WITHDRAWN_AUTHORITY(authority=self.name, since=beijing(self.withdrawn_at), why=why)

    def as_json(self) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if self.tsa:
            more["tsa"] = list(self.tsa)
        if self.withdrawal_reason is not None:
            more["withdrawal_reason"] = self.withdrawal_reason.value
        if self.grace_until is not None:
            more["grace_until"] = iso(self.grace_until)
        if self.recognized is not None:
            more["recognized"] = self.recognized.as_json()
        return {
            **more,
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
class Listed:
    """Certificates of a list in the engine's form, and by their DER back to what they are."""

    by_subject: dict[NameKey, tuple[Certificate, ...]]
    parsed: dict[bytes, x509.Certificate]
    authority_of: dict[bytes, Authority]
    #: Paths found before: (leaf, other certificates brought along) → path.
    paths: dict[tuple[Certificate, ...], tuple[Certificate, ...]] = field(default_factory=dict)

    def walked(self, key: tuple[Certificate, ...], path: tuple[Certificate, ...]) -> None:
        """Remember a path; the oldest gives way."""
        if len(self.paths) >= _MAX_PATHS:
            self.paths.pop(next(iter(self.paths)), None)
        self.paths[key] = path

    def above(self, names: Iterable[NameKey]) -> tuple[list[Certificate], list[Certificate]]:
        """(anchors, others) that bear one of ``names``, and those above them: all that a path can use."""
        anchors: list[Certificate] = []
        others: list[Certificate] = []
        waiting, seen = list(names), set[NameKey]()
        while waiting:
            if (name := waiting.pop()) in seen:
                continue
            seen.add(name)
            for certificate in self.by_subject.get(name, ()):
                (anchors if certificate.der in self.authority_of else others).append(certificate)
                waiting.append(certificate.issuer.key)
        return anchors, others

    @classmethod
    def of(cls, trust: TrustList) -> Listed:
        parsed: dict[bytes, x509.Certificate] = {}
        authority_of: dict[bytes, Authority] = {}
        for authority in trust.authorities:
            for certificate in (*authority.anchors, *authority.intermediates):
                parsed.setdefault(certificate.public_bytes(Encoding.DER), certificate)
            for certificate in authority.anchors:
                authority_of.setdefault(certificate.public_bytes(Encoding.DER), authority)
        by_subject: dict[NameKey, tuple[Certificate, ...]] = {}
        for der in parsed:
            read = remembered(der)
            by_subject[read.subject.key] = (*by_subject.get(read.subject.key, ()), read)
        return cls(by_subject, parsed, authority_of)


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
    next_update: datetime | None = None
    publishers: tuple[x509.Certificate, ...] = ()

    @property
    def successors(self) -> frozenset[str]:
        """Fingerprints of the certificates that may sign the next version."""
        return frozenset(fingerprint(c) for c in self.publishers) or frozenset({self.signer} - {""})

    def is_stale(self, at: datetime) -> bool:
        """Has its publisher promised a newer one before ``at``?"""
        return self.next_update is not None and at > self.next_update

    def as_payload(self) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if self.next_update is not None:
            more["next_update"] = iso(self.next_update)
        if self.publishers:
            more["publishers"] = [to_base64(c) for c in self.publishers]
        return {
            **more,
            "v": 1,
            "version": self.version,
            "publisher": self.publisher,
            "issued_at": iso(self.issued_at),
            "effective_from": iso(self.effective_from),
            "authorities": [a.as_json() for a in self.authorities],
        }

    @cached_property
    def digest(self) -> str:
        return digest(self.as_payload())

    @cached_property
    def listed(self) -> Listed:
        """Its certificates as path validation reads them, each once for a list."""
        return Listed.of(self)

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
    authorities = tuple(read_authority(row) for row in rows)
    if len({a.id for a in authorities}) != len(authorities):
        raise Refused(TRUST_LIST_MALFORMED(why="authorities: id 重复"))
    return TrustList(
        version=version,
        publisher=_text(payload, "publisher"),
        issued_at=_time(payload, "issued_at"),
        effective_from=_time(payload, "effective_from"),
        authorities=authorities,
        signer=signer,
        next_update=_time(payload, "next_update") if payload.get("next_update") is not None else None,
        publishers=_certificates(payload, "publishers"),
    )


def check_succession(old: TrustList, new: TrustList) -> None:
    """May ``new`` follow ``old``? ``Refused``: a rollback, or dates that would change what was judged before."""
    if new.version <= old.version:
        raise Refused(OLDER(known=old.version, version=new.version))
    if new.effective_from < old.effective_from or new.issued_at < old.issued_at:
        raise Refused(BACKDATED(known=old.version, since=beijing(old.effective_from)))


def accepted_publishers(history: Sequence[TrustList], vouched: frozenset[str]) -> frozenset[str]:
    """Whose lists may come next. ``history``: all imported versions, oldest first; ``vouched``: certificates the
    operator named in the settings. Who signed or was named once and is not among the newest list's successors
    has been retired, and a setting that still names it does not bring it back."""
    if not history:
        return vouched
    current = history[-1].successors
    known = frozenset(one.signer for one in history).union(*(one.successors for one in history))
    return current | (vouched - (known - current))


def read_authority(row: Any) -> Authority:
    """One line of the payload's ``authorities``; ``Refused(trust_list.malformed)`` says which field is wrong."""
    if not isinstance(row, Mapping):
        raise Refused(TRUST_LIST_MALFORMED(why="authorities"))
    anchors = _certificates(row, "anchors")
    if not anchors:
        raise Refused(TRUST_LIST_MALFORMED(why="anchors"))
    withdrawn_at = _time(row, "withdrawn_at") if row.get("withdrawn_at") is not None else None
    reason, grace = _withdrawal(row, withdrawn_at)
    return Authority(
        id=_text(row, "id"),
        name=_text(row, "name"),
        profile=profile_from_json(row.get("profile")),
        anchors=anchors,
        intermediates=_certificates(row, "intermediates"),
        crl=_sources(row, "crl"),
        ocsp=_sources(row, "ocsp"),
        effective_from=_time(row, "effective_from"),
        withdrawn_at=withdrawn_at,
        tsa=_sources(row, "tsa"),
        withdrawal_reason=reason,
        grace_until=grace,
        recognized=_recognition(row.get("recognized")),
    )


def _recognition(row: Any) -> Recognition | None:
    if row is None:
        return None
    if not isinstance(row, Mapping):
        raise Refused(TRUST_LIST_MALFORMED(why="recognized"))
    version = row.get("version")
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise Refused(TRUST_LIST_MALFORMED(why="recognized.version"))
    return Recognition(_text(row, "publisher"), _text(row, "signer"), version, _text(row, "sha256"))


def _withdrawal(
    row: Mapping[str, Any], withdrawn_at: datetime | None
) -> tuple[Withdrawal | None, datetime | None]:
    """Reason and end of grace of a withdrawal; neither without one."""
    told, grace = row.get("withdrawal_reason"), row.get("grace_until")
    if withdrawn_at is None and (told is not None or grace is not None):
        raise Refused(TRUST_LIST_MALFORMED(why="withdrawn_at"))
    if told is not None and told not in list(Withdrawal):
        raise Refused(TRUST_LIST_MALFORMED(why="withdrawal_reason"))
    reason = Withdrawal(told) if told is not None else None
    until = _time(row, "grace_until") if grace is not None else None
    if until is not None and withdrawn_at is not None and until <= withdrawn_at:
        raise Refused(TRUST_LIST_MALFORMED(why="grace_until"))
    if until is not None and reason is Withdrawal.COMPROMISED:
        raise Refused(TRUST_LIST_MALFORMED(why="grace_until: 机构私钥失密没有过渡期"))
    return reason, until


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value or len(value) > 500 or not value.isprintable():
        raise Refused(TRUST_LIST_MALFORMED(why=name))
    return value


def _time(row: Mapping[str, Any], name: str) -> datetime:
    try:
        at = parse_iso(_text(row, name))
    except (ValueError, OverflowError) as error:
        raise Refused(TRUST_LIST_MALFORMED(why=name)) from error
    # Beyond these no list was ever dated, and at the ends of the calendar no zone can be shown.
    if not _FIRST_YEAR <= at.year < _LAST_YEAR:
        raise Refused(TRUST_LIST_MALFORMED(why=f"{name}: {at.year}"))
    return at


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
        if not _is_address(url):
            raise Refused(TRUST_LIST_MALFORMED(why=f"{name}: {url!r}"[:200]))
    return tuple(value)


def _is_address(url: Any) -> bool:
    if not isinstance(url, str) or len(url) > 1000 or not url.isprintable():
        return False
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
