"""Two at once around a bid, on two connections of a real PostgreSQL: run by ``test_race.py`` in a process of its
own (``DATABASE_URL``). Prints one JSON line with what happened in each."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

from django.db import connection, transaction  # noqa: E402
from django.test import override_settings  # noqa: E402

from journal.door import perform  # noqa: E402
from kernel.actor import pseudonym  # noqa: E402
from kernel.errors import Refused  # noqa: E402
from tests import worlds_bids, worlds_tenders  # noqa: E402
from tests.worlds_bids import Sealed, Sent  # noqa: E402
from trading import in_hand, submission  # noqa: E402
from trading.commands import StartOpening, WithdrawBid  # noqa: E402
from trading.models import Bid, Tender  # noqa: E402

Work = Callable[[], object]
HELD_SECONDS = 0.4


def main() -> None:
    with worlds_tenders.world() as world, override_settings(OPENING_GRACE_SECONDS=0):
        tender = worlds_tenders.announced_tender(world)
        found = {
            "vendor": connection.vendor,
            "submitted twice": _submitted_twice(world, tender),
            "withdrawn and replaced": _withdrawn_and_replaced(world, tender),
            "withdrawn twice": _withdrawn_twice(world, tender),
            "repeated and withdrawn": _repeated_and_withdrawn(world, tender),
            "a microsecond": _a_microsecond(world, tender),
            "opening waits for a bid": _opening_waits(world, tender),
        }
        found |= _against_the_opening(world)
        found["opening waits for the queue"] = _queue_is_waited_for(world)
    sys.stdout.write(json.dumps(found) + "\n")


def both(first: Work, second: Work) -> list[Any]:
    """What each did, past one barrier: its answer, or the code of its refusal."""
    gate, found = threading.Barrier(2), [None, None]

    def press(place: int, work: Work) -> None:
        gate.wait()
        found[place] = answer(work)  # type: ignore[call-overload]
        connection.close()

    threads = [threading.Thread(target=press, args=pair) for pair in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def answer(work: Work) -> Any:
    try:
        return work()
    except Refused as refusal:
        return refusal.code


def seal(world: worlds_tenders.World, tender: Tender, who: int = 0) -> Sealed:
    return worlds_bids.sealed_bid(world, tender, world.bidders[who])


def withdraw(sent: Sent) -> object:
    command = WithdrawBid(sent.bid, sent.sealed.ticket.withdrawal(sent.bid))
    perform(command, pseudonym(sent.sealed.ticket.pseudonym), via="api")
    return "withdrawn"


def _bid(done: submission.Accepted) -> str:
    return str(done.receipt["statement"]["payload"]["bid"])


def _submitted_twice(world: worlds_tenders.World, tender: Tender) -> Any:
    request = worlds_bids.request_of(seal(world, tender))
    done = both(*[lambda: submission.submit(request, key="", via="api").receipt] * 2)
    return [done[0] == done[1], Bid.objects.filter(lot__tender=tender).count()]


def _withdrawn_and_replaced(world: worlds_tenders.World, tender: Tender) -> Any:
    old = worlds_bids.submit(seal(world, tender))
    request = worlds_bids.request_of(seal(world, tender))
    said = both(lambda: withdraw(old), lambda: _bid(submission.submit(request, key="", via="api")))
    rows = Bid.objects.filter(pk__in=[old.bid, said[1]]).order_by("received_at")
    return [said[0], [str(row.status) for row in rows]]


def _withdrawn_twice(world: worlds_tenders.World, tender: Tender) -> Any:
    sent = worlds_bids.submit(seal(world, tender))
    return sorted(both(lambda: withdraw(sent), lambda: withdraw(sent)))  # type: ignore[type-var]


def _repeated_and_withdrawn(world: worlds_tenders.World, tender: Tender) -> Any:
    """Whoever was told 递交成功 was told so before the withdrawal; afterwards nobody is."""
    sent = worlds_bids.submit(seal(world, tender))
    request = worlds_bids.request_of(sent.sealed)
    repeat: Work = lambda: submission.submit(request, key="", via="api").receipt  # noqa: E731
    said = both(repeat, lambda: withdraw(sent))
    return [said[0] in (sent.receipt, "bid.taken_back"), said[1], answer(repeat)]


def _a_microsecond(world: worlds_tenders.World, tender: Tender) -> Any:
    """Two whole requests, one at the deadline and one a microsecond later, are worked on at once."""
    deadline = tender.submission_deadline
    assert deadline is not None
    world.advance_to(deadline - timedelta(minutes=1))
    requests = [worlds_bids.request_of(seal(world, tender, who)) for who in (0, 1)]
    times = [deadline, deadline + timedelta(microseconds=1)]
    works = [
        lambda r=r, at=at: submission.submit(r, key="", via="api", arrived=at).again  # type: ignore[misc]
        for r, at in zip(requests, times, strict=True)
    ]
    return both(*works)


def _opening_waits(world: worlds_tenders.World, tender: Tender) -> Any:
    """A bid in the middle of its transaction holds the opening up; then it is numbered like the others."""
    for who in range(3):
        worlds_bids.submit(seal(world, tender, who))
    request = worlds_bids.request_of(seal(world, tender))
    assert tender.submission_deadline is not None
    command, at = submission.read_submission(request), tender.submission_deadline
    inside, out = threading.Event(), {}

    def slow_bid() -> None:
        submission.examine(request, via="api")
        with transaction.atomic():
            out["bid"] = perform(command, pseudonym(command.pseudonym), via="api", arrived=at).result["bid"]
            inside.set()
            time.sleep(HELD_SECONDS)
        connection.close()

    bidder = threading.Thread(target=slow_bid)
    bidder.start()
    inside.wait(30)
    world.advance_to(at + timedelta(seconds=1))
    start = time.monotonic()
    perform(StartOpening(tender.number), world.center.actor, via="ws")
    waited = time.monotonic() - start
    bidder.join()
    late = answer(lambda: submission.submit(worlds_bids.request_of(seal(world, tender)), key="", via="api"))
    numbered = Bid.objects.get(pk=out["bid"]).number is not None
    return [waited > HELD_SECONDS / 2, numbered, late]


def _against_the_opening(world: worlds_tenders.World) -> dict[str, Any]:
    """Withdrawing and opening at once: a bid is either taken back or opened, and its bidder knows which."""
    tender = worlds_tenders.announced_tender(world, "YC2026-SZ-0418")
    sent = [worlds_bids.submit(seal(world, tender, n % 3)) for n in range(5)]
    assert tender.submission_deadline is not None
    world.advance_to(tender.submission_deadline - timedelta(milliseconds=150))
    said: list[Any] = []

    def back_out() -> None:
        for one in sent[:2]:
            said.append(answer(lambda one=one: withdraw(one)))  # type: ignore[misc]

    def open_it() -> None:
        while (
            answer(lambda: perform(StartOpening(tender.number), world.center.actor, via="ws"))
            == "opening.too_early"
        ):
            time.sleep(0.002)

    both(back_out, open_it)
    rows = [Bid.objects.get(pk=one.bid) for one in sent]
    agree = [
        (word, row.status, row.number is None)
        in (("withdrawn", "withdrawn", True), ("bid.withdrawal_late", "submitted", False))
        for word, row in zip(said, rows, strict=False)
    ]
    return {"withdrawn and opened": [agree, [row.number is not None for row in rows[2:]]]}


def _queue_is_waited_for(world: worlds_tenders.World) -> Any:
    """A bid that came in time and waits its turn when the host opens is accepted, and numbered with the others."""
    tender = worlds_tenders.announced_tender(world, "YC2026-SZ-0419")
    for who in range(3):
        worlds_bids.submit(seal(world, tender, who))
    request = worlds_bids.request_of(seal(world, tender))
    assert tender.submission_deadline is not None
    world.advance_to(tender.submission_deadline - timedelta(seconds=20))
    node = in_hand.InHand()
    at, in_time = node.arrive([tender.number, tender.number])
    world.advance_to(tender.submission_deadline + timedelta(minutes=1))
    opened = threading.Event()

    def open_it() -> None:
        perform(StartOpening(tender.number), world.center.actor, via="ws")
        opened.set()
        connection.close()

    host = threading.Thread(target=open_it)
    host.start()
    time.sleep(HELD_SECONDS)
    done = submission.submit(request, key="", via="api", arrived=at)
    node.done(tender.number)
    early = opened.is_set()
    node.done(tender.number)
    host.join()
    late = node.arrive([tender.number])[1]
    number = Bid.objects.get(pk=_bid(done)).number
    return [in_time == {tender.number}, early, opened.is_set(), number is not None, late == set()]


if __name__ == "__main__":
    main()
