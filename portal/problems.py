"""The only place where a refusal becomes an HTTP status, a close code or an exit code."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from kernel.errors import Kind, Refused

STATUS = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.INVALID: 422,
    Kind.BUSY: 503,
}
CLOSE_CODE = {Kind.UNAUTHENTICATED: 4401, Kind.FORBIDDEN: 4403, Kind.NOT_FOUND: 4404}
EXIT_CODE = {
    Kind.MALFORMED: 2,
    Kind.UNAUTHENTICATED: 3,
    Kind.FORBIDDEN: 4,
    Kind.NOT_FOUND: 5,
    Kind.CONFLICT: 6,
    Kind.INVALID: 7,
    Kind.BUSY: 75,
}
RETRY_AFTER_SECONDS = 2
_TITLE = {
    Kind.UNAUTHENTICATED: "请先登录",
    Kind.FORBIDDEN: "您不能这样做",
    Kind.NOT_FOUND: "没有找到",
    Kind.CONFLICT: "现在不能这样做",
    Kind.BUSY: "请稍后再试",
}


def reasons_json(refusal: Refused) -> list[dict[str, Any]]:
    """``reasons[]`` of problem documents and error frames."""
    return [reason.as_json() for reason in refusal.reasons]


def document(refusal: Refused) -> dict[str, Any]:
    """RFC 9457 problem document with ``code`` and ``reasons[]``."""
    status = STATUS[refusal.kind]
    return {
        "type": f"urn:mingtang:problem:{refusal.code}",
        "title": refusal.reasons[0].en,
        "detail": refusal.reasons[0].zh,
        "status": status,
        "code": refusal.code,
        "reasons": reasons_json(refusal),
    }


def wants_json(request: HttpRequest) -> bool:
    return request.path.startswith("/api/") or "json" in request.headers.get("Accept", "")


def _login(request: HttpRequest) -> str:
    """Where to sign in, coming back to this page; what was posted is not sent again by itself."""
    wanted = request.get_full_path() if request.method == "GET" else "/desk/"
    return "/login/?" + urlencode({"next": wanted})


def respond(request: HttpRequest, refusal: Refused, *, way_on: str = "") -> HttpResponse:
    """The refusal as this client reads it: a problem document, or a page."""
    status = STATUS[refusal.kind]
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse(
            document(refusal), status=status, content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )  # fmt: skip
    else:
        context = {
            "title": _TITLE.get(refusal.kind, "没有办成"),
            "reasons": refusal.reasons,
            "way_on": way_on,
            "login": _login(request) if refusal.kind is Kind.UNAUTHENTICATED else "",
            "back": request.headers.get("Referer", "") if request.method == "POST" else "",
        }
        response = render(request, "portal/problem.html", context, status=status)
    if refusal.kind is Kind.BUSY:
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
