"""One bid accepted over HTTP against the bare database commit.

A real Daphne in the embedded deployment; the tender is announced and the bidders registered by commands.
Sealing, uploading and the examination are done before, as clients do: what is timed is the last request, from
the signed submission to the
receipt with its inclusion proof. The limit is one row of the same size committed on the same disk with the
same durability (WAL, synchronous=FULL).
"""

from __future__ import annotations

import hashlib
import io
import os
import sqlite3
import statistics
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx

from sealing import Ticket, seal
from tests import servers
from tests.bench.measure import Result, result, timed

BIDS = 31
BUNDLE = 64 * 1024
ROW = 2048
_CHUNK = {"Content-Type": "application/offset+octet-stream"}


def run() -> Result:
    with tempfile.TemporaryDirectory(prefix="bench-bid-") as folder:
        var = Path(folder)
        os.environ.update({**servers.environment(var, 0), "TRAINING": "1"})
        import django

        django.setup()
        with servers.daphne(var, TRAINING="1") as url:
            mine, bare, floor = _measure(url, var)
    return result(
        "bid_http",
        "一份投标经 HTTP 递交：验签、验证书、入库、入日志、签回执",
        f"同一块盘上提交一行 {ROW} 字节（WAL，synchronous=FULL）",
        mine,
        bare,
        bundle_bytes=BUNDLE,
        empty_request_seconds=statistics.median(floor),
    )


def _measure(url: str, var: Path) -> tuple[list[float], list[float], list[float]]:
    """Seconds of each submission, of each bare commit, and of a request that does nothing."""
    from tests import worlds_tenders

    mine: list[float] = []
    bare: list[float] = []
    floor: list[float] = []
    with worlds_tenders.world() as world, httpx.Client(base_url=url, timeout=60) as client:
        tender = worlds_tenders.announced_tender(world)
        commits = _commits(var / "limit.sqlite3")
        for number in range(BIDS):
            bidder = world.bidders[number % len(world.bidders)]
            envelope, ticket = _sealed(tender, bidder.signer)
            body = _uploaded(client, tender.number, envelope, ticket)
            took = timed(lambda body=body: _submit(client, tender.number, body))
            bare_took = timed(lambda: next(commits))
            if number:  # the first fills caches: revocation evidence, prepared statements
                mine.append(took)
                bare.append(bare_took)
                floor.append(timed(lambda: client.get("/api/time")))
    return mine, bare, floor


def _sealed(tender: Any, signer: Any) -> tuple[bytes, Ticket]:
    from sealing.statements import read_certificate

    out = io.BytesIO()
    ticket = seal(
        io.BytesIO(os.urandom(BUNDLE)),
        out,
        size=BUNDLE,
        tender=tender.number,
        lot="1",
        part=tender.part,
        bidder=signer,
        own_key="client",
        custodians=[read_certificate(bytes(c.certificate)) for c in tender.custodians.all()],
        threshold=tender.share_threshold,
    )
    return out.getvalue(), ticket


def _uploaded(client: httpx.Client, number: str, envelope: bytes, ticket: Ticket) -> dict[str, Any]:
    """Everything but the last request, the examination included; its body."""
    digest = hashlib.sha256(envelope).hexdigest()
    said = {
        "size": len(envelope),
        "sha256": digest,
        "name": "bid.mtse",
        "media_type": "application/octet-stream",
    }
    begun = client.post("/api/v1/uploads", json=said).raise_for_status().json()
    path = f"/api/v1/uploads/{begun['upload']}"
    client.patch(path, content=envelope, headers={**_CHUNK, "Upload-Offset": "0"}).raise_for_status()
    body = {
        "upload": begun["upload"],
        "submission": ticket.submission(),
        "door_identity": ticket.door_identity(),
    }
    answer = client.post(f"/api/v1/tenders/{number}/lots/1/bids/examination", json=body)
    return body | answer.raise_for_status().json()


def _submit(client: httpx.Client, number: str, body: dict[str, Any]) -> None:
    answer = client.post(
        f"/api/v1/tenders/{number}/lots/1/bids", json=body, headers={"Idempotency-Key": str(uuid.uuid4())}
    )
    if answer.status_code != 201:
        raise AssertionError(f"{answer.status_code}: {answer.text[:500]}")


def _commits(path: Path) -> Iterator[None]:
    """Each step commits one row."""
    base = sqlite3.connect(path, isolation_level=None)
    base.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE bid (id, body);")
    while True:
        base.execute("BEGIN IMMEDIATE")
        base.execute("INSERT INTO bid VALUES (?, ?)", (str(uuid.uuid4()), os.urandom(ROW)))
        base.execute("COMMIT")
        yield
