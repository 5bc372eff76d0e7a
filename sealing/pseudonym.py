"""The one-time key that names a bid until it is opened: Ed25519 in suite 1, SM2 in suite 2 (SPEC.md §4).

Its public bytes say which it is: 32 of Ed25519, or 33 of an SM2 point, compressed. Signatures over a header
have 64 bytes either way: SM2's r and s stand there without DER.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kernel.errors import Refused
from sealing import der, fields
from sealing.keys import PseudonymKey, PublicKey
from sealing.refusals import KEY_UNSUPPORTED
from sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

SIGNATURE_SIZE = 64
SIZES = (32, 33)
_P = 2**255 - 19
_EIGHTH = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
#: y (the sign of x apart) of the points whose order divides 8, also in spellings beyond p: for such a key one
#: signature fits many messages, and no secret is needed to make it. OpenSSL takes them.
SMALL_ORDER = frozenset(
    y.to_bytes(32, "little")
    for y in (
        0, 1, _P - 1, _P, _P + 1,
        _EIGHTH, _P - _EIGHTH,
    )
)  # fmt: skip


def public_bytes(key: PublicKey) -> bytes:
    """The 32 or 33 bytes that name a one-time key; empty for other kinds of key."""
    if isinstance(key, Ed25519PublicKey):
        return key.public_bytes_raw()
    return key.compressed if isinstance(key, Sm2PublicKey) else b""


def public_key(raw: bytes) -> Ed25519PublicKey | Sm2PublicKey:
    """The key of these bytes; ``Refused(key.unsupported)`` if they are no point of SM2's curve, or an Ed25519
    point that anybody can sign for."""
    if len(raw) == 33:
        return Sm2PublicKey.from_point(raw)
    if raw[:31] + bytes([raw[31] & 0x7F]) in SMALL_ORDER:
        raise Refused(KEY_UNSUPPORTED(what="Ed25519"))
    return Ed25519PublicKey.from_public_bytes(raw)


def read(obj: Mapping[str, Any], key: str = "pseudonym") -> bytes:
    """A pseudonym's bytes from a field in hex, either kind; ``Refused(sealing.bad_field)``."""
    value = obj.get(key)
    size = 33 if isinstance(value, str) and len(value) == 66 else 32
    return fields.hex_bytes(obj, key, size)


def private_bytes(key: PseudonymKey) -> bytes:
    """32 bytes: the seed, or the scalar."""
    return key.scalar if isinstance(key, Sm2PrivateKey) else key.private_bytes_raw()


def private_key(number: int, raw: bytes) -> PseudonymKey:
    """The inverse of :func:`private_bytes` for the suite of this number."""
    if number == 2:
        return Sm2PrivateKey(int.from_bytes(raw, "big"))
    return Ed25519PrivateKey.from_private_bytes(raw)


def sign(key: PseudonymKey, data: bytes) -> bytes:
    """64 bytes."""
    signature = key.sign(data)
    if isinstance(key, Sm2PrivateKey):
        r, s = (der.natural(one) for one in der.children(signature, der.INTEGER, der.INTEGER))
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return signature


def verify(key: Ed25519PublicKey | Sm2PublicKey, signature: bytes, data: bytes) -> None:
    """``InvalidSignature`` unless the 64 bytes are this key's signature of the data."""
    if isinstance(key, Sm2PublicKey):
        r, s = (int.from_bytes(half, "big") for half in (signature[:32], signature[32:]))
        signature = der.encode(der.SEQUENCE, der.integer(r), der.integer(s))
    key.verify(signature, data)


__all__ = ["InvalidSignature", "private_bytes", "private_key", "public_bytes", "public_key", "read", "sign",
           "verify"]  # fmt: skip
