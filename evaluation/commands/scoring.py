"""Scoring: each cell at once, nobody sees another's sheet; locking; means, price scores, ranking."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluation import policy, room
from evaluation.commands.sitting import against, done, load_room, move, my_seat, stay
from evaluation.events import ScoresCalculated, SheetsReturned, TechnicalConcluded
from evaluation.models import Evaluation, Score, Seat, SheetLock
from evaluation.queries import facts, rows
from evaluation.rules import results, sheets
from evaluation.rules.room_moves import label
from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel import scoring
from kernel.errors import Kind, ReasonForm, Refused

LOCKED = ReasonForm(
    "score.locked", zh="您的评分表已锁定，不能再改", en="your sheet is locked", kind=Kind.CONFLICT,
    law="招标投标法第四十条",
)  # fmt: skip
NOT_RETURNED = ReasonForm(
    "score.not_returned",
    zh="只退回了不一致的客观分，其余评分已锁定",
    en="only the differing objective items were returned; the rest stays locked",
    kind=Kind.CONFLICT,
)
REJECTED_BID = ReasonForm(
    "score.bid_rejected",
    zh="{alias} 已被否决，不再打分",
    en="{alias} was rejected and is not scored",
    kind=Kind.CONFLICT,
    field="bid",
)
CONSTRAINTS["sheet_locked_once"] = LOCKED


@dataclass(frozen=True)
class EnterScore(Command):
    """One cell; ``bid`` is the room's id of the bid, ``points`` decimal text."""

    tender: str
    lot: int
    bid: str
    item: str
    points: str

    verb = "evaluation.score"
    sealed = True
    law = "招标投标法第四十条；招标投标法实施条例第四十九条"


@dataclass(frozen=True)
class LockSheet(Command):
    """Lock the acting member's sheet. The last lock computes the result, or returns differing objective items."""

    tender: str
    lot: int

    verb = "evaluation.lock"
    sealed = True
    law = "招标投标法第四十条；12号令第三十七条"


@handler(EnterScore, load=load_room, may=policy.may_sit)
def enter_score(cmd: EnterScore, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    stay(evaluation, "score")
    bid = rows.bid_in(evaluation, cmd.bid, files=False)
    if bid.rejected:
        raise Refused(REJECTED_BID(alias=bid.alias))
    item = sheets.item_of(facts.items(evaluation), cmd.item)
    _check_editable(evaluation, seat, str(bid.bid_id), item.id)
    points = f"{sheets.points(item, cmd.points):f}"
    Score.objects.bulk_create(
        [Score(seat=seat, bid=bid, item=item.id, points=points, at=ctx.now)],
        update_conflicts=True,
        unique_fields=["seat", "bid", "item"],
        update_fields=["points", "at"],
    )
    room.say_score(ctx, evaluation, seat, {str(bid.pk): {item.id: points}})
    said = {"bid": str(bid.bid_id), "item": item.id, "points": points}
    return done(evaluation, seat, said, {"bid": str(bid.pk), "item": item.id, "points": points})


def _check_editable(evaluation: Evaluation, seat: Seat, bid: str, item: str) -> None:
    """Open while not locked; a returned sheet only in the cells that were returned, if any are named."""
    mine = list(evaluation.locks.filter(seat=seat).order_by("-at").only("returned_at", "returned_items"))
    if any(lock.returned_at is None for lock in mine):
        raise Refused(LOCKED())
    last = mine[0] if mine else None
    if last and last.returned_items and [bid, item] not in last.returned_items:
        raise Refused(NOT_RETURNED())


@handler(LockSheet, load=load_room, may=policy.may_sit)
def lock_sheet(cmd: LockSheet, ctx: Context, evaluation: Evaluation) -> Done:
    seat = my_seat(ctx, evaluation)
    stay(evaluation, "lock")
    if evaluation.locks.filter(seat=seat, returned_at__isnull=True).exists():
        raise Refused(LOCKED())
    names = {str(b.pk): b.alias for b in facts.bids_of(evaluation) if not b.rejected}
    if reason := sheets.incomplete(facts.items(evaluation), names, facts.sheet_of(seat, evaluation)):
        raise Refused(reason)
    sheet = facts.sheet_of(seat, evaluation, public=True)
    digest = sheets.sheet_digest(sheet)
    SheetLock.objects.create(
        evaluation=evaluation, seat=seat, sheet=sheet, sha256=digest, at=ctx.now, act=ctx.act_id
    )
    room.say(ctx, evaluation, "returned_cells", "", {"returned_cells": None}, seat)
    room.say_seat(ctx, evaluation, seat, "locked", f"{label(seat.no)} 已锁定评分表", "state", "done", "of")
    _after_lock(ctx, evaluation)
    said = {"sheet_sha256": digest, "cells": sum(len(row) for row in sheet.values())}
    return done(evaluation, seat, said, {"sheet_sha256": digest, "step": evaluation.status})


def _after_lock(ctx: Context, evaluation: Evaluation) -> None:
    dual = facts.is_dual(evaluation)
    reasons = against(evaluation, "conclude_technical" if dual else "calculate")
    if not reasons:
        (conclude_technical if dual else calculate)(ctx, evaluation)
    elif [r.code for r in reasons] == ["evaluation.objective_items_differ"]:
        return_sheets(ctx, evaluation)


def return_sheets(ctx: Context, evaluation: Evaluation) -> None:
    """Objective items have one true value: only these cells go back, to everybody, without others' points."""
    locks = facts.active_locks(evaluation)
    differ = facts.differing(evaluation, locks)
    move(evaluation, "return_sheets")
    cells = [[d.bid, d.item.id] for d in differ]
    evaluated = {str(b.bid_id): b for b in facts.bids_of(evaluation)}
    for lock in locks.values():
        lock.returned_at, lock.returned_items = ctx.now, cells
        lock.save(update_fields=["returned_at", "returned_items"])
        shown = [[str(evaluated[bid].pk), item] for bid, item in cells]
        room.say(ctx, evaluation, "returned_cells", "", {"returned_cells": shown}, lock.seat)
    words = "、".join(d.words(evaluated[d.bid].alias) for d in differ)
    room.say_step(ctx, evaluation, f"客观分不一致：{words}。请各自核对后重新锁定。")
    ctx.announce(SheetsReturned(evaluation.lot.tender.number, str(evaluation.lot.no)))


def conclude_technical(ctx: Context, evaluation: Evaluation) -> None:
    """Two envelopes: everybody has locked the technical sheets, so prices may be opened (or are open, when a member
    was replaced later)."""
    move(evaluation, "conclude_technical")
    left = evaluation.bids.filter(rejected=False).count()
    words = f"全体成员已锁定技术评分，{left} 份通过技术评审，等待开启报价（第二信封）"
    room.say_step(ctx, evaluation, words)
    if facts.prices_open(evaluation):
        open_prices(ctx, evaluation)
    else:
        ctx.announce(TechnicalConcluded(evaluation.lot.tender.number, str(evaluation.lot.no)))


def open_prices(ctx: Context, evaluation: Evaluation) -> None:
    """The second envelopes are open: members review what was in them."""
    move(evaluation, "open_prices")
    for seat in facts.seats_of(evaluation):
        room.say(ctx, evaluation, "reviewed", "", {"reviews": None}, seat)
    room.say_step(ctx, evaluation, "报价已开启。请逐份评审报价部分，然后由组长汇总")


def calculate(ctx: Context, evaluation: Evaluation, verb: str = "calculate") -> None:
    """Everybody has locked: means, the scoring contract with the frozen method, ranking."""
    move(evaluation, verb)
    calculated(ctx, evaluation)


def calculated(ctx: Context, evaluation: Evaluation) -> None:
    found = computed(evaluation)
    evaluation.calculation = found
    evaluation.calculation_sha256 = results.calculation_digest(found["input"], found["output"])
    evaluation.calculated_at = ctx.now
    evaluation.save()
    number, lot = evaluation.lot.tender.number, evaluation.lot
    ctx.announce(ScoresCalculated(number, str(lot.no), evaluation.calculation_sha256))
    words = "全体成员已锁定，价格分和排名已计算，正在生成评标报告"
    room.say_step(ctx, evaluation, words, totals_patch(evaluation))


def computed(evaluation: Evaluation) -> dict[str, Any]:
    """The calculation from the locked sheets: recomputing it gives the same."""
    tender = evaluation.lot.tender
    method, items = tender.evaluation_method, facts.items(evaluation)
    locked = {no: lock.sheet for no, lock in facts.active_locks(evaluation).items()}
    means = results.means_of(method, items, locked)
    bids = [
        results.ScoredBid(
            str(b.bid_id), b.bid.price or Decimal(0), b.bid.bidder_name, b.bid.bidder_credit_code, b.rejected
        )
        for b in facts.bids_of(evaluation)
        # Of two envelopes only those who passed have a price.
        if b.bid.price is not None or not facts.is_dual(evaluation)
    ]
    coefficients = coefficients_of(evaluation)
    request = results.scoring_request(
        method, items, bids, means, ceiling=evaluation.lot.ceiling_price, coefficients=coefficients
    )
    answer = scoring.score(request)
    some_sheet = locked[min(locked)] if locked else {}
    return {
        "coefficients": coefficients,
        "input": request,
        "output": answer,
        "means": {bid: {i: f"{p:f}" for i, p in row.items()} for bid, row in means.items()},
        "objective": sheets.objective_points(items, some_sheet),
        "ranking": results.ranking_of(bids, answer),
    }


def coefficients_of(evaluation: Evaluation) -> dict[str, Any]:
    """What was drawn in the opening hall for this lot, as the signed record says (formulas.md §10)."""
    session = evaluation.lot.tender.opening_sessions.last()
    record = (session.record_payload or {}) if session is not None else {}
    drawn = record.get("coefficients") or {}
    found = drawn.get(str(evaluation.lot.no)) if isinstance(drawn, dict) else None
    return dict(found) if isinstance(found, dict) else {}


def totals_patch(evaluation: Evaluation) -> dict[str, Any]:
    """``totals``, ``ranking``, ``benchmark`` of the room's state, by the room's own ids."""
    found = evaluation.calculation or {}
    own = {str(b.bid_id): b for b in facts.bids_of(evaluation)}
    answer = found.get("output") or {"bids": [], "benchmark_price": None}
    totals = {
        str(own[row["id"]].pk): {
            "alias": own[row["id"]].alias,
            "price_score": row["price_score"],
            "total": row["total"],
            "rank": row["rank"],
            "flags": row.get("flags", []),
        }
        for row in answer["bids"]
        if row.get("rejected") is None
    }
    return {
        "totals": totals,
        "ranking": [str(own[row["bid"]].pk) for row in found.get("ranking", [])],
        "benchmark": answer["benchmark_price"],
    }
