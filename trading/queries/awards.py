"""Questions about results: candidates, objections, awards, contracts of a lot."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime
from typing import Any

from kernel.actor import Actor
from kernel.bid_rules import PRICE
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused
from trading.models import Bid, Lot, ResultObjection
from trading.policy.tenders import hosts
from trading.queries.tenders import money_text
from trading.rules.statuses import BidStatus, LotStatus

NO_OBJECTION = ReasonForm(
    "objection.not_found", zh="没有这项异议", en="there is no such objection", kind=Kind.NOT_FOUND
)

#: Statuses in which the candidates are public.
SHOWN = (LotStatus.CANDIDATES_ANNOUNCED, LotStatus.AWARDED, LotStatus.CONTRACTED)


def objection(key: str | uuid.UUID) -> ResultObjection:
    try:
        row = (
            ResultObjection.objects.select_related("lot__tender__project")
            .filter(id=uuid.UUID(str(key)))
            .first()
        )
    except ValueError:
        row = None
    if row is None:
        raise Refused(NO_OBJECTION())
    return row


def opened_bids(lot: Lot) -> list[Bid]:
    """Bids that were opened, by their reading order."""
    return list(lot.bids.filter(status=BidStatus.OPENED).exclude(part=PRICE).order_by("number"))


def judged_bids(lot: Lot, named: Collection[str]) -> list[Bid]:
    """Bids that a committee's result must name: those that stand, and of those that were revoked while it sat the
    ones it ``named``. Its report is not made anew; a revoked bid is passed over when candidates are announced."""
    revoked = lot.bids.filter(status=BidStatus.REVOKED, opened_at__isnull=False, pk__in=list(named))
    return [*opened_bids(lot), *revoked.exclude(part=PRICE)]


def standing_ranking(lot: Lot) -> list[dict[str, Any]]:
    """The report's ranking without bids that were revoked before it came."""
    rows = list(lot.evaluation_result.ranking)
    revoked = lot.bids.filter(status=BidStatus.REVOKED, pk__in=[row["bid"] for row in rows])
    gone = {str(key) for key in revoked.values_list("pk", flat=True)}
    return [row for row in rows if row["bid"] not in gone]


def losers(lot: Lot) -> list[Bid]:
    """Opened bids but the winner's."""
    award = getattr(lot, "award", None)
    return [bid for bid in opened_bids(lot) if award is None or bid.id != award.bid_id]


def objections_for(actor: Actor, lot: Lot) -> list[ResultObjection]:
    """The host sees all, a bidder its own."""
    rows = lot.objections.all()
    if hosts(actor, lot.tender.project):
        return list(rows)
    return [row for row in rows if str(row.organization_id) == actor.organization]


def standstill_until(lot: Lot) -> datetime | None:
    first = lot.candidates.first()
    return first.standstill_until if first else None


def result_json(lot: Lot) -> dict[str, Any]:
    """What the public may read of a lot's result: candidates, award once notified, contract."""
    shape: dict[str, Any] = {
        "lot": str(lot.no),
        "status": lot.status,
        "failure_code": lot.failure_code or None,
    }
    shape["candidates"] = [candidate_json(c) for c in lot.candidates.select_related("bid")]
    until = standstill_until(lot)
    shape["standstill_until"] = iso(until) if until else None
    shape["paused_since"] = iso(lot.paused_since) if lot.paused_since else None
    award = getattr(lot, "award", None)
    if award is not None and award.notified_at is not None:
        shape["award"] = {
            "bid": str(award.bid_id),
            "name": award.bid.bidder_name,
            "credit_code": award.bid.bidder_credit_code,
            "price": money_text(award.bid.price),
            "decided_at": iso(award.decided_at),
            "notified_at": iso(award.notified_at),
        }
        contract = getattr(award, "contract", None)
        if contract is not None:
            shape["contract"] = {
                "number": contract.number,
                "price": money_text(contract.price),
                "signed_on": contract.signed_on.isoformat(),
                "registered_at": iso(contract.registered_at),
            }
    return shape


def candidate_json(candidate: Any) -> dict[str, Any]:
    """Content of 公示 (10号令第六条): rank, name, price, quality, time, project manager."""
    summary = candidate.bid.summary or {}
    return {
        "rank": candidate.rank,
        "bid": str(candidate.bid_id),
        "name": candidate.bid.bidder_name,
        "credit_code": candidate.bid.bidder_credit_code,
        "price": money_text(candidate.price),
        "score": money_text(candidate.score),
        **{
            name: summary.get(name)
            for name in ("quality", "duration_days", "project_manager")
            if name in summary
        },
    }
