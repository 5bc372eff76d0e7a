"""The committee's result, the candidates on show, objections to the result."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from documents import store
from journal.door import Command, Context, Done, handler
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused, refuse_if
from trading.commands.loading import lot_for_update, objection_for_update
from trading.events import CandidatesAnnounced, EvaluationResultReceived
from trading.models import Bid, Candidate, EvaluationResult, Lot, ResultObjection, TenderDocument
from trading.policy import awards as policy
from trading.queries.awards import candidate_json, judged_bids, standing_ranking
from trading.rules import award as law
from trading.rules import fields, rejection_grounds
from trading.rules import rulebook as books
from trading.rules.lot_machine import LOT
from trading.rules.rulebook import Rulebook
from trading.rules.statuses import LotStatus

ANSWERED = ReasonForm(
    "objection.answered_already",
    zh="这项异议已经答复，不能再改",
    en="this objection is answered already",
    kind=Kind.CONFLICT,
)
PAPER_OUTDATED = ReasonForm(
    "award.paper_outdated",
    zh="文书生成后日期或中标人已变化，请重新提交",
    en="the day or the winner has changed since the paper was made; submit again",
    kind=Kind.CONFLICT,
)


@dataclass(frozen=True)
class ReceiveEvaluationResult(Command):
    """What the signed report says of one lot, from the evaluation. ``ranking``: ``[{"bid", "bidder",
    "credit_code", "price", "score", "rank"}]`` with ranks 1, 2, 3 …; ``rejected``: ``[{"bid", "bidder",
    "ground", "note"}]`` with listed grounds; ``report`` SHA-256 of the report's PDF."""

    tender: str
    lot: str
    ranking: list[dict[str, Any]]
    rejected: list[dict[str, Any]] = field(default_factory=list)
    report: str = ""

    verb = "evaluation.receive_result"
    sealed = True
    law = "招标投标法第四十条；招标投标法实施条例第五十三条"


def _load(cmd: Any) -> Lot:
    return lot_for_update(cmd.tender, cmd.lot)


def rules_of(lot: Lot) -> Rulebook:
    return books.rulebook(lot.tender.rulebook)


def step(lot: Lot, verb: str, now: datetime) -> None:
    """Move the lot by its machine; not saved."""
    lot.status = LOT.after(verb, LotStatus(lot.status), lot.facts(now))


@handler(ReceiveEvaluationResult, load=_load, may=policy.may_report)
def receive_evaluation_result(cmd: ReceiveEvaluationResult, ctx: Context, lot: Lot) -> Done:
    corrects = lot.status == LotStatus.CANDIDATES_ANNOUNCED
    step(lot, "correct_result" if corrects else "report", ctx.now)
    rejected = [_rejected(row) for row in fields.rows(cmd.rejected, "rejected", most=500)]
    ranking = [dict(row) for row in fields.rows(cmd.ranking, "ranking", most=500)]
    ranked = [
        law.Ranked(fields.text(r, "bid"), fields.integer(r, "rank", 1, 500), fields.money(r, "price"))
        for r in ranking
    ]
    out = [row["bid"] for row in rejected]
    opened = {str(bid.id): bid.price for bid in judged_bids(lot, [r.bid for r in ranked] + out)}
    refuse_if(law.ranking_reasons(ranked, out, opened))
    said = {"ranking": ranking, "rejected": rejected, "report": store.get(cmd.report), "received_at": ctx.now}
    EvaluationResult.objects.update_or_create(lot=lot, defaults=said)
    if corrects:
        lot.candidates.all().delete()
        lot.objections.filter(upheld=True, settled_at=None).update(settled_at=ctx.now)
    lot.paused_since = lot.due_at = None
    lot.save(update_fields=["status", "paused_since", "due_at"])
    ctx.announce(EvaluationResultReceived(lot.tender.number, str(lot.no)))
    payload = {"ranking": ranking, "rejected": rejected, "report": cmd.report}
    return Done(f"lot:{lot.code}", payload, {"lot": lot.code})


def _rejected(row: Any) -> dict[str, Any]:
    ground = rejection_grounds.ground(fields.text(row, "ground", limit=40))
    return {**row, "bid": fields.text(row, "bid"), "ground": ground.code, "law": ground.law}


@dataclass(frozen=True)
class AnnounceCandidates(Command):
    """公示: ``candidates`` bid ids as the report ranks them, three at most; ``standstill_days`` 3 or more;
    ``notice`` SHA-256 of the notice's PDF, which says ``until`` (RFC 3339) as the end of the standstill."""

    tender: str
    lot: str
    candidates: list[str]
    standstill_days: int
    notice: str
    until: str

    verb = "candidates.announce"
    law = "招标投标法实施条例第五十三条、第五十四条"


@handler(AnnounceCandidates, load=_load, may=policy.may_award_side)
def announce_candidates(cmd: AnnounceCandidates, ctx: Context, lot: Lot) -> Done:
    book = rules_of(lot)
    step(lot, "announce_candidates", ctx.now)
    days = fields.integer(cmd.as_json(), "standstill_days", 0, 60)
    ranking = {row["bid"]: row for row in standing_ranking(lot)}
    refuse_if(
        [*law.candidate_reasons(cmd.candidates, list(ranking), book), law.standstill_reason(days, book)]
    )
    until = law.standstill_end(ctx.now, days)
    if cmd.until != iso(until):
        raise Refused(PAPER_OUTDATED())
    rows = [
        _candidate(lot, rank, ranking[bid], ctx.now, until)
        for rank, bid in enumerate(cmd.candidates, start=1)
    ]
    publish(lot, "candidate_notice", f"中标候选人公示（{lot.name}）", cmd.notice, ctx.now)
    lot.due_at = until
    lot.save(update_fields=["status", "due_at"])
    late = law.announced_late(lot.evaluation_result.received_at, ctx.now, book)
    ctx.announce(CandidatesAnnounced(lot.tender.number, str(lot.no), iso(until)))
    shown = [candidate_json(row) for row in rows]
    payload = {
        "candidates": shown,
        "standstill_until": iso(until),
        "notice": cmd.notice,
        "late": late is not None,
    }
    warnings = [late.as_json()] if late else []
    return Done(f"lot:{lot.code}", payload, {"standstill_until": iso(until), "warnings": warnings})


def _candidate(lot: Lot, rank: int, row: dict[str, Any], now: datetime, until: datetime) -> Candidate:
    bid = Bid.objects.get(id=row["bid"])
    assert bid.price is not None, "a ranked bid was opened"
    score = Decimal(str(row["score"])) if row.get("score") is not None else None
    return Candidate.objects.create(
        lot=lot, rank=rank, bid=bid, price=bid.price, score=score, announced_at=now, standstill_until=until
    )


def publish(
    lot: Lot, kind: str, title: str, sha256: str, now: datetime, recipient: Any = None
) -> TenderDocument:
    return TenderDocument.objects.create(
        tender=lot.tender,
        lot=lot,
        kind=kind,
        title=title,
        file=store.get(sha256),
        public=recipient is None,
        recipient=recipient,
        published_at=now,
    )


@dataclass(frozen=True)
class ObjectToResult(Command):
    """异议 by a bidder of the lot while the candidates are on show: everything pauses until the answer."""

    tender: str
    lot: str
    text: str

    verb = "result.object"
    sealed = True
    law = "招标投标法第六十五条；招标投标法实施条例第五十四条"


@handler(ObjectToResult, load=_load, may=policy.may_object)
def object_to_result(cmd: ObjectToResult, ctx: Context, lot: Lot) -> Done:
    step(lot, "object", ctx.now)
    objection = ResultObjection.objects.create(
        lot=lot,
        organization_id=ctx.actor.organization,
        text=fields.text({"text": cmd.text}, "text", limit=4000),
        raised_at=ctx.now,
    )
    if lot.paused_since is None:
        lot.paused_since = ctx.now
        lot.save(update_fields=["paused_since"])
    return Done(
        f"lot:{lot.code}",
        {"objection": str(objection.id), "text": objection.text},
        {"objection": str(objection.id)},
    )


@dataclass(frozen=True)
class AnswerObjection(Command):
    """The answer, due in 3 days. ``outcome``: ``dismissed``, the standstill goes on with what was left of it;
    ``upheld``, nothing is awarded until the result is corrected or the lot is tendered again."""

    objection: str
    answer: str
    outcome: str

    verb = "result.answer_objection"
    law = "招标投标法实施条例第五十四条"


@handler(AnswerObjection, load=lambda cmd: objection_for_update(cmd.objection), may=policy.may_answer)
def answer_objection(cmd: AnswerObjection, ctx: Context, objection: ResultObjection) -> Done:
    lot = objection.lot
    step(lot, "answer_objection", ctx.now)
    if objection.answered_at is not None:
        raise Refused(ANSWERED())
    if cmd.outcome not in ("dismissed", "upheld"):
        raise fields.bad("outcome", "应为 dismissed 或 upheld / dismissed or upheld")
    objection.answer = fields.text({"answer": cmd.answer}, "answer", limit=10000)
    objection.answered_at, objection.upheld = ctx.now, cmd.outcome == "upheld"
    objection.settled_at = None if objection.upheld else ctx.now
    objection.save()
    until = _resume(lot, ctx.now)
    limit = law.standstill_end(objection.raised_at, rules_of(lot).answer_days.days)
    payload = {
        "objection": str(objection.id),
        "outcome": cmd.outcome,
        "raised_at": iso(objection.raised_at),
        "late": ctx.now >= limit,
        "standstill_until": iso(until),
    }
    return Done(f"lot:{lot.code}", payload, payload)


def _resume(lot: Lot, now: datetime) -> datetime:
    """The end of the standstill; when the last objection is answered it moves by the time of the pause."""
    first = lot.candidates.first()
    assert first is not None, "candidates are on show"
    until: datetime = first.standstill_until
    if lot.paused_since is not None and not lot.objections.filter(answered_at=None).exists():
        until = law.resumed_standstill(until, lot.paused_since, now)
        lot.candidates.update(standstill_until=until)
        lot.paused_since, lot.due_at = None, until
        lot.save(update_fields=["paused_since", "due_at"])
    return until
