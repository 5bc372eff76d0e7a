"""The preliminary review: lawful grounds, evidence, and the majority that rejects a bid."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import ReasonForm, Refused
from trading.rules.rejection_grounds import GROUNDS, Ground, ground

NOT_PRINTED = ReasonForm(
    "review.ground_not_printed",
    zh="招标文件没有载明否决情形「{ground}」",
    en="the bidding documents do not print the ground {ground}",
    law="招标投标法实施条例第四十九条",
    field="ground",
)
NO_EVIDENCE = ReasonForm(
    "review.no_evidence",
    zh="否决投标须写明理由（不少于 5 字）和证据所在的文件、页码",
    en="a rejection needs a reason of at least 5 characters, the document and the page of the evidence",
    law="招标投标法实施条例第五十一条",
    field="page",
)
LEAST_REASON, MOST_PAGE = 5, 20_000


def grounds_of(method: Mapping[str, Any]) -> tuple[Ground, ...]:
    """What the documents print (``rejection_grounds``: codes), else the whole statutory list."""
    printed = method.get("rejection_grounds")
    if not isinstance(printed, list) or not printed:
        return tuple(GROUNDS.values())
    return tuple(g for g in GROUNDS.values() if g.code in printed)


@dataclass(frozen=True)
class Opinion:
    """One seat on one bid. ``ground``, ``reason``, ``document``, ``page`` say why it did not pass."""

    seat: int
    passed: bool
    ground: str = ""
    reason: str = ""
    document: str = ""
    page: int = 0


def check_opinion(opinion: Opinion, method: Mapping[str, Any]) -> None:
    """A rejection stands on a printed ground and names its evidence; ``Refused`` otherwise."""
    if opinion.passed:
        return
    listed = ground(opinion.ground)
    if listed not in grounds_of(method):
        raise Refused(NOT_PRINTED(ground=listed.zh))
    known = len(opinion.reason.strip()) >= LEAST_REASON and opinion.document.strip()
    if not known or not 1 <= opinion.page <= MOST_PAGE:
        raise Refused(NO_EVIDENCE())


@dataclass(frozen=True)
class Verdict:
    """What the committee thinks of a bid; ``opinion`` is the one that stands for the majority."""

    rejected: bool
    against: int
    size: int
    opinion: Opinion | None = None


def verdict(opinions: Iterable[Opinion], size: int) -> Verdict:
    """More than half of a committee of ``size`` must reject a bid.

    The ground is the one most often given; of equals, the first in the statutory list. Reason,
    document and page are those of the lowest seat that gave it.
    """
    against = sorted((o for o in opinions if not o.passed), key=lambda o: o.seat)
    if len(against) * 2 <= size:
        return Verdict(False, len(against), size)
    counts = Counter(o.ground for o in against)
    listed = list(GROUNDS)
    chosen = min(counts, key=lambda code: (-counts[code], listed.index(code)))
    return Verdict(True, len(against), size, next(o for o in against if o.ground == chosen))


def majority_choice(choices: Iterable[str], size: int) -> str | None:
    """The choice of more than half of ``size`` members, or ``None``."""
    counts = Counter(choices)
    return next((choice for choice, votes in counts.items() if votes * 2 > size), None)
