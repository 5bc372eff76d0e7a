"""The bridge from rows to the room's rules: what every seated member has done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet

from evaluation.models import Ballot, EvaluatedBid, Evaluation, Review, Score, Seat, SheetLock
from evaluation.rules import review as review_rule
from evaluation.rules.review import Opinion, Verdict, majority_choice
from evaluation.rules.room_moves import RoomFacts
from evaluation.rules.sheets import Difference, Item, differences, items_of
from evaluation.rules.statuses import PauseStatus, RoomStatus
from trading.rules.statuses import SessionStatus

CHAIR, COMPETITION = "chair", "competition"
YES, NO = "yes", "no"


def seats_of(evaluation: Evaluation) -> list[Seat]:
    """Who sits now, by number."""
    return list(evaluation.committee.occupied().select_related("ticket__expert"))


def items(evaluation: Evaluation) -> tuple[Item, ...]:
    return items_of(evaluation.lot.tender.evaluation_method)


def bids_of(evaluation: Evaluation) -> list[EvaluatedBid]:
    return list(evaluation.bids.select_related("bid").order_by("position"))


def is_dual(evaluation: Evaluation) -> bool:
    return evaluation.lot.scheme == "dual"


def stage_of(evaluation: Evaluation) -> int:
    """Which review the room's members give their opinions in: 2 is that of the price parts."""
    return 2 if evaluation.status == RoomStatus.PRICE_REVIEWING else 1


def prices_open(evaluation: Evaluation) -> bool:
    """The opening of the second envelopes is over."""
    rows = evaluation.lot.tender.opening_sessions.filter(stage=2)
    return is_dual(evaluation) and rows.filter(status=SessionStatus.CLOSED).exists()


def under_review(evaluation: Evaluation) -> list[EvaluatedBid]:
    """The bids of the present review: all, or those whose technical part passed."""
    bids = bids_of(evaluation)
    return bids if stage_of(evaluation) == 1 else [bid for bid in bids if not bid.rejected]


def opinions_of(bid: EvaluatedBid, seats: Iterable[Seat], stage: int = 1) -> list[Opinion]:
    """The opinions of the seated members on a bid; those of replaced ones are void."""
    numbers = {seat.pk: seat.no for seat in seats}
    rows = Review.objects.filter(bid=bid, seat__in=list(numbers), stage=stage)
    return [
        Opinion(numbers[r.seat_id], r.passed, r.ground, r.reason, r.document, r.page)
        for r in rows.order_by("seat__no")
    ]


def verdict_of(bid: EvaluatedBid, seats: Iterable[Seat], size: int, stage: int = 1) -> Verdict:
    """What the committee thinks of the bid. A price over the ceiling is rejected by law, not by vote; so is a bid
    whose price part did not open. Of two envelopes the first review knows no price."""
    ceiling, price = bid.evaluation.lot.ceiling_price, bid.bid.price
    if is_dual(bid.evaluation) and stage == 1:
        return review_rule.verdict(opinions_of(bid, seats), size)
    if stage == 2 and price is None:
        reason = "报价部分没有开启，没有报价"
        return Verdict(
            True, size, size, Opinion(0, False, "not_responsive", reason, "开标记录（第二信封）", 1)
        )
    if ceiling is not None and price is not None and price > ceiling:
        reason = f"投标报价 {price} 元，最高投标限价 {ceiling} 元"
        return Verdict(True, size, size, Opinion(0, False, "over_ceiling", reason, "开标记录", 1))
    return review_rule.verdict(opinions_of(bid, seats, stage), size)


def sheet_of(seat: Seat, evaluation: Evaluation, *, public: bool = False) -> dict[str, dict[str, str]]:
    """``{bid: {item: points}}`` of a seat for the bids that are left; by alias id, or by public bid id."""
    rows = Score.objects.filter(seat=seat, bid__evaluation=evaluation, bid__rejected=False)
    out: dict[str, dict[str, str]] = {}
    for score in rows.select_related("bid").order_by("bid__position", "item"):
        out.setdefault(str(score.bid.bid_id if public else score.bid_id), {})[score.item] = score.points
    return out


def active_locks(evaluation: Evaluation) -> dict[int, SheetLock]:
    """Locked sheets of the seated members, by seat number."""
    rows = evaluation.locks.filter(returned_at__isnull=True, seat__vacated_at__isnull=True)
    return {lock.seat.no: lock for lock in rows.select_related("seat")}


def ballots(evaluation: Evaluation, question: str) -> list[Ballot]:
    rows = evaluation.ballots.filter(question=question, seat__vacated_at__isnull=True)
    return list(rows.select_related("seat"))


def chair_elected(evaluation: Evaluation, seats: list[Seat]) -> Seat | None:
    """The member with the votes of more than half of the committee, if there is one."""
    here = {str(seat.pk): seat for seat in seats}
    votes = [b.choice for b in ballots(evaluation, CHAIR) if b.choice in here]
    chosen = majority_choice(votes, evaluation.committee.size)
    return here[chosen] if chosen else None


def competition_found(evaluation: Evaluation) -> bool | None:
    chosen = majority_choice([b.choice for b in ballots(evaluation, COMPETITION)], evaluation.committee.size)
    return None if chosen is None else chosen == YES


def differing(evaluation: Evaluation, locks: dict[int, SheetLock]) -> list[Difference]:
    """Objective items on which the locked sheets differ; bids by public id."""
    bids = [str(b.bid_id) for b in bids_of(evaluation) if not b.rejected]
    return differences(items(evaluation), {no: lock.sheet for no, lock in locks.items()}, bids)


def facts_of(evaluation: Evaluation) -> RoomFacts:
    """Everything the table of moves asks about."""
    seats = seats_of(evaluation)
    numbers = {seat.pk: seat.no for seat in seats}
    size, bids, stage = evaluation.committee.size, bids_of(evaluation), stage_of(evaluation)
    judged = under_review(evaluation)
    reviewed = {
        seat.no
        for seat in seats
        if Review.objects.filter(seat=seat, bid__in=judged, stage=stage).count() == len(judged)
    }
    locks = active_locks(evaluation)
    chair = chair_elected(evaluation, seats)
    differ = differing(evaluation, locks) if len(locks) == len(seats) else []
    alias = {str(b.bid_id): b.alias for b in bids}
    return RoomFacts(
        size=size,
        seats=tuple(seat.no for seat in seats),
        pause_reason=evaluation.pause_reason if evaluation.pause == PauseStatus.PAUSED else "",
        declared=_seats_in(evaluation.declarations.all(), numbers),
        voted=frozenset(b.seat.no for b in ballots(evaluation, CHAIR)),
        chair=chair.no if chair else None,
        reviewed=frozenset(reviewed),
        valid=sum(not verdict_of(bid, seats, size, stage).rejected for bid in judged),
        competition=competition_found(evaluation),
        locked=frozenset(locks),
        differing=tuple(d.words(alias[d.bid]) for d in differ),
        spoken=_seats_in(evaluation.signatures.filter(report_sha256=report_sha256(evaluation)), numbers),
        dual=is_dual(evaluation),
    )


def report_sha256(evaluation: Evaluation) -> str:
    return evaluation.report.sha256 if evaluation.report else ""


def _seats_in(rows: QuerySet[Any], numbers: Mapping[Any, int]) -> frozenset[int]:
    found = rows.filter(seat__in=list(numbers)).values_list("seat_id", flat=True)
    return frozenset(numbers[pk] for pk in found)
