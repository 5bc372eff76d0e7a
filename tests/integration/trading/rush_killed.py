"""A rush on a Daphne that is killed in the middle, on PostgreSQL: run by ``test_rush_killed.py`` in a process of
its own (``DATABASE_URL``, ``MINGTANG_VAR``). Prints one JSON line with what is true afterwards."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import threading
from pathlib import Path

import django

django.setup()

from ca_interop.platform_key import platform_signer  # noqa: E402
from journal import sequencer  # noqa: E402
from journal.models import Act  # noqa: E402
from sealing import receipts  # noqa: E402
from tests import rushes, servers, worlds_tenders  # noqa: E402
from tests.rushes import Answer, Prepared  # noqa: E402
from trading.models import Bid, Tender  # noqa: E402

BIDS, HEARD = int(sys.argv[1]), int(sys.argv[2])


def main() -> None:
    var = Path(os.environ["MINGTANG_VAR"])
    more = {name: os.environ[name] for name in ("DATABASE_URL", "TRAINING")}
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        bids = rushes.prepared("http://127.0.0.1", world, tender, BIDS)
        first = _until_killed(var, more, bids)
        held = [answer for answer in first if answer.status == 201]
        before = {"rows": Bid.objects.count(), "whole": _all_whole(tender), "held": _in_the_log(held)}
        with servers.daphne(var, **more) as url:
            again = rushes.send(url, bids, [0.0] * BIDS)
    said = {
        "killed_in_the_middle": HEARD <= len(held) < BIDS,
        "every_receipt_held_is_in_the_log": before["held"] == len(held),
        "every_envelope_in_the_log_is_whole": before["whole"],
        "no_answer_without_a_row": before["rows"] >= len(held),
        "every_retry_gets_a_receipt": [a.status for a in again if a.status not in (200, 201)] == [],
        "the_same_as_before": [
            old.json == new.json for old, new in zip(first, again, strict=True) if old.status == 201
        ]
        == [True] * len(held),
        "one_row_a_bid": Bid.objects.count()
        == BIDS
        == len({a.json["statement"]["payload"]["bid"] for a in again}),
        "all_whole": _all_whole(tender),
        "all_in_the_log": _in_the_log(again) == BIDS,
    }
    sys.stdout.write(json.dumps({"held": len(held), "rows": before["rows"], **said}) + "\n")


def _until_killed(var: Path, more: dict[str, str], bids: list[Prepared]) -> list[Answer]:
    """What the clients heard of a server that was killed once ``HEARD`` of them had their receipt."""
    enough = threading.Semaphore(0)
    answers: list[Answer] = []
    with servers.daphne(var, kill=True, **more) as url:
        client = threading.Thread(
            target=lambda: answers.extend(rushes.send(url, bids, [0.0] * BIDS, lambda _: enough.release()))
        )
        client.start()
        for _ in range(HEARD):
            enough.acquire(timeout=120)
    client.join()
    return answers


def _in_the_log(answers: list[Answer]) -> int:
    """How many receipts verify, and stand in the log as the database has it now."""
    good = 0
    for answer in answers:
        receipts.verify(answer.json, platform_signer().public_key(), sequencer.vkey())
        said = answer.json["statement"]["payload"]
        good += Act.objects.filter(pk=said["act"]["id"], index=said["index"], verb="bid.submit").exists()
    return good


def _all_whole(tender: Tender) -> bool:
    """Whether every bid's envelope is on the disk as its act says."""
    rows = Bid.objects.select_related("envelope").filter(lot__tender=tender)
    for row in rows:
        said = Act.objects.get(pk=row.act).document["payload"]
        with row.envelope.open() as source:
            data = source.read()
        if (hashlib.sha256(data).hexdigest(), len(data)) != (said["envelope_sha256"], said["size"]):
            return False
    return True


if __name__ == "__main__":
    main()
