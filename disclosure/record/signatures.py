"""``signatures.json`` and ``signatures/``: what was signed on documents themselves (bidtool/RECORD.md §11a)."""

from __future__ import annotations

from typing import Any

from ca_interop import document_signing
from ca_interop.models import DocumentSignature
from disclosure.record.folder import Folder
from documents.models import StoredFile
from kernel.clock import iso

#: Extension by kind.
_EXTENSION = {"pades": "pdf", "gbt35275": "p7s", "cms": "p7s"}


def write_signatures(folder: Folder, documents: list[StoredFile]) -> None:
    """For each document that was signed on itself: its signatures, the newest revision of the PDF (which holds
    all earlier ones), and the messages beside it. Nothing when nobody signed so."""
    rows = [row for one in documents if (row := _document(folder, one)) is not None]
    if rows:
        folder.json("signatures.json", {"v": 1, "documents": rows})


def _document(folder: Folder, document: StoredFile) -> dict[str, Any] | None:
    found = document_signing.signatures_of(document)
    if not found:
        return None
    inside = [row for row in found if row.kind == "pades"]
    for row in [*inside[-1:], *(row for row in found if row.kind != "pades")]:
        path = _path(row)
        if not folder.has(path):
            folder.copy(path, row.file.open())
    if not inside and not folder.has(whole := f"signatures/{document.sha256}.pdf"):
        folder.copy(whole, document.open())  # what the messages are over
    return {
        "document": document.sha256,
        "size": document.size,
        "signatures": [_signature(row, inside[-1] if inside else None) for row in found],
    }


def _signature(row: DocumentSignature, newest: DocumentSignature | None) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "number": row.number,
        "signer": row.signer,
        "certificate": row.certificate,
        "at": iso(row.at),
        "file": row.file.sha256,
        "path": _path(newest if row.kind == "pades" and newest is not None else row),
    }


def _path(row: DocumentSignature) -> str:
    return f"signatures/{row.file.sha256}.{_EXTENSION[row.kind]}"
