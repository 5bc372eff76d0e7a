"""The opening hall's pages: the list, the hall, its forms (each also a verb of the socket), the record."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ca_interop import document_signing
from documents.serving import serve
from journal import clock
from kernel.errors import Reason, Refused
from portal import problems
from portal.consumers import Entry
from portal.doors import actor_of, signed_in, submit
from trading.frames import builder
from trading.policy.openings import CAPACITY_ZH
from trading.queries import openings
from trading.queries.openings import Hall
from trading.rules.openings import RECORD_NOT_READY
from trading.rules.statuses import SessionStatus


@never_cache
@require_GET
def index(request: HttpRequest) -> HttpResponse:
    """Every hall by its time. Before an opening there is nothing else to show."""
    rows = [{"tender": t, "status": _status_of(t)} for t in openings.halls(actor_of(request))[:200]]
    return render(request, "trading/halls.html", {"halls": rows, "now": clock.now()})


def _status_of(tender: Any) -> str:
    session = next(iter(sorted(tender.opening_sessions.all(), key=lambda row: -row.stage)), None)
    return SessionStatus(session.status).value if session else SessionStatus.SIGN_IN.value


@never_cache
@require_GET
def hall(request: HttpRequest, number: str) -> HttpResponse:
    return _page(request, number)


@never_cache
@require_POST
def act(request: HttpRequest, number: str, verb: str) -> HttpResponse:
    """A form of the hall. A refusal shows the hall again, saying why, with what was typed."""
    actor = signed_in(request)
    build = builder(verb)
    args: dict[str, Any] = request.POST.dict()
    try:
        submit(request, build(args, Entry(f"hall:{number}", actor), {"number": number}))
    except Refused as refusal:
        return _page(request, number, refusal.reasons, problems.STATUS[refusal.kind], args)
    return redirect("hall", number=number)


@require_GET
def record(request: HttpRequest, number: str) -> HttpResponseBase:
    """The opening record's PDF, once it has been filed, with the signatures so far; ``?revision=original``: as
    it was made, which is what the statements name."""
    view = openings.hall(number, actor_of(request))
    if view.session is None or view.session.record is None:
        raise Refused(RECORD_NOT_READY())
    file = view.session.record
    if request.GET.get("revision") != "original":
        file = document_signing.latest(file)
    return serve(request, file, f"开标记录-{number}.pdf", inline=True)


def _page(
    request: HttpRequest,
    number: str,
    reasons: tuple[Reason, ...] = (),
    status: int = 200,
    typed: Mapping[str, Any] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    view = openings.hall(number, actor)
    session = view.session
    context = {
        "hall": view,
        "tender": view.tender,
        "session": session,
        "now": clock.now(),
        "reasons": reasons,
        "typed": typed or {},
        "key": uuid.uuid4(),
        "capacity_zh": CAPACITY_ZH.get(view.capacity, ""),
        "bids": view.state.get("bids", {}),
        "reading": view.state.get("bids", {}).get(view.state.get("reading", ""), None),
        "reading_total": _reading_total(view),
        "own": " ".join(str(bid.pk) for bid in view.own),
        "attendance": list(view.state.get("attendance", {}).values()),
        "lots": list(view.state.get("lots", {}).values()),
        "objections": list(session.objections.select_related("organization")) if session else [],
        "signatures": list(session.signatures.select_related("organization")) if session else [],
        "statement": openings.record_statement(session) if session and session.record_payload else None,
        "sign_action": f"/halls/{number}/sign-record/",
        "sign_document": f"/api/v1/tenders/{number}/opening",
        "sign_original": f"/halls/{number}/record.pdf?revision=original",
        "total": len(view.events),
    }
    return render(request, "trading/hall.html", context, status=status)


def _reading_total(view: Hall) -> int:
    bids = view.state.get("bids", {})
    now = bids.get(view.state.get("reading", ""))
    return sum(1 for bid in bids.values() if now and bid.get("lot") == now.get("lot"))
