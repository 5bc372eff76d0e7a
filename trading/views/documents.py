"""Downloading a document of a tender. Bidding documents are recorded, sealed, and free (20号令第二十条)."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from documents import names
from documents.serving import serve
from journal.door import perform
from kernel.errors import Refused
from portal.doors import actor_of, signed_in
from trading.commands import DownloadDocuments
from trading.models import TenderDocument
from trading.policy.tenders import may_read
from trading.queries import tenders as queries


@never_cache
@require_safe
def download(request: HttpRequest, number: str, document: str) -> HttpResponseBase:
    """The file, if this reader may have it. Private letters are not found by anybody else."""
    actor = actor_of(request)
    queries.seen(actor, number)
    row = queries.document(number, document)
    if not may_read(actor, row):
        _take(request, row)
    return serve(request, row.file, names.clean(_name(row)), inline="inline" in request.GET)


def _take(request: HttpRequest, row: TenderDocument) -> None:
    """Record once who takes the bidding documents; whoever took them may come back for them."""
    if row.published_at is None or row.recipient_id is not None:
        raise Refused(queries.NO_DOCUMENT())
    actor = signed_in(request)
    if not queries.has_taken(actor, row.tender):
        perform(DownloadDocuments(row.tender.number), actor, via="http")


def _name(row: TenderDocument) -> str:
    suffix = "." + row.file.name.rsplit(".", 1)[1] if "." in row.file.name else ""
    return row.title if suffix and row.title.endswith(suffix) else f"{row.title}{suffix}"
