"""What follows a commit: numbering the new acts and relaying facts.

Embedded (one process) it runs right after the commit, in the same thread; with workers it is a
Celery task, and the beat finds whatever was lost on the way.
"""

from __future__ import annotations

import logging
import threading

from django.conf import settings
from django.db import transaction

log = logging.getLogger("mingtang.journal")
_running = threading.local()


def plan() -> None:
    """Ask for it once the current transaction has committed."""
    transaction.on_commit(run)


def run() -> None:
    """Number acts and relay facts now. Never raises: the act is done, and the beat comes again."""
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
    from journal import tasks

    try:
        if settings.EMBEDDED:
            tasks.sequence()
            tasks.relay()
        else:
            tasks.sequence_acts.delay()
            tasks.relay_facts.delay()
    except Exception:
        log.exception("after commit")
