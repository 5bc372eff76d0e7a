"""Background work of trading. Lost or doubled, it changes nothing: each task ends in one keyed command."""

from __future__ import annotations

from celery import shared_task

from documents import store
from journal import clock
from journal.tasks import settle
from trading.commands.bids import bid_by_id
from trading.commands.openings import key_is_here
from trading.commands.records import FileRecord
from trading.models import OpeningSession
from trading.opening import open_envelope
from trading.opening_record import payload_of, pdf_of
from trading.rules.statuses import BidStatus, SessionStatus


@shared_task
def open_bid(bid_id: str) -> None:
    """Decrypt and check one envelope whose key is here, and record what was found."""
    bid = bid_by_id(bid_id)
    if bid.status != BidStatus.SUBMITTED or not key_is_here(bid):
        return
    settle(open_envelope(bid), f"open:{bid_id}")


@shared_task
def make_opening_record(number: str) -> None:
    """Build the record's PDF and JSON and file them for signing."""
    session = (
        OpeningSession.objects.select_related(
            "tender__project__procuring_entity", "tender__project__agent", "host"
        )
        .filter(tender__number=number)
        .order_by("-stage")[0]
    )
    if session.status != SessionStatus.SIGNING or session.record_payload is not None:
        return
    now = clock.now()
    payload = payload_of(session, now)
    name = f"开标记录-{number}.pdf" if session.stage == 1 else f"开标记录-{number}-第二信封.pdf"
    stored = store.put(pdf_of(payload, now), name=name, media_type="application/pdf", now=now)
    command = FileRecord(number, stored.sha256, {**payload, "record_sha256": stored.sha256})
    settle(command, f"record:{number}" if session.stage == 1 else f"record:{number}:2")
