"""The public formats of the transparency log: signed notes, checkpoints, tiles and proofs.

Sources: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof@v1
(https://c2sp.org). Notes are text (``str``) inside the house; :func:`text_of` reads bytes.
Base64 is RFC 4648 §4 in its one canonical spelling: other spellings of the same bytes are refused,
so that a text and its meaning are one to one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kernel import merkle
from kernel.errors import Kind, ReasonForm, Refused

ED25519 = 0x01
COSIGNATURE = 0x04
MAX_SIGNATURES = 100
MAX_NOTE = 1_000_000
MAX_PROOF_LINES = 63
PROOF_HEADER = "c2sp.org/tlog-proof@v1"

_SIGNATURE_LINE = "\u2014 "
_DECIMAL = re.compile(r"0|[1-9][0-9]*")
_KEY_ID = re.compile(r"[0-9a-f]{8}")

BAD_NOTE = ReasonForm(
    "tlog.bad_note",
    zh="签名文本格式不合格：{why}",
    en="malformed signed note: {why}",
    kind=Kind.MALFORMED,
    law="C2SP signed-note",
)
BAD_KEY = ReasonForm(
    "tlog.bad_key",
    zh="日志密钥格式不合格：{why}",
    en="malformed note key: {why}",
    kind=Kind.MALFORMED,
    law="C2SP signed-note",
)
NOT_SIGNED = ReasonForm(
    "tlog.no_known_signature",
    zh="没有任何已知密钥的签名",
    en="no signature by a known key",
    kind=Kind.FORBIDDEN,
    law="C2SP signed-note",
)
BAD_SIGNATURE = ReasonForm(
    "tlog.bad_signature",
    zh="密钥「{name}」的签名验证失败",
    en="the signature by {name} does not verify",
    kind=Kind.FORBIDDEN,
    law="C2SP signed-note",
)
BAD_CHECKPOINT = ReasonForm(
    "tlog.bad_checkpoint",
    zh="检查点格式不合格：{why}",
    en="malformed checkpoint: {why}",
    kind=Kind.MALFORMED,
    law="C2SP tlog-checkpoint",
)
BAD_PROOF = ReasonForm(
    "tlog.bad_proof",
    zh="日志证明格式不合格：{why}",
    en="malformed log proof: {why}",
    kind=Kind.MALFORMED,
    law="C2SP tlog-proof@v1",
)


def text_of(data: bytes) -> str:
    """UTF-8 text of a note or proof; ``Refused(tlog.bad_note)`` when it is not UTF-8."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(BAD_NOTE(why="not UTF-8")) from error


def encode64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def decode64(text: str, bad: ReasonForm) -> bytes:
    """Canonical base64 only; anything else is refused with ``bad``."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise Refused(bad(why="not base64")) from error
    if encode64(data) != text:
        raise Refused(bad(why="base64 is not canonical"))
    return data


def decode_hash(text: str, bad: ReasonForm) -> bytes:
    data = decode64(text, bad)
    if len(data) != merkle.HASH_SIZE:
        raise Refused(bad(why="a hash has 32 bytes"))
    return data


def parse_decimal(text: str, bad: ReasonForm) -> int:
    """An ASCII decimal without leading zeros, below 2**63."""
    if len(text) > 19 or not _DECIMAL.fullmatch(text) or int(text) > merkle.MAX_SIZE:
        raise Refused(bad(why="not a decimal number without leading zeros below 2^63"))
    return int(text)


# Keys -------------------------------------------------------------------------------------------


def check_name(name: str) -> str:
    """A key name: not empty, no Unicode space, no plus, no control character."""
    if not name or "+" in name or any(c.isspace() or c < " " for c in name) or not _encodable(name):
        raise Refused(BAD_KEY(why="key name"))
    return name


def _encodable(text: str) -> bool:
    return not any("\ud800" <= c <= "\udfff" for c in text)


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
        return f"{_SIGNATURE_LINE}{self.name} {encode64(self.verifier.id + signature)}\n"

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


# Notes ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Signer:
    """Who signed: the key, and the time of a cosignature (POSIX seconds) or ``None``."""

    key: VerifierKey
    at: int | None


@dataclass(frozen=True)
class OpenNote:
    """A note with at least one verified signature: its text and the known keys that signed it."""

    text: str
    signers: tuple[Signer, ...]

    @property
    def names(self) -> list[str]:
        """Sorted unique key names."""
        return sorted({signer.key.name for signer in self.signers})


def sign_note(text: str, *keys: SigningKey, at: int | None = None) -> str:
    """The signed note of ``text``, which must end in a newline and hold no other control character."""
    if not text.endswith("\n") or not _clean(text):
        raise Refused(BAD_NOTE(why="the text must end in a newline, without control characters"))
    return text + "\n" + "".join(key.sign(text, at) for key in keys)


def cosign(note: str, key: SigningKey, at: int) -> str:
    """The line a witness adds to ``note``. The caller has verified the note."""
    return key.sign(split_note(note)[0], at)


def _clean(text: str) -> bool:
    return not any(c < " " and c != "\n" for c in text) and _encodable(text)


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text and the signature lines ``(key name, key id, signature)``, nothing verified."""
    if len(note) > MAX_NOTE or not _clean(note):
        raise Refused(BAD_NOTE(why="too long, or control characters"))
    cut = note.rfind("\n\n")
    if cut < 0 or not note.endswith("\n"):
        raise Refused(BAD_NOTE(why="text, an empty line and signature lines expected"))
    text, tail = note[: cut + 1], note[cut + 2 :]
    lines = tail.split("\n")[:-1]
    if not lines or len(lines) > MAX_SIGNATURES:
        raise Refused(BAD_NOTE(why="number of signatures"))
    return text, [_signature_line(line) for line in lines]


def _signature_line(line: str) -> tuple[str, bytes, bytes]:
    if not line.startswith(_SIGNATURE_LINE):
        raise Refused(BAD_NOTE(why="signature line"))
    name, _, encoded = line.removeprefix(_SIGNATURE_LINE).partition(" ")
    if not name or "+" in name or any(c.isspace() for c in name):
        raise Refused(BAD_NOTE(why="key name in a signature line"))
    data = decode64(encoded, BAD_NOTE)
    if len(data) < 5:
        raise Refused(BAD_NOTE(why="signature too short"))
    return name, data[:4], data[4:]


def open_note(note: str, vkeys: Iterable[str | VerifierKey]) -> OpenNote:
    """Verify ``note`` against the known keys.

    Unknown keys are ignored; a bad signature from a known key, or no known signature at all, is
    ``Refused``. A key that repeats its signature counts once (its first line decides).
    """
    known: dict[tuple[str, bytes], VerifierKey] = {}
    for item in vkeys:
        key = parse_vkey(item) if isinstance(item, str) else item
        if known.setdefault((key.name, key.id), key) != key:
            raise Refused(BAD_KEY(why=f"two keys share the name and id of {key.name}"))
    text, lines = split_note(note)
    signers: dict[tuple[str, bytes], Signer] = {}
    for name, identifier, signature in lines:
        found = known.get((name, identifier))
        if found is None or (name, identifier) in signers:
            continue
        signers[name, identifier] = Signer(found, found.verify(text, signature))
    if not signers:
        raise Refused(NOT_SIGNED())
    return OpenNote(text, tuple(signers.values()))


# Checkpoints ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Checkpoint:
    """A tree head: ``origin`` names the log, ``size`` counts leaves, ``root`` has 32 bytes."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> str:
        """The note text, newline-terminated lines."""
        body = "\n".join((self.origin, str(self.size), encode64(self.root), *self.extensions)) + "\n"
        if parse_checkpoint(body) != self:
            raise Refused(BAD_CHECKPOINT(why="a field holds a newline or is empty"))
        return body


def parse_checkpoint(body: str) -> Checkpoint:
    """Read a checkpoint's note text (not the signed note)."""
    if not body.endswith("\n") or not _clean(body) or len(body) > MAX_NOTE:
        raise Refused(BAD_CHECKPOINT(why="newline-terminated lines without control characters expected"))
    lines = body[:-1].split("\n")
    if len(lines) < 3 or not all(lines):
        raise Refused(BAD_CHECKPOINT(why="at least three lines, none empty"))
    size = parse_decimal(lines[1], BAD_CHECKPOINT)
    return Checkpoint(lines[0], size, decode_hash(lines[2], BAD_CHECKPOINT), tuple(lines[3:]))


def sign_checkpoint(origin: str, size: int, root: bytes, *keys: SigningKey) -> str:
    """The signed note of a tree head."""
    return sign_note(Checkpoint(origin, size, root).text(), *keys)


def open_checkpoint(note: str, vkeys: Iterable[str | VerifierKey]) -> tuple[Checkpoint, OpenNote]:
    """Verify a signed checkpoint: a *log* signature (0x01) of a key named like the origin must be there.

    A witness cosigns what a log has signed; its cosignature alone does not make a checkpoint.
    """
    opened = open_note(note, vkeys)
    checkpoint = parse_checkpoint(opened.text)
    if not any(s.key.kind == ED25519 and s.key.name == checkpoint.origin for s in opened.signers):
        raise Refused(NOT_SIGNED())
    return checkpoint, opened


# Proofs -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TlogProof:
    """A parsed tlog-proof@v1. ``checkpoint`` is the signed note, verbatim; ``extra`` is not authenticated."""

    index: int
    proof: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None


@dataclass(frozen=True)
class ProofEvidence:
    """What :func:`verify_proof` established."""

    index: int
    checkpoint: Checkpoint
    signers: tuple[Signer, ...]
    inclusion: merkle.Evidence
    extra: bytes | None

    def as_json(self) -> dict[str, object]:
        return {
            "index": self.index,
            "origin": self.checkpoint.origin,
            "size": self.checkpoint.size,
            "root": encode64(self.checkpoint.root),
            "signers": [{"name": s.key.name, "type": s.key.kind, "at": s.at} for s in self.signers],
            "inclusion": self.inclusion.as_json(),
        }


def format_proof(index: int, proof: Sequence[bytes], checkpoint: str, extra: bytes | None = None) -> str:
    """The text of a tlog-proof@v1 (``.tlog-proof``)."""
    lines = [PROOF_HEADER]
    if extra is not None:
        lines.append(f"extra {encode64(extra)}")
    lines += [f"index {index}", *(encode64(hashed) for hashed in proof), ""]
    text = "\n".join(lines) + "\n" + checkpoint
    parse_proof(text)
    return text


def parse_proof(text: str) -> TlogProof:
    """Read a tlog-proof@v1; the checkpoint in it must be a well-formed signed note, unverified."""
    head, blank, checkpoint = text.partition("\n\n")
    if not blank or len(text) > MAX_NOTE:
        raise Refused(BAD_PROOF(why="an empty line before the checkpoint expected"))
    lines = head.split("\n")
    if lines.pop(0) != PROOF_HEADER:
        raise Refused(BAD_PROOF(why="first line"))
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = decode64(lines.pop(0).removeprefix("extra "), BAD_PROOF)
    if not lines or not lines[0].startswith("index "):
        raise Refused(BAD_PROOF(why="index line"))
    index = parse_decimal(lines.pop(0).removeprefix("index "), BAD_PROOF)
    if len(lines) > MAX_PROOF_LINES:
        raise Refused(BAD_PROOF(why="too many hashes"))
    proof = tuple(decode_hash(line, BAD_PROOF) for line in lines)
    parse_checkpoint(split_note(checkpoint)[0])
    return TlogProof(index, proof, checkpoint, extra)


def verify_proof(text: str, leaf: bytes, vkeys: Iterable[str | VerifierKey]) -> ProofEvidence:
    """That the raw entry ``leaf`` is in the log whose keys are ``vkeys``, offline.

    Order: format, checkpoint signatures, inclusion. Any failure is ``Refused``.
    """
    parsed = parse_proof(text)
    checkpoint, opened = open_checkpoint(parsed.checkpoint, vkeys)
    found = merkle.verify_inclusion(
        parsed.index, checkpoint.size, merkle.leaf_hash(leaf), checkpoint.root, parsed.proof
    )
    return ProofEvidence(parsed.index, checkpoint, opened.signers, found, parsed.extra)
