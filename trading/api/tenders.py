"""JSON: projects, tenders, documents, enquiries. Shapes are in README.md."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from documents import uploads
from documents.serving import serve
from journal import clock
from journal.door import Command, perform
from kernel.clock import iso
from kernel.errors import Refused
from portal import problems
from portal.doors import actor_of, json_door, key_of, signed_in, text_field
from sealing.suites import suite as suite_by_number
from trading import custodians, preparing
from trading.commands import (
    AddDocument,
    AnnounceTender,
    AnswerEnquiry,
    AskEnquiry,
    CancelTender,
    CommissionAgent,
    ConfirmClarifications,
    CreateProject,
    CreateTender,
    EditTender,
    RemoveDocument,
    SetCustodians,
    TenderAgain,
)
from trading.commands.announcing import reasons_against_announcing
from trading.queries import notices
from trading.queries import tenders as queries
from trading.rules import fields


def done(request: HttpRequest, command: Command, *, status: int = 200) -> HttpResponse:
    """Perform for the signed-in actor; the result as JSON."""
    result = perform(command, signed_in(request), via="api", key=key_of(request)).result
    return JsonResponse(result, status=status, json_dumps_params={"ensure_ascii": False})


def file_of(body: dict[str, Any], *, optional: bool = False) -> str:
    """The SHA-256 of a finished upload (field ``upload``)."""
    upload = text_field(body, "upload", limit=60, optional=optional)
    return uploads.finished(upload).sha256 if upload else ""


@json_door("POST")
def create_project(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    command = CreateProject(
        number=text_field(body, "number", limit=40),
        name=text_field(body, "name"),
        category=text_field(body, "category", limit=20),
        state_funded=fields.flag(body, "state_funded", True),
        estimate=text_field(body, "estimate", limit=20),
        location=text_field(body, "location", optional=True),
        approval=text_field(body, "approval", optional=True),
    )
    return done(request, command, status=201)


@json_door("POST")
def commission_agent(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    """``{"agent": id or credit code, "upload": the written commission}``"""
    signed_in(request)
    return done(request, CommissionAgent(number, text_field(body, "agent", limit=60), file_of(body)))


@require_GET
def requirements(request: HttpRequest, number: str) -> HttpResponseBase:
    """The requirement list of an announced tender: the very file whose digest the announcement carries."""
    try:
        file = queries.requirement_file(notices.public_notice(number))
    except Refused as refusal:
        return problems.respond(request, refusal)
    return serve(request, file, f"requirements-{number}.json")


@json_door("GET", "POST")
def tenders(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any] | HttpResponse:
    """GET: announced tenders, newest first, 200 at most; ``?mine=1`` those of the own side. POST: create."""
    if request.method == "POST":
        sections = body.get("sections", {})
        command = CreateTender(
            project=text_field(body, "project", limit=40),
            number=text_field(body, "number", limit=40),
            title=text_field(body, "title"),
            sections=dict(fields.fields(sections, "sections")),
        )
        return done(request, command, status=201)
    mine = request.GET.get("mine") == "1"
    rows = queries.hosted_tenders(signed_in(request)) if mine else queries.announced_tenders()
    return {"tenders": [_line(row) for row in rows[:200]]}


def _line(row: Any) -> dict[str, Any]:
    deadline = row.submission_deadline
    return {
        "number": row.number,
        "title": row.title,
        "status": row.status,
        "submission_deadline": iso(deadline) if deadline else None,
    }


@json_door("GET")
def tender(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any]:
    """The public shape; the host of a draft sees it too, with what still speaks against announcing."""
    actor, now = actor_of(request), clock.now()
    row = queries.seen(actor, number)
    shape = notices.public_json(row, now)
    if row.announced_at is None:
        reasons = reasons_against_announcing(row, now, queries.rulebook_of(row, now))
        shape["against_announcing"] = [reason.as_json() for reason in reasons]
        shape["documents"] = [
            notices.document_json(d) for d in row.documents.select_related("file", "lot", "tender")
        ]
    return shape


@json_door("POST")
def tender_again(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    """``{"number", "title"}`` of the new draft"""
    command = TenderAgain(number, text_field(body, "number", limit=40), text_field(body, "title"))
    return done(request, command, status=201)


@json_door("POST")
def edit_tender(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    return done(request, EditTender(number, dict(fields.fields(body.get("sections"), "sections"))))


@json_door("POST")
def set_custodians(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    """``{"threshold", "custodians": [{"organization", "certificates"?}], "suite"?: 1 | 2}``"""
    signed_in(request)
    suite = suite_by_number(fields.integer(body, "suite", 1, 2)) if "suite" in body else None
    chosen = custodians.examined(body.get("custodians"), clock.now(), suite)
    return done(request, SetCustodians(number, fields.integer(body, "threshold", 2, 32), chosen))


@json_door("POST")
def add_document(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    signed_in(request)
    command = AddDocument(
        number,
        text_field(body, "kind", limit=40),
        text_field(body, "title"),
        file_of(body),
        text_field(body, "lot", limit=4, optional=True),
    )
    return done(request, command, status=201)


@json_door("POST")
def remove_document(request: HttpRequest, body: dict[str, Any], number: str, document: str) -> HttpResponse:
    return done(request, RemoveDocument(number, document))


@json_door("POST")
def announce(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    return done(request, AnnounceTender(number))


@json_door("POST")
def cancel(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    return done(request, CancelTender(number, text_field(body, "reason", limit=2000)))


@json_door("POST")
def clarify(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse | dict[str, Any]:
    """``{"title", "text", "affects_bids", "submission_deadline"?, "upload"?}``"""
    actor = signed_in(request)
    if (answer := preparing.earlier(actor, key_of(request))) is not None:
        return answer
    row = queries.seen(actor, number)
    command = preparing.clarification(actor, row, body, file_of(body, optional=True), clock.now(), "api")
    return done(request, command, status=201)


@json_door("POST")
def confirm_clarifications(request: HttpRequest, body: dict[str, Any], number: str) -> HttpResponse:
    return done(request, ConfirmClarifications(number))


@json_door("GET", "POST")
def enquiries(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any] | HttpResponse:
    """GET: what this viewer may see, never who asked. POST ``{"text", "kind"?}``."""
    if request.method == "POST":
        kind = text_field(body, "kind", limit=20, optional=True) or "enquiry"
        return done(request, AskEnquiry(number, text_field(body, "text", limit=4000), kind), status=201)
    actor = actor_of(request)
    rows = queries.enquiries_for(actor, queries.seen(actor, number))
    return {"enquiries": [_enquiry(row) for row in rows]}


def _enquiry(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "kind": row.kind,
        "text": row.text,
        "asked_at": iso(row.asked_at),
        "answer": row.answer,
        "answered_at": iso(row.answered_at) if row.answered_at else None,
    }


@json_door("POST")
def answer_enquiry(request: HttpRequest, body: dict[str, Any], enquiry: str) -> HttpResponse:
    command = AnswerEnquiry(
        enquiry,
        text_field(body, "answer", limit=10000),
        fields.flag(body, "affects_bids"),
        text_field(body, "submission_deadline", limit=40, optional=True),
    )
    return done(request, command)
