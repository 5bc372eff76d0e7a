"""What is published of draws and evaluations after the award: ``draw.json`` and ``evaluation/<lot>.json`` of
the public record (bidtool/RECORD.md §9, §10). Whoever calls this has made sure that it may be published."""

from __future__ import annotations

from typing import Any

from evaluation.models import DrawTicket, EvaluatedBid, Evaluation, ExpertDraw, Seat
from evaluation.queries import facts
from evaluation.queries.results import ranking
from evaluation.rules.exclusions import GROUND_LAW, Ground
from evaluation.rules.statuses import InvitationStatus
from kernel.clock import iso
from trading.models import Lot, Tender
from trading.rules.rejection_grounds import GROUNDS


def public_draws(tender: Tender) -> dict[str, Any] | None:
    """``draw.json``; ``None`` when nothing was drawn."""
    draws = list(
        ExpertDraw.objects.filter(committee__tender=tender)
        .select_related("committee__tender")
        .order_by("round")
    )
    return {"v": 1, "draws": [_draw(draw, draws) for draw in draws]} if draws else None


def _draw(draw: ExpertDraw, draws: list[ExpertDraw]) -> dict[str, Any]:
    # The tickets of a void draw went on to the next one: the same pool, the same entries.
    holder = next((d for d in draws if d.round >= draw.round and d.tickets.exists()), draw)
    pool = list(holder.tickets.filter(pooled=True).select_related("expert__person"))
    drawn = sorted(draw.tickets.filter(place__isnull=False), key=lambda t: t.place or 0)
    parties = list(draw.commitments.all())
    return {
        "id": draw.code,
        "purpose": draw.purpose,
        "tender": draw.committee.tender.number,
        "entries": sorted(t.entry for t in pool),
        "people": _people(pool),
        "pool_digest": draw.pool_digest,
        "excluded": draw.excluded,
        "commitments": [{"who": p.who, "commitment": p.commitment, "act": str(p.act)} for p in parties],
        "reveals": [{"who": p.who, "nonce": p.nonce, "act": str(p.reveal_act)} for p in parties if p.nonce],
        "seed": draw.seed,
        "order": [t.entry for t in drawn],
        "count": draw.conditions["number"],
        "sites": draw.conditions["sites"],
        "skipped": [_skipped(t) for t in drawn if t.ground],
        "result": [t.entry for t in drawn if t.status == InvitationStatus.ACCEPTED],
        "void_reason": draw.void_reason,
    }


def _people(pool: list[DrawTicket]) -> dict[str, dict[str, str]]:
    """Names of those who sat on the committee; who was in the pool and did not sit stays a pseudonym."""
    seated = (InvitationStatus.ACCEPTED, InvitationStatus.REPLACED)
    return {
        t.entry: {"name": t.expert.person.name, "organization": t.expert.employer}
        for t in pool
        if t.status in seated
    }


def _skipped(ticket: DrawTicket) -> dict[str, str]:
    return {"entry": ticket.entry, "ground": ticket.ground, "law": GROUND_LAW[Ground(ticket.ground)]}


def public_record(lot: Lot) -> dict[str, Any] | None:
    """``evaluation/<lot>.json``; ``None`` when the lot was not evaluated to the end."""
    evaluation = (
        Evaluation.objects.select_related("committee", "lot__tender", "report", "chair")
        .filter(lot=lot)
        .first()
    )
    if evaluation is None or evaluation.calculation is None or evaluation.report is None:
        return None
    found = evaluation.calculation
    bids = facts.bids_of(evaluation)
    seats = list(
        evaluation.committee.seats.select_related("ticket__expert__person").order_by("no", "generation")
    )
    names = {seat.pk: seat_name(seat) for seat in seats}
    return {
        "v": 1,
        "lot": str(lot.no),
        "bids": [_bid(row) for row in bids],
        "seats": [_seat(seat, evaluation) for seat in seats],
        "declarations": [
            {"seat": names[d.seat_id], "at": iso(d.at), "statement": d.statement, "act": str(d.act)}
            for d in evaluation.declarations.order_by("at")
        ],
        "reviews": _reviews(seats, bids, names),
        "sheets": [
            {"seat": names[lock.seat_id], "bids": lock.sheet, "act": str(lock.act), "sha256": lock.sha256}
            for _, lock in sorted(facts.active_locks(evaluation).items())
        ],
        "means": found["means"],
        "objective": found["objective"],
        "price": {name: found[name] for name in ("coefficients", "input", "output")},
        "ranking": _ranking(evaluation),
        "report": {
            "payload": evaluation.report_payload,
            "pdf_sha256": evaluation.report.sha256,
            "act": str(evaluation.report_act),
        },
        "signatures": [
            {
                "seat": names[s.seat_id],
                "at": iso(s.at),
                "statement": s.statement,
                "deemed": s.deemed,
                "dissent": s.dissent,
                "note": s.note,
                "act": str(s.act),
            }
            for s in evaluation.signatures.filter(report_sha256=evaluation.report.sha256)
        ],
    }


def _ranking(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The contract's ranks (equal ones shared), in the order that was handed over."""
    shared = {row["bid"]: row["rank"] for row in (evaluation.calculation or {}).get("ranking", [])}
    return [{**row, "rank": shared[row["bid"]]} for row in ranking(evaluation)]


def seat_name(seat: Seat) -> str:
    """``3``, and ``3.2`` for the successor on the same number."""
    return str(seat.no) if seat.generation == 1 else f"{seat.no}.{seat.generation}"


def _bid(row: EvaluatedBid) -> dict[str, Any]:
    return {
        "bid": str(row.bid_id),
        "alias": row.alias,
        "rejected": row.rejected,
        **({"stage": row.rejected_stage} if row.rejected and row.rejected_stage == 2 else {}),
        "ground": row.ground,
        "law": GROUNDS[row.ground].law if row.ground else "",
        "reason": row.reason,
        "act": str(row.rejection_act) if row.rejection_act else "",
    }


def _seat(seat: Seat, evaluation: Evaluation) -> dict[str, Any]:
    return {
        "seat": seat_name(seat),
        "name": seat.ticket.expert.person.name,
        "entry": seat.ticket.entry,
        "chair": evaluation.chair_id == seat.pk,
        "vacated": seat.vacated_at is not None,
        "ground": seat.vacated_ground,
    }


def _reviews(seats: list[Seat], bids: list[EvaluatedBid], names: dict[Any, str]) -> list[dict[str, Any]]:
    known = {row.pk: str(row.bid_id) for row in bids}
    return [
        {
            "seat": names[seat.pk],
            "bid": known[r.bid_id],
            **({"stage": r.stage} if r.stage == 2 else {}),
            "passed": r.passed,
            "ground": r.ground,
            "reason": r.reason,
            "document": r.document,
            "page": r.page,
        }
        for seat in seats
        if seat.vacated_at is None
        for r in seat.reviews.filter(bid__in=list(known)).order_by("bid__position")
    ]
