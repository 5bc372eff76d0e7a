"""Writing a whole record: which files there are, in which order, and the signature over all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from ca_interop.platform_key import platform_public_key, platform_signer
from disclosure import policy
from disclosure.commands import NO_SUCH_TENDER
from disclosure.record import acts, bids, evidence, rooms, signatures
from disclosure.record import tender as tender_files
from disclosure.record.folder import Folder
from disclosure.record.named import ActFinder
from disclosure.rules.disclosable import Stage
from documents.models import StoredFile
from journal import clock, sequencer
from journal.models import Act, Checkpoint
from kernel.clock import iso
from kernel.errors import Refused
from sealing import statements
from trading.models import Bid, OpeningSession, Tender
from trading.rules.parts import FIRST


def export_record(number: str, target: Path) -> dict[str, Any]:
    """Write the public record of tender ``number`` into the empty directory ``target``; the payload of
    ``record.json``. ``Refused``: notice.not_found, record.not_yet, record.directory_not_empty."""
    tender = _tender(number)
    if (reason := policy.why_no_record(tender)) is not None:
        raise Refused(reason)
    folder, now = Folder(target), clock.now()
    sequencer.sequence()
    head = sequencer.checkpoint()
    if head is None:
        raise AssertionError("an announced tender has acts, so the log has a checkpoint")
    folder.data("checkpoint", head.note.encode())
    _write(folder, tender, head, now)
    payload = {
        "v": 1,
        "tender": tender.number,
        "title": tender.title,
        "exported_at": iso(now),
        "training": settings.TRAINING,
        "log_origin": settings.LOG_ORIGIN,
        "log_vkey": sequencer.vkey(),
        "platform_public_key": platform_public_key(),
        "checkpoint_size": head.size,
        "files": folder.files,
    }
    signed = statements.sign(statements.statement("public-record", payload), platform_signer())
    folder.seal("record.json", signed)
    return payload


def _write(folder: Folder, tender: Tender, head: Checkpoint, now: datetime) -> None:
    sessions = OpeningSession.objects.filter(tender=tender).select_related("record").order_by("stage")
    session = sessions.first()
    started = session.started_at if session is not None else None
    # What ended before its opening keeps all its secrets: even how many had bid.
    found = _acts(tender, Stage.AWARDED if started else Stage.SEALED)
    folder.data("acts.jsonl", b"".join(acts.lines(found, head)))
    finder = ActFinder(found)
    # Issuers are those that were known when the bids were opened; before that nothing rests on them.
    issuers = rooms.licensed_issuers(started or now)
    folder.json("tender.json", tender_files.tender_json(tender, issuers, finder))
    tender_files.write_documents(folder, tender)
    selection = rooms.selection_of(tender)
    if selection is not None:
        folder.json("agency.json", rooms.agency_json(selection, finder))
    if session is not None and started is not None:
        _write_opening(folder, tender, list(sessions), finder)
    folder.json("awards.json", tender_files.awards_json(tender, finder))
    if started is not None:
        signatures.write_signatures(folder, _signed_documents(tender, folder))
    evidence.write_evidence(folder, _written(folder), tender.created_at, now)


def _tender(number: str) -> Tender:
    found = (
        Tender.objects.select_related("project__procuring_entity", "project__agent")
        .prefetch_related("lots", "custodians__organization")
        .filter(number=number)
        .first()
    )
    if found is None:
        raise Refused(NO_SUCH_TENDER(tender=number[:40]))
    return found


def _bids(tender: Tender) -> list[Bid]:
    rows = Bid.objects.filter(lot__tender=tender).select_related("lot__tender", "envelope")
    return list(rows.prefetch_related("shares").order_by("received_at", "id"))


def _acts(tender: Tender, stage: Stage) -> list[Act]:
    lots = [lot.no for lot in tender.lots.all()]
    more = {f"bid:{bid.pk}" for bid in _bids(tender)} | rooms.subjects(tender)
    found = acts.of_tender(tender.number, tender.project.number, lots, more)
    return list(acts.publishable(found, stage))


def _write_opening(folder: Folder, tender: Tender, sessions: list[OpeningSession], finder: ActFinder) -> None:
    for bid in _bids(tender):
        bids.write_bid(folder, bid, finder, rooms.guarantee_of)
    for session in sessions:
        if session.record_payload is not None:  # too few bidders: there was no opening to record
            name = "opening.json" if session.stage == FIRST else f"opening-{session.stage}.json"
            folder.json(name, bids.opening_json(session, finder))
    for path, value in rooms.evaluation_files(tender).items():
        folder.json(path, value)


def _signed_documents(tender: Tender, folder: Folder) -> list[StoredFile]:
    """The opening record and the reports of the lots whose evaluation is in the folder."""
    sessions = OpeningSession.objects.filter(tender=tender, record__isnull=False).select_related("record")
    records = [one.record for one in sessions if one.record is not None]
    return [*records, *rooms.reports(tender, folder.files)]


def _written(folder: Folder) -> Iterator[Any]:
    """Every JSON file of the record, one after the other: certificates are looked for in all of them."""
    for path in list(folder.files):
        if path.endswith(".json") and not path.startswith("documents/"):
            yield json.loads((folder.root / path).read_bytes())
