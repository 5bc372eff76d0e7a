"""Celery workers that are killed, and tasks that come twice: run by ``test_workers.py`` in a process of its
own (``DATABASE_URL``, ``REDIS_URL``, ``MINGTANG_VAR``). Prints one JSON line with what happened.

Bids of lot 1 are opened while the worker is killed (SIGKILL, beat and all) and another one starts. Each task
about a bid of lot 2 is sent three times at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402

from config.celery import app  # noqa: E402
from guarantees.tasks import check_presented  # noqa: E402
from journal import tasks as journal_tasks  # noqa: E402
from journal.facts import REACTIONS  # noqa: E402
from journal.models import Act, OutboxFact, ReactionDone  # noqa: E402
from portal.models import RoomEvent  # noqa: E402
from tests import worlds_bids, worlds_tenders  # noqa: E402
from tests.servers import ROOT  # noqa: E402
from tests.worlds_bids import Sent  # noqa: E402
from trading import tasks as trading_tasks  # noqa: E402
from trading.models import Bid, Tender  # noqa: E402
from trading.rules.statuses import BidStatus  # noqa: E402

BIDDERS = 4
FILLER = 3 * 1024 * 1024
TIMES = 3
#: What a killed worker held is found by the beat after two minutes, if the broker does not give it back before.
PATIENCE = 200.0


def main() -> None:
    with worlds_tenders.world(bidders=BIDDERS) as world:
        tender = worlds_tenders.announced_tender(world)
        first, second = ([_submitted(world, tender, m, lot) for m in world.bidders] for lot in ("1", "2"))
        worlds_bids.start(world, tender)
        with worker("first") as doomed:
            for sent in first:
                worlds_bids.release(sent)
            until(lambda: opened(tender, "1") > 0, "the first bid of lot 1 is open")
            os.killpg(doomed.pid, signal.SIGKILL)
        left = BIDDERS - opened(tender, "1")
        with worker("second"):
            until(lambda: opened(tender, "1") == BIDDERS and quiet(), "lot 1 is open after the kill")
            for sent in second:
                worlds_bids.release(sent)
                send_again(sent.bid)
            until(lambda: opened(tender, "2") == BIDDERS and quiet(), "lot 2 is open")
            before = traces()
            for sent in (*first, *second):
                send_again(sent.bid)
            until(quiet, "nothing more to do")
            same = traces() == before
        sys.stdout.write(json.dumps(verdict(tender, left, same)) + "\n")


def _submitted(world: worlds_tenders.World, tender: Tender, member: worlds_tenders.Member, lot: str) -> Sent:
    price = "8700000.00" if lot == "1" else "6100000.00"
    summary = worlds_bids.summary_of(tender, lot, member, price)
    plain = worlds_bids.bundle_of(summary, member.signer, FILLER)
    return worlds_bids.submit(
        worlds_bids.sealed_bid(world, tender, member, lot=lot, price=price, plain=plain)
    )


@contextlib.contextmanager
def worker(name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker with two processes and the beat, in a process group of its own; ended with the block."""
    var = Path(settings.VAR)
    command = (
        "worker", "--beat", "--concurrency", "2", "--loglevel", "INFO", "--hostname", f"{name}@localhost",
        "--schedule", str(var / f"beat-{name}"),
    )  # fmt: skip
    with open(var / f"{name}.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", *command],
            cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def send_again(bid: str) -> None:
    """Everything that is ever sent about a bid, several times at once."""
    for _ in range(TIMES):
        trading_tasks.open_bid.delay(bid)
        check_presented.delay(bid)
        journal_tasks.relay_facts.delay()


def opened(tender: Tender, lot: str) -> int:
    return Bid.objects.filter(lot__tender=tender, lot__no=lot, status=BidStatus.OPENED).count()


def quiet() -> bool:
    """No fact waits, every opened bid's guarantee is judged, and no message is queued or unfinished."""
    if OutboxFact.objects.filter(done_at__isnull=True).exists():
        return False
    if acts("guarantee.present").total() < acts("bid.open").total():
        return False
    with app.connection_for_read() as connection:
        client = connection.channel().client
        return not client.llen("celery") and not client.hlen("unacked")


def until(wanted: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not wanted():
        if time.monotonic() > end:
            raise SystemExit(f"in vain: {what}; facts {facts_waiting()}")
        time.sleep(0.02)


def facts_waiting() -> list[Any]:
    return list(OutboxFact.objects.filter(done_at__isnull=True).values_list("kind", "attempts", "last_error"))


def acts(verb: str) -> Counter[str]:
    """How often ``verb`` was done to each subject."""
    return Counter(Act.objects.filter(verb=verb).values_list("subject", flat=True))


def traces() -> tuple[int, int, int, list[Any]]:
    """What a task could have changed: acts that are no refusals, events, facts, bids."""
    done = Act.objects.exclude(verb="attempt.refused")
    bids = list(Bid.objects.order_by("pk").values_list("pk", "status", "opened_at", "price"))
    return done.count(), RoomEvent.objects.count(), OutboxFact.objects.count(), bids


def verdict(tender: Tender, left: int, same: bool) -> dict[str, Any]:
    expected = {(f.pk, name) for f in OutboxFact.objects.all() for name in REACTIONS.get(f.kind, {})}
    ran = list(ReactionDone.objects.values_list("fact_id", "reaction"))
    index = list(Act.objects.exclude(index=None).order_by("index").values_list("index", flat=True))
    return {
        "left_at_the_kill": left,
        "opened": opened(tender, "1") + opened(tender, "2"),
        "opened_more_than_once": [s for s, times in acts("bid.open").items() if times > 1],
        "examined": acts("guarantee.present").total(),
        "examined_more_than_once": [s for s, times in acts("guarantee.present").items() if times > 1],
        "undecryptable": acts("bid.undecryptable").total(),
        "facts_waiting": facts_waiting(),
        "each_reaction_once": len(ran) == len(expected) and set(ran) == expected,
        "log_without_gaps": index == list(range(len(index))),
        "doubled_tasks_changed_nothing": same,
    }


if __name__ == "__main__":
    main()
