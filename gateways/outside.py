"""Calls to other houses: time-boxed as a whole, bounded in size, no redirects, loopback or TLS only.

httpx times every wait by itself; a server that drips one byte a second would hold a request for ever. So a
timer closes the connection when the whole time is up (``seconds``; a wait that has begun may add one more).
"""

from __future__ import annotations

import functools
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpx

from kernel.canonical_json import parse
from kernel.errors import Kind, ReasonForm, Refused

MAX_ANSWER = 256 * 1024
_BUSY = (429, 500, 502, 503, 504)

UNREACHABLE = ReasonForm(
    "outside.unreachable",
    zh="{name}暂时无法联系（{why}），请稍后再试，或用数字证书登录",
    en="{name} cannot be reached ({why}): try again later, or sign in with a certificate",
    kind=Kind.BUSY,
)
BAD_ANSWER = ReasonForm(
    "outside.bad_answer",
    zh="{name}的答复不合格（{why}），没有办成；请用数字证书登录",
    en="the answer of {name} is not acceptable ({why}); sign in with a certificate",
    kind=Kind.FORBIDDEN,
)
SAID_NO = ReasonForm(
    "outside.said_no",
    zh="{name}拒绝了请求（{status}，{why}）",
    en="{name} refused the request ({status}, {why})",
    kind=Kind.FORBIDDEN,
)


def is_loopback(url: str) -> bool:
    return urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")


def is_safe(url: str) -> bool:
    """TLS, or a service on this very machine (sandboxes)."""
    parts = urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url)))


@functools.cache
def _trusted() -> ssl.SSLContext:
    """Read once a process: reading the system's authorities costs more than a call."""
    return ssl.create_default_context()


@dataclass(frozen=True)
class House:
    """Another house by name and address: ``name`` is what people read, ``seconds`` the whole time of a call,
    ``auth`` client id and secret (HTTP Basic)."""

    name: str
    seconds: float = 4.0
    auth: tuple[str, str] | None = field(default=None, repr=False)

    def call(
        self,
        method: str,
        url: str,
        *,
        form: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The JSON object of a 2xx answer. ``Refused``: ``outside.unreachable`` (try again),
        ``outside.bad_answer``, ``outside.said_no``."""
        if not is_safe(url):
            raise Refused(
                BAD_ANSWER(name=self.name, why=f"地址不是 https / not https: {urlsplit(url).netloc}")
            )
        status, data = self._send(method, url, form, json, headers)
        if status in _BUSY:
            raise Refused(UNREACHABLE(name=self.name, why=f"HTTP {status}"))
        try:
            value = parse(data)
        except Refused as refusal:
            raise Refused(BAD_ANSWER(name=self.name, why=f"HTTP {status}")) from refusal
        if not isinstance(value, dict):
            raise Refused(BAD_ANSWER(name=self.name, why="JSON"))
        if not 200 <= status < 300:
            said = value.get("error") or value.get("code") or "?"
            raise Refused(SAID_NO(name=self.name, status=status, why=str(said)[:80]))
        return value

    def _send(
        self,
        method: str,
        url: str,
        form: Mapping[str, str] | None,
        json: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> tuple[int, bytes]:
        client = httpx.Client(
            timeout=self.seconds, follow_redirects=False, trust_env=False, verify=_trusted()
        )
        over = threading.Event()

        def end() -> None:
            over.set()
            client.close()

        timer = threading.Timer(self.seconds, end)
        timer.daemon = True
        timer.start()
        try:
            sent = {"Accept": "application/json", **(headers or {})}
            auth = httpx.BasicAuth(*self.auth) if self.auth else None
            with client.stream(method, url, data=form, json=json, headers=sent, auth=auth) as answer:
                return answer.status_code, self._bounded(answer, over)
        except (httpx.HTTPError, httpx.StreamError, OSError, RuntimeError, ValueError) as error:
            why = "超时 / too slow" if over.is_set() else type(error).__name__
            raise Refused(UNREACHABLE(name=self.name, why=why)) from error
        finally:
            timer.cancel()
            client.close()

    def _bounded(self, answer: httpx.Response, over: threading.Event) -> bytes:
        data = bytearray()
        for chunk in answer.iter_bytes():
            data += chunk
            if len(data) > MAX_ANSWER:
                raise Refused(BAD_ANSWER(name=self.name, why=f"> {MAX_ANSWER} bytes"))
            if over.is_set():
                raise Refused(UNREACHABLE(name=self.name, why="超时 / too slow"))
        return bytes(data)
