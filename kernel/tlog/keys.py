"""Names and keys of signed notes: Ed25519 (0x01) and timestamped cosignatures (0x04)."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kernel import merkle
from kernel.errors import Refused
from kernel.tlog.texts import (
    BAD_KEY,
    BAD_SIGNATURE,
    SIGNATURE_LINE,
    decode64,
    encode64,
    is_encodable,
)

ED25519 = 0x01
COSIGNATURE = 0x04
_KEY_ID = re.compile(r"[0-9a-f]{8}")


def check_name(name: str) -> str:
    """A key name: not empty, no Unicode space, no plus, no control character."""
    if not name or "+" in name or any(c.isspace() or c < " " for c in name) or not is_encodable(name):
        raise Refused(BAD_KEY(why="key name"))
    return name


def key_id(name: str, kind: int, public_key: bytes) -> bytes:
    """``SHA-256(name ‖ LF ‖ type ‖ public key)[:4]``."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:4]


@dataclass(frozen=True)
class VerifierKey:
    """A known key: its name, signature type (0x01 or 0x04) and 32-byte Ed25519 public key."""

    name: str
    kind: int
    public_key: bytes

    def __post_init__(self) -> None:
        check_name(self.name)
        if self.kind not in (ED25519, COSIGNATURE):
            raise Refused(BAD_KEY(why=f"signature type {self.kind:#04x} is not supported"))
        if len(self.public_key) != 32:
            raise Refused(BAD_KEY(why="an Ed25519 public key has 32 bytes"))

    @property
    def id(self) -> bytes:
        return key_id(self.name, self.kind, self.public_key)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode64(bytes([self.kind]) + self.public_key)}"

    def verify(self, text: str, signature: bytes) -> int | None:
        """The time of a cosignature (POSIX seconds) or ``None``; ``Refused(tlog.bad_signature)``."""
        message, at = text.encode(), None
        if self.kind == COSIGNATURE:
            if len(signature) != 72:
                raise Refused(BAD_SIGNATURE(name=self.name))
            at = int.from_bytes(signature[:8], "big")
            if at > merkle.MAX_SIZE:
                raise Refused(BAD_SIGNATURE(name=self.name))
            message, signature = cosigned_message(at, text), signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public_key).verify(signature, message)
        except (InvalidSignature, ValueError) as error:
            raise Refused(BAD_SIGNATURE(name=self.name)) from error
        return at


@dataclass(frozen=True)
class SigningKey:
    """A named private key. ``kind`` says whether it signs as a log (0x01) or cosigns (0x04)."""

    name: str
    private_key: Ed25519PrivateKey
    kind: int = ED25519

    @property
    def verifier(self) -> VerifierKey:
        return VerifierKey(self.name, self.kind, self.private_key.public_key().public_bytes_raw())

    def sign(self, text: str, at: int | None = None) -> str:
        """One signature line for the note ``text``; a cosignature needs its time ``at``."""
        if self.kind == COSIGNATURE:
            if at is None or not 0 <= at <= merkle.MAX_SIZE:
                raise Refused(BAD_KEY(why="a cosignature needs its time"))
            signature = struct.pack(">Q", at) + self.private_key.sign(cosigned_message(at, text))
        else:
            signature = self.private_key.sign(text.encode())
        return f"{SIGNATURE_LINE}{self.name} {encode64(self.verifier.id + signature)}\n"

    def secret_text(self) -> str:
        """``PRIVATE+KEY+name+id+base64(type ‖ seed)``, as the Go note tools write it. A secret."""
        seed = bytes([self.kind]) + self.private_key.private_bytes_raw()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{encode64(seed)}"


def cosigned_message(at: int, text: str) -> bytes:
    """What a cosignature/v1 signs: header, time line, note text."""
    return f"cosignature/v1\ntime {at}\n{text}".encode()


def vkey(name: str, public_key: bytes | Ed25519PublicKey, kind: int = ED25519) -> str:
    """``name+id+base64(type ‖ public key)``: how a log or witness is named to its readers."""
    raw = public_key if isinstance(public_key, bytes) else public_key.public_bytes_raw()
    return str(VerifierKey(name, kind, raw))


def parse_vkey(text: str) -> VerifierKey:
    """Read a verifier key; the id in the text must be the key's own."""
    name, identifier, data = _key_parts(text)
    key = VerifierKey(name, data[0], data[1:])
    if key.id != identifier:
        raise Refused(BAD_KEY(why="the key id does not fit the key"))
    return key


def parse_signing_key(text: str) -> SigningKey:
    """Read :meth:`SigningKey.secret_text` (surrounding white space is allowed)."""
    text = text.strip()
    if not text.startswith("PRIVATE+KEY+"):
        raise Refused(BAD_KEY(why="PRIVATE+KEY+… expected"))
    name, identifier, data = _key_parts(text.removeprefix("PRIVATE+KEY+"))
    if len(data) != 33:
        raise Refused(BAD_KEY(why="an Ed25519 seed has 32 bytes"))
    key = SigningKey(name, Ed25519PrivateKey.from_private_bytes(data[1:]), data[0])
    if key.verifier.id != identifier:
        raise Refused(BAD_KEY(why="the key id does not fit the key"))
    return key


def _key_parts(text: str) -> tuple[str, bytes, bytes]:
    # Base64 may itself hold a plus, so only the first two separate.
    parts = text.split("+", 2)
    if len(parts) != 3 or not _KEY_ID.fullmatch(parts[1]):
        raise Refused(BAD_KEY(why="name+id+key expected"))
    data = decode64(parts[2], BAD_KEY)
    if not data:
        raise Refused(BAD_KEY(why="empty key"))
    return check_name(parts[0]), bytes.fromhex(parts[1]), data
