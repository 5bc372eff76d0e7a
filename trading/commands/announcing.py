"""Announcing, clarifying and cancelling a tender: what everybody may read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from documents import store
from journal.door import Command, Context, Done, handler
from kernel.canonical_json import canonical
from kernel.clock import BEIJING, beijing, iso
from kernel.errors import Reason, Refused, refuse_if
from trading.commands.loading import tender_for_update
from trading.commands.openings import end_opening
from trading.events import ClarificationPublished, LotFailed, TenderAnnounced, TenderCancelled
from trading.models import Tender, TenderDocument
from trading.policy import tenders as policy
from trading.queries.notices import document_json, requirement_list, terms, terms_sha256
from trading.rules import announcement as law
from trading.rules import evaluation_method, fields
from trading.rules import rulebook as books
from trading.rules.announcement import LotMoney, Schedule
from trading.rules.rulebook import Rulebook
from trading.rules.statuses import LotStatus, TenderStatus
from trading.rules.tender_machine import DEADLINE_PASSED, TENDER


@dataclass(frozen=True)
class AnnounceTender(Command):
    """Publish the notice. Everything of the draft is frozen from here on; the rulebook is the one in force
    today."""

    tender: str

    verb = "tender.announce"
    law = "招标投标法第十六条；招标投标法实施条例第十五条"


@handler(AnnounceTender, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def announce_tender(cmd: AnnounceTender, ctx: Context, tender: Tender) -> Done:
    status = TENDER.after("announce", TenderStatus(tender.status), tender.facts(ctx.now))
    project = tender.project
    book = books.in_force(project.regime, project.category, ctx.now.astimezone(BEIJING).date())
    refuse_if(reasons_against_announcing(tender, ctx.now, book))
    evaluation_method.parse(tender.evaluation_method)
    assert tender.documents_from is not None
    tender.status, tender.rulebook, tender.announced_at = status, book.key, ctx.now
    tender.documents_from = max(tender.documents_from, ctx.now)
    tender.due_at = tender.submission_deadline
    tender.save()
    _publish_requirements(tender, ctx.now)
    tender.documents.filter(published_at=None).update(published_at=ctx.now)
    documents = [document_json(d) for d in tender.documents.select_related("file", "lot", "tender")]
    payload = {**terms(tender), "terms_sha256": terms_sha256(tender), "documents": documents}
    ctx.announce(TenderAnnounced(tender.number, iso(_deadline(tender))))
    return Done(f"tender:{tender.number}", payload, {"tender": tender.number, "rulebook": book.key})


def _publish_requirements(tender: Tender, now: datetime) -> None:
    """The list that clients check a bid against is a document of the tender like any other: one digest, in the
    act of announcing and in the public record."""
    name = f"投标要求清单-{tender.number}.json"
    file = store.put(canonical(requirement_list(tender)), name=name, media_type="application/json", now=now)
    TenderDocument.objects.create(tender=tender, kind="requirements", title="投标要求清单（机读）", file=file)


def reasons_against_announcing(tender: Tender, now: datetime, book: Rulebook) -> list[Reason]:
    """Everything that the law or the form has against the notice going out ``now``; also shown beforehand."""
    found = list(_missing(tender))
    plan = _schedule(tender)
    if plan is not None:
        found += law.schedule_reasons(plan, now, book)
    lots = tuple(LotMoney(str(x.no), x.estimate, x.ceiling_price, x.bond_amount) for x in tender.lots.all())
    project = tender.project
    found += law.money_reasons(lots, project.estimate, project.state_funded, book)
    return found


def _missing(tender: Tender) -> list[Reason]:
    kinds = set(tender.documents.values_list("kind", flat=True))
    holders = tender.custodians.count()
    lacking = {
        "标段 / lots": not tender.lots.exists(),
        "时间安排 / the schedule": _schedule(tender) is None,
        "评标办法 / the evaluation method": not tender.evaluation_method,
        "投标文件组成 / what a bid must hold": not tender.requirements,
        "招标公告 / the notice": "notice" not in kinds,
        "招标文件 / the bidding documents": "bidding_documents" not in kinds,
        "密钥托管单位 / custodians": holders < max(2, tender.share_threshold),
    }
    return [law.MISSING(what=what) for what, absent in lacking.items() if absent]


def _schedule(tender: Tender) -> Schedule | None:
    times = (
        tender.documents_from,
        tender.documents_until,
        tender.enquiry_deadline,
        tender.submission_deadline,
    )
    return None if None in times else Schedule(*times)  # type: ignore[arg-type]


def _deadline(tender: Tender) -> datetime:
    assert tender.submission_deadline is not None, "announced tenders have one"
    return tender.submission_deadline


@dataclass(frozen=True)
class PublishClarification(Command):
    """澄清或修改, to everybody who has the documents. ``file``: SHA-256 of its PDF; ``affects_bids``: may
    affect how bids are made; ``submission_deadline``: RFC 3339 when the deadline moves, else empty."""

    tender: str
    title: str
    text: str
    file: str
    affects_bids: bool
    submission_deadline: str = ""

    verb = "tender.clarify"
    law = "招标投标法第二十三条；招标投标法实施条例第二十一条"


@handler(PublishClarification, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def publish_clarification(cmd: PublishClarification, ctx: Context, tender: Tender) -> Done:
    TENDER.after("clarify", TenderStatus(tender.status), tender.facts(ctx.now))
    said = cmd.as_json()
    title, text = fields.text(said, "title"), fields.text(said, "text", limit=10000)
    moved = move_deadline(tender, ctx.now, said)
    document = TenderDocument.objects.create(
        tender=tender, kind="clarification", title=title, file=store.get(cmd.file), published_at=ctx.now
    )
    ctx.announce(ClarificationPublished(tender.number, str(document.id)))
    payload = {"document": str(document.id), "title": title, "text": text, "sha256": cmd.file, **moved}
    return Done(f"tender:{tender.number}", payload, {"document": str(document.id), **moved})


def move_deadline(tender: Tender, now: datetime, said: dict[str, Any]) -> dict[str, Any]:
    """Check ``affects_bids`` and ``submission_deadline`` of a clarification or answer, move the deadline if
    asked; what the act says about it."""
    affects = fields.flag(said, "affects_bids")
    wanted, before = fields.moment(said, "submission_deadline", optional=True), _deadline(tender)
    reasons = law.moved_deadline_reasons(now, before, wanted, affects, books.rulebook(tender.rulebook))
    refuse_if(reasons)
    if wanted is not None and wanted != before:
        if now >= before:  # what is closed stays closed: bids that came in time are not overtaken
            raise Refused(DEADLINE_PASSED(deadline=beijing(before)))
        tender.submission_deadline = tender.due_at = wanted
        tender.save(update_fields=["submission_deadline", "due_at"])
    return {"affects_bids": affects, "deadline_before": iso(before), "deadline": iso(_deadline(tender))}


@dataclass(frozen=True)
class CancelTender(Command):
    """终止招标, announced at once; deposits and guarantees go back (招例第三十一条)."""

    tender: str
    reason: str

    verb = "tender.cancel"
    law = "招标投标法实施条例第三十一条"


@handler(CancelTender, load=lambda cmd: tender_for_update(cmd.tender), may=policy.may_host)
def cancel_tender(cmd: CancelTender, ctx: Context, tender: Tender) -> Done:
    reason = fields.text({"reason": cmd.reason}, "reason", limit=2000)
    tender.status = TENDER.after("cancel", TenderStatus(tender.status), tender.facts(ctx.now))
    tender.due_at = None
    tender.save(update_fields=["status", "due_at"])
    for lot in tender.lots.exclude(status=LotStatus.FAILED):
        end_lot(lot, ctx, "tender.cancelled")
    end_opening(ctx, tender, reason)
    ctx.announce(TenderCancelled(tender.number))
    return Done(f"tender:{tender.number}", {"reason": reason}, {"tender": tender.number})


def end_lot(lot: Any, ctx: Context, code: str) -> None:
    """Fail a lot by its machine and say so."""
    from trading.rules.lot_machine import LOT

    lot.status = LOT.after("fail", LotStatus(lot.status), lot.facts(ctx.now))
    lot.failure_code, lot.due_at, lot.paused_since = code[:60], None, None
    lot.save(update_fields=["status", "failure_code", "due_at", "paused_since"])
    ctx.announce(LotFailed(lot.tender.number, str(lot.no), code))


def frozen_method(tender: Tender) -> evaluation_method.Method:
    """The tender's evaluation method, parsed; ``Refused`` when a draft has none yet."""
    if not tender.evaluation_method:
        raise Refused(law.MISSING(what="评标办法 / the evaluation method"))
    return evaluation_method.parse(tender.evaluation_method)
