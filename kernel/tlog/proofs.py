"""Inclusion proofs that carry their checkpoint (C2SP tlog-proof@v1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kernel import merkle
from kernel.errors import Refused
from kernel.tlog.checkpoints import Checkpoint, open_checkpoint, parse_checkpoint
from kernel.tlog.keys import VerifierKey
from kernel.tlog.notes import MAX_NOTE, Signer, split_note
from kernel.tlog.texts import BAD_PROOF, decode64, decode_hash, encode64, parse_decimal

MAX_PROOF_LINES = 63
PROOF_HEADER = "c2sp.org/tlog-proof@v1"


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
