"""Three hundred bidders in the last second, on PostgreSQL, against the bare database commit.

A real Daphne on loopback; the tender is announced and the bidders registered by commands. Sealing, uploading
and the examination are done beforehand, as real bidders' clients do while the upload ends. Three figures:

- **rush**: 300 requests spread over the last second before the deadline: all accepted, seconds of each;
- **flat out**: 300 requests at one moment: seconds a bid, against a row of the same size committed by as many
  connections as the server has, one transaction each, with the same durability; and the processor's time a bid;
- **n-th**: one after the other up to n = 1,000: the last hundred against the first hundred.
"""

from __future__ import annotations

import contextlib
import os
import random
import statistics
import sys
import tempfile
import threading
import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests import rushes, servers
from tests.bench.measure import Result, result, timed
from tests.rushes import Answer, Prepared

BIDDERS = int(os.environ.get("BIDDERS", "300"))
NTH = int(os.environ.get("NTH", "1000"))
ROW = 2048
CONNECTIONS = 8
POSTGRES = os.environ.get("POSTGRES_URL", "postgresql:///postgres")


def run() -> Result:
    with tempfile.TemporaryDirectory(prefix="bench-rush-") as folder, database() as url:
        var = Path(folder)
        os.environ.update({**servers.environment(var, 0), "TRAINING": "1", "DATABASE_URL": url})
        import django

        django.setup()
        with servers.daphne(var, TRAINING="1", DATABASE_URL=url) as server:
            return _measure(server, url)


@contextlib.contextmanager
def database() -> Iterator[str]:
    """A fresh PostgreSQL database for a deployment; dropped at the end."""
    import psycopg

    name = f"mingtang_bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield f"{POSTGRES.rsplit('/', 1)[0]}/{name}"
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _measure(server: str, database_url: str) -> Result:
    from tests import worlds_tenders

    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        _say(f"密封并上传 {NTH + 2 * BIDDERS} 份")
        ready = rushes.prepared(server, world, tender, NTH + 2 * BIDDERS + 20)
        _accepted(rushes.send(server, ready[:20], [0.0] * 20))  # fills caches
        del ready[:20]
        nth = [_accepted(rushes.send(server, [one], [0.0]))[0].took for one in ready[:NTH]]
        before = _cpu(server)
        flat = _accepted(rushes.send(server, ready[NTH : NTH + BIDDERS], [0.0] * BIDDERS))
        cpu = (_cpu(server) - before) / BIDDERS
        bare = commits(database_url, BIDDERS)
        rush = _last_second(server, world, tender, ready[NTH + BIDDERS :])
    took = sorted(answer.took for answer in rush)
    window = max(NTH // 10, 1)
    return result(
        "rush_300",
        f"最后一秒 {BIDDERS} 家递交，全部接收；同时到达时每份",
        f"{CONNECTIONS} 个连接各自提交同样大小的一行，每笔",
        [max(answer.sent + answer.took for answer in flat) / BIDDERS],
        [bare],
        bids_per_second=round(BIDDERS / max(answer.sent + answer.took for answer in flat)),
        commits_per_second=round(1 / bare),
        server_cpu=cpu,
        rush_median=statistics.median(took),
        rush_p99=took[int(len(took) * 0.99) - 1],
        rush_longest=took[-1],
        nth_first=statistics.median(nth[:window]),
        nth_last=statistics.median(nth[-window:]),
        nth_percent=round(100 * statistics.median(nth[-window:]) / statistics.median(nth[:window])),
    )


def _cpu(server: str) -> float:
    """Seconds of processor that the server at this address has taken: neighbours cannot blur that."""
    port = f"\0-p\0{server.rsplit(':', 1)[1]}\0".encode()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if port in (process / "cmdline").read_bytes():
                taken = (process / "stat").read_text().rsplit(")", 1)[1].split()
                return (int(taken[11]) + int(taken[12])) / os.sysconf("SC_CLK_TCK")
    raise AssertionError("the server is not among the processes")


def _last_second(server: str, world: Any, tender: Any, ready: Sequence[Prepared]) -> list[Answer]:
    from journal import clock

    draw = random.Random(5)
    # Up to a tenth of a second before the deadline: on the way every request needs some milliseconds, too.
    moments = sorted(draw.uniform(0.0, 0.9) for _ in ready)
    world.advance_to(tender.submission_deadline - timedelta(seconds=3))
    left = (tender.submission_deadline - clock.now()).total_seconds()
    return _accepted(rushes.send(server, ready, [left - 1.0 - 0.05 + at for at in moments]))


def _accepted(answers: list[Answer]) -> list[Answer]:
    for answer in answers:
        if answer.status != 201:
            raise AssertionError(f"{answer.status}: {answer.body[:500]!r} (sent {answer.sent:.3f})")
    return answers


def commits(url: str, count: int) -> float:
    """Seconds a commit: ``count`` rows by ``CONNECTIONS`` connections at once, one transaction each."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as setup:
        setup.execute("CREATE TABLE bench_bare (id uuid PRIMARY KEY, body bytea)")
    share = count // CONNECTIONS

    def some() -> None:
        with psycopg.connect(url, autocommit=True) as base:
            gate.wait()
            for _ in range(share):
                base.execute("INSERT INTO bench_bare VALUES (%s, %s)", (uuid.uuid4(), os.urandom(ROW)))

    gate = threading.Barrier(CONNECTIONS + 1)
    threads = [threading.Thread(target=some) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    gate.wait()

    def finish() -> None:
        for thread in threads:
            thread.join()

    return timed(finish) / (share * CONNECTIONS)


def _say(words: str) -> None:
    sys.stderr.write(f"  {words}\n")
