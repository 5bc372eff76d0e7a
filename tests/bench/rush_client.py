"""A client as light as can be, so that what is measured is the server: requests made beforehand, sent on
connections of their own at their moment, answers timed by one asyncio loop."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Answer:
    """``sent`` and ``took`` in seconds (``sent`` since the first moment); ``status`` 0: the connection broke."""

    sent: float
    took: float
    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def request(path: str, body: dict[str, Any], host: str, key: str = "") -> bytes:
    """The bytes of one POST that closes its connection."""
    data = json.dumps(body).encode()
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
        f"Idempotency-Key: {key or uuid.uuid4()}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + data


async def _one(address: tuple[str, int], data: bytes, at: float, zero: float) -> Answer:
    await asyncio.sleep(max(0.0, zero + at - time.perf_counter()))
    start = time.perf_counter()
    raw = b""
    try:
        reader, writer = await asyncio.open_connection(*address)
        writer.write(data)
        raw = await reader.read()
        writer.close()
    except OSError:
        pass
    took = time.perf_counter() - start
    head, _, body = raw.partition(b"\r\n\r\n")
    words = head.split(b" ", 2)
    status = int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
    return Answer(start - zero, took, status, body)


async def _all(address: tuple[str, int], requests: Sequence[bytes], moments: Sequence[float]) -> list[Answer]:
    zero = time.perf_counter() + 0.05
    pairs = zip(requests, moments, strict=True)
    return list(await asyncio.gather(*(_one(address, data, at, zero) for data, at in pairs)))


def send(url: str, requests: Sequence[bytes], moments: Sequence[float]) -> list[Answer]:
    """Every request at its moment (seconds from now), whatever the others do; the answers, in order."""
    parts = urlsplit(url)
    return asyncio.run(_all((str(parts.hostname), int(parts.port or 80)), requests, moments))
