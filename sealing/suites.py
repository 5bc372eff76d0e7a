"""Algorithm suites: which cipher, hash and derivation one suite byte stands for (SPEC.md §3).

0x01 is AES-256-GCM with SHA-256, 0x02 the national algorithms: SM4-GCM with SM3 and SM2. A third would be
one more row here and one more algorithm in :mod:`sealing.recipients`.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from kernel.errors import Refused
from sealing.keys import PseudonymKey, RecipientPrivateKey
from sealing.refusals import SUITE_UNKNOWN
from sealing.shamir import Random
from sealing.sm2 import Sm2PrivateKey

KEY_SIZE = 32
TAG_SIZE = 16


class Aead(Protocol):
    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...
    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


class Sm4Gcm:
    """SM4-GCM (GB/T 32907, RFC 8998) with a 96-bit nonce and a 128-bit tag behind the ciphertext."""

    def __init__(self, key: bytes) -> None:
        self._key = SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        state = Cipher(self._key, modes.GCM(nonce)).encryptor()
        state.authenticate_additional_data(associated_data or b"")
        sealed = state.update(data) + state.finalize()
        return sealed + state.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """``InvalidTag`` for anything that this key did not seal here."""
        if len(data) < TAG_SIZE:
            raise InvalidTag
        state = Cipher(self._key, modes.GCM(nonce, data[-TAG_SIZE:])).decryptor()
        state.authenticate_additional_data(associated_data or b"")
        return state.update(memoryview(data)[:-TAG_SIZE]) + state.finalize()


@dataclass(frozen=True)
class Suite:
    """One row: ``hash`` makes digests and derivations, ``aead`` takes ``aead_key_size`` bytes of key.

    ``pseudonym`` makes the one-time key of an envelope (``pseudonym_size`` public bytes), ``client_key`` the
    key that only the bidder's machine has.
    """

    number: int
    name: str
    hash: Callable[[], hashes.HashAlgorithm]
    aead: Callable[[bytes], Aead]
    aead_key_size: int
    recipient_algs: frozenset[str]
    pseudonym_size: int
    pseudonym: Callable[[Random], PseudonymKey]
    client_key: Callable[[Random], RecipientPrivateKey]

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


def _ed25519(random: Random) -> PseudonymKey:
    return Ed25519PrivateKey.from_private_bytes(random(32))


def _p256(random: Random) -> RecipientPrivateKey:
    scalar = int.from_bytes(random(40), "big") % (_P256_ORDER - 1) + 1
    return ec.derive_private_key(scalar, ec.SECP256R1())


_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
AES_SHA2 = Suite(
    number=0x01,
    name="AES-256-GCM + SHA-256",
    hash=hashes.SHA256,
    aead=AESGCM,
    aead_key_size=32,
    recipient_algs=frozenset({"rsa-oaep-sha256", "ecies-p256"}),
    pseudonym_size=32,
    pseudonym=_ed25519,
    client_key=_p256,
)
SM4_SM3 = Suite(
    number=0x02,
    name="SM4-GCM + SM3",
    hash=hashes.SM3,
    aead=Sm4Gcm,
    aead_key_size=16,
    recipient_algs=frozenset({"sm2-c1c3c2"}),
    pseudonym_size=33,
    pseudonym=Sm2PrivateKey.generate,
    client_key=Sm2PrivateKey.generate,
)

SUITES: dict[int, Suite] = {suite.number: suite for suite in (AES_SHA2, SM4_SM3)}


def suite(number: int) -> Suite:
    """The suite of a number, or ``Refused(envelope.suite_unknown)``."""
    found = SUITES.get(number)
    if found is None:
        raise Refused(SUITE_UNKNOWN(suite=f"0x{number:02x}"))
    return found
