"""Signing a document of the platform on the document itself: asked for, fetched, checked here, then signed."""

from __future__ import annotations

import hashlib
from typing import Any

from bidtool.remote import Server
from ca_interop.rules.certificates import to_base64
from ca_interop.rules.signatures import signing_side
from ca_interop.rules.signatures.pdf_reading import MAX_PDF
from ca_interop.rules.signatures.pdf_reasons import FOREIGN
from kernel.errors import Refused
from sealing.signer import SM2_SM3, Signer


def signed_document(
    server: Server, signer: Signer, prepare: str, original: str, document_sha256: str
) -> dict[str, str]:
    """The field ``pdf`` of a signing verb. ``prepare``: path that prepares a revision; ``original``: path of the
    document as it was made, whose digest the statement says. SM2 keys sign beside the PDF.

    ``Refused(pdf.foreign_revision)``: the platform gave something else; nothing was signed.
    """
    if signer.alg == SM2_SM3:
        document = server.download(original, MAX_PDF)
        found = hashlib.sha256(document).hexdigest()
        if found != document_sha256:
            raise Refused(FOREIGN(why=f"SHA-256 {found} ≠ {document_sha256}"))
        return signing_side.sign_beside(document, signer)
    asked: dict[str, Any] = {"certificates": [to_base64(c) for c in signer.chain], "alg": signer.alg}
    told = server.post(prepare, asked)
    revision = server.download(str(told.get("revision", "")), MAX_PDF)
    return signing_side.sign_revision(told, revision, signer, document_sha256)
