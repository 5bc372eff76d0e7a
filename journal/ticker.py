"""The beat of an embedded deployment: a daemon thread in the one server process.

Every second it does what is due; new acts are numbered a moment after they were committed, many at a time.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from django.db import close_old_connections

from journal import due, outbox, sequencer

log = logging.getLogger("mingtang.ticker")
#: Seconds that new acts wait for others, to be numbered together under one checkpoint.
GATHER = 0.25
_started = threading.Event()
_news = threading.Event()


def start(seconds: float = 1.0) -> None:
    """Start it once a process."""
    if _started.is_set():
        return
    _started.set()
    threading.Thread(target=_run, args=(seconds,), name="mingtang-ticker", daemon=True).start()


def running() -> bool:
    """Whether this process has a ticker; commands, scripts and tests have none."""
    return _started.is_set()


def nudge() -> None:
    """There are new acts to number."""
    _news.set()


def _run(seconds: float) -> None:
    next_beat = time.monotonic() + seconds
    while True:
        if _news.wait(max(0.0, next_beat - time.monotonic())):
            time.sleep(GATHER)
            _news.clear()
            _safely(sequencer.sequence)
        if time.monotonic() >= next_beat:
            _safely(_beat)
            next_beat = time.monotonic() + seconds


def _beat() -> None:
    due.take_due()
    outbox.relay()
    sequencer.sequence()


def _safely(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        log.exception("tick")
    finally:
        close_old_connections()
