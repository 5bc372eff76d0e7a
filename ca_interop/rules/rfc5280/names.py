"""Distinguished names and their comparison (RFC 5280 §7.1, RFC 4518), and GeneralName (§4.2.1.6)."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from ca_interop.rules.rfc5280.der import OID, SEQUENCE, SET, Item, oid, whole
from ca_interop.rules.rfc5280.faults import Fault, Malformed

EMAIL = bytes.fromhex("2a864886f70d010901")  # 1.2.840.113549.1.9.1
COMMON_NAME = b"\x55\x04\x03"
_CODECS = {12: "utf-8", 18: "latin-1", 19: "latin-1", 20: "latin-1", 22: "latin-1", 26: "latin-1"}
_WIDE = {28: "utf-32-be", 30: "utf-16-be"}

_MAX_VALUE = 32768  # ub-name of X.520; a longer value only equals itself
_MAX_ATTRIBUTES = 512
MAX_NAMES = 5000  # in one list: more occur only in attacks

Attribute = tuple[bytes, object]
Rdn = tuple[Attribute, ...]
NameKey = tuple[Rdn, ...]


class Name(NamedTuple):
    """``key`` compares as RFC 5280 wants; ``emails`` are the subject's emailAddress values."""

    key: NameKey
    emails: tuple[str, ...]
    text: str


def _value(item: Item) -> object:
    codec = _CODECS.get(item.tag) or _WIDE.get(item.tag)
    if codec is None or item.stop - item.start > _MAX_VALUE:
        return item.raw
    try:
        text = item.body.decode(codec)
    except UnicodeDecodeError:
        return item.raw
    return prepare(text)


def prepare(text: str) -> str:
    """RFC 4518 in short: controls out, any space a space, compressed; NFKC and case folded."""
    if text.isascii() and text.isprintable():
        return " ".join(text.casefold().split())
    mapped = "".join(
        " " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in ("Cc", "Cf")
    )
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", mapped).casefold())
    return " ".join(folded.split())


def read_rdn(item: Item) -> tuple[Rdn, list[tuple[bytes, Item]]]:
    """One RelativeDistinguishedName's contents (SET, or the implicit one of a distribution point)."""
    pairs: list[tuple[bytes, Item]] = []
    for entry in item.some(_MAX_ATTRIBUTES, "relative name"):
        parts = entry.need(SEQUENCE, "name attribute").children()
        if len(parts) != 2 or parts[0].tag != OID:
            raise Malformed("name attribute: not a type and a value")
        pairs.append((parts[0].body, parts[1]))
    if not pairs:
        raise Malformed("name: an empty relative name")
    return tuple(sorted(((t, _value(v)) for t, v in pairs), key=repr)), pairs


def read_name(raw: bytes) -> Name:
    """A Name from its DER (SEQUENCE header included). Usual sizes are remembered; others would fill the memory."""
    return _remembered(raw) if len(raw) <= 1024 else _read_name(raw)


@lru_cache(maxsize=4096)
def _remembered(raw: bytes) -> Name:
    return _read_name(raw)


def _read_name(raw: bytes) -> Name:
    key: list[Rdn] = []
    emails: list[str] = []
    shown: list[str] = []
    for item in whole(raw, SEQUENCE, "name").some(_MAX_ATTRIBUTES, "name"):
        rdn, pairs = read_rdn(item.need(SET, "relative name"))
        key.append(rdn)
        for kind, value in pairs:
            if kind == EMAIL:
                emails.append(value.body.decode("latin-1"))
            if kind == COMMON_NAME:
                shown.append(value.body.decode(_WIDE.get(value.tag, "utf-8"), "replace"))
    return Name(tuple(key), tuple(emails), shown[-1] if shown else "(no common name)")


OTHER, RFC822, DNS, X400, DIRECTORY, EDI, URI, IP, REGISTERED = range(9)


class GeneralName(NamedTuple):
    """``value`` is text (RFC822, DNS, URI), bytes (IP, others) or a name key (DIRECTORY)."""

    kind: int
    value: object


def read_general_name(item: Item) -> GeneralName:
    kind = item.tag & 0x1F
    if item.tag & 0xC0 != 0x80 or kind > REGISTERED:
        raise Malformed("general name: unknown choice")
    constructed = bool(item.tag & 0x20)
    if constructed != (kind in (OTHER, X400, DIRECTORY, EDI)):
        raise Malformed("general name: wrong encoding")
    if kind in (RFC822, DNS, URI):
        try:
            return GeneralName(kind, item.body.decode("ascii"))
        except UnicodeDecodeError as error:
            raise Malformed("general name: not an IA5String") from error
    if kind == DIRECTORY:
        return GeneralName(kind, read_name(item.body).key)
    if kind == REGISTERED:
        oid(item.body)
    if kind == OTHER:
        # Its type is a part of its form: constraints on one type say nothing about another.
        oid(next(item.each(), item).need(OID, "other name").body)
    return GeneralName(kind, item.body)


def read_general_names(item: Item) -> tuple[GeneralName, ...]:
    names = tuple(read_general_name(child) for child in islice(item.each(), MAX_NAMES + 1))
    if not names:
        raise Malformed("general names: empty")
    return bounded(names)


def bounded(names: tuple[GeneralName, ...]) -> tuple[GeneralName, ...]:
    """``names``, unless there are more than any honest certificate has."""
    if len(names) > MAX_NAMES:
        raise Fault("too_complex", f"a list of more than {MAX_NAMES} names")
    return names
