"""The trim rule for the mean A (contract §6). A dropped bid is still scored and ranked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from kernel.money import half_up
from kernel.scoring.reading import Number, Reader
from kernel.scoring.reasons import bad


@dataclass(frozen=True)
class Mean:
    """A, exact, and what it is the mean of; ``kept`` and ``dropped`` are evaluated prices, ascending."""

    value: Fraction
    kept: tuple[Fraction, ...]
    dropped: tuple[Fraction, ...]


def mean_of(prices: Sequence[Fraction]) -> Fraction:
    return sum(prices, Fraction(0)) / len(prices)


def _cut(prices: Sequence[Fraction], low: int, high: int) -> Mean:
    """Drop ``low`` lowest and ``high`` highest of ascending ``prices``; nothing, if none would be left."""
    if low + high >= len(prices):
        low = high = 0
    end = len(prices) - high
    kept = tuple(prices[low:end])
    return Mean(mean_of(kept), kept, (*prices[:low], *prices[end:]))


@dataclass(frozen=True)
class NoTrim:
    def mean(self, prices: Sequence[Fraction]) -> Mean:
        return _cut(prices, 0, 0)


@dataclass(frozen=True)
class Tiers:
    """``tiers``: (n_min, high, low), largest ``n_min`` first."""

    tiers: tuple[tuple[int, int, int], ...]

    def mean(self, prices: Sequence[Fraction]) -> Mean:
        for n_min, high, low in self.tiers:
            if n_min <= len(prices):
                return _cut(prices, low, high)
        return _cut(prices, 0, 0)


@dataclass(frozen=True)
class Js20:
    """Jiangsu: ``g1`` lowest and ``g2`` highest shares from seven bids on."""

    g1: Fraction
    g2: Fraction

    def mean(self, prices: Sequence[Fraction]) -> Mean:
        n = len(prices)
        if n >= 7:
            return _cut(prices, int(half_up(self.g1 * n, 0)), int(half_up(self.g2 * n, 0)))
        if n >= 4:
            return _cut(prices, 0, 1)
        if n >= 2:
            return Mean(prices[1], (prices[1],), (prices[0], *prices[2:]))
        return _cut(prices, 0, 0)


Trim = NoTrim | Tiers | Js20


def read_trim(parameters: Reader) -> Trim:
    """``trim`` of the parameters; absent is none."""
    rule = parameters.object("trim")
    if rule is None:
        return NoTrim()
    name = rule.get("rule")
    if isinstance(name, str) and not isinstance(name, Number):
        if name == "none":
            return NoTrim()
        if name == "tiers":
            return _read_tiers(rule)
        if name == "js20":
            return Js20(rule.share("g1", "0.2", one=False), rule.share("g2", "0.2", one=False))
    raise bad(rule.name("rule"), "应为 none、tiers、js20 之一 / must be one of these")


def _read_tiers(rule: Reader) -> Tiers:
    tiers = [
        (row.integer("n_min", None, 0), row.integer("high", None, 0), row.integer("low", None, 0))
        for row in rule.objects("tiers")
    ]
    # A stable sort: of two tiers with the same n_min the first one listed counts.
    return Tiers(tuple(sorted(tiers, key=lambda tier: -tier[0])))
