"""The HTTP adapter: time-boxed, bounded in size, idempotent by key, dated by the caller's clock."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any
from urllib.parse import quote

import httpx

from gateways.guarantors.port import BAD_ANSWER, SAID_NO, UNREACHABLE, Standing
from kernel.canonical_json import canonical, parse
from kernel.errors import Refused

MAX_ANSWER = 4 * 1024 * 1024
_BUSY = (429, 502, 503, 504)
_STATUSES = ("issued", "released", "paid", "expired")


class HttpGuarantor:
    """``HttpGuarantor("http://…", now=…)``; ``now`` is told to the issuer in the ``Date`` header."""

    def __init__(self, url: str, *, now: datetime, timeout: float = 5.0) -> None:
        self._url = url.rstrip("/")
        self._now = now
        self._timeout = timeout

    def standing(self, number: str) -> Standing:
        return self._standing(number, self._call("GET", self._path(number)))

    def release(self, number: str, signed: dict[str, Any], key: str) -> Standing:
        return self._standing(number, self._call("POST", f"{self._path(number)}/release", signed, key))

    def demand(self, number: str, signed: dict[str, Any], key: str) -> Standing:
        return self._standing(number, self._call("POST", f"{self._path(number)}/demand", signed, key))

    @staticmethod
    def _path(number: str) -> str:
        return f"/guarantees/{quote(number, safe='')}"

    def _call(
        self, method: str, path: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> dict[str, Any]:
        headers = {"Date": format_datetime(self._now, usegmt=True), "Accept": "application/json"}
        if body is not None:
            headers |= {"Content-Type": "application/json", "Idempotency-Key": key}
        content = canonical(body) if body is not None else None
        try:
            with (
                httpx.Client(timeout=self._timeout, follow_redirects=False) as client,
                client.stream(method, self._url + path, content=content, headers=headers) as answer,
            ):
                data = _bounded(answer)
        except httpx.HTTPError as error:
            raise Refused(UNREACHABLE(why=type(error).__name__)) from error
        return _read(answer.status_code, data)

    def _standing(self, number: str, answer: dict[str, Any]) -> Standing:
        status, form, paid = answer.get("status"), answer.get("form", {}), answer.get("paid", "")
        if answer.get("number") != number or status not in _STATUSES:
            raise Refused(BAD_ANSWER(why="number, status"))
        if not isinstance(form, dict) or not isinstance(paid, str):
            raise Refused(BAD_ANSWER(why="form, paid"))
        return Standing(number, status, paid, form)


def _bounded(answer: httpx.Response) -> bytes:
    data = bytearray()
    for chunk in answer.iter_bytes():
        data += chunk
        if len(data) > MAX_ANSWER:
            raise Refused(BAD_ANSWER(why=f"> {MAX_ANSWER} bytes"))
    return bytes(data)


def _read(status: int, data: bytes) -> dict[str, Any]:
    if status in _BUSY:
        raise Refused(UNREACHABLE(why=f"HTTP {status}"))
    try:
        value = parse(data)
    except Refused as refusal:
        raise Refused(BAD_ANSWER(why=f"HTTP {status}")) from refusal
    if not isinstance(value, dict):
        raise Refused(BAD_ANSWER(why="JSON"))
    if status >= 400:
        reasons = value.get("reasons")
        first = reasons[0] if isinstance(reasons, list) and reasons and isinstance(reasons[0], dict) else {}
        raise Refused(SAID_NO(status=status, code=str(value.get("code", "?"))[:80], why=str(first.get("zh", ""))[:300]))  # fmt: skip
    return value
