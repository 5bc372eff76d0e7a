"""SM2 from the text of GB/T 32918, for tests only: slow, not constant in time, but with a chosen k.

libcrypto draws k itself and takes none. Vectors and the standard's own examples need a given one, and a second
implementation beside the library's shows that both read the standard the same way.
"""

from __future__ import annotations

from cryptography.hazmat.primitives import hashes

from sealing import der

P = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF00000000FFFFFFFFFFFFFFFF
A, B = P - 3, 0x28E9FA9E9D9F5E344D5A9E4BCF6509A7F39789F515AB8F92DDBCBD414D940E93
N = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
G = (
    0x32C4AE2C1F1981195F9904466A39C9948FE30BBFF2660BE1715A4589334C74C7,
    0xBC3736A2F4F6779C59BDCEE36B692153D0A9877CC62A474002DF32E52139F0A0,
)
Point = tuple[int, int] | None


def sm3(*parts: bytes) -> bytes:
    state = hashes.Hash(hashes.SM3())
    for part in parts:
        state.update(part)
    return state.finalize()


def add(one: Point, two: Point) -> Point:
    if one is None or two is None:
        return one or two
    (x1, y1), (x2, y2) = one, two
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 + A) * pow(2 * y1, -1, P) if one == two else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def multiply(k: int, point: Point) -> Point:
    total: Point = None
    while k:
        if k & 1:
            total = add(total, point)
        point, k = add(point, point), k >> 1
    return total


def field(value: int) -> bytes:
    return value.to_bytes(32, "big")


def affine(point: bytes) -> tuple[int, int]:
    return int.from_bytes(point[1:33], "big"), int.from_bytes(point[33:], "big")


def z(public: tuple[int, int], signer_id: bytes = b"1234567812345678") -> bytes:
    """GB/T 32918.2 §5.5."""
    curve = b"".join(map(field, (A, B, *G, *public)))
    return sm3((8 * len(signer_id)).to_bytes(2, "big"), signer_id, curve)


def sign(scalar: int, message: bytes, k: int) -> tuple[int, int] | None:
    """(r, s), §6.1; ``None`` for a k that the standard passes over."""
    public, point = multiply(scalar, G), multiply(k, G)
    assert public is not None
    assert point is not None
    e = int.from_bytes(sm3(z(public), message), "big")
    r = (e + point[0]) % N
    s = pow(1 + scalar, -1, N) * (k - r * scalar) % N
    return None if 0 in (r, s, (r + k) % N) else (r, s)


def signature(r: int, s: int) -> bytes:
    return der.encode(der.SEQUENCE, der.integer(r), der.integer(s))


def kdf(seed: bytes, size: int) -> bytes:
    """GB/T 32918.4 §5.4.3."""
    blocks = (sm3(seed, counter.to_bytes(4, "big")) for counter in range(1, -(-size // 32) + 1))
    return b"".join(blocks)[:size]


def encrypt(public: tuple[int, int], message: bytes, k: int) -> tuple[int, int, bytes, bytes]:
    """(x1, y1, C3, C2), GB/T 32918.4 §6.1."""
    c1, shared = multiply(k, G), multiply(k, public)
    assert c1 is not None
    assert shared is not None
    x2, y2 = map(field, shared)
    c2 = bytes(a ^ b for a, b in zip(message, kdf(x2 + y2, len(message)), strict=True))
    return *c1, sm3(x2, message, y2), c2


def ciphertext(x: int, y: int, c3: bytes, c2: bytes) -> bytes:
    """SM2Cipher (GM/T 0009)."""
    parts = der.integer(x), der.integer(y), der.encode(der.OCTETS, c3), der.encode(der.OCTETS, c2)
    return der.encode(der.SEQUENCE, *parts)
