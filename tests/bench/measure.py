"""What every piece of work has in common: several runs, the median, a limit beside it.

A piece gives two ways to do the work once: ours, and the bare thing that bounds it. They are run in turn
(ours, limit, ours, limit …) so that a slow moment of the machine meets both, after one round that is
thrown away. The ratio is of medians; spread says how far the runs lay apart.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Result:
    """One line of the report. ``ours`` and ``limit`` are medians in seconds for one unit of work."""

    name: str
    what: str
    limit_what: str
    n: int
    ours: float
    limit: float
    ours_spread: tuple[float, float]
    limit_spread: tuple[float, float]
    notes: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float:
        """How many times the limit's time ours takes."""
        return self.ours / self.limit

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": round(self.ratio, 3)}

    def line(self) -> str:
        notes = "，".join(f"{name} {_note(value)}" for name, value in self.notes.items())
        return (
            f"{self.name:<16} n={self.n:<5} 本系统 {_time(self.ours)}  极限 {_time(self.limit)}  "
            f"比值 {self.ratio:5.2f}\n{'':<16} {self.what}；极限：{self.limit_what}（{notes}）"
        )


def _note(value: Any) -> str:
    if isinstance(value, str):
        return value
    return _time(value).strip() if isinstance(value, float) else f"{value:,}"


def _time(seconds: float) -> str:
    return f"{seconds * 1000:9.2f} ms"


def timed(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def in_turn(ours: Callable[[], Any], limit: Callable[[], Any], runs: int) -> tuple[list[float], list[float]]:
    """Seconds of each run, ours and the limit's, after one unmeasured round."""
    ours(), limit()
    mine, bare = [], []
    for _ in range(runs):
        mine.append(timed(ours))
        bare.append(timed(limit))
    return mine, bare


def result(
    name: str, what: str, limit_what: str, mine: list[float], bare: list[float], **notes: Any
) -> Result:
    return Result(
        name,
        what,
        limit_what,
        len(mine),
        statistics.median(mine),
        statistics.median(bare),
        (min(mine), max(mine)),
        (min(bare), max(bare)),
        notes,
    )
