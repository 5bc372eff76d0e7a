"""Submitting and withdrawing a sealed bid. Who bids is not known here: a bid is a pseudonym's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Model

from documents import store
from documents.models import StoredFile
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.canonical_json import digest
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from trading.models import Bid, Lot, OpeningSession, Tender
from trading.policy import bids as policy
from trading.policy.tenders import NO_TENDER
from trading.queries.bids import bid as bid_by_id
from trading.queries.tenders import NO_LOT
from trading.rules.bids import BID, BidFacts, submission_reason
from trading.rules.parts import stage_of
from trading.rules.statuses import BidStatus, LotStatus, SessionStatus, TenderStatus

PSEUDONYM_USED = ReasonForm(
    "bid.pseudonym_used",
    zh="这把一次性密钥在本标段已经用过；每份加密投标文件应使用新的一次性密钥",
    en="this one-time key was used in this lot before; every envelope needs a new one",
    kind=Kind.CONFLICT,
)
ENVELOPE_KNOWN = ReasonForm(
    "bid.envelope_known",
    zh="这份加密投标文件已经收到过",
    en="this very envelope was received before",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["bid_pseudonym_once_a_lot"] = PSEUDONYM_USED
CONSTRAINTS["bid_envelope_once"] = ENVELOPE_KNOWN


@dataclass(frozen=True)
class SubmitBid(Command):
    """Accept one envelope, which the door has examined. ``submission`` is the pseudonym's signed statement;
    ``lot`` is ``str(lot.no)``; ``size`` bytes. The actor is the pseudonym."""

    tender: str
    lot: str
    part: str
    pseudonym: str
    envelope_sha256: str
    size: int
    submission: dict[str, Any]

    verb = "bid.submit"
    sealed = True
    law = "招标投标法第二十八条；电子招标投标办法第二十七条"


@dataclass(frozen=True)
class WithdrawBid(Command):
    """Take a bid back before the deadline (撤回): the envelope stays, unreadable, as evidence."""

    bid: str
    statement: dict[str, Any]

    verb = "bid.withdraw"
    sealed = True
    law = "招标投标法第二十九条；招标投标法实施条例第三十五条"


def shared_tender(number: str) -> Tender:
    """The tender, locked against its opening but not against other bids: many submit at once.

    SQLite needs nothing: its write transactions follow one another.
    """
    # One query: whoever held the row before may have moved it, and PostgreSQL gives what it is under the lock.
    rows = Tender.objects.raw(f"SELECT t.* FROM {_table(Tender)} t WHERE number = %s{_share()}", [number])
    return _announced(next(iter(rows), None), number)


def _place(cmd: SubmitBid) -> Tender:
    """The same with where the bid goes, in the one query of the last second: ``lot_id``, ``envelope_id``,
    ``envelope_size``, each ``None`` if there is no such thing."""
    no = int(cmd.lot) if cmd.lot.isascii() and cmd.lot.isdigit() and len(cmd.lot) < 5 else None
    rows = Tender.objects.raw(
        f"SELECT t.*, l.id AS lot_id, f.id AS envelope_id, f.size AS envelope_size FROM {_table(Tender)} t "
        f"LEFT JOIN {_table(Lot)} l ON l.tender_id = t.id AND l.no = %s "
        f"LEFT JOIN {_table(StoredFile)} f ON f.sha256 = %s WHERE t.number = %s{_share()}",
        [no, cmd.envelope_sha256, cmd.tender],
    )
    return _announced(next(iter(rows), None), cmd.tender)


def _announced(tender: Tender | None, number: str) -> Tender:
    if tender is None or tender.status == TenderStatus.DRAFT:
        raise Refused(NO_TENDER(number=number))
    return tender


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _share() -> str:
    return " FOR SHARE OF t" if connection.vendor == "postgresql" else ""


_REPORTED = (
    LotStatus.REPORTED,
    LotStatus.CANDIDATES_ANNOUNCED,
    LotStatus.AWARDED,
    LotStatus.CONTRACTED,
)


def facts_of(bid: Bid, now: datetime) -> BidFacts:
    """The bridge from rows to the rules of a bid's moves."""
    tender = bid.lot.tender
    rows = OpeningSession.objects.filter(tender=tender, stage=stage_of(bid.part))
    session = rows.values_list("status", flat=True).first()
    return BidFacts(
        now=now,
        deadline=tender.submission_deadline,
        tender=TenderStatus(tender.status),
        session=SessionStatus(session) if session else None,
        lot_failed=bid.lot.status == LotStatus.FAILED,
        lot_reported=bid.lot.status in _REPORTED,
    )


@handler(SubmitBid, load=lambda cmd: _place(cmd), may=policy.may_submit)
def submit_bid(cmd: SubmitBid, ctx: Context, tender: Tender) -> Done:
    facts = BidFacts(ctx.now, tender.submission_deadline, TenderStatus(tender.status))
    refuse_if([submission_reason(facts)])
    if tender.lot_id is None:
        raise Refused(NO_LOT(number=cmd.tender[:60], lot=cmd.lot[:20]))
    if tender.envelope_id is None:
        raise Refused(store.NOT_FOUND(sha256=cmd.envelope_sha256))
    bid = Bid.objects.create(
        lot_id=tender.lot_id,
        part=cmd.part,
        pseudonym=ctx.actor.key.removeprefix("pseudonym:"),
        envelope_id=tender.envelope_id,
        envelope_sha256=cmd.envelope_sha256,
        size=tender.envelope_size,
        received_at=ctx.now,
        act=ctx.act_id,
    )
    payload = {
        "bid": str(bid.pk),
        "tender": tender.number,
        "lot": cmd.lot,
        "part": cmd.part,
        "pseudonym": bid.pseudonym,
        "envelope_sha256": bid.envelope_sha256,
        "size": bid.size,
        "submission_sha256": digest(cmd.submission),
    }
    return Done(f"bid:{bid.pk}", payload, {"bid": str(bid.pk)})


def _shared_bid(cmd: WithdrawBid) -> Bid:
    shared_tender(bid_by_id(cmd.bid).lot.tender.number)
    Bid.objects.select_for_update().get(pk=cmd.bid)
    return bid_by_id(cmd.bid)


@handler(WithdrawBid, load=_shared_bid, may=policy.may_use_bid)
def withdraw_bid(cmd: WithdrawBid, ctx: Context, bid: Bid) -> Done:
    bid.status = BID.after("withdraw", BidStatus(bid.status), facts_of(bid, ctx.now))
    bid.withdrawn_at, bid.withdrawal = ctx.now, cmd.statement
    bid.save(update_fields=["status", "withdrawn_at", "withdrawal"])
    return taken_back(bid, cmd.statement, ctx)


def taken_back(bid: Bid, statement: dict[str, Any], ctx: Context) -> Done:
    """What the act of withdrawing or revoking says."""
    said = {
        "bid": str(bid.pk),
        "tender": bid.lot.tender.number,
        "lot": str(bid.lot.no),
        "envelope_sha256": bid.envelope_sha256,
        "statement_sha256": digest(statement),
    }
    result = {"bid": str(bid.pk), "status": str(bid.status), "at": iso(ctx.now)}
    return Done(f"bid:{bid.pk}", said, result)
