"""Checkpoints: the signed heads of a log (C2SP tlog-checkpoint)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kernel.errors import Refused
from kernel.tlog.keys import ED25519, SigningKey, VerifierKey
from kernel.tlog.notes import MAX_NOTE, OpenNote, open_note, sign_note
from kernel.tlog.texts import BAD_CHECKPOINT, NOT_SIGNED, decode_hash, encode64, is_clean, parse_decimal


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
    if not body.endswith("\n") or not is_clean(body) or len(body) > MAX_NOTE:
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
