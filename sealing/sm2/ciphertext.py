"""The three spellings of an SM2 ciphertext: ASN.1 SM2Cipher (GM/T 0009), raw C1 C3 C2 and the older C1 C2 C3.

C1 is a point (04 ‖ x ‖ y), C3 an SM3 digest, C2 as long as the plaintext. We write SM2Cipher and read all.
"""

from __future__ import annotations

from typing import Literal

from sealing import der

_P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
_B = 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
Order = Literal["C1C3C2", "C1C2C3"]


def to_raw(sealed: bytes, order: Order = "C1C3C2") -> bytes:
    """``04 ‖ x ‖ y`` and the rest in the given order; ``ValueError`` if ``sealed`` is not SM2Cipher in DER."""
    x, y, c3, c2 = _parts(sealed)
    point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
    return point + (c3 + c2 if order == "C1C3C2" else c2 + c3)


def from_raw(raw: bytes, order: Order = "C1C3C2") -> bytes:
    """SM2Cipher in DER. Some tools leave out the leading 04; which it is, the curve tells (an x may begin
    with 04 too). ``ValueError`` for what is too short or has no point of the curve in front."""
    for body in (raw[1:], raw) if raw[:1] == b"\x04" else (raw,):
        x, y, rest = int.from_bytes(body[:32], "big"), int.from_bytes(body[32:64], "big"), body[64:]
        if len(rest) > 32 and _on_curve(x, y):
            c3, c2 = (rest[:32], rest[32:]) if order == "C1C3C2" else (rest[-32:], rest[:-32])
            return _encode(x, y, c3, c2)
    raise ValueError("not an SM2 ciphertext")


def _on_curve(x: int, y: int) -> bool:
    """y² = x³ − 3x + b (GB/T 32918.5)."""
    return max(x, y) < _P and (y * y - x * x * x + 3 * x - _B) % _P == 0


def is_canonical(sealed: bytes) -> bool:
    """Is this SM2Cipher in its one DER spelling?"""
    try:
        return _encode(*_parts(sealed)) == sealed
    except ValueError:
        return False


def _parts(sealed: bytes) -> tuple[int, int, bytes, bytes]:
    x, y, c3, c2 = der.children(sealed, der.INTEGER, der.INTEGER, der.OCTETS, der.OCTETS)
    if len(c3.body) != 32:
        raise der.BadDer("C3 is not an SM3 digest")
    return der.natural(x), der.natural(y), c3.body, c2.body


def _encode(x: int, y: int, c3: bytes, c2: bytes) -> bytes:
    parts = der.integer(x), der.integer(y), der.encode(der.OCTETS, c3), der.encode(der.OCTETS, c2)
    return der.encode(der.SEQUENCE, *parts)
