"""Places (contract §9) and flags of abnormally low prices (contract §10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from kernel.scoring.bids import ValidBid
from kernel.scoring.parameters import AbnormalLow
from kernel.scoring.trim import mean_of


def ranks(
    bids: Sequence[ValidBid], totals: Mapping[str, Decimal], keys: Sequence[str], *, low_first: bool
) -> dict[str, int]:
    """Place of each bid by id; equal on everything share a place and the next ones are skipped."""

    def standing(bid: ValidBid) -> tuple[Fraction, ...]:
        total = Fraction(totals[bid.bid.id])
        return (total if low_first else -total, *(_value(bid, key) for key in keys))

    standings = {bid.bid.id: standing(bid) for bid in bids}
    first: dict[tuple[Fraction, ...], int] = {}
    for place, found in enumerate(sorted(standings.values()), start=1):
        first.setdefault(found, place)
    return {name: first[found] for name, found in standings.items()}


def _value(bid: ValidBid, key: str) -> Fraction:
    """Smaller stands first."""
    if key == "price":
        return bid.price
    if key == "evaluated":
        return bid.e
    return -bid.bid.scores.get(key.removeprefix("score:"), Fraction(0))


def flags(bids: Sequence[ValidBid], rates: AbnormalLow, ceiling: Fraction | None) -> dict[str, list[str]]:
    """异常低价审查 triggers by id, on original prices, strictly less (财库〔2026〕2号). Starts a review,
    rejects nothing."""
    limits: list[tuple[str, Fraction]] = []
    prices = sorted(bid.price for bid in bids)
    if rates.mean_rate is not None and prices:
        limits.append(("abnormal_low_mean", rates.mean_rate * mean_of(prices)))
    if rates.second_rate is not None and len(prices) >= 2:
        limits.append(("abnormal_low_second", rates.second_rate * prices[1]))
    if rates.ceiling_rate is not None and ceiling is not None:
        limits.append(("abnormal_low_ceiling", rates.ceiling_rate * ceiling))
    return {bid.bid.id: [name for name, limit in limits if bid.price < limit] for bid in bids}
