"""Questions about bids. Before an opening has started there is nothing to ask: no count, no pseudonym."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db.models import Q

from kernel.actor import Actor
from kernel.bid_rules import PRICE, SCHEMES
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused
from trading.models import Bid, Custodian, Lot, OpeningSession, Tender
from trading.rules.openings import STARTED
from trading.rules.parts import FIRST, SECOND, part_missing, stage_of
from trading.rules.statuses import BID_ZH, BidStatus, LotStatus, SessionStatus

NO_BID = ReasonForm("bid.unknown", zh="没有这份投标", en="there is no such bid", kind=Kind.NOT_FOUND)


def bid(text: str) -> Bid:
    """By id, for doors of those who hold the bid's key or act on it; ``Refused(bid.unknown)``."""
    try:
        key = uuid.UUID(text)
    except ValueError as error:
        raise Refused(NO_BID()) from error
    row = Bid.objects.select_related("lot__tender__project", "envelope").filter(pk=key).first()
    if row is None:
        raise Refused(NO_BID())
    return row


def public_bid(text: str) -> Bid:
    """A bid as anybody may see it: its session has started and its lot is opened. Else it is unknown."""
    row = bid(text)
    rows = OpeningSession.objects.filter(tender=row.lot.tender, stage=stage_of(row.part))
    started = rows.filter(status__in=STARTED).exists()
    if not started or row.number is None or row.lot.status == LotStatus.FAILED:
        raise Refused(NO_BID())
    return row


def public_rows(tender: Tender) -> list[dict[str, Any]]:
    """The bids of started sessions as JSON, in the order of reading: first envelopes, then second ones."""
    rows = Bid.objects.select_related("lot", "lot__tender").filter(lot__tender=tender, number__isnull=False)
    ordered = sorted(rows.order_by("lot__no", "number"), key=lambda row: stage_of(row.part))
    return [_public(row) for row in ordered]


def _public(row: Bid) -> dict[str, Any]:
    """Names come with the opening, prices with the read-out."""
    said: dict[str, Any] = {
        "bid": str(row.pk),
        "lot": str(row.lot.no),
        "no": row.number,
        "part": row.part,
        "pseudonym": row.pseudonym,
        "envelope_sha256": row.envelope_sha256,
        "size": row.size,
        "received_at": iso(row.received_at),
        "status": str(row.status),
        "quorum_requested_at": iso(row.quorum_requested_at) if row.quorum_requested_at else None,
        "shares": [share.index for share in row.shares.all()],
    }
    if row.opened_at is not None:
        said |= {"bidder": row.bidder_name, "credit_code": row.bidder_credit_code, "opened_by": row.opened_by}
    if row.read_out_at is not None and row.price is not None:
        said["price"] = str(row.price)
    if row.failure is not None:
        said |= {"failure": row.failure.get("zh", ""), "cause": row.failure_cause}
    return said


def parts_of(lot: Lot) -> tuple[str, ...]:
    """The parts of a bid that the lot takes."""
    return SCHEMES["dual"] if lot.scheme == "dual" else (lot.tender.part,)


def state_of(row: Bid) -> dict[str, Any]:
    """What the holder of the bid's one-time key may know of it at any time: which parts are in, what is missing."""
    together = Bid.objects.filter(lot=row.lot, pseudonym=row.pseudonym).order_by("received_at")
    standing = (BidStatus.SUBMITTED, BidStatus.OPENED)
    missing = part_missing(row.lot.scheme, {b.part for b in together if b.status in standing})
    return {
        "bid": str(row.pk),
        "lot": str(row.lot.no),
        "scheme": row.lot.scheme,
        "parts": [
            {"bid": str(b.pk), "part": b.part, "status": str(b.status), "status_zh": BID_ZH[BidStatus(b.status)],
             "received_at": iso(b.received_at), "reason": (b.failure or {}).get("zh", "")}
            for b in together
        ],
        "whole": row.lot.scheme == "single" or missing is None,
        "missing": missing.as_json() if missing is not None and row.lot.scheme == "dual" else None,
    }  # fmt: skip


def keys_waiting(before: datetime) -> list[Bid]:
    """Bids whose key or quorum came before ``before`` and which are still sealed: an opening was lost."""
    decrypting = OpeningSession.objects.filter(status=SessionStatus.DECRYPTING)
    first, second = (decrypting.filter(stage=stage).values("tender") for stage in (FIRST, SECOND))
    sealed = Bid.objects.select_related("lot__tender").filter(
        ~Q(part=PRICE) & Q(lot__tender__in=first) | Q(part=PRICE) & Q(lot__tender__in=second),
        status=BidStatus.SUBMITTED,
    )
    by_shares = sealed.filter(key_release__isnull=True, shares__released_at__lt=before).distinct()
    return list(sealed.filter(key_released_at__lt=before)) + [
        row for row in by_shares if row.shares.count() >= row.lot.tender.share_threshold
    ]


def own_bids(actor: Actor, tender: Tender) -> list[Bid]:
    """The actor's own bids, known as its own once they are open."""
    if not actor.organization:
        return []
    rows = Bid.objects.filter(lot__tender=tender, bidder_id=actor.organization)
    return list(rows.order_by("lot__no", "number"))


def waiting_for_share(actor: Actor, tender: Tender) -> list[Bid]:
    """Bids whose key was reported lost and for which the actor's custodian has not given its share."""
    mine = Custodian.objects.filter(tender=tender, organization_id=actor.organization or None).first()
    if mine is None:
        return []
    rows = Bid.objects.select_related("lot").filter(
        lot__tender=tender, status=BidStatus.SUBMITTED, quorum_requested_at__isnull=False
    )
    return list(rows.exclude(shares__index=mine.index).order_by("lot__no", "number"))


def opened_bids(lot: Lot) -> list[Bid]:
    """The bids that go to evaluation, by number."""
    return list(lot.bids.filter(status=BidStatus.OPENED).exclude(part=PRICE).order_by("number"))


def same_bidder(lot: Lot) -> list[list[Bid]]:
    """Groups of open bids of one bidder for the same lot (招标投标法实施条例第五十一条第四项)."""
    groups: dict[str, list[Bid]] = {}
    for row in opened_bids(lot):
        groups.setdefault(row.bidder_credit_code, []).append(row)
    return [group for group in groups.values() if len(group) > 1]
