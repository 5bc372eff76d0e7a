"""Background work of the journal. Lost or doubled, it changes nothing."""

from __future__ import annotations

from collections.abc import Callable

from celery import shared_task

from journal import outbox, sequencer
from journal.due import take_due


@shared_task
def sequence_acts() -> int:
    return sequencer.sequence()


@shared_task
def relay_facts() -> int:
    return outbox.relay()


@shared_task
def take_due_moves() -> int:
    """The beat: whatever is due by the clock is performed as the system actor."""
    return take_due()


def later(task: Callable[..., object], *args: object) -> None:
    """Run a shared task: in process when embedded, else on a worker. Call it after commit."""
    from django.conf import settings

    if settings.EMBEDDED:
        task(*args)
    else:
        task.delay(*args)  # type: ignore[attr-defined]
