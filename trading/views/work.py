"""What the work page of a tender shows, put together for its viewer."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from journal import clock
from kernel.actor import Actor
from kernel.errors import Kind, Reason
from kernel.money import Money
from portal import problems
from portal.doors import actor_of
from trading import forms
from trading.commands.announcing import reasons_against_announcing
from trading.commands.awards import failure_zh
from trading.models import Lot, Tender
from trading.policy.tenders import hosts, may_ask
from trading.queries import awards, tenders
from trading.rules.lot_machine import LOT
from trading.rules.statuses import LotStatus, TenderStatus
from trading.rules.tender_machine import TENDER
from trading.views.acts import new_key


def page(
    request: HttpRequest, tender: Tender, form: Any = None, reasons: tuple[Reason, ...] = ()
) -> HttpResponse:
    """The page, or the page again after a refusal (with the refusal's status)."""
    actor, now = actor_of(request), clock.now()
    status = problems.STATUS[reasons[0].kind] if reasons else problems.STATUS[Kind.INVALID] if form else 200
    host = hosts(actor, tender.project)
    context = {
        "tender": tender,
        "now": now,
        "host": host,
        "phase": tenders.phase_zh(tender, now),
        "deadlines": _deadlines(tender, now),
        "documents": [_document(d) for d in tenders.documents_for(actor, tender)],
        "enquiries": tenders.enquiries_for(actor, tender),
        "lots": [_lot(actor, host, lot, now) for lot in tender.lots.select_related("tender__project")],
        "form": form or django_forms.Form(),
        "reasons": reasons,
        "key": new_key(),
        **(_host(tender, now) if host else _bidder(actor, tender, now)),
    }
    return render(request, "trading/tender.html", context, status=status)


def _deadlines(tender: Tender, now: datetime) -> list[dict[str, Any]]:
    rows = (
        ("招标文件开始提供", tender.documents_from, "招标投标法实施条例第十六条"),
        ("招标文件提供截止", tender.documents_until, "招标投标法实施条例第十六条"),
        ("提问截止", tender.enquiry_deadline, "招标投标法实施条例第二十二条"),
        ("投标截止、开标", tender.submission_deadline, "招标投标法第二十四条、第三十四条"),
    )
    return [
        {
            "title": title,
            "at": at,
            "left": _left(at, now),
            "level": "over" if at <= now else "calm",
            "law": law,
        }
        for title, at, law in rows
        if at is not None
    ]


def _left(at: datetime, now: datetime) -> str:
    days = (at - now).days
    return "已过" if at <= now else f"还有 {days} 天" if days else "不到 1 天"


def _document(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "title": row.title,
        "href": f"/tenders/{row.tender.number}/documents/{row.id}",
        "size": row.file.size,
        "digest": row.file.sha256,
        "at": row.published_at,
    }


def _host(tender: Tender, now: datetime) -> dict[str, Any]:
    status = TenderStatus(tender.status)
    facts = tender.facts(now)
    verbs = {move.verb for move in TENDER.open_moves(status, facts)}
    against: list[Reason] = []
    if status == TenderStatus.DRAFT:
        against = reasons_against_announcing(tender, now, tenders.rulebook_of(tender, now))
    return {
        "verbs": verbs,
        "against": against,
        "document_form": forms.DocumentForm(),
        "agent_form": forms.AgentForm(),
        "clarify_form": forms.ClarifyForm(),
        "answer_form": forms.AnswerForm(),
        "cancel_form": forms.CancelForm(),
        "again_lots": list(tenders.lots_to_tender_again([tender])),
        "again_form": forms.TenderAgainForm(initial={"title": _again_title(tender)}),
    }


def _again_title(tender: Tender) -> str:
    return f"{tender.title[:180]}（重新招标）"


def _bidder(actor: Actor, tender: Tender, now: datetime) -> dict[str, Any]:
    announced = tender.status == TenderStatus.ANNOUNCED
    side = may_ask(actor, tender) is None
    return {
        "verbs": {"ask"} if announced and side else set(),
        "ask_form": forms.AskForm(),
        "taken": tenders.has_taken(actor, tender),
        "unconfirmed": tenders.unconfirmed(actor, tender) if side else 0,
    }


def _lot(actor: Actor, host: bool, lot: Lot, now: datetime) -> dict[str, Any]:
    facts = lot.facts(now)
    verbs = {move.verb for move in LOT.open_moves(LotStatus(lot.status), facts)}
    own = actor.organization and lot.bids.filter(bidder_id=actor.organization).exists()
    candidates = list(lot.candidates.select_related("bid"))
    award = getattr(lot, "award", None)
    shape: dict[str, Any] = {
        "lot": lot,
        "facts": [
            ("估算价", Money(lot.estimate).display()),
            ("最高投标限价", Money(lot.ceiling_price).display() if lot.ceiling_price is not None else "不设"),
            ("投标担保", Money(lot.bond_amount).display() if lot.bond_amount else "不要求"),
            ("工期", f"{lot.duration_days} 日"),
            *([("信封", "双信封：先开技术，再开报价")] if lot.scheme == "dual" else []),
        ],
        "verbs": verbs if host else verbs & {"object"} if own else set(),
        "candidates": candidates,
        "standstill_until": facts.standstill_until,
        "objections": awards.objections_for(actor, lot),
        "award": award if award and (host or award.notified_at) else None,
        "contract": getattr(award, "contract", None) if award else None,
        "object_form": forms.ObjectForm(),
        "failure": failure_zh(lot.failure_code) if lot.status == LotStatus.FAILED else "",
        "again": tenders.tendered_again_as(actor, lot),
    }
    if host:
        shape |= {
            "candidates_form": forms.CandidatesForm(),
            "award_form": forms.AwardForm(candidates=candidates),
            "contract_form": forms.ContractForm(),
            "objection_form": forms.AnswerObjectionForm(),
            "fail_form": forms.FailForm(),
        }
    return shape
