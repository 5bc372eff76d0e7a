"""Algorithm suites: which cipher, hash and derivation one suite byte stands for (SPEC.md §3).

0x01 is AES-256-GCM with SHA-256. 0x02 (SM4-GCM with SM3, SM2 recipients) is reserved; adding it is
one more row here and one more algorithm in :mod:`sealing.recipients`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import Refused
from sealing.refusals import SUITE_UNKNOWN

KEY_SIZE = 32
TAG_SIZE = 16


class Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


@dataclass(frozen=True)
class Suite:
    """One row: ``hash`` makes digests and derivations, ``aead`` takes ``aead_key_size`` bytes of key."""

    number: int
    name: str
    hash: Callable[[], hashes.HashAlgorithm]
    aead: Callable[[bytes], Aead]
    aead_key_size: int
    recipient_algs: frozenset[str]

    def digest(self, *parts: bytes) -> bytes:
        """The suite's 32-byte digest of the parts' concatenation."""
        state = hashes.Hash(self.hash())
        for part in parts:
            state.update(part)
        return state.finalize()

    def derive(self, key: bytes, purpose: str, size: int = 32) -> bytes:
        """HKDF (RFC 5869) without salt; ``info`` is ``mingtang envelope v1 <purpose>``."""
        info = b"mingtang envelope v1 " + purpose.encode("ascii")
        return HKDF(algorithm=self.hash(), length=size, salt=None, info=info).derive(key)

    def commitment(self, key: bytes) -> bytes:
        """What the header says about the content key. GCM commits to no key; this derivation does:
        two keys with one commitment would be a collision of HMAC over the suite's hash."""
        return self.derive(key, "commitment")

    def body(self, key: bytes) -> Aead:
        return self.aead(self.derive(key, "body", self.aead_key_size))

    def identity(self, key: bytes) -> Aead:
        return self.aead(self.derive(key, "identity", self.aead_key_size))

    def commits(self, commitment: bytes, key: bytes) -> bool:
        return hmac.compare_digest(commitment, self.commitment(key))


AES_SHA2 = Suite(
    number=0x01,
    name="AES-256-GCM + SHA-256",
    hash=hashes.SHA256,
    aead=AESGCM,
    aead_key_size=32,
    recipient_algs=frozenset({"rsa-oaep-sha256", "ecies-p256"}),
)

SUITES: dict[int, Suite] = {suite.number: suite for suite in (AES_SHA2,)}


def suite(number: int) -> Suite:
    """The suite of a number, or ``Refused(envelope.suite_unknown)``."""
    found = SUITES.get(number)
    if found is None:
        raise Refused(SUITE_UNKNOWN(suite=f"0x{number:02x}"))
    return found
