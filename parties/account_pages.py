"""Pages of the other ways in: leaving for a provider and coming back, the licence's code, signing out elsewhere.

Leaving is a GET: ``form-action 'self'`` would stop a form that is redirected to the provider, and beginning a
login changes nothing but this browser's session. Coming in is bound to that session: by the state, or by the
POST with its CSRF token.
"""

from __future__ import annotations

from typing import Any

import segno
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from kernel.errors import Refused
from parties import external, views
from portal import problems
from portal.doors import json_door


@never_cache
@require_GET
def leave(request: HttpRequest, key: str) -> HttpResponse:
    """Off to the provider."""
    try:
        url = external.depart(request, key, request.GET.get("for", ""), views.next_of(request))
    except Refused as refusal:
        return _refused(request, refusal)
    return HttpResponseRedirect(url)


@never_cache
@require_GET
def back(request: HttpRequest, key: str) -> HttpResponse:
    """The provider has sent the browser back."""
    try:
        note = external.arrive(request, key)
    except Refused as refusal:
        return _refused(request, refusal)
    return _done(request, note)


@csrf_exempt
@require_POST
def logged_out(request: HttpRequest, key: str) -> HttpResponse:
    """Back-channel logout (OpenID Connect Back-Channel Logout 1.0): the token is the proof, not a cookie."""
    try:
        external.logged_out_elsewhere(key, request.POST.get("logout_token", ""))
    except Refused as refusal:
        status = 503 if problems.STATUS[refusal.kind] == 503 else 400
        return HttpResponse(refusal.code, status=status, content_type="text/plain")
    response = HttpResponse(status=200)
    response["Cache-Control"] = "no-store"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def licence(request: HttpRequest) -> HttpResponse:
    """The code to scan; the POST comes in by what the phone has confirmed."""
    target = "link" if request.GET.get("for") == "link" else ""
    try:
        if request.method == "POST":
            note = external.confirm_licence(request)
            if note is not None:
                return _done(request, note)
            messages.warning(request, "手机上还没有确认。")
            return redirect(request.get_full_path())
        shown = external.show_licence(request, target, views.next_of(request), anew="new" in request.GET)
    except Refused as refusal:
        return _refused(request, refusal)
    code = segno.make(shown["text"], error="m", micro=False)
    context = {
        "shown": shown,
        "image": code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff"),
        "name": external.licences().name,
        "training": settings.TRAINING,
    }
    return render(request, "parties/licence.html", context)


@json_door("GET")
def licence_step(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """``{step}``: how far the phone is with the code that this browser shows."""
    return {"step": external.licence_step(request)}


def _done(request: HttpRequest, note: dict[str, Any]) -> HttpResponse:
    if note["for"] == "link":
        messages.success(request, "已绑定。以后可以用它登录，查看和准备。")
        return redirect("certificates")
    return redirect(note["next"])


def _refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The login page with what went wrong: certificates are on it, whatever the other house does."""
    return views.login_page(request, refusal.reasons, problems.STATUS[refusal.kind])
