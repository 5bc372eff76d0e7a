"""What the opening hall's room is told. The state's shape is that of ``portal/static/portal/js/hall.js``:
``{step, status, decryption_until, reading, bids: {id: {…}}, shares: {id: {have, need}}, attendance, lots}``.
"""

from __future__ import annotations

from typing import Any

from journal.door import Context
from kernel.bid_rules import PRICE, TECHNICAL
from kernel.clock import iso
from kernel.errors import Refused
from portal import rooms
from trading.models import Bid, OpeningSession, SignIn, Tender
from trading.policy.openings import CAPACITY_ZH
from trading.policy.tenders import NO_TENDER
from trading.rules.parts import FIRST, SECOND, stage_of
from trading.rules.statuses import BidStatus, LotStatus, SessionStatus, TenderStatus

SEALED_NAME = "待开启"
OPENED_BY = {"bidder": "投标人密钥", "quorum": "密钥遗失，由 {need}/{all} 监管方分片开启"}


def room_of(number: str) -> str:
    return f"hall:{number}"


def tender_for_update(number: str) -> Tender:
    """The tender under an exclusive lock: waits for every bid that is being accepted (``FOR SHARE``)."""
    tender = (
        Tender.objects.select_for_update(of=("self",))
        .select_related("project")
        .filter(number=number)
        .exclude(status=TenderStatus.DRAFT)
        .first()
    )
    if tender is None:
        raise Refused(NO_TENDER(number=number))
    return tender


def session_for_update(number: str) -> OpeningSession:
    """The session of a tender that is held now (the second, once it is convened), made when first asked for, and
    locked."""
    tender = Tender.objects.select_related("project").filter(number=number).first()
    if tender is None or tender.status == TenderStatus.DRAFT:
        raise Refused(NO_TENDER(number=number))
    session = tender.opening_sessions.order_by("-stage").first()
    if session is None:
        session, _ = OpeningSession.objects.get_or_create(tender=tender, stage=FIRST)
    return locked(session)


def session_of_bid(bid: Bid) -> OpeningSession | None:
    """The opening at which this envelope is opened, if it has been called."""
    rows = OpeningSession.objects.select_related("tender__project")
    return rows.filter(tender=bid.lot.tender_id, stage=stage_of(bid.part)).first()


def locked(session: OpeningSession) -> OpeningSession:
    return (
        OpeningSession.objects.select_for_update(of=("self",))
        .select_related("tender__project")
        .get(pk=session.pk)
    )


def opened_lots_bids(session: OpeningSession) -> list[Bid]:
    """Every numbered envelope that this session opens, in the order of reading."""
    rows = Bid.objects.select_related("lot").filter(lot__tender=session.tender, number__isnull=False)
    rows = rows.filter(part=PRICE) if session.stage == SECOND else rows.exclude(part=PRICE)
    return list(rows.exclude(lot__status=LotStatus.FAILED).order_by("lot__no", "number"))


def still_sealed(session: OpeningSession) -> int:
    return sum(1 for bid in opened_lots_bids(session) if bid.status == BidStatus.SUBMITTED)


def unread(session: OpeningSession) -> list[Bid]:
    """What is still to be read, in order. Undecryptable bids are said to be so; revoked ones are gone."""
    readable = {BidStatus.OPENED, BidStatus.UNDECRYPTABLE}
    return [b for b in opened_lots_bids(session) if b.status in readable and b.read_out_at is None]


def bid_row(bid: Bid) -> dict[str, Any]:
    """A bid as the roster shows it before it is open: its number, and no name (a price part's bidder is known)."""
    main = main_of(bid) if bid.part == PRICE else None
    return {
        "no": bid.number,
        "lot": bid.lot.name,
        "bidder": main.bidder_name if main else SEALED_NAME,
        "decryption": "waiting",
        "pseudonym": bid.pseudonym,
    }


def main_of(bid: Bid) -> Bid | None:
    """The row that stands for the bid: itself, or for a price part the technical one."""
    if bid.part != PRICE:
        return bid
    return Bid.objects.filter(lot=bid.lot_id, pseudonym=bid.pseudonym, part=TECHNICAL).first()


def sign_in_row(row: SignIn) -> dict[str, Any]:
    return {
        "organization": row.organization.name,
        "capacity": CAPACITY_ZH[row.capacity],
        "at": iso(row.at),
    }


def opened_by_words(bid: Bid) -> str:
    custodians = bid.lot.tender.custodians.count()
    return OPENED_BY[bid.opened_by].format(need=bid.lot.tender.share_threshold, all=custodians)


def say(ctx: Context, session: OpeningSession, kind: str, words: str, patch: dict[str, Any]) -> None:
    """Tell the room. Once the second opening is called, what happens to a first envelope belongs beside it."""
    if "bids" in patch and session.stage == FIRST and session.status == SessionStatus.CLOSED:
        second = OpeningSession.objects.filter(tender=session.tender_id, stage=SECOND)
        if second.exists():
            patch = {**{k: v for k, v in patch.items() if k != "bids"}, "first": {"bids": patch["bids"]}}
    rooms.say(ctx, room_of(session.tender.number), kind, words, patch)


def say_step(ctx: Context, session: OpeningSession, words: str, patch: dict[str, Any] | None = None) -> None:
    """The session has moved on: ``step`` is the key of the hall's stepper."""
    moved = {"step": str(session.status), "status": str(session.status)}
    say(ctx, session, f"opening.{session.status}", words, {**moved, **(patch or {})})


def is_started(session: OpeningSession | None) -> bool:
    return session is not None and session.status != SessionStatus.SIGN_IN
