"""Sweeping forgotten uploads. Lost or doubled, it changes nothing that matters."""

from __future__ import annotations

import threading
import time
from functools import partial

from celery import shared_task
from django.db import transaction

from documents import uploads
from journal import clock
from journal.tasks import later

EVERY_SECONDS = 600.0
_turn = threading.Lock()
_last = [float("-inf")]


@shared_task
def sweep_uploads() -> int:
    return uploads.sweep(clock.now())


def sweep_now_and_then() -> None:
    """Sweep after this commit, at most once in ten minutes a process: uploads pile up only where others
    begin, so beginning one is beat enough."""
    with _turn:
        if time.monotonic() - _last[0] < EVERY_SECONDS:
            return
        _last[0] = time.monotonic()
    transaction.on_commit(partial(later, sweep_uploads))
