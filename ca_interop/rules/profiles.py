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
from enum import StrEnum
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
_MAX_PARTS = 32
_KINDS = ("subject", "extension", "san")


@dataclass(frozen=True)
class Place:
    """One place in a certificate.

    ``kind`` is ``subject`` (a name attribute), ``extension`` (a DER string in a private extension) or ``san``
    (a DER string in an otherName of the subject alternative name). With ``separator`` the text is cut there and
    ``part`` (from 0) is taken: ``051@91320900…@1``. ``prefix`` must stand before the value and is cut off
    (``NTRCN-``, ``经办人：``).
    """

    kind: str
    oid: str
    prefix: str = ""
    separator: str = ""
    part: int = 0

    def as_json(self) -> dict[str, Any]:
        cut = {"separator": self.separator, "part": self.part} if self.separator else {}
        return {"kind": self.kind, "oid": self.oid, "prefix": self.prefix, **cut}

    def of(self, text: str) -> str:
        """The value in one text found at this place; empty when it is not there."""
        if self.separator:
            parts = text.split(self.separator)
            text = parts[self.part] if self.part < len(parts) else ""
        if not text.startswith(self.prefix) or len(text) <= len(self.prefix):
            return ""
        return text[len(self.prefix) :].strip()

    def written(self, value: str) -> str:
        """The text that holds ``value``: what an authority of this profile writes."""
        before = "".join(f"0{self.separator}" for _ in range(self.part)) if self.separator else ""
        return f"{before}{self.prefix}{value}"


class CiphertextOrder(StrEnum):
    """How an authority's tools write an SM2 ciphertext: SM2Cipher of GM/T 0009 (C1 C3 C2 in DER), or raw bytes
    of an uncompressed point in the new or the old order."""

    ASN1 = "asn1"
    C1C3C2 = "c1c3c2"
    C1C2C3 = "c1c2c3"


class MessageSyntax(StrEnum):
    """How its tools write signed messages: CMS (RFC 5652) or GB/T 35275 (PKCS#7 with content types of its own)."""

    CMS = "cms"
    GBT35275 = "gbt35275"


@dataclass(frozen=True)
class Profile:
    """The places of one authority's subscriber certificates, and what its tools write. ``dual``: a signing and
    an encryption certificate each (双证)."""

    key: str
    credit_code: tuple[Place, ...]
    organization: tuple[Place, ...] = (Place("subject", "2.5.4.10"),)
    person: tuple[Place, ...] = (Place("subject", "2.5.4.42"),)
    dual: bool = False
    ciphertext: CiphertextOrder = CiphertextOrder.ASN1
    messages: MessageSyntax = MessageSyntax.CMS

    def as_json(self) -> dict[str, Any]:
        """What is not said is the default, so lists signed before a field existed keep their digest."""
        said: dict[str, Any] = {
            "key": self.key,
            "credit_code": [p.as_json() for p in self.credit_code],
            "organization": [p.as_json() for p in self.organization],
            "person": [p.as_json() for p in self.person],
        }
        if self.dual:
            said["dual"] = True
        if self.ciphertext is not CiphertextOrder.ASN1:
            said["ciphertext"] = self.ciphertext.value
        if self.messages is not MessageSyntax.CMS:
            said["messages"] = self.messages.value
        return said


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
    dual = value.get("dual", False)
    if not isinstance(dual, bool):
        raise Refused(TRUST_LIST_MALFORMED(why="profile.dual"))
    try:
        ciphertext = CiphertextOrder(value.get("ciphertext", "asn1"))
        messages = MessageSyntax(value.get("messages", "cms"))
    except ValueError as error:
        raise Refused(TRUST_LIST_MALFORMED(why=f"profile: {error}"[:200])) from error
    return Profile(
        value["key"],
        places["credit_code"],
        places["organization"],
        places["person"],
        dual,
        ciphertext,
        messages,
    )


def _place(row: Any, name: str) -> Place:
    wrong = Refused(TRUST_LIST_MALFORMED(why=f"profile.{name}"))
    if not isinstance(row, Mapping):
        raise wrong
    kind, oid, prefix = row.get("kind"), row.get("oid"), row.get("prefix", "")
    separator, part = row.get("separator", ""), row.get("part", 0)
    if kind not in _KINDS or not isinstance(oid, str) or not isinstance(prefix, str):
        raise wrong
    if not isinstance(separator, str) or isinstance(part, bool) or not isinstance(part, int):
        raise wrong
    if not 0 <= part < _MAX_PARTS:
        raise wrong
    try:
        x509.ObjectIdentifier(oid)
    except ValueError as error:
        raise Refused(TRUST_LIST_MALFORMED(why=f"profile.{name}: {oid}")) from error
    return Place(kind, oid, prefix, separator, part)


def read(certificate: x509.Certificate, places: tuple[Place, ...]) -> str:
    """The first value found at ``places``; empty when there is none."""
    for place in places:
        for text in _texts(certificate, place):
            if value := place.of(text):
                return value
    return ""


def _texts(certificate: x509.Certificate, place: Place) -> list[str]:
    oid = x509.ObjectIdentifier(place.oid)
    if place.kind == "subject":
        return [_as_text(a.value) for a in certificate.subject.get_attributes_for_oid(oid)]
    if place.kind == "san":
        return _other_names(certificate, oid)
    try:
        extension = certificate.extensions.get_extension_for_oid(oid)
    except x509.ExtensionNotFound:
        return []
    if not isinstance(extension.value, x509.UnrecognizedExtension):
        return []
    return [text] if (text := der_text(extension.value.value)) else []


def _other_names(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> list[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    found = [n for n in names if isinstance(n, x509.OtherName) and n.type_id == oid]
    return [text for n in found if (text := der_text(n.value))]


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
