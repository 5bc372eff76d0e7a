"""Who makes this request: ``request.actor``."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from kernel.actor import PUBLIC
from parties.login import OPENED, actor_of_session

Next = Callable[[HttpRequest], HttpResponse]


class ActorMiddleware:
    """The person of the session's certificate acting for its organization; else the public."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        actor = actor_of_session(request.session)
        if actor is None and OPENED in request.session:
            # Blocked, expired or ended since: the session ends here, for good.
            request.session.flush()
        request.actor = actor or PUBLIC  # type: ignore[attr-defined]
        return self.get_response(request)
