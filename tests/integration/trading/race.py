"""Bids that arrive while the opening starts, on a real PostgreSQL: run by ``test_race.py`` in a process of
its own (``DATABASE_URL``). Prints one JSON line with what happened."""

from __future__ import annotations

import json
import sys
import threading
import time
from datetime import timedelta

import django

django.setup()

from django.db import connection  # noqa: E402
from django.test import override_settings  # noqa: E402

from journal import clock  # noqa: E402
from journal.door import perform  # noqa: E402
from kernel.errors import Refused  # noqa: E402
from tests import worlds_bids, worlds_tenders  # noqa: E402
from trading import submission  # noqa: E402
from trading.commands import StartOpening  # noqa: E402
from trading.models import Bid, OpeningSession, Tender  # noqa: E402

BIDS = 40
THREADS = 4
GRACE = 0.1


def main() -> None:
    with worlds_tenders.world() as world, override_settings(OPENING_GRACE_SECONDS=GRACE):
        tender = worlds_tenders.announced_tender(world)
        bidders = world.bidders
        requests = [
            worlds_bids.request_of(worlds_bids.sealed_bid(world, tender, bidders[n % len(bidders)]))
            for n in range(BIDS)
        ]
        accepted: list[str] = []
        late: list[str] = []
        submit(tender, requests[:3], accepted, late)
        requests = requests[3:]
        world.advance_to(tender.submission_deadline - timedelta(seconds=3))
        workers = [
            threading.Thread(target=submit, args=(tender, requests[n::THREADS], accepted, late))
            for n in range(THREADS)
        ]
        host = threading.Thread(target=start, args=(world, tender))
        for thread in (*workers, host):
            thread.start()
        for thread in (*workers, host):
            thread.join()
        sys.stdout.write(json.dumps(verdict(tender, accepted, late)) + "\n")


def submit(
    tender: Tender, requests: list[submission.Submission], accepted: list[str], late: list[str]
) -> None:
    """One after the other, spread around the deadline: from a second before it on."""
    for place, request in enumerate(requests):
        due = tender.submission_deadline + timedelta(seconds=0.25 * place - 1.2)
        if (wait := (due - clock.now()).total_seconds()) < 10:
            time.sleep(max(0.0, wait))
        try:
            done = submission.submit(request, key="", via="api")
            accepted.append(done.receipt["statement"]["payload"]["bid"])
        except Refused as refusal:
            late.append(refusal.code)
    connection.close()


def start(world: worlds_tenders.World, tender: Tender) -> None:
    """The host presses again and again: the first moment that is allowed counts."""
    while True:
        try:
            perform(StartOpening(tender.number), world.center.actor, via="ws")
            break
        except Refused as refusal:
            if refusal.code != "opening.too_early":
                raise
            time.sleep(0.002)
    connection.close()


def verdict(tender: Tender, accepted: list[str], late: list[str]) -> dict[str, object]:
    rows = Bid.objects.filter(lot__tender=tender)
    numbered = [str(b.pk) for b in rows.filter(number__isnull=False).order_by("number")]
    by_time = [str(pk) for pk in rows.order_by("received_at", "id").values_list("pk", flat=True)]
    session = OpeningSession.objects.get(tender=tender)
    return {
        "vendor": connection.vendor,
        "status": session.status,
        "accepted": len(accepted),
        "late": len(late),
        "late_codes": sorted(set(late)),
        "all_accepted_are_numbered": sorted(accepted) == sorted(numbered) and numbered == by_time,
        "none_after_deadline": not rows.filter(received_at__gt=tender.submission_deadline).exists(),
        "now_after_start": session.started_at is not None and clock.now() > session.started_at,
    }


if __name__ == "__main__":
    main()
