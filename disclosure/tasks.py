"""Making records in the background. Doubled, a record is published once for each occasion."""

from __future__ import annotations

import tempfile
from pathlib import Path

from celery import shared_task

from disclosure.commands import PublishRecord
from disclosure.models import PublishedRecord
from disclosure.policy import why_no_record
from disclosure.record import archive, export
from documents import store
from journal import clock
from journal.tasks import later, settle
from kernel.canonical_json import digest
from trading.models import Contract, Tender


def occasion_of(tender: Tender) -> str:
    """How far the tender has come, as one short text: the same for all facts of one moment."""
    lots = [[lot.no, lot.status, lot.failure_code] for lot in tender.lots.all()]
    contracts = Contract.objects.filter(award__lot__tender=tender).order_by("number")
    come = {"status": tender.status, "lots": lots, "contracts": [c.number for c in contracts]}
    return f"{tender.number}:{digest(come)[:32]}"


def ensure(tender: Tender) -> None:
    """Ask for the record of what the tender has come to, should its task have been lost on the way."""
    if not PublishedRecord.objects.filter(occasion=occasion_of(tender)).exists():
        later(publish_record, tender.number)


@shared_task
def publish_record(number: str) -> bool:
    """Make the record of tender ``number`` and publish it; whether it did. Lots that are still being
    judged hold the whole record back; what has not changed since the last record is not published anew."""
    tender = Tender.objects.filter(number=number).first()
    if tender is None or why_no_record(tender) is not None:
        return False
    occasion = occasion_of(tender)
    if PublishedRecord.objects.filter(occasion=occasion).exists():
        return False
    with tempfile.TemporaryDirectory(prefix="record-") as folder:
        root = Path(folder) / number
        export.export_record(number, root)
        packed = Path(folder) / f"{number}.zip"
        archive.pack(root, packed)
        with packed.open("rb") as stream:
            stored = store.put(stream, name=f"{number}.zip", media_type="application/zip", now=clock.now())
    # Another worker may have made the same record at the same moment, or the tender has moved on.
    return settle(PublishRecord(number, stored.sha256, occasion), occasion)
