"""Just enough DER (X.690 §10) to take keys and SM2 values apart and put them together, strictly."""

from __future__ import annotations

from dataclasses import dataclass

INTEGER, BITS, OCTETS, OID, SEQUENCE = 0x02, 0x03, 0x04, 0x06, 0x30


class BadDer(ValueError):
    """Not DER, or not of the expected shape."""


@dataclass(frozen=True)
class Element:
    """One value: ``body`` are its contents, ``raw`` the whole of it with tag and length."""

    tag: int
    body: bytes
    raw: bytes

    def need(self, tag: int) -> Element:
        if self.tag != tag:
            raise BadDer(f"tag {self.tag:#x} where {tag:#x} is due")
        return self


def elements(data: bytes) -> list[Element]:
    """The values that ``data`` consists of, to its end; one-byte tags and definite, shortest lengths only."""
    out, at = [], 0
    while at < len(data):
        element = _element(data, at)
        out.append(element)
        at += len(element.raw)
    return out


def whole(data: bytes, tag: int) -> Element:
    """The one value of this tag that ``data`` is."""
    found = elements(data)
    if len(found) != 1:
        raise BadDer("not exactly one value")
    return found[0].need(tag)


def children(data: bytes, *tags: int) -> list[Element]:
    """The values inside a SEQUENCE; with ``tags`` there must be exactly these."""
    found = elements(whole(data, SEQUENCE).body)
    if tags and [one.tag for one in found] != list(tags):
        raise BadDer("other values than expected")
    return found


def _element(data: bytes, at: int) -> Element:
    if len(data) < at + 2 or data[at] & 0x1F == 0x1F:
        raise BadDer("cut short, or a long tag")
    length, start = data[at + 1], at + 2
    if length >= 0x80:
        octets = data[start : start + (length & 0x7F)]
        start += length & 0x7F
        length = int.from_bytes(octets, "big")
        if not 1 <= len(octets) <= 4 or length < 0x80 or octets[0] == 0:
            raise BadDer("indefinite, oversized or padded length")
    if len(data) < start + length:
        raise BadDer("cut short")
    return Element(data[at], data[start : start + length], data[at : start + length])


def encode(tag: int, *parts: bytes) -> bytes:
    """One value of the concatenated parts."""
    body = b"".join(parts)
    if len(body) < 0x80:
        return bytes([tag, len(body)]) + body
    octets = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + body


def integer(value: int) -> bytes:
    """A non-negative INTEGER."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def natural(element: Element, limit: int = 32) -> int:
    """The value of a non-negative INTEGER of at most ``limit`` bytes in its one spelling."""
    body = element.need(INTEGER).body
    value = int.from_bytes(body, "big")
    if not body or len(body) > limit + 1 or integer(value) != element.raw:
        raise BadDer("a negative or padded integer")
    return value
