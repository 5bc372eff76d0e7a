"""Due moves: what the clock alone brings about. Apps register where to look; guards compare times
themselves, so a late beat delays but never falsifies."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from journal import clock
from journal.door import Command, perform
from kernel.actor import SYSTEM
from kernel.errors import Refused

log = logging.getLogger("mingtang.due")


@dataclass(frozen=True)
class Due:
    """A command that is due, and the key under which it may be done once."""

    command: Command
    key: str


Finder = Callable[[datetime], Iterable[Due]]

#: name → ``find(now)``; from ``AppConfig.ready``.
FINDERS: dict[str, Finder] = {}


def take_due() -> int:
    """Perform everything that is due; how many were done. A refusal is journalled and passed over."""
    done = 0
    now = clock.now()
    for name, find in FINDERS.items():
        for due in find(now):
            try:
                perform(due.command, SYSTEM, via="task", key=due.key)
                done += 1
            except Refused as refusal:
                log.warning("due %s: %s", name, refusal)
    return done
