"""What clients send about signatures on documents, read once for all doors that take them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from ca_interop import document_signing
from ca_interop.document_signing import Who
from ca_interop.rules.certificates import load_chain
from ca_interop.rules.signatures.reasons import MALFORMED
from documents.models import StoredFile
from kernel.errors import Refused
from portal.doors import json_door, text_field


def prepared(body: Mapping[str, Any], document: StoredFile, who: Who, at: datetime) -> dict[str, Any]:
    """``{"certificates": [b64 DER, leaf first], "alg": text}`` → the revision to sign
    (:func:`ca_interop.document_signing.prepared_json`)."""
    rows = body.get("certificates")
    if not isinstance(rows, list) or len(rows) > 8 or not all(isinstance(row, str) for row in rows):
        raise Refused(MALFORMED(what="certificates", why="[base64 DER]"))
    chain = load_chain(rows)
    alg = text_field(dict(body), "alg", limit=40)
    return document_signing.prepared_json(document_signing.prepare(document, chain, alg, who, at))


def finished(
    fields: Mapping[str, Any], document: StoredFile, certificate: str, signer: str
) -> dict[str, Any] | None:
    """The signature on the document that came with a signed statement, checked and kept; ``None`` without one.

    ``pdf``: ``{"prepared", "signature"}`` or ``{"message"}`` (beside the PDF), or a form's ``pdf_prepared``,
    ``pdf_signature``, ``pdf_message``. ``certificate``: fingerprint of the statement's signer, which it must be too.
    """
    given = fields.get("pdf")
    if given is None and fields.get("pdf_prepared"):
        given = {"prepared": fields.get("pdf_prepared"), "signature": fields.get("pdf_signature", "")}
    if given is None and fields.get("pdf_message"):
        given = {"message": fields.get("pdf_message")}
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise Refused(MALFORMED(what="pdf", why="{prepared, signature} | {message}"))
    if "message" in given:
        return document_signing.finish_beside(str(given["message"]), document, certificate, signer)
    ready, value = str(given.get("prepared", "")), str(given.get("signature", ""))
    return document_signing.finish(ready, value, document, certificate)


@json_door("GET")
def revision(request: HttpRequest, body: dict[str, Any], prepared: str) -> HttpResponse:
    """The file of a prepared revision, for the one who has its id."""
    row = document_signing.found(prepared)
    data = document_signing.revision(row).document
    response = HttpResponse(data, content_type="application/pdf")
    response["Cache-Control"] = "no-store"
    return response
