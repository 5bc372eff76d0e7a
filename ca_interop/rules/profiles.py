"""Where each authority puts what: CA profiles as data.

Chinese authorities put the unified social credit code in different places (subject
``serialNumber``, ``organizationIdentifier``, parts of OU or CN, private extensions under
1.2.156.10260.4.1 of GB/T 20518). A profile is a list of :class:`Place` for each fact; the first
place that holds something wins. Profiles travel inside the trust list, so a new authority needs
no code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography import x509

from ca_interop.rules.reasons import TRUST_LIST_MALFORMED
from kernel.errors import Refused

_STRING_TAGS = {
    0x0C: "utf-8",  # UTF8String
    0x13: "ascii",  # PrintableString
    0x14: "gbk",  # T61String: old tools put GBK bytes here
    0x16: "ascii",  # IA5String
    0x1E: "utf-16-be",  # BMPString
}
_MAX_TEXT = 4096


@dataclass(frozen=True)
class Place:
    """One place in a certificate.

    ``kind`` is ``subject`` (a name attribute), ``extension`` (a DER string in a private extension).
    ``prefix`` must stand before the value and is cut off (``NTRCN-``, ``经办人：``).
    """

    kind: str
    oid: str
    prefix: str = ""

    def as_json(self) -> dict[str, str]:
        return {"kind": self.kind, "oid": self.oid, "prefix": self.prefix}


@dataclass(frozen=True)
class Profile:
    """The places of one authority's subscriber certificates."""

    key: str
    credit_code: tuple[Place, ...]
    organization: tuple[Place, ...] = (Place("subject", "2.5.4.10"),)
    person: tuple[Place, ...] = (Place("subject", "2.5.4.42"),)

    def as_json(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "credit_code": [p.as_json() for p in self.credit_code],
            "organization": [p.as_json() for p in self.organization],
            "person": [p.as_json() for p in self.person],
        }


#: Used where no authority is known yet, e.g. to show a certificate before it is validated.
GENERIC = Profile(
    key="generic",
    credit_code=(
        Place("subject", "2.5.4.97", "NTRCN-"),
        Place("extension", "1.2.156.10260.4.1.4"),
        Place("subject", "2.5.4.5"),
    ),
)


def profile_from_json(value: Any) -> Profile:
    """Read a profile; ``Refused(trust_list.malformed)`` for anything that is not one."""
    if not isinstance(value, Mapping) or not isinstance(value.get("key"), str):
        raise Refused(TRUST_LIST_MALFORMED(why="profile"))
    places: dict[str, tuple[Place, ...]] = {}
    for name in ("credit_code", "organization", "person"):
        rows = value.get(name)
        if not isinstance(rows, list) or len(rows) > 16:
            raise Refused(TRUST_LIST_MALFORMED(why=f"profile.{name}"))
        places[name] = tuple(_place(row, name) for row in rows)
    return Profile(value["key"], places["credit_code"], places["organization"], places["person"])


def _place(row: Any, name: str) -> Place:
    if not isinstance(row, Mapping):
        raise Refused(TRUST_LIST_MALFORMED(why=f"profile.{name}"))
    kind, oid, prefix = row.get("kind"), row.get("oid"), row.get("prefix", "")
    if kind not in ("subject", "extension") or not isinstance(oid, str) or not isinstance(prefix, str):
        raise Refused(TRUST_LIST_MALFORMED(why=f"profile.{name}"))
    try:
        x509.ObjectIdentifier(oid)
    except ValueError as error:
        raise Refused(TRUST_LIST_MALFORMED(why=f"profile.{name}: {oid}")) from error
    return Place(kind, oid, prefix)


def read(certificate: x509.Certificate, places: tuple[Place, ...]) -> str:
    """The first text found at ``places``, without its prefix; empty when there is none."""
    for place in places:
        for text in _texts(certificate, place):
            if text.startswith(place.prefix) and len(text) > len(place.prefix):
                return text[len(place.prefix) :].strip()
    return ""


def _texts(certificate: x509.Certificate, place: Place) -> list[str]:
    oid = x509.ObjectIdentifier(place.oid)
    if place.kind == "subject":
        return [_as_text(a.value) for a in certificate.subject.get_attributes_for_oid(oid)]
    try:
        extension = certificate.extensions.get_extension_for_oid(oid)
    except x509.ExtensionNotFound:
        return []
    if not isinstance(extension.value, x509.UnrecognizedExtension):
        return []
    return [text] if (text := der_text(extension.value.value)) else []


def _as_text(value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    return value.decode("gbk", errors="replace")


def der_text(data: bytes) -> str:
    """A DER character string, or an OCTET STRING around one, as text; empty when it is neither.

    One nesting level is enough for what GB/T 20518 allows, so hostile nesting ends at once.
    """
    for _ in range(2):
        if len(data) < 2 or len(data) > _MAX_TEXT:
            return ""
        tag, length, start = data[0], data[1], 2
        if length & 0x80:
            octets = length & 0x7F
            if not 1 <= octets <= 2 or len(data) < 2 + octets:
                return ""
            length, start = int.from_bytes(data[2 : 2 + octets], "big"), 2 + octets
        if len(data) != start + length:
            return ""
        body = data[start:]
        if tag in _STRING_TAGS:
            try:
                return body.decode(_STRING_TAGS[tag])
            except UnicodeDecodeError:
                return ""
        if tag != 0x04:
            return ""
        data = body
    return ""
