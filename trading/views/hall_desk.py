"""The desk of a hall: scan a person code, compare with the card, sign in.

A code answers once, so what it said is kept in the clerk's session between the two steps, for two minutes.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from journal import clock
from journal.door import perform
from kernel.actor import Actor
from kernel.clock import iso, parse_iso
from kernel.errors import Kind, Reason, ReasonForm, Refused, refuse_if
from parties import external
from portal import problems
from portal.doors import signed_in
from trading.commands import SignInAtDesk
from trading.policy import openings as policy
from trading.policy.openings import CAPACITY_ZH
from trading.queries import openings
from trading.rules.openings import desk_reason

_SEEN = "trading.desk"
_LASTS = timedelta(minutes=2)

SCAN_AGAIN = ReasonForm(
    "opening.scan_again",
    zh="没有刚扫过的码，或已过 {minutes} 分钟，请重新扫码",
    en="no code was scanned within {minutes} minutes; scan again",
    kind=Kind.CONFLICT,
    field="code",
)


@never_cache
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest, number: str) -> HttpResponse:
    actor = signed_in(request)
    view = openings.hall(number, actor)
    if reason := policy.may_host(actor, view.session):
        raise Refused(reason)
    reasons: tuple[Reason, ...] = ()
    status = 200
    if request.method == "POST":
        try:
            if request.POST.get("act") == "sign_in":
                _sign_in(request, actor, number)
            else:
                refuse_if([desk_reason(clock.now(), view.tender.submission_deadline)])
                _scan(request, actor, number)
            return redirect("hall-desk", number=number)
        except Refused as refusal:
            reasons, status = refusal.reasons, problems.STATUS[refusal.kind]
    context = {"hall": view, "tender": view.tender, "reasons": reasons, "seen": _seen(request, number), "key": uuid.uuid4()}  # fmt: skip
    return render(request, "trading/hall_desk.html", context, status=status)


def _scan(request: HttpRequest, actor: Actor, number: str) -> None:
    request.session.pop(_SEEN, None)
    found = external.resolve_code(actor, request.POST.get("code", "")[:200])
    shown = found[0].shown
    request.session[_SEEN] = {
        "tender": number,
        "at": iso(clock.now()),
        "once": shown.once,
        "person": shown.person,
        "id_number": shown.id_number,
        "who": [
            {
                "person": one.actor.person,
                "organization": one.actor.organization,
                "name": one.actor.organization_name,
            }
            for one in found
            if one.actor.organization
        ],
    }


def _seen(request: HttpRequest, number: str) -> dict[str, Any] | None:
    kept = request.session.get(_SEEN)
    if not isinstance(kept, dict) or kept["tender"] != number:
        return None
    return kept if clock.now() <= parse_iso(kept["at"]) + _LASTS else None


def _sign_in(request: HttpRequest, actor: Actor, number: str) -> None:
    kept = _seen(request, number)
    wanted = request.POST.get("organization", "")
    one = next((w for w in kept["who"] if w["organization"] == wanted), None) if kept else None
    if kept is None or one is None:
        raise Refused(SCAN_AGAIN(minutes=int(_LASTS.total_seconds() // 60)))
    command = SignInAtDesk(number, one["person"], one["organization"], kept["once"])
    done = perform(command, actor, via="http", key=f"desk:{kept['once']}"[:200])
    del request.session[_SEEN]
    word = CAPACITY_ZH.get(done.result["capacity"], "")
    messages.success(request, f"{done.result['organization_name']}（{kept['person']}）已签到：{word}。")
