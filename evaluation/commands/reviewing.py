"""Preliminary review: each member on each bid; the chair closes it; a majority rejects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluation import policy, room
from evaluation.commands.scoring import REJECTED_BID, calculated
from evaluation.commands.sitting import done, load_room, move, my_seat, stay
from evaluation.events import ScoresCalculated
from evaluation.models import Ballot, EvaluatedBid, Evaluation, Review, Seat
from evaluation.queries import facts, rows
from evaluation.rules import results
from evaluation.rules.review import Opinion, check_opinion
from evaluation.rules.room_moves import label
from journal.door import Command, Context, Done, handler
from kernel.errors import Refused

_LAW = "招标投标法实施条例第五十一条；12号令第二十三条"


@dataclass(frozen=True)
class ReviewBid(Command):
    """``passed``, or not with a printed ``ground``, ``reason``, ``document`` and ``page``. Can be changed until
    the review is closed."""

    tender: str
    lot: int
    bid: str
    passed: bool
    ground: str = ""
    reason: str = ""
    document: str = ""
    page: int = 0

    verb = "evaluation.review"
    sealed = True
    law = _LAW


@dataclass(frozen=True)
class FindCompetition(Command):
    """Fewer than three bids are left: is there competition nevertheless?"""

    tender: str
    lot: int
    competitive: bool

    verb = "evaluation.find_competition"
    sealed = True
    law = "12号令第二十七条"


@dataclass(frozen=True)
class CloseReview(Command):
    tender: str
    lot: int

    verb = "evaluation.close_review"
    sealed = True
    law = _LAW


@dataclass(frozen=True)
class RejectAll(Command):
    """Nothing is left, or too little for competition: the lot ends without a ranking."""

    tender: str
    lot: int

    verb = "evaluation.reject_all"
    sealed = True
    law = "招标投标法第四十二条"


@handler(ReviewBid, load=load_room, may=policy.may_sit)
def review_bid(cmd: ReviewBid, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    stage = facts.stage_of(evaluation)
    stay(evaluation, "review" if stage == 1 else "review_price")
    bid = rows.bid_in(evaluation, cmd.bid)
    if stage == 2 and bid.rejected:
        raise Refused(REJECTED_BID(alias=bid.alias))
    opinion = Opinion(seat.no, cmd.passed, cmd.ground, cmd.reason, cmd.document, cmd.page)
    check_opinion(opinion, evaluation.lot.tender.evaluation_method)
    found = {
        "passed": cmd.passed,
        "ground": "" if cmd.passed else cmd.ground,
        "reason": "" if cmd.passed else cmd.reason.strip()[:500],
        "document": "" if cmd.passed else cmd.document.strip()[:240],
        "page": 0 if cmd.passed else cmd.page,
    }
    Review.objects.update_or_create(seat=seat, bid=bid, stage=stage, defaults={**found, "at": ctx.now})
    room.say(ctx, evaluation, "reviewed", "", {"reviews": {str(bid.pk): found}}, seat)
    room.say_progress(ctx, evaluation, seat)
    said = {"bid": str(bid.bid_id), **({"stage": stage} if stage == 2 else {}), **found}
    return done(evaluation, seat, said, {"bid": str(bid.pk), **found})


@handler(FindCompetition, load=load_room, may=policy.may_sit)
def find_competition(cmd: FindCompetition, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    move(evaluation, "find_competition" if facts.stage_of(evaluation) == 1 else "find_price_competition")
    choice = facts.YES if cmd.competitive else facts.NO
    Ballot.objects.update_or_create(
        evaluation=evaluation,
        seat=seat,
        question=facts.COMPETITION,
        defaults={"choice": choice, "at": ctx.now},
    )
    room.say(ctx, evaluation, "competition", f"{label(seat.no)} 已就竞争性投票", {})
    return done(evaluation, seat, {"competitive": cmd.competitive})


@handler(CloseReview, load=load_room, may=policy.may_chair)
def close_review(cmd: CloseReview, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    if facts.stage_of(evaluation) == 2:
        return _close_price_review(ctx, evaluation, seat)
    move(evaluation, "close_review")
    verdicts = decide(ctx, evaluation)
    _return_stale_sheets(ctx, evaluation)
    left = evaluation.bids.filter(rejected=False).count()
    words = f"初步评审结束：{left} 份通过，{evaluation.bids.count() - left} 份否决。请独立打分。"
    room.say_step(ctx, evaluation, words, _rejected_patch(evaluation))
    return done(evaluation, seat, {"verdicts": verdicts, "valid": left})


def _close_price_review(ctx: Context, evaluation: Evaluation, seat: Seat) -> Done:
    """The price parts are judged: verdicts, then totals from the sheets that were locked before prices were known."""
    move(evaluation, "close_price_review")
    verdicts = decide(ctx, evaluation, stage=2)
    room.say(ctx, evaluation, "rejected", "", _rejected_patch(evaluation))
    calculated(ctx, evaluation)
    left = evaluation.bids.filter(rejected=False).count()
    return done(evaluation, seat, {"verdicts": verdicts, "valid": left, "stage": 2})


@handler(RejectAll, load=load_room, may=policy.may_chair)
def reject_all(cmd: RejectAll, ctx: Context, evaluation: Evaluation) -> Done:
    seat, stage = my_seat(ctx, evaluation), facts.stage_of(evaluation)
    move(evaluation, "reject_all" if stage == 1 else "reject_all_prices")
    verdicts = decide(ctx, evaluation, stage=stage)
    found: dict[str, Any] = {"input": None, "output": None, "means": {}, "objective": {}, "ranking": []}
    evaluation.calculation = {**found, "coefficients": {}}
    evaluation.calculation_sha256 = results.calculation_digest({}, {})
    evaluation.competition = facts.competition_found(evaluation)
    evaluation.calculated_at = ctx.now
    evaluation.save()
    ctx.announce(ScoresCalculated(cmd.tender, str(cmd.lot), evaluation.calculation_sha256))
    words = "没有可以推荐的投标，本标段不排名，正在生成评标报告"
    room.say_step(ctx, evaluation, words, {**_rejected_patch(evaluation), "ranking": []})
    return done(evaluation, seat, {"verdicts": verdicts})


def decide(ctx: Context, evaluation: Evaluation, stage: int = 1) -> list[dict[str, Any]]:
    """Write the committee's verdict on every bid of this review, from the opinions of those who sit now."""
    seats, out = facts.seats_of(evaluation), []
    for bid in facts.bids_of(evaluation):
        if stage == 2 and bid.rejected:
            continue
        found = facts.verdict_of(bid, seats, evaluation.committee.size, stage)
        bid.rejected_stage = stage
        opinion = found.opinion
        bid.rejected = found.rejected
        bid.ground = opinion.ground if opinion else ""
        bid.reason = opinion.reason if opinion else ""
        bid.document = opinion.document if opinion else ""
        bid.page = opinion.page if opinion else None
        bid.rejection_act = ctx.act_id if found.rejected else None
        bid.save()
        out.append(_verdict_said(bid, found.against))
    return out


def _verdict_said(bid: EvaluatedBid, against: int) -> dict[str, Any]:
    said: dict[str, Any] = {"bid": str(bid.bid_id), "rejected": bid.rejected, "against": against}
    return {**said, "ground": bid.ground, "reason": bid.reason} if bid.rejected else said


def _rejected_patch(evaluation: Evaluation) -> dict[str, Any]:
    """``rejected`` of the room's state; ``None`` takes back what an earlier review said."""
    return {
        "rejected": {
            str(bid.pk): room.rejection_row(bid) if bid.rejected else None
            for bid in facts.bids_of(evaluation)
        },
        "valid": evaluation.bids.filter(rejected=False).count(),
    }


def _return_stale_sheets(ctx: Context, evaluation: Evaluation) -> None:
    """After a replacement the bids that are left may be others: sheets that do not fit go back."""
    left = {str(b.bid_id) for b in facts.bids_of(evaluation) if not b.rejected}
    for lock in facts.active_locks(evaluation).values():
        if set(lock.sheet) != left:
            lock.returned_at = ctx.now
            lock.save(update_fields=["returned_at"])
