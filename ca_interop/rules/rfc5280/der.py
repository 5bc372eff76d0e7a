"""A small strict DER reader (X.690): what certificates and CRLs need, without copying the bytes.

Our own because parsers of whole certificates refuse things RFC 5280's suites contain (negative serial
numbers, keys with inherited parameters, empty names), and a refusal there would be a wrong answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from ca_interop.rules.rfc5280.faults import Malformed

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, NULL, OID = 0x01, 0x02, 0x03, 0x04, 0x05, 0x06
ENUMERATED, SEQUENCE, SET = 0x0A, 0x30, 0x31
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18


class Item(NamedTuple):
    """One TLV inside ``data``: tag byte, where header, contents and end are."""

    data: bytes
    tag: int
    head: int
    start: int
    stop: int

    @property
    def body(self) -> bytes:
        return self.data[self.start : self.stop]

    @property
    def raw(self) -> bytes:
        return self.data[self.head : self.stop]

    def need(self, tag: int, what: str) -> Item:
        if self.tag != tag:
            raise Malformed(f"{what}: tag {self.tag:#04x} where {tag:#04x} is expected")
        return self

    def each(self) -> Iterator[Item]:
        """The items inside, one after another."""
        at = self.start
        while at < self.stop:
            item = item_at(self.data, at, self.stop)
            yield item
            at = item.stop

    def some(self, limit: int, what: str) -> Iterator[Item]:
        """The items inside, which an honest author never writes more than ``limit`` of."""
        for count, item in enumerate(self.each()):
            if count >= limit:
                raise Malformed(f"{what}: more than {limit}")
            yield item

    def children(self) -> list[Item]:
        return list(self.each())


def item_at(data: bytes, at: int, end: int) -> Item:
    """The TLV that begins at ``at`` and must end by ``end``. Raises ``Malformed``."""
    if at + 2 > end:
        raise Malformed("DER: cut off in a header")
    tag, length = data[at], data[at + 1]
    start = at + 2
    if tag & 0x1F == 0x1F:
        raise Malformed("DER: tags above 30 do not occur here")
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or start + count > end:
            raise Malformed("DER: indefinite, oversized or cut-off length")
        length = int.from_bytes(data[start : start + count], "big")
        start += count
        if length < 0x80 or length >> (8 * (count - 1)) == 0:
            raise Malformed("DER: a length is not in its shortest form")
    if start + length > end:
        raise Malformed("DER: a value is longer than what holds it")
    return Item(data, tag, at, start, start + length)


def whole(data: bytes, tag: int, what: str) -> Item:
    """``data`` as exactly one item of ``tag``."""
    item = item_at(data, 0, len(data)).need(tag, what)
    if item.stop != len(data):
        raise Malformed(f"{what}: bytes after its end")
    return item


def boolean(item: Item, what: str) -> bool:
    body = item.need(BOOLEAN, what).body
    if body not in (b"\x00", b"\xff"):
        raise Malformed(f"{what}: not a DER boolean")
    return body == b"\xff"


def integer(data: bytes, what: str) -> int:
    """The contents of an INTEGER, shortest form."""
    if not data or (len(data) > 1 and data[0] in (0, 0xFF) and (data[0] ^ data[1]) & 0x80 == 0):
        raise Malformed(f"{what}: not a DER integer")
    return int.from_bytes(data, "big", signed=True)


def small(item: Item, what: str) -> int:
    """A non-negative INTEGER of at most 8 bytes (lengths, skips); greater ones are as good as the limit."""
    value = integer(item.body[:64], what)
    if value < 0:
        raise Malformed(f"{what}: negative")
    return value


def bits(data: bytes, what: str) -> frozenset[int]:
    """Numbers of the set bits of a named BIT STRING's contents."""
    if not data or data[0] > 7 or (len(data) == 1 and data[0]) or len(data) > 9:
        raise Malformed(f"{what}: not a bit string")
    total = (len(data) - 1) * 8 - data[0]
    return frozenset(i for i in range(total) if data[1 + i // 8] & (0x80 >> i % 8))


def octets_of_bits(item: Item, what: str) -> bytes:
    """A BIT STRING that holds whole octets (signatures, keys)."""
    body = item.need(BIT_STRING, what).body
    if not body or body[0] != 0:
        raise Malformed(f"{what}: not whole octets")
    return body[1:]


def oid(data: bytes, what: str = "object identifier") -> str:
    """Dotted text of an OID's contents."""
    if not data or data[-1] & 0x80 or len(data) > 128:
        raise Malformed(f"{what}: not an object identifier")
    parts, value, fresh = [], 0, True
    for byte in data:
        if fresh and byte == 0x80:
            raise Malformed(f"{what}: an arc is not in its shortest form")
        value = value << 7 | byte & 0x7F
        fresh = not byte & 0x80
        if fresh:
            parts.append(value)
            value = 0
    first = min(parts[0] // 40, 2)
    return ".".join(map(str, [first, parts[0] - 40 * first, *parts[1:]]))


def moment(item: Item, what: str) -> int:
    """UTCTime or GeneralizedTime as the integer YYYYMMDDhhmmss (RFC 5280 §4.1.2.5, no fractions)."""
    text = item.body
    if item.tag == UTC_TIME and len(text) == 13:
        text = (b"19" if text[:2] >= b"50" else b"20") + text
    elif item.tag != GENERALIZED_TIME or len(text) != 15:
        raise Malformed(f"{what}: not a time of RFC 5280")
    if text[-1:] != b"Z" or not text[:-1].isdigit():
        raise Malformed(f"{what}: not a time of RFC 5280")
    try:
        time_of(int(text[:-1]))
    except ValueError as error:
        raise Malformed(f"{what}: no such time") from error
    return int(text[:-1])


def moment_of(at: datetime) -> int:
    """An aware time as the integer that :func:`moment` gives, in whole seconds."""
    at = at.astimezone(UTC)
    number = (((at.year * 100 + at.month) * 100 + at.day) * 100 + at.hour) * 100 + at.minute
    return number * 100 + at.second


def time_of(number: int) -> datetime:
    """The time that :func:`moment` gives as a number; ``ValueError`` when there is none."""
    rest, second = divmod(number, 100)
    rest, minute = divmod(rest, 100)
    rest, hour = divmod(rest, 100)
    rest, day = divmod(rest, 100)
    year, month = divmod(rest, 100)
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)
