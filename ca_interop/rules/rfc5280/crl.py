"""One CRL (RFC 5280 §5): the skeleton at once, entries only as far as an answer needs them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from ca_interop.rules.rfc5280 import extensions as ext
from ca_interop.rules.rfc5280.certificate import Extension, read_extensions
from ca_interop.rules.rfc5280.der import (
    ENUMERATED,
    GENERALIZED_TIME,
    INTEGER,
    SEQUENCE,
    UTC_TIME,
    Item,
    item_at,
    moment,
    octets_of_bits,
    whole,
)
from ca_interop.rules.rfc5280.faults import Budget, Malformed
from ca_interop.rules.rfc5280.names import DIRECTORY, Name, NameKey, read_name

_KNOWN = {ext.AUTHORITY_KEY_ID, ext.ISSUING_POINT, ext.DELTA_INDICATOR, ext.ISSUER_ALT_NAME, ext.FRESHEST_CRL}
_EXPIRED = "2.5.29.60"
_REASON, _HOLD, _INVALIDITY = "2.5.29.21", "2.5.29.23", "2.5.29.24"
_KNOWN_ENTRY = {_REASON, _HOLD, _INVALIDITY, ext.CERTIFICATE_ISSUER}
REMOVE = 8
_CRITICAL, _NAMED = b"\x01\x01\xff", b"\x06\x03\x55\x1d\x1d"  # of an extension; the OID of certificateIssuer


class Entry(NamedTuple):
    """A listed certificate. ``reason``: the CRLReason number, 0 when unstated; ``date``, ``since``: when it was
    revoked and from when it was invalid (its invalidityDate, if earlier), as YYYYMMDDhhmmss."""

    serial: bytes
    issuer: NameKey
    reason: int
    date: int
    since: int


class Crl:
    """Raises ``Malformed`` from the constructor when it is no CRL, else from the property concerned."""

    def __init__(self, der: bytes) -> None:
        self.der = der
        outer = whole(der, SEQUENCE, "CRL").children()
        if len(outer) != 3:
            raise Malformed("CRL: not three parts")
        tbs, algorithm, signature = outer
        self._tbs = tbs.need(SEQUENCE, "tbsCertList")
        self.algorithm = algorithm.need(SEQUENCE, "signatureAlgorithm").raw
        self._signature = signature
        parts = tbs.children()
        self.version = 1
        if parts and parts[0].tag == INTEGER:
            self.version = 2 if parts.pop(0).body == b"\x01" else 0
        if len(parts) < 3:
            raise Malformed("CRL: fields are missing")
        self.inner_algorithm = parts[0].need(SEQUENCE, "signature algorithm").raw
        self.issuer_raw = parts[1].need(SEQUENCE, "issuer").raw
        self._times = [parts[2]]
        rest = parts[3:]
        if rest and rest[0].tag in (UTC_TIME, GENERALIZED_TIME):
            self._times.append(rest.pop(0))
        self._revoked: Item | None = rest.pop(0) if rest and rest[0].tag == SEQUENCE else None
        self._extensions = rest.pop(0) if rest and rest[0].tag == 0xA0 else None
        if rest:
            raise Malformed("CRL: an unknown field")

    @cached_property
    def tbs(self) -> bytes:
        return self._tbs.raw

    @cached_property
    def signature(self) -> bytes:
        return octets_of_bits(self._signature, "signature")

    @cached_property
    def issuer(self) -> Name:
        return read_name(self.issuer_raw)

    @cached_property
    def period(self) -> tuple[int, int | None]:
        times = [moment(t, "CRL time") for t in self._times]
        return times[0], times[1] if len(times) == 2 else None

    @cached_property
    def extensions(self) -> dict[str, Extension]:
        if self._extensions is None:
            return {}
        if self.version == 1:
            raise Malformed("CRL: extensions in version 1")
        return read_extensions(item_at(self._extensions.data, self._extensions.start, self._extensions.stop))

    def value(self, key: str) -> bytes | None:
        found = self.extensions.get(key)
        return found.value if found else None

    @cached_property
    def number(self) -> int | None:
        return ext.optional(self.value(ext.CRL_NUMBER), ext.number)

    @cached_property
    def base_number(self) -> int | None:
        """BaseCRLNumber of a delta CRL, ``None`` for a complete one."""
        return ext.optional(self.value(ext.DELTA_INDICATOR), ext.number)

    @cached_property
    def point(self) -> ext.IssuingPoint | None:
        return ext.optional(self.value(ext.ISSUING_POINT), ext.issuing_point)

    @cached_property
    def authority_key(self) -> ext.AuthorityKey | None:
        return ext.optional(self.value(ext.AUTHORITY_KEY_ID), ext.authority_key)

    @property
    def scope(self) -> tuple[NameKey, bytes | None, bool]:
        """CRLs of one scope replace each other."""
        return self.issuer.key, self.value(ext.ISSUING_POINT), self.base_number is not None

    def understood(self) -> bool:
        """Is nothing critical in it unknown (§5.2: must not be used), and everything readable?"""
        try:
            _, end = self.period
            known = all(key in _KNOWN or not e.critical for key, e in self.extensions.items())
            _ = self.point, self.number, self.base_number, self.authority_key, self.issuer, self.signature
            _ = self.keeps_since
        except Malformed:
            return False
        # Without nextUpdate (which the profile requires, §5.1.2.5) nobody knows how long it speaks.
        return end is not None and known and self.version > 0 and self.algorithm == self.inner_algorithm

    def ends_before(self, at: int) -> bool:
        end = self.period[1]
        return end is None or end < at

    @cached_property
    def keeps_since(self) -> int | None:
        """expiredCertsOnCRL (X.509 §9.5.2.8): from when on expired certificates stay listed."""
        value = self.value(_EXPIRED)
        return (
            None
            if value is None
            else moment(whole(value, GENERALIZED_TIME, "expiredCertsOnCRL"), "expiredCertsOnCRL")
        )

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.der).hexdigest()

    def find(self, serial: bytes, issuer: NameKey, budget: Budget) -> Entry | None:
        """The entry of one certificate. ``Malformed`` when an entry cannot be processed (§5.3)."""
        if self._revoked is None:
            return None
        listed = bytes([INTEGER, len(serial)]) + serial
        data, start, stop = self.der, self._revoked.start, self._revoked.stop
        # Almost always nothing is there: two searches instead of reading a hundred thousand entries.
        if all(data.find(sought, start, stop) < 0 for sought in (listed, _CRITICAL)):
            return None
        found = None
        for entry in self._telling(listed, budget):
            if (
                entry.serial == serial
                and entry.issuer == issuer
                and (found is None or entry.reason != REMOVE)
            ):
                found = entry
        return found

    def _telling(self, listed: bytes, budget: Budget) -> Iterator[Entry]:
        """Entries of one serial number and those with something critical, which may change what follows.

        Walks from header to header and reads only entries with such bytes in them: a list of three hundred
        thousand takes as long as a chain of three.
        """
        if self._revoked is None:
            return
        data, at, stop = self.der, self._revoked.start, self._revoked.stop
        places = iter(
            sorted({p for sought in (listed, _CRITICAL, _NAMED) for p in _places(data, sought, at, stop)})
        )
        place, issuer, known, seen = next(places, stop), self.issuer.key, dict[bytes, _Marks](), 0
        while at < stop and place < stop:
            seen += 1
            if not seen & 1023:
                budget.spend(1024)
            size = data[at + 1] if at + 1 < stop else 0x80
            after = at + 2 + size if size < 0x80 and data[at] == SEQUENCE else item_at(data, at, stop).stop
            if after <= place:
                at = after
                continue
            other = size < 0x80 and not data.startswith(listed, at + 2)
            marks = known.get(_extensions_of(data, at, after)) if other else None
            if marks is None:
                entry = _entry(item_at(data, at, stop), issuer, known)
                issuer = entry.issuer
                yield entry
            else:  # another serial number; its extensions were read before, only whose it is goes on
                issuer = marks.issuer or issuer
            at = after
            while place < at:
                place = next(places, stop)


def _extensions_of(data: bytes, at: int, after: int) -> bytes:
    """The last part of an entry whose lengths are short."""
    date = at + 4 + data[at + 3] if at + 4 < after else after
    return data[date + 2 + data[date + 1] : after] if date + 1 < after else b""


def _places(data: bytes, sought: bytes, at: int, stop: int) -> Iterator[int]:
    while (at := data.find(sought, at, stop)) >= 0:
        yield at
        at += 1


class _Marks(NamedTuple):
    """What an entry's extensions say; ``issuer`` and ``since`` only where they say it."""

    issuer: NameKey | None
    reason: int
    since: int | None


_PLAIN = _Marks(None, 0, None)


def _entry(item: Item, issuer: NameKey, known: dict[bytes, _Marks]) -> Entry:
    """One entry; ``issuer``: of the entry before, which holds on until another is named.

    ``known``: extensions read so far, since an indirect CRL repeats few of them a hundred thousand times.
    """
    parts = item.need(SEQUENCE, "CRL entry").children()
    if len(parts) not in (2, 3):
        raise Malformed("CRL entry: not a serial number, a date and extensions")
    date, marks = moment(parts[1], "revocation date"), _PLAIN
    if len(parts) == 3:
        raw = parts[2].raw
        if raw not in known:
            known[raw] = _marks(parts[2])
        marks = known[raw]
    since = date if marks.since is None else min(date, marks.since)
    serial = parts[0].need(INTEGER, "serial number").body
    return Entry(serial, issuer if marks.issuer is None else marks.issuer, marks.reason, date, since)


def _marks(item: Item) -> _Marks:
    extensions = read_extensions(item)
    if any(e.critical and key not in _KNOWN_ENTRY for key, e in extensions.items()):
        raise Malformed("CRL entry: an unknown critical extension")
    issuer, reason, since = None, 0, None
    if ext.CERTIFICATE_ISSUER in extensions:
        issuer = _directory(extensions[ext.CERTIFICATE_ISSUER].value)
    if _REASON in extensions:
        body = whole(extensions[_REASON].value, ENUMERATED, "reason code").body
        reason = body[0] if len(body) == 1 else 0
    if _INVALIDITY in extensions:
        value = extensions[_INVALIDITY].value
        since = moment(whole(value, GENERALIZED_TIME, "invalidity date"), "invalidity date")
    return _Marks(issuer, reason, since)


def _directory(value: bytes) -> NameKey:
    for name in ext.general_names(value):
        if name.kind == DIRECTORY and isinstance(name.value, tuple):
            return name.value
    raise Malformed("certificateIssuer: no directory name")
