"""Relaying facts to reactions: at least once, each reaction once a fact, whatever is lost or doubled."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

from django.db.models import Q

from journal import clock
from journal.facts import REACTIONS, Delivery, from_json
from journal.models import OutboxFact, ReactionDone
from kernel.errors import Refused

log = logging.getLogger("mingtang.outbox")
_BATCH = 100
_LONGEST_WAIT = 300


def relay() -> int:
    """Run the reactions of every waiting fact, oldest first; how many facts were finished."""
    finished = 0
    for fact_id in _waiting():
        finished += _relay_one(fact_id)
    return finished


def _waiting() -> list[uuid.UUID]:
    now = clock.database_now()
    rows = OutboxFact.objects.filter(done_at__isnull=True).filter(
        Q(retry_at__isnull=True) | Q(retry_at__lte=now)
    )
    return list(rows.order_by("id").values_list("pk", flat=True)[:_BATCH])


def _relay_one(fact_id: uuid.UUID) -> bool:
    """One fact. Two workers may both run a reaction: its command's key makes the second one a replay."""
    row = OutboxFact.objects.filter(pk=fact_id, done_at__isnull=True).first()
    if row is None:
        return False
    seen = set(ReactionDone.objects.filter(fact=row).values_list("reaction", flat=True))
    failed = ""
    for name, reaction in REACTIONS.get(row.kind, {}).items():
        if name in seen:
            continue
        try:
            reaction(from_json(row.kind, row.payload), Delivery(f"{row.pk}:{name}"))
        except Refused as refusal:
            # The world has moved on: the refusal is journalled by the door, asking again changes nothing.
            log.warning("%s refused for %s: %s", name, row.kind, refusal)
        except Exception as error:
            log.exception("%s failed for %s %s", name, row.kind, row.pk)
            failed = f"{type(error).__name__}: {error}"[:500]
            continue
        ReactionDone.objects.get_or_create(fact=row, reaction=name)
    return _finish(row, failed)


def _finish(row: OutboxFact, failed: str) -> bool:
    now = clock.database_now()
    if failed:
        wait = min(_LONGEST_WAIT, 2**row.attempts)
        OutboxFact.objects.filter(pk=row.pk).update(
            attempts=row.attempts + 1, retry_at=now + timedelta(seconds=wait), last_error=failed
        )
        return False
    return bool(OutboxFact.objects.filter(pk=row.pk, done_at__isnull=True).update(done_at=now))
