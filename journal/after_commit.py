"""What follows a commit: numbering the new acts and relaying facts.

Embedded (one process) it runs right after the commit, in the same thread. With workers, facts are
relayed by a Celery task, and acts are numbered by the beat or by whoever needs a proof first; the
beat also finds whatever was lost on the way.
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
    if settings.EMBEDDED:
        transaction.on_commit(run_here)
    elif facts:
        transaction.on_commit(send_away)


def send_away() -> None:
    """Have a worker relay the facts. Never raises: the act is done, and the beat comes again."""
    from journal import tasks

    try:
        tasks.relay_facts.delay()
    except Exception:
        log.exception("the broker is out of reach; the beat will relay")


def run_here() -> None:
    """Number acts and relay facts now. Never raises."""
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
    from journal import outbox, sequencer

    try:
        sequencer.sequence()
        outbox.relay()
    except Exception:
        log.exception("after commit")
