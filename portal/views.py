"""Pages of the shell: the desk, preferences, the clock, error pages."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme

from journal import clock
from kernel.clock import iso
from portal import desk
from portal.doors import signed_in

_YEAR = 365 * 24 * 3600


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
    return render(request, "portal/desk.html", {"items": items, "now": now})


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
        from kernel.errors import Kind, Reason, Refused
        from portal import problems

        missing = Reason("request.no_such_page", "没有这个地址", "there is no such address", Kind.NOT_FOUND)
        return problems.respond(request, Refused(missing))
    return render(request, "404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)
