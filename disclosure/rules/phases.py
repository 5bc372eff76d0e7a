"""The phase of a tender as the public sees it: from its status, its lots and the clock alone.

Nothing here is stored. A phase names what is going on now; the schedule says what comes when.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from trading.rules.statuses import LotStatus, TenderStatus


class Phase(StrEnum):
    """What is going on. The order is that of a tender's life."""

    BIDDING = "bidding"
    OPENING = "opening"
    EVALUATION = "evaluation"
    STANDSTILL = "standstill"
    AWARDED = "awarded"
    CONTRACTED = "contracted"
    FAILED = "failed"
    CANCELLED = "cancelled"


PHASE_ZH = {
    Phase.BIDDING: "投标中",
    Phase.OPENING: "开标",
    Phase.EVALUATION: "评标中",
    Phase.STANDSTILL: "中标候选人公示中",
    Phase.AWARDED: "已定标",
    Phase.CONTRACTED: "已签合同",
    Phase.FAILED: "流标",
    Phase.CANCELLED: "终止招标",
}

#: The tone of a phase's badge (portal/README.md).
PHASE_TONE = {
    Phase.BIDDING: "action",
    Phase.OPENING: "attention",
    Phase.EVALUATION: "attention",
    Phase.STANDSTILL: "action",
    Phase.AWARDED: "done",
    Phase.CONTRACTED: "done",
    Phase.FAILED: "danger",
    Phase.CANCELLED: "danger",
}

_LOT_PHASE = {
    LotStatus.PENDING: Phase.OPENING,
    LotStatus.EVALUATING: Phase.EVALUATION,
    LotStatus.REPORTED: Phase.EVALUATION,
    LotStatus.CANDIDATES_ANNOUNCED: Phase.STANDSTILL,
    LotStatus.AWARDED: Phase.AWARDED,
    LotStatus.CONTRACTED: Phase.CONTRACTED,
    LotStatus.FAILED: Phase.FAILED,
}

_ORDER = list(Phase)


def phase_of(
    status: TenderStatus, lots: Sequence[LotStatus], submission_deadline: datetime | None, now: datetime
) -> Phase:
    """The phase of a tender; of several lots the one furthest behind counts.

    Failed lots do not hold back the others; when all have failed the tender has.
    """
    if status is TenderStatus.CANCELLED:
        return Phase.CANCELLED
    if status is TenderStatus.FAILED:
        return Phase.FAILED
    if status in (TenderStatus.DRAFT, TenderStatus.ANNOUNCED):
        late = submission_deadline is not None and now >= submission_deadline
        return Phase.OPENING if late else Phase.BIDDING
    if status is TenderStatus.OPENING:
        return Phase.OPENING
    alive = [_LOT_PHASE[lot] for lot in lots if lot is not LotStatus.FAILED]
    return min(alive, key=_ORDER.index) if alive else Phase.FAILED


@dataclass(frozen=True)
class Step:
    """One line of the schedule: what, when, and whether that is past, running or to come."""

    title: str
    at: datetime
    state: str  # "done" | "now" | "next"
    note: str = ""


def schedule(steps: Sequence[tuple[str, datetime | None, str]], now: datetime) -> list[Step]:
    """The known times in order, each done or next by the clock; the first to come is ``now``."""
    known = sorted(((at, title, law) for title, at, law in steps if at is not None), key=lambda s: s[0])
    coming = next((at for at, _, _ in known if at > now), None)
    return [
        Step(title, at, "done" if at <= now else "now" if at == coming else "next", law)
        for at, title, law in known
    ]


def settled(lots: Sequence[LotStatus]) -> bool:
    """Whether nothing about these lots is open any more: each is awarded, contracted or failed."""
    ended = (LotStatus.AWARDED, LotStatus.CONTRACTED, LotStatus.FAILED)
    return bool(lots) and all(lot in ended for lot in lots)
