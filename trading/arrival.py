"""When a bid arrived: the database's time at which its whole request was here, before it waits its turn.

Three hundred requests in a second queue for threads and connections. Were the clock read in the thread, who
queues longest would be late. So this layer, in front of Django, takes a submission's body whole, has the
clock read (all who came meanwhile share one query, which begins after they came), and then answers them a few
at a time. The application is the same under Daphne and uvicorn.
"""

from __future__ import annotations

import asyncio
import io
import logging
import re
import threading
import time
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.exception import response_for_exception
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from journal import attempts, clock

log = logging.getLogger("mingtang.trading")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

View = Callable[..., HttpResponse]

_SUBMISSION = re.compile(r"/api/v1/tenders/(?P<number>[^/\x00]+)/lots/(?P<lot>[^/\x00]+)/bids")
_KEY = "mingtang.arrived"
_IDLE_SECONDS = 5.0
#: How many submissions are worked on at a time; more would only wait for the interpreter and the database.
AT_ONCE = 12
#: A longer body is no submission: the view refuses it.
_LONGEST = 3 * 1024 * 1024


def arrived(request: HttpRequest) -> datetime | None:
    """When ``request`` was here whole, if the server said so; ``None`` under WSGI and test clients."""
    found = getattr(request, "scope", {}).get(_KEY)
    return found if isinstance(found, datetime) else None


class Arrivals:
    """ASGI: submissions are stamped and answered here by their view; everything else goes to Django's handler.

    What Django's middleware does for pages (sessions, forms, templates) a submission has no use for, and it
    costs as much as the bid: the view gets a plain request, in one of a few threads that keep their
    connection to the database. Its headers are those of every answer.
    """

    def __init__(self, app: App, view: View, headers: Mapping[str, str]) -> None:
        self.app, self.view, self.headers = app, view, headers
        self.clock = SharedClock()
        self.threads = ThreadPoolExecutor(AT_ONCE, "mingtang-submissions")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _SUBMISSION.fullmatch(scope.get("path", "")) if scope.get("method") == "POST" else None
        if found is None:
            await self.app(scope, receive, send)
            return
        body = await _whole(receive)
        if body is None:  # the client is gone
            return
        at = await self.clock.now()
        loop = asyncio.get_running_loop()
        request = ASGIRequest({**scope, _KEY: at}, io.BytesIO(body))
        response = await loop.run_in_executor(self.threads, self._answer, request, found.groupdict())
        await _send(response, send)

    def _answer(self, request: ASGIRequest, path: dict[str, str]) -> HttpResponse:
        _fresh()
        try:
            with attempts.coming_from(request.META.get("REMOTE_ADDR", "")):
                response = self.view(request, **path)
        except Exception as error:
            response = response_for_exception(request, error)
        if connection.errors_occurred:
            connection.close()
        for name, value in self.headers.items():
            response.setdefault(name, value)
        return response


_last = threading.local()


def _fresh() -> None:
    """A connection that has stood idle goes back to the pool, which looks whether the one it gives is alive."""
    now = time.monotonic()
    if now - getattr(_last, "used", now) > _IDLE_SECONDS:
        connection.close()
    _last.used = now


async def _send(response: HttpResponse, send: Send) -> None:
    names = {**response.headers, "Content-Length": str(len(response.content))}
    headers = [(name.encode("ascii"), value.encode("latin1")) for name, value in names.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": headers})
    await send({"type": "http.response.body", "body": response.content})


async def _whole(receive: Receive) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        size += len(message.get("body", b""))
        if size <= _LONGEST:
            parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


class SharedClock:
    """The database's time for many who ask at once: a query is shared by those who came before it began."""

    def __init__(self) -> None:
        self.thread = ThreadPoolExecutor(1, "mingtang-arrivals")
        self.waiting: list[asyncio.Future[datetime | None]] = []
        self.serving: asyncio.Task[None] | None = None

    async def now(self) -> datetime | None:
        """``None`` when the database did not answer: the view asks again, and says so."""
        mine: asyncio.Future[datetime | None] = asyncio.get_running_loop().create_future()
        self.waiting.append(mine)
        if self.serving is None:
            self.serving = asyncio.create_task(self._serve())
        return await mine

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self.waiting:
                some, self.waiting = self.waiting, []
                at = await loop.run_in_executor(self.thread, _read)
                for one in some:
                    if not one.done():
                        one.set_result(at)
        finally:
            self.serving = None


def _read() -> datetime | None:
    for _ in range(2):
        try:
            return clock.now()
        except Error:  # the connection may be an old one that the server has closed
            log.warning("reading the clock", exc_info=True)
            connection.close()
    return None
