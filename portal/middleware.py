"""What every request passes: content security, refusals as pages or problem documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict

from journal import attempts
from kernel.errors import Refused
from portal import problems

Next = Callable[[HttpRequest], HttpResponse]

POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'; "
    # The agent of this computer (bidtool agent), which answers only pages that it was started for.
    "connect-src 'self' http://127.0.0.1:*"
)
#: What every answer carries, also those that no middleware has seen.
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class ContentSecurityPolicy:
    """Strict CSP: nothing inline, nothing from another host."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Content-Security-Policy", POLICY)
        return response


class Source:
    """Refused attempts are counted by where they come from; the address is told to nobody else."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with attempts.coming_from(request.META.get("REMOTE_ADDR", "")):
            return self.get_response(request)


class NoNul:
    """No NUL comes in: not in the address, the cookies or a form. SQLite would keep it and PostgreSQL break.

    JSON bodies and frames are read by ``portal.doors.plain``. Stands before the session, whose key is a cookie.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        said = (
            request.path,
            *_texts(request.GET),
            *request.COOKIES.values(),
            request.headers.get("Accept-Language", ""),
        )
        if any("\x00" in text for text in said):
            raise BadRequest("NUL")
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, path: object) -> None:
        """``request.POST`` is read for forms only: other bodies belong to their views, some as streams."""
        if request.content_type in _FORMS and any("\x00" in text for text in _texts(request.POST)):
            raise BadRequest("NUL")


def _texts(given: QueryDict) -> Iterator[str]:
    for name, values in given.lists():
        yield name
        yield from (value for value in values if isinstance(value, str))


class Refusals:
    """A ``Refused`` that leaves a view becomes a page or a problem document."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return problems.respond(request, error) if isinstance(error, Refused) else None
