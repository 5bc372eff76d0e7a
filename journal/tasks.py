"""Background work of the journal. Lost or doubled, it changes nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable

from celery import shared_task

from journal import outbox, sequencer
from journal.door import Command, perform
from journal.due import take_due
from kernel.actor import SYSTEM
from kernel.errors import Refused

log = logging.getLogger("mingtang.tasks")


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


def settle(command: Command, key: str) -> bool:
    """Perform a task's one command as the system; whether it was done.

    A task that came twice may find that the first one has been there: the refusal is in the journal,
    asking again changes nothing, so it ends quietly.
    """
    try:
        perform(command, SYSTEM, via="task", key=key)
    except Refused as refusal:
        log.warning("%s %s: %s", command.verb, key, refusal)
        return False
    return True


def later(task: Callable[..., object], *args: object) -> None:
    """Run a shared task: in process when embedded, else on a worker. Call it after commit."""
    from django.conf import settings

    if settings.EMBEDDED:
        task(*args)
    else:
        task.delay(*args)  # type: ignore[attr-defined]
