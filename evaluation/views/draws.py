"""The expert pool and the ceremony of the draw."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms as django_forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from evaluation import commands, policy
from evaluation.forms import ExpertForm, FreezeForm
from evaluation.models import Evaluation, ExpertDraw, ExpertProfile, Seat
from evaluation.queries import ceremony, rows, view
from evaluation.rules.draw_moves import DRAW, PARTY_ZH
from evaluation.rules.room_moves import ROOM, label
from evaluation.rules.statuses import ROOM_ENDED, DrawStatus, InvitationStatus, RoomStatus
from journal import clock
from kernel.actor import PUBLIC, Actor, Role
from kernel.errors import Reason, Refused
from portal.doors import actor_of, signed_in, submit
from trading.models import Tender
from trading.rules.statuses import SessionStatus


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """One's invitations and rooms; for staff the draws; for everybody the published evaluations."""
    actor = actor_of(request)
    published = Evaluation.objects.filter(lot__status__in=policy.DECIDED).select_related("lot__tender")
    context = {
        "signed_in": actor.key != PUBLIC.key,
        "invitations": ceremony.invitations_of(actor),
        "rooms": _rooms(actor),
        "draws": _draws(actor),
        "ready": _ready(actor),
        "published": published.order_by("-finished_at")[:50],
        "is_center": actor.has(Role.TRADING_CENTER),
        "key": uuid.uuid4(),
        "now": clock.now(),
    }
    return render(request, "evaluation/home.html", context)


def _rooms(actor: Actor) -> list[dict[str, Any]]:
    found = Evaluation.objects.filter(policy.visible_rooms(actor)).select_related("lot__tender", "committee")
    return [
        {
            "evaluation": row,
            "step": ROOM.labels[RoomStatus(row.status)],
            "finished": row.status in ROOM_ENDED,
            "seat": view.seat_label(policy.seat_of(actor, row)),
        }
        for row in found.distinct().order_by("-convened_at")
    ]


def _draws(actor: Actor) -> list[dict[str, Any]]:
    if not actor.has(Role.TRADING_CENTER, Role.SUPERVISORY_AUTHORITY, Role.PROCURING_ENTITY):
        return []
    found = ExpertDraw.objects.select_related("committee__tender__project").exclude(status=DrawStatus.VOID)
    return [
        {"draw": row, "status": DRAW.labels[DrawStatus(row.status)]}
        for row in found.order_by("-frozen_at")[:50]
        if policy.may_see_ceremony(actor, row.committee.tender)
    ]


def _ready(actor: Actor) -> list[Tender]:
    """Tenders whose opening is closed and that have no committee yet."""
    if not actor.has(Role.TRADING_CENTER):
        return []
    found = Tender.objects.filter(
        opening_sessions__stage=1, opening_sessions__status=SessionStatus.CLOSED, committee__isnull=True
    )
    return list(found.order_by("-number")[:50])


@require_POST
def answer(request: HttpRequest, ticket: str) -> HttpResponse:
    accept = request.POST.get("accept") == "yes"
    submit(request, commands.AnswerInvitation(ticket, accept, request.POST.get("reason", "")))
    return HttpResponseRedirect("/evaluation/")


@require_http_methods(["GET", "POST"])
def experts(request: HttpRequest) -> HttpResponse:
    """The pool, for the center's staff."""
    actor = signed_in(request)
    if (reason := policy.may_manage_pool(actor, None)) is not None:
        raise Refused(reason)
    form, reasons = ExpertForm(request.POST or None), ()
    if request.method == "POST" and form.is_valid():
        try:
            submit(request, commands.RegisterExpert(**form.cleaned_data))
            return HttpResponseRedirect("/evaluation/experts/")
        except Refused as refusal:
            reasons = refusal.reasons  # type: ignore[assignment]
    pool = ExpertProfile.objects.select_related("person").order_by("-active", "site", "person__name")
    context = {"form": form, "reasons": reasons, "pool": pool, "key": uuid.uuid4()}
    return render(request, "evaluation/experts.html", context, status=422 if reasons or form.errors else 200)


@require_POST
def expert_active(request: HttpRequest, expert_id: str) -> HttpResponse:
    active = request.POST.get("active") == "yes"
    submit(request, commands.SetExpertActive(expert_id, active, request.POST.get("reason", "")))
    return HttpResponseRedirect("/evaluation/experts/")


@require_GET
def draw(request: HttpRequest, number: str) -> HttpResponse:
    return _ceremony(request, number, FreezeForm())


@require_POST
def freeze(request: HttpRequest, number: str) -> HttpResponse:
    form = FreezeForm(request.POST)
    if not form.is_valid():
        return _ceremony(request, number, form)
    try:
        submit(request, commands.FreezeDraw(number, **form.cleaned_data))
    except Refused as refusal:
        return _ceremony(request, number, form, refusal.reasons)
    return HttpResponseRedirect(f"/evaluation/{number}/draw/")


def _ceremony(
    request: HttpRequest, number: str, form: django_forms.Form, reasons: tuple[Reason, ...] = ()
) -> HttpResponse:
    actor, tender = signed_in(request), rows.tender(number)
    if not policy.may_see_ceremony(actor, tender):
        raise Refused(policy.NO_DRAW())
    draws = ceremony.draws_of(number)
    newest = draws[-1] if draws else None
    who = policy.party_of(actor, tender)
    mine = newest.commitments.filter(who=who).first() if newest and who else None
    vacant = newest.committee.vacant if newest else 0
    left = ceremony.draw_json(newest)["left_to_invite"] if newest else 0
    pending = newest is not None and newest.tickets.filter(status=InvitationStatus.INVITED).exists()
    exhausted = bool(newest and newest.status == DrawStatus.INVITING and vacant and not left and not pending)
    context = {
        "tender": tender,
        "draw": newest,
        "earlier": draws[:-1],
        "ceremony": ceremony.ceremony(newest) if newest else None,
        "status": DRAW.labels[DrawStatus(newest.status)] if newest else "",
        "who": who,
        "who_zh": PARTY_ZH.get(who, ""),
        "may_commit": bool(newest and newest.status == DrawStatus.COMMITTING and who and not mine),
        "may_reveal": bool(newest and newest.status == DrawStatus.REVEALING and mine and not mine.nonce),
        "may_void": bool(
            newest
            and newest.status in (DrawStatus.COMMITTING, DrawStatus.REVEALING)
            and actor.has(Role.TRADING_CENTER)
        ),
        "may_freeze": actor.has(Role.TRADING_CENTER) and (newest is None or exhausted),
        "vacant": vacant,
        "seats": _seats(newest.committee.occupied()) if newest else [],
        "is_center": actor.has(Role.TRADING_CENTER),
        "form": form,
        "reasons": reasons,
        "key": uuid.uuid4(),
    }
    status = 422 if reasons or form.errors else 200
    return render(request, "evaluation/draw.html", context, status=status)


def _seats(occupied: Any) -> list[dict[str, Any]]:
    found: list[Seat] = list(occupied.select_related("ticket"))
    return [{"no": s.no, "label": label(s.no), "site": s.ticket.site, "since": s.since} for s in found]


@require_POST
def commit(request: HttpRequest, number: str) -> HttpResponse:
    who = policy.party_of(signed_in(request), rows.tender(number)) or "trading_center"
    submit(request, commands.CommitDraw(number, who, request.POST.get("commitment", "").strip()))
    return HttpResponseRedirect(f"/evaluation/{number}/draw/")


@require_POST
def reveal(request: HttpRequest, number: str) -> HttpResponse:
    who = policy.party_of(signed_in(request), rows.tender(number)) or "trading_center"
    submit(request, commands.RevealDraw(number, who, request.POST.get("nonce", "").strip()))
    return HttpResponseRedirect(f"/evaluation/{number}/draw/")


@require_POST
def void(request: HttpRequest, number: str) -> HttpResponse:
    submit(request, commands.VoidDraw(number, request.POST.get("reason", "")))
    return HttpResponseRedirect(f"/evaluation/{number}/draw/")


@require_POST
def replace(request: HttpRequest, number: str) -> HttpResponse:
    seat = request.POST.get("seat", "")
    command = commands.ReplaceMember(
        number,
        int(seat) if seat.isascii() and seat.isdigit() and len(seat) < 4 else 0,
        request.POST.get("ground", ""),
        request.POST.get("reason", ""),
    )
    submit(request, command)
    return HttpResponseRedirect(f"/evaluation/{number}/draw/")
