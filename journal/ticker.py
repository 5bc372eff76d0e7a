"""The beat of an embedded deployment: a daemon thread in the one server process."""

from __future__ import annotations

import logging
import threading
import time

from django.db import close_old_connections

from journal import due, outbox, sequencer

log = logging.getLogger("mingtang.ticker")
_started = threading.Event()


def start(seconds: float = 1.0) -> None:
    """Start it once a process."""
    if _started.is_set():
        return
    _started.set()
    threading.Thread(target=_run, args=(seconds,), name="mingtang-ticker", daemon=True).start()


def _run(seconds: float) -> None:
    while True:
        time.sleep(seconds)
        try:
            due.take_due()
            outbox.relay()
            sequencer.sequence()
        except Exception:
            log.exception("tick")
        finally:
            close_old_connections()
