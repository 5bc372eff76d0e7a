"""A document that is signed on itself beside the statement that names it: the opening record, the evaluation report.

The agent gets the whole file, never its digest: it must begin with the very document whose SHA-256 the statement
says, and what stands after it may be signatures only (``ca_interop.rules.signatures.signing_side``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ca_interop.rules.signatures import signing_side
from ca_interop.rules.signatures.pdf_reading import MAX_PDF
from ca_interop.rules.signatures.pdf_reasons import FOREIGN
from kernel.errors import Refused
from sealing import fields
from sealing.signer import SM2_SM3, Signer

_NAMED = ("record_sha256", "report_sha256")


@dataclass(frozen=True)
class Document:
    """``told``: what the platform said of the prepared revision; empty when ``data`` is the document as it was made
    (an SM2 key signs beside it)."""

    data: bytes
    told: Mapping[str, Any]
    sha256: str

    @classmethod
    def read(cls, value: Any, payload: Mapping[str, Any]) -> Document:
        """``{"data": b64, "told"?: {"prepared", "document_size", "byte_range"}}``, of the document that ``payload``
        names."""
        got = fields.exact_keys(value, "document", ("data",), ("told",))
        name = next((name for name in _NAMED if name in payload), "")
        if not name:
            raise Refused(FOREIGN(why="声明没有写明文件摘要 / the statement names no document"))
        sha256 = fields.hex_bytes(dict(payload), name, 32).hex()
        return cls(
            fields.b64_bytes(got, "data", limit=MAX_PDF), fields.mapping(got.get("told", {}), "told"), sha256
        )

    def in_words(self) -> str:
        return f"  连同文件本身：PDF，{len(self.data):,} 字节，SHA-256 {self.sha256}（即声明写明的那一份）"

    def signed(self, signer: Signer) -> dict[str, str]:
        """The field ``pdf`` of the signing verb; ``Refused(pdf.foreign_revision)`` for another document."""
        if signer.alg != SM2_SM3:
            return signing_side.sign_revision(self.told, self.data, signer, self.sha256)
        found = hashlib.sha256(self.data).hexdigest()
        if found != self.sha256:
            raise Refused(FOREIGN(why=f"SHA-256 {found} ≠ {self.sha256}"))
        return signing_side.sign_beside(self.data, signer)
