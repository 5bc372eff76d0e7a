"""Opening a hundred bids by the custodians' quorum: PostgreSQL, Redis, one Celery worker with two processes.

Two figures. **whole**: seconds from the first share at the platform's door until the last bid is open in the
database: certificates checked, shares taken, envelopes decrypted, every file checked, bundles stored. **one**: one
envelope opened, against the bare cipher and hash over the same bytes from disk to disk, in turn. Sealing and the
custodians' own work on their machines are done beforehand. 4 MiB a bid; ``FULL=1``: 50 MiB.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sealing.suites import AES_SHA2, SM4_SM3, Suite
from tests import servers
from tests.bench.measure import Result, result, timed
from tests.bench.rush_300 import database

BIDS = int(os.environ.get("BIDS", "100"))
MIB = 50 if os.environ.get("FULL") == "1" else 4
SINGLY = 7
REDIS = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
CHUNK = 1 << 20


def run() -> Result:
    return _run(AES_SHA2)


def national() -> Result:
    """The same under suite 2: custodians with SM2 certificates."""
    return _run(SM4_SM3)


def _run(suite: Suite) -> Result:
    where = os.environ.get("BENCH_DIR")
    with tempfile.TemporaryDirectory(prefix="bench-open-", dir=where) as folder, database() as url:
        var = Path(folder)
        more = {"TRAINING": "1", "DATABASE_URL": url, "REDIS_URL": REDIS}
        env = {**servers.environment(var, 0), **more}
        servers.manage(env, "migrate", "--run-syncdb", "--verbosity", "0")
        os.environ.update(env)
        import django

        django.setup()
        return _measure(env, var, suite)


def _measure(env: dict[str, str], var: Path, suite: Suite) -> Result:
    from tests import worlds_bids, worlds_national, worlds_tenders

    announced = worlds_national.national_tender if suite is SM4_SM3 else worlds_tenders.announced_tender
    with worlds_tenders.world() as world:
        tender = announced(world)
        sent = _submitted(world, tender, "1", BIDS)
        singly = _submitted(world, tender, "2", SINGLY)
        worlds_bids.start(world, tender)
        shares = _shares(world, sent)
        with _worker(env, var):
            whole = timed(lambda: (_release(world, shares), _wait(tender, len(sent))))
        _release(world, _shares(world, singly))
        mine, bare = _in_turn(singly, var, suite)
    size = os.path.getsize(_envelope(sent[0]))
    return result(
        "open_quorum_100" if suite is AES_SHA2 else "open_quorum_sm",
        f"开启一份 {MIB} MiB 的投标（核对密文、每个文件、签名、证书，入库）",
        f"同样的字节：{suite.name.split(' +')[0]} 与一次 SHA-256，磁盘到磁盘",
        mine,
        bare,
        whole_seconds=whole,
        bids=len(sent),
        envelope_bytes=size,
        speed_percent=round(100 * sorted(bare)[len(bare) // 2] / sorted(mine)[len(mine) // 2]),
    )


def _submitted(world: Any, tender: Any, lot: str, count: int) -> list[Any]:
    from tests import worlds_bids

    out = []
    for number in range(count):
        member = world.bidders[number % len(world.bidders)]
        summary = worlds_bids.summary_of(tender, lot, member, f"{6000000 + number}.00")
        plain = worlds_bids.bundle_of(summary, member.signer, os.urandom(MIB << 20))
        sealed = worlds_bids.sealed_bid(world, tender, member, lot=lot, plain=plain)
        sent = worlds_bids.submit(sealed)
        # What the custodians need is the platform's; a hundred envelopes in memory would be in the way.
        out.append(
            worlds_bids.Sent(worlds_bids.Sealed(member, b"", sealed.ticket, sealed.price), sent.receipt)
        )
    return out


def _shares(world: Any, sent: list[Any]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Bid → what two custodians have made of their shares, at home."""
    from tests import worlds_bids

    holders = (world.center, world.authority)
    return [(one.bid, [worlds_bids.share_statement(one, holder) for holder in holders]) for one in sent]


def _release(world: Any, shares: list[tuple[str, list[dict[str, Any]]]]) -> None:
    from journal.door import perform
    from trading import releases
    from trading.commands.decryption import RequestQuorum
    from trading.queries.bids import bid

    for key, statements in shares:
        perform(RequestQuorum(key, "密钥遗失"), world.center.actor, via="ws")
        for statement in statements:
            command, actor = releases.share_release(bid(key), statement)
            perform(command, actor, via="api")


def _wait(tender: Any, count: int) -> None:
    from trading.models import Bid

    until = time.monotonic() + 600
    while Bid.objects.filter(lot__tender=tender, lot__no=1, status="opened").count() < count:
        if time.monotonic() > until:
            states = Bid.objects.filter(lot__tender=tender).values_list("status", "failure")
            raise AssertionError(f"not all open: {list(states)[:5]}")
        time.sleep(0.2)


@contextlib.contextmanager
def _worker(env: dict[str, str], var: Path) -> Iterator[None]:
    words = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "2", "--loglevel", "warning"]
    with open(var / "worker.log", "wb") as log:
        process = subprocess.Popen(words, cwd=servers.ROOT, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            time.sleep(5)  # it is there when the session begins
            yield
        finally:
            process.terminate()
            process.wait(30)


def _in_turn(sent: list[Any], var: Path, suite: Suite) -> tuple[list[float], list[float]]:
    """Seconds of one envelope opened, and of the bare cipher and hash over it, in turn."""
    from trading.commands.decryption import RecordOpening
    from trading.opening import open_envelope
    from trading.queries.bids import bid

    mine: list[float] = []
    bare: list[float] = []
    for one in sent:
        row, answers = bid(one.bid), []
        mine.append(timed(lambda row=row, answers=answers: answers.append(open_envelope(row))))  # type: ignore[misc]
        if not isinstance(answers[0], RecordOpening):
            raise AssertionError(answers[0])
        bare.append(timed(lambda one=one: _bare(_envelope(one), var / "bare", suite)))  # type: ignore[misc]
    return mine[1:], bare[1:]


def _envelope(sent: Any) -> str:
    from trading.queries.bids import bid

    with bid(sent.bid).envelope.open() as source:
        return str(source.name)


def _bare(envelope: str, target: Path, suite: Suite) -> None:
    cipher, nonce, digest = suite.aead(bytes(suite.aead_key_size)), bytes(12), hashlib.sha256()
    with open(envelope, "rb") as source, target.open("wb") as out:
        while data := source.read(CHUNK):
            plain = cipher.encrypt(nonce, data, None)
            digest.update(plain)
            out.write(plain)
        out.flush()
        os.fsync(out.fileno())
