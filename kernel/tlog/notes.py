"""Signed notes: text, and the signatures under it (C2SP signed-note, tlog-cosignature)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kernel.errors import Refused
from kernel.tlog.keys import SigningKey, VerifierKey, parse_vkey
from kernel.tlog.texts import BAD_KEY, BAD_NOTE, NOT_SIGNED, SIGNATURE_LINE, decode64, is_clean

MAX_SIGNATURES = 100
MAX_NOTE = 1_000_000


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
    if not text.endswith("\n") or not is_clean(text):
        raise Refused(BAD_NOTE(why="the text must end in a newline, without control characters"))
    return text + "\n" + "".join(key.sign(text, at) for key in keys)


def cosign(note: str, key: SigningKey, at: int) -> str:
    """The line a witness adds to ``note``. The caller has verified the note."""
    return key.sign(split_note(note)[0], at)


def split_note(note: str) -> tuple[str, list[tuple[str, bytes, bytes]]]:
    """The text and the signature lines ``(key name, key id, signature)``, nothing verified."""
    if len(note) > MAX_NOTE or not is_clean(note):
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
    if not line.startswith(SIGNATURE_LINE):
        raise Refused(BAD_NOTE(why="signature line"))
    name, _, encoded = line.removeprefix(SIGNATURE_LINE).partition(" ")
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
