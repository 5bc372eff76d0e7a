"""The platform's clock, which alone decides what is in time, and how far this computer's is off."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bidtool.remote import Server
from kernel.clock import beijing, parse_iso
from kernel.errors import Refused

POLLS = 3


@dataclass(frozen=True)
class Measured:
    """``ahead``: the platform's clock less ours, seconds; right within ``error`` seconds."""

    ahead: float
    error: float

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def words(self) -> str:
        if abs(self.ahead) <= max(self.error, 0.1):
            return f"本机时钟与平台一致（误差不超过 {max(self.error, 0.1):.1f} 秒）"
        return (
            f"本机时钟比平台{'慢' if self.ahead > 0 else '快'} {abs(self.ahead):.1f} 秒（±{self.error:.1f}）"
        )


def measure(server: Server) -> Measured:
    """Ask three times; the quickest answer is the surest: it was half way when the platform looked."""
    best: Measured | None = None
    for _ in range(POLLS):
        asked, start = datetime.now(UTC), time.monotonic()
        said = parse_iso(str(server.get("/api/time").get("now")))
        half = (time.monotonic() - start) / 2
        found = Measured((said - asked).total_seconds() - half, half)
        best = found if best is None or found.error < best.error else best
    assert best is not None
    return best


def before_the_deadline(server: Server, tender: dict[str, Any]) -> str:
    """One line for whoever is about to submit: the deadline, what is left by the platform's clock, our offset;
    empty when the platform does not say."""
    try:
        clock = measure(server)
        deadline = parse_iso(str(tender["submission_deadline"]))
    except (Refused, ValueError, KeyError):
        return ""
    left = int((deadline - clock.now()).total_seconds())
    if left < 0:
        return f"投标截止时间 {beijing(deadline)} 已过（以平台时间为准；{clock.words()}）"
    hours, rest = divmod(left, 3600)
    return f"投标截止 {beijing(deadline)}，按平台时间还有 {hours} 小时 {rest // 60} 分 {rest % 60} 秒；{clock.words()}"
