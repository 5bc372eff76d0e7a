"""How many refused attempts are written one by one, so that a flood of them cannot fill the journal.

Each source may be refused so many times in a row, then so many times a minute, with an act for each; beyond that,
and beyond the same bounds for everybody together, refusals are answered as ever and counted only. The next act of
an attempt says how many went unwritten, by code. Nobody is locked out: a competitor behind the same address could
use that. A source is known in the memory of the process alone, as a digest under a key that nobody keeps; no
address is ever written.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

#: In a row, and a minute from then on: of one source, and of all together.
SOURCE_BURST, SOURCE_A_MINUTE = 60.0, 30.0
HOUSE_BURST, HOUSE_A_MINUTE = 1200.0, 600.0
_SOURCES_KNOWN = 10_000

_key = os.urandom(32)
_source: ContextVar[str] = ContextVar("mingtang_attempts_source", default="")
_lock = threading.Lock()


@dataclass
class _Bucket:
    burst: float
    a_minute: float
    left: float
    at: float

    def take(self, now: float) -> bool:
        self.left = min(self.burst, self.left + (now - self.at) * self.a_minute / 60)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


_sources: OrderedDict[str, _Bucket] = OrderedDict()
_house: list[_Bucket] = []
_unwritten: Counter[str] = Counter()


@contextmanager
def coming_from(address: str) -> Iterator[None]:
    """What is refused within came from this network address (of the nearest machine that the server sees)."""
    token = _source.set(hashlib.blake2b(address.encode(), key=_key, digest_size=16).hexdigest())
    try:
        yield
    finally:
        _source.reset(token)


def admitted(actor: str, code: str) -> Counter[str] | None:
    """May this refusal have an act of its own? Then how many before it had none, by code; else ``None``."""
    now = time.monotonic()
    with _lock:
        if not _house:
            _house.append(_Bucket(HOUSE_BURST, HOUSE_A_MINUTE, HOUSE_BURST, now))
        # The source first: who has used up his own share takes nothing of the others'.
        if not _bucket(_source.get() or actor, now).take(now) or not _house[0].take(now):
            _unwritten[code] += 1
            return None
        before = _unwritten.copy()
        _unwritten.clear()
        return before


def _bucket(source: str, now: float) -> _Bucket:
    found = _sources.pop(source, None) or _Bucket(SOURCE_BURST, SOURCE_A_MINUTE, SOURCE_BURST, now)
    _sources[source] = found
    if len(_sources) > _SOURCES_KNOWN:
        _sources.popitem(last=False)
    return found


def forget() -> None:
    """Begin anew, as a process does."""
    with _lock:
        _sources.clear()
        _house.clear()
        _unwritten.clear()
