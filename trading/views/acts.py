"""The acts of the work page: verb → form → command. Papers and uploads are made before ``perform``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from documents import store
from journal import clock
from journal.door import Command
from kernel.actor import Actor
from kernel.errors import Kind, ReasonForm, Refused
from portal.doors import actor_of, key_of, submit
from trading import commands, forms, preparing
from trading.models import Tender
from trading.queries import tenders as queries

NO_SUCH_ACT = ReasonForm(
    "tender.no_such_act", zh="没有「{verb}」这项操作", en="there is no act {verb}", kind=Kind.NOT_FOUND
)


def new_key() -> str:
    """The idempotency key of a form that is shown."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Asked:
    """What a form's act knows: who, where, what was typed."""

    actor: Actor
    tender: Tender
    lot: str
    said: dict[str, Any]
    subject: str

    def file(self) -> str:
        """Keep the uploaded file of the form; its SHA-256."""
        given = self.said["file"]
        kept = store.put(given, name=given.name, media_type=given.content_type, now=clock.now())
        return str(kept.sha256)


@dataclass(frozen=True)
class FormAct:
    form: type[django_forms.Form]
    build: Callable[[Asked], Command]
    papers: bool = False


def _lot(asked: Asked) -> Any:
    return queries.lot(asked.tender.number, asked.lot)


def _award(asked: Asked) -> Command:
    return commands.DecideAward(asked.tender.number, asked.lot, asked.said["bid"], asked.said["passed_over"])


def _contract(asked: Asked) -> Command:
    said = asked.said
    return commands.RegisterContract(
        asked.tender.number,
        asked.lot,
        said["number"],
        said["price"],
        said["signed_on"].isoformat(),
        asked.file(),
        said["performance_security"],
    )


def _document(asked: Asked) -> Command:
    said = asked.said
    return commands.AddDocument(asked.tender.number, said["kind"], said["title"], asked.file(), said["lot"])


ACTS: dict[str, FormAct] = {
    "commission": FormAct(
        forms.AgentForm,
        lambda a: commands.CommissionAgent(a.tender.project.number, a.said["agent"], a.file()),
    ),
    "add_document": FormAct(forms.DocumentForm, _document),
    "remove_document": FormAct(
        django_forms.Form, lambda a: commands.RemoveDocument(a.tender.number, a.subject)
    ),
    "announce": FormAct(django_forms.Form, lambda a: commands.AnnounceTender(a.tender.number)),
    "cancel": FormAct(forms.CancelForm, lambda a: commands.CancelTender(a.tender.number, a.said["reason"])),
    "clarify": FormAct(
        forms.ClarifyForm,
        lambda a: preparing.clarification(a.actor, a.tender, a.said, "", clock.now()),
        papers=True,
    ),
    "ask": FormAct(
        forms.AskForm, lambda a: commands.AskEnquiry(a.tender.number, a.said["text"], a.said["kind"])
    ),
    "confirm": FormAct(django_forms.Form, lambda a: commands.ConfirmClarifications(a.tender.number)),
    "answer": FormAct(forms.AnswerForm, lambda a: commands.AnswerEnquiry(a.subject, **a.said)),
    "candidates": FormAct(
        forms.CandidatesForm,
        lambda a: preparing.candidates(a.actor, _lot(a), None, a.said["standstill_days"], clock.now()),
        papers=True,
    ),
    "object": FormAct(
        forms.ObjectForm, lambda a: commands.ObjectToResult(a.tender.number, a.lot, a.said["text"])
    ),
    "answer_objection": FormAct(
        forms.AnswerObjectionForm, lambda a: commands.AnswerObjection(a.subject, **a.said)
    ),
    "award": FormAct(forms.AwardForm, _award),
    "notify": FormAct(
        django_forms.Form, lambda a: preparing.notification(a.actor, _lot(a), clock.now()), papers=True
    ),
    "contract": FormAct(forms.ContractForm, _contract),
    "tender_again": FormAct(
        forms.TenderAgainForm,
        lambda a: commands.TenderAgain(a.tender.number, a.said["number"], a.said["title"]),
    ),
    "fail": FormAct(
        forms.FailForm,
        lambda a: commands.FailLot(a.tender.number, a.lot, a.said["code"], a.said["note"]),
    ),
}


def bound(request: HttpRequest, tender: Tender, verb: str, lot: str) -> django_forms.Form:
    """The posted form of a verb."""
    if verb == "award":
        rows = queries.lot(tender.number, lot).candidates.select_related("bid")
        return forms.AwardForm(request.POST, candidates=rows)
    return ACTS[verb].form(request.POST, request.FILES)


def carry_out(request: HttpRequest, tender: Tender, verb: str, lot: str) -> HttpResponse:
    """Perform, then back to the work page; or the page again with the reasons."""
    from trading.views import work

    if verb not in ACTS:
        raise Refused(NO_SUCH_ACT(verb=verb[:40]))
    form, actor = bound(request, tender, verb, lot), actor_of(request)
    if not form.is_valid():
        return work.page(request, tender, form=form)
    if ACTS[verb].papers and preparing.earlier(actor, key_of(request)) is not None:
        return redirect("tender", number=tender.number)
    said = dict(form.cleaned_data)
    if isinstance(form, forms.AwardForm):
        said["passed_over"] = form.passed_over()
    try:
        done = submit(
            request, ACTS[verb].build(Asked(actor, tender, lot, said, request.POST.get("subject", "")))
        )
    except Refused as refusal:
        return work.page(request, tender, form=form, reasons=refusal.reasons)
    return redirect("tender", number=done.result["tender"] if verb == "tender_again" else tender.number)
