"""What follows a commit: numbering the new acts and relaying facts.

Embedded (one process) facts are relayed right after the commit, in the same thread; the ticker numbers
the acts a moment later, or this thread does where there is no ticker (a command line). With workers,
facts are relayed by a Celery task, and acts are numbered by the beat. Whoever needs a proof numbers at
once (``sequencer.proof_text``). The beat also finds whatever was lost on the way.
"""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import transaction

log = logging.getLogger("mingtang.journal")
_running = threading.local()


def plan(*, facts: bool) -> None:
    """Ask for it once the current transaction has committed. ``facts``: there are some to relay."""
    from journal import ticker

    if not settings.EMBEDDED:
        if facts:
            transaction.on_commit(send_away)
    elif not ticker.running():
        transaction.on_commit(run_here)
    else:
        transaction.on_commit(ticker.nudge)
        if facts:
            transaction.on_commit(run_here)


def send_away() -> None:
    """Have a worker relay the facts. Never raises: the act is done, and the beat comes again."""
    from journal import tasks

    try:
        tasks.relay_facts.delay()
    except Exception:
        log.exception("the broker is out of reach; the beat will relay")


def run_here() -> None:
    """Relay facts now, and number acts if no ticker does. Never raises."""
    # A reaction performs commands whose commits land here again: the outermost loop takes them all.
    if getattr(_running, "now", False):
        _running.again = True
        return
    _running.now = True
    try:
        while True:
            _running.again = False
            _once()
            if not _running.again:
                return
    finally:
        _running.now = False


def _once() -> None:
    from journal import outbox, sequencer, ticker

    try:
        if not ticker.running():
            sequencer.sequence()
        outbox.relay()
    except Exception:
        log.exception("after commit")
