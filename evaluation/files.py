"""Files out of a bid's opened bundle, for the members' eyes."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from documents import store
from documents.models import StoredFile
from evaluation.models import EvaluatedBid, Evaluation
from evaluation.queries import view
from journal import clock
from kernel.errors import Kind, ReasonForm, Refused
from sealing import bundle

NOT_SHOWN = ReasonForm(
    "evaluation.document_not_found",
    zh="这一步没有可以查看的这份文件",
    en="there is no such document at this step",
    kind=Kind.NOT_FOUND,
)
_IN_MEMORY = 8 * 1024 * 1024


def extracted(evaluation: Evaluation, row: EvaluatedBid, index: int) -> tuple[StoredFile, str]:
    """The file and its name; taken out of the bundle once, checked by its digest on the way."""
    shown = dict(view.entries(row, evaluation.status))
    entry, stored = shown.get(index), view.bundle_of(row, price=index >= view.PRICE_PLACE)
    if entry is None or stored is None:
        raise Refused(NOT_SHOWN())
    name = entry.path.rsplit("/", 1)[-1]
    known = StoredFile.objects.filter(sha256=entry.sha256).first()
    if known is not None:
        return known, name
    with stored.open() as stream, tempfile.SpooledTemporaryFile(_IN_MEMORY) as out:
        for block in bundle.read(cast(BinaryIO, stream)).chunks(entry.path):
            out.write(block)
        out.seek(0)
        kept = store.put(out, name=name, media_type=entry.media_type, now=clock.now())  # type: ignore[arg-type]
    return kept, name
