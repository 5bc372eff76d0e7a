"""The public formats of the transparency log: signed notes, checkpoints, tiles and proofs.

Sources: C2SP signed-note, tlog-checkpoint, tlog-cosignature, tlog-tiles, tlog-proof@v1
(https://c2sp.org). Notes are text (``str``) inside the house; :func:`text_of` reads bytes.
Base64 is RFC 4648 §4 in its one canonical spelling: other spellings of the same bytes are refused,
so that a text and its meaning are one to one.
"""

from __future__ import annotations

from kernel.tlog.checkpoints import (
    Checkpoint,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from kernel.tlog.keys import (
    COSIGNATURE,
    ED25519,
    SigningKey,
    VerifierKey,
    check_name,
    cosigned_message,
    key_id,
    parse_signing_key,
    parse_vkey,
    vkey,
)
from kernel.tlog.notes import (
    MAX_NOTE,
    MAX_SIGNATURES,
    OpenNote,
    Signer,
    cosign,
    open_note,
    sign_note,
    split_note,
)
from kernel.tlog.proofs import (
    MAX_PROOF_LINES,
    PROOF_HEADER,
    ProofEvidence,
    TlogProof,
    format_proof,
    parse_proof,
    verify_proof,
)
from kernel.tlog.texts import (
    BAD_CHECKPOINT,
    BAD_KEY,
    BAD_NOTE,
    BAD_PROOF,
    BAD_SIGNATURE,
    NOT_SIGNED,
    decode64,
    decode_hash,
    encode64,
    parse_decimal,
    text_of,
)

__all__ = [
    "BAD_CHECKPOINT",
    "BAD_KEY",
    "BAD_NOTE",
    "BAD_PROOF",
    "BAD_SIGNATURE",
    "COSIGNATURE",
    "Checkpoint",
    "ED25519",
    "MAX_NOTE",
    "MAX_PROOF_LINES",
    "MAX_SIGNATURES",
    "NOT_SIGNED",
    "OpenNote",
    "PROOF_HEADER",
    "ProofEvidence",
    "Signer",
    "SigningKey",
    "TlogProof",
    "VerifierKey",
    "check_name",
    "cosign",
    "cosigned_message",
    "decode64",
    "decode_hash",
    "encode64",
    "format_proof",
    "key_id",
    "open_checkpoint",
    "open_note",
    "parse_checkpoint",
    "parse_decimal",
    "parse_proof",
    "parse_signing_key",
    "parse_vkey",
    "sign_checkpoint",
    "sign_note",
    "split_note",
    "text_of",
    "verify_proof",
    "vkey",
]
