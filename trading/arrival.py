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
from typing import Any, TypeVar

from django.core.handlers.asgi import ASGIRequest
from django.core.handlers.exception import response_for_exception
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse

from journal import attempts
from trading.in_hand import InHand

log = logging.getLogger("mingtang.trading")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

View = Callable[..., HttpResponse]

T = TypeVar("T")
#: When it was here, and whether it is in hand until it is decided.
Stamp = tuple[datetime | None, bool]

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
        number = found["number"]
        at, in_time = await self.clock.now(number)
        request = ASGIRequest({**scope, _KEY: at}, io.BytesIO(body))
        work = self.threads.submit(self._answer, request, found.groupdict())
        if in_time:
            # Also when the client gives up and its work is never begun: the opening waits for what is in hand.
            work.add_done_callback(lambda _: self.clock.done(number))
        await _send(await asyncio.wrap_future(work), send)

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
        self.in_hand = InHand()
        self.waiting: list[tuple[str, asyncio.Future[Stamp]]] = []
        self.serving: asyncio.Task[None] | None = None

    async def now(self, number: str) -> Stamp:
        """When a bid for this tender is here; without a time when the database did not answer: the view asks
        again, and says so."""
        mine: asyncio.Future[Stamp] = asyncio.get_running_loop().create_future()
        self.waiting.append((number, mine))
        if self.serving is None:
            self.serving = asyncio.create_task(self._serve())
        return await mine

    def done(self, number: str) -> None:
        """A bid that was in time is decided."""
        self.thread.submit(self._safely, lambda: self.in_hand.done(number))

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self.waiting:
                some, self.waiting = self.waiting, []
                numbers = [number for number, _ in some]
                found = await loop.run_in_executor(
                    self.thread, self._safely, lambda numbers=numbers: self.in_hand.arrive(numbers)
                )
                at, in_time = found or (None, set())
                for number, one in some:
                    if not one.done():
                        one.set_result((at, number in in_time))
                    elif number in in_time:
                        self.done(number)
        finally:
            self.serving = None

    def _safely(self, work: Callable[[], T]) -> T | None:
        """Once more on a new connection when the old one is gone, and the locks with it."""
        for _ in range(2):
            try:
                return work()
            except Error:
                log.warning("reading the clock", exc_info=True)
                self.in_hand.forget()
        return None
