"""``bids/<bid id>/`` and ``opening.json`` of a record (bidtool/RECORD.md §7, §8)."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, BinaryIO, cast

from disclosure.record.folder import Folder
from disclosure.record.named import ActFinder
from kernel.clock import iso
from sealing import identity
from sealing.header import read_header
from trading.models import Bid, OpeningSession
from trading.rules.parts import FIRST
from trading.rules.statuses import BidStatus

#: A bid's ``guarantee.json``, or ``None`` where there is nothing to say: from the guarantees room.
GuaranteeOf = Callable[[Bid, ActFinder], dict[str, Any] | None]


def write_bid(folder: Folder, bid: Bid, acts: ActFinder, guarantee_of: GuaranteeOf) -> None:
    """Everything that may be known of one bid. What was never opened stays closed: no key, no envelope."""
    root = f"bids/{bid.pk}"
    folder.json(f"{root}/bid.json", _bid(bid, acts))
    if bid.receipt is not None:
        folder.json(f"{root}/receipt.json", bid.receipt)
    if bid.content_key is None:
        return
    folder.copy(f"{root}/envelope.mtse", bid.envelope.open())
    folder.data(f"{root}/content-key", bytes(bid.content_key).hex().encode("ascii"))
    folder.json(f"{root}/opening.json", _opening(bid))
    guarantee = guarantee_of(bid, acts)
    if guarantee is not None:
        folder.json(f"{root}/guarantee.json", guarantee)


def _bid(bid: Bid, acts: ActFinder) -> dict[str, Any]:
    subject = f"bid:{bid.pk}"
    failure = bid.failure or {}
    return {
        "v": 1,
        "bid": str(bid.pk),
        "lot": str(bid.lot.no),
        "part": bid.part,
        "status": bid.status,
        "number": bid.number,
        "pseudonym": bid.pseudonym,
        "envelope_sha256": bid.envelope_sha256,
        "size": bid.size,
        "received_at": iso(bid.received_at),
        "withdrawn_at": iso(bid.withdrawn_at) if bid.withdrawn_at else None,
        "withdrawal": bid.withdrawal if bid.status == BidStatus.WITHDRAWN else None,
        "failure": str(failure.get("zh", "")),
        "acts": {
            "submit": str(bid.act),
            "withdraw": acts.last(subject, "bid.withdraw"),
            "open": acts.last(subject, "bid.open", "bid.record_opening"),
        },
    }


def _opening(bid: Bid) -> dict[str, Any]:
    if bid.opened_at is None or bid.content_key is None:
        raise ValueError("only an opened bid has an opening")
    with bid.envelope.open() as source:
        header = read_header(cast(BinaryIO, source))
    salt, who = identity.reveal(header, bytes(bid.content_key))
    return {
        "v": 1,
        "bid": str(bid.pk),
        "opened_at": iso(bid.opened_at),
        "opened_by": bid.opened_by,
        "bidder": {"name": bid.bidder_name, "credit_code": bid.bidder_credit_code},
        # A first envelope tells no price; it is in the opening of the second.
        "price": (bid.summary or {}).get("price"),
        "summary": bid.summary,
        "identity": who,
        "identity_salt": base64.b64encode(salt).decode("ascii"),
        "release": bid.key_release,
        "shares": [
            {"index": one.index, "released_at": iso(one.released_at), "statement": one.statement}
            for one in bid.shares.all()
        ],
    }


def opening_json(session: OpeningSession, acts: ActFinder) -> dict[str, Any]:
    """``opening.json``, and ``opening-2.json`` of second envelopes: the record as it was signed, and who signed it."""
    subject = f"tender:{session.tender.number}"
    of_this = acts.first if session.stage == FIRST else acts.last
    times = ("started_at", "decryption_until", "closed_at")
    return {
        "v": 1,
        "tender": session.tender.number,
        **{name: iso(at) if (at := getattr(session, name)) else None for name in times},
        "payload": session.record_payload or {},
        "pdf_sha256": session.record.sha256 if session.record else "",
        "signatures": [
            {
                "organization": one.organization.name,
                "capacity": one.capacity,
                "at": iso(one.at),
                "statement": one.statement,
            }
            for one in session.signatures.select_related("organization")
        ],
        "acts": {
            "start": of_this(subject, "opening.start"),
            "close": of_this(subject, "opening.close") if session.closed_at else "",
        },
    }
