"""A rush of bids on a running server: sealed, uploaded and examined beforehand, sent at their moments.

The client is as light as can be, so that what is measured is the server: the bytes of the requests are made
beforehand, each goes on a connection of its own, one asyncio loop times the answers.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Prepared:
    """A bid that only its last request keeps from being in: the request's bytes, and what was uploaded."""

    request: bytes
    envelope_sha256: str
    size: int


def prepared(server: str, world: Any, tender: Any, count: int, bundle: int = 16 * 1024) -> list[Prepared]:
    """So many bids for lot 1, of the world's bidders in turn; their content is random bytes."""
    from tests import worlds_bids
    from trading import submission

    host = server.removeprefix("http://")
    path = f"/api/v1/tenders/{tender.number}/lots/1/bids"
    out = []
    for number in range(count):
        bidder = world.bidders[number % len(world.bidders)]
        sealed = worlds_bids.sealed_bid(world, tender, bidder, plain=os.urandom(bundle))
        asked = worlds_bids.request_of(sealed)
        body = {
            "upload": asked.upload,
            "submission": asked.signed,
            "door_identity": asked.door_identity,
            "examined": submission.examine(asked, via="api"),
        }
        out.append(Prepared(request(path, body, host), sealed.ticket.envelope_sha256, len(sealed.data)))
    return out


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


def send(
    url: str,
    bids: Sequence[Prepared],
    moments: Sequence[float],
    heard: Callable[[Answer], None] | None = None,
) -> list[Answer]:
    """Every bid at its moment (seconds from now), whatever the others do; the answers, in order. ``heard`` is
    told of each as it comes."""
    parts = urlsplit(url)
    address = str(parts.hostname), int(parts.port or 80)

    async def all_of_them() -> list[Answer]:
        zero = time.perf_counter() + 0.05

        async def one(bid: Prepared, at: float) -> Answer:
            answer = await _one(address, bid.request, at, zero)
            if heard is not None:
                heard(answer)
            return answer

        return list(await asyncio.gather(*map(one, bids, moments)))

    return asyncio.run(all_of_them())
