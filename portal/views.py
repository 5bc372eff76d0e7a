"""Pages of the shell: the desk, preferences, the clock, error pages."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from journal import clock
from journal.commands import AdvanceClock
from journal.door import perform
from journal.policy import may_advance_clock
from kernel.clock import iso
from kernel.errors import Kind, Reason, ReasonForm, Refused
from portal import desk, problems, styleguide
from portal.doors import actor_of, json_door, key_of, signed_in, submit, text_field

NO_SUCH_PAGE = ReasonForm(
    "request.no_such_page", zh="没有这个地址", en="there is no such address", kind=Kind.NOT_FOUND
)
_YEAR = 365 * 24 * 3600


class ClockForm(forms.Form):
    to = forms.DateTimeField(
        label="推进到（北京时间）",
        help_text="例如 2026-12-18 09:30:00；只能向前",
        widget=forms.DateTimeInput(attrs={"autocomplete": "off"}),
    )


def server_time(request: HttpRequest) -> HttpResponse:
    """``{"now": RFC 3339}``: what countdowns are bound to."""
    response = JsonResponse({"now": iso(clock.now())})
    response["Cache-Control"] = "no-store"
    return response


def my_desk(request: HttpRequest) -> HttpResponse:
    """我的工作台: the next deadline first, one button for each next act."""
    actor = signed_in(request)
    now = clock.now()
    items = desk.items_for(actor, now)
    context = {
        "items": items,
        "now": now,
        "entrances": desk.entrances_for(actor),
        "training_page": may_advance_clock(actor, None) is None,
    }
    return render(request, "portal/desk.html", context)


@json_door("POST")
def advance_clock(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """``{"to": RFC 3339}``: move the training clock (center staff, training deployments only)."""
    command = AdvanceClock(text_field(body, "to", limit=40))
    return perform(command, actor_of(request), via="api", key=key_of(request)).result


def training(request: HttpRequest) -> HttpResponse:
    """The training clock's page: what it says, and a form that moves it."""
    actor = signed_in(request)
    if (reason := may_advance_clock(actor, None)) is not None:
        raise Refused(reason)
    form = ClockForm(request.POST or None)
    reasons: tuple[Reason, ...] = ()
    if request.method == "POST" and form.is_valid():
        try:
            submit(request, AdvanceClock(iso(form.cleaned_data["to"])))
            return redirect("training")
        except Refused as refusal:
            reasons = refusal.reasons
    context = {"form": form, "reasons": reasons, "now": clock.now(), "key": uuid.uuid4()}
    return render(request, "portal/training.html", context, status=422 if reasons or form.errors else 200)


def style_guide(request: HttpRequest) -> HttpResponse:
    """Every component with realistic data; ``?rows=200`` for long tables, ``?rows=0`` for empty ones."""
    rows = request.GET.get("rows", "")
    count = min(int(rows), 500) if rows.isascii() and rows.isdigit() and len(rows) < 5 else 5
    return render(request, "portal/styleguide.html", styleguide.sample(clock.now(), count))


def preferences(request: HttpRequest) -> HttpResponse:
    """Elder mode and theme, kept in cookies."""
    wanted = request.GET.get("next", "/")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    response = redirect(wanted if safe else "/")
    if request.GET.get("elder") in ("0", "1"):
        response.set_cookie("elder", request.GET["elder"], max_age=_YEAR, samesite="Lax", httponly=True)
    if request.GET.get("theme") in ("light", "dark", ""):
        response.set_cookie("theme", request.GET["theme"], max_age=_YEAR, samesite="Lax", httponly=True)
    return response


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    if request.path.startswith("/api/"):
        return problems.respond(request, Refused(NO_SUCH_PAGE()))
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)
