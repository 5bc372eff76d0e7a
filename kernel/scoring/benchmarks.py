"""评标基准价 B of each method (contract §7, formulas.md §5). Everything is exact; B is not rounded here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

from kernel.errors import Refused
from kernel.scoring.bids import ValidBid
from kernel.scoring.reading import Number, Reader
from kernel.scoring.reasons import B_NOT_IN_POOL, bad
from kernel.scoring.trim import Mean, Trim, mean_of, read_trim

#: Steps of a computation by name, for the evaluation report: ``("A", 8981666.666…)``.
Steps = tuple[tuple[str, Fraction], ...]


@dataclass(frozen=True)
class Found:
    """B before rounding, the mean A where there is one, and the named steps that led to B."""

    value: Fraction
    mean: Mean | None = None
    steps: Steps = field(default=())


class Benchmark(Protocol):
    def of(self, bids: Sequence[ValidBid]) -> Found:
        """B over the valid bids (at least one)."""
        ...


def ascending(bids: Sequence[ValidBid]) -> list[Fraction]:
    return sorted(bid.e for bid in bids)


@dataclass(frozen=True)
class Lowest:
    """``low_price_first``, ``lowest_evaluated``: the lowest evaluated price as it is."""

    def of(self, bids: Sequence[ValidBid]) -> Found:
        return Found(min(ascending(bids)))


@dataclass(frozen=True)
class Fixed:
    benchmark: Fraction

    def of(self, bids: Sequence[ValidBid]) -> Found:
        return Found(self.benchmark)


@dataclass(frozen=True)
class MeanK:
    k: Fraction
    trim: Trim

    def of(self, bids: Sequence[ValidBid]) -> Found:
        mean = self.trim.mean(ascending(bids))
        return Found(mean.value * self.k, mean, (("A", mean.value), ("K", self.k)))


@dataclass(frozen=True)
class WeightedCeiling:
    ceiling: Fraction
    k1: Fraction
    k2: Fraction
    q1: Fraction
    trim: Trim

    def of(self, bids: Sequence[ValidBid]) -> Found:
        mean = self.trim.mean(ascending(bids))
        value = mean.value * self.k1 * self.q1 + self.ceiling * self.k2 * (1 - self.q1)
        steps = (("A", mean.value), ("K1", self.k1), ("K2", self.k2), ("Q1", self.q1))
        return Found(value, mean, steps)


@dataclass(frozen=True)
class SecondLowest:
    k: Fraction

    def of(self, bids: Sequence[ValidBid]) -> Found:
        prices = ascending(bids)
        second = prices[1] if len(prices) > 1 else prices[0]
        return Found(second * self.k, None, (("次低价", second), ("K", self.k)))


@dataclass(frozen=True)
class IntervalMean:
    """``base`` is ``None`` for the mean A, else the ceiling."""

    low: Fraction
    high: Fraction
    base: Fraction | None
    k: Fraction
    trim: Trim

    def of(self, bids: Sequence[ValidBid]) -> Found:
        prices = ascending(bids)
        mean = self.trim.mean(prices) if self.base is None else None
        middle = mean.value if mean is not None else self.base or Fraction(0)
        floor, top = middle * (1 - self.low), middle * (1 + self.high)
        inside = [e for e in prices if floor <= e <= top]
        second = mean_of(inside or prices)
        steps = (("M", middle), ("区间下限", floor), ("区间上限", top), ("区间平均", second), ("K", self.k))
        return Found(second * self.k, mean, steps)


@dataclass(frozen=True)
class SecondMean:
    with_min: bool
    k: Fraction
    trim: Trim

    def of(self, bids: Sequence[ValidBid]) -> Found:
        prices = ascending(bids)
        mean = self.trim.mean(prices)
        if self.with_min:
            second = (mean.value + prices[0]) / 2
        else:
            # Never empty: A is a mean of prices, so the lowest of those is not above it.
            second = mean_of([e for e in prices if e <= mean.value])
        return Found(second * self.k, mean, (("A", mean.value), ("二次平均", second), ("K", self.k)))


@dataclass(frozen=True)
class Abc:
    """ABC 合成法. ``weights`` are wa, wb, wc; ``b_bid`` the id drawn at the opening."""

    ceiling: Fraction
    delta: Fraction
    b_bid: str | None
    k: Fraction
    weights: tuple[Fraction, Fraction, Fraction]
    mean_weight: Fraction
    range_down: Fraction
    pool_rate: Fraction

    def of(self, bids: Sequence[ValidBid]) -> Found:
        prices = ascending(bids)
        pa = self.ceiling * (1 - self.delta)
        middle = self.mean_weight * mean_of(prices) + (1 - self.mean_weight) * self.ceiling
        floor = middle * (1 - self.range_down)
        pc = next((e for e in prices if e >= floor), prices[0])
        pb = self._drawn(self.pool(bids, pa, pc, floor), pc)
        wa, wb, wc = self.weights
        value = (wa * pa + wb * pb + wc * pc) * self.k
        return Found(value, None, (("PA", pa), ("L", floor), ("PC", pc), ("PB", pb), ("K", self.k)))

    def pool(self, bids: Sequence[ValidBid], pa: Fraction, pc: Fraction, floor: Fraction) -> list[ValidBid]:
        between = [bid for bid in bids if pc < bid.e < self.pool_rate * pa]
        return between or [bid for bid in bids if bid.e >= floor and bid.e != pc]

    def _drawn(self, pool: list[ValidBid], pc: Fraction) -> Fraction:
        if not pool:
            return pc
        for bid in pool:
            if bid.bid.id == self.b_bid:
                return bid.e
        names = "、".join(sorted(bid.bid.id for bid in pool))
        raise Refused(B_NOT_IN_POOL(id=self.b_bid or "—", pool=names))


def _k(parameters: Reader) -> Fraction:
    return parameters.positive("k", "1")


def _ceiling(parameters: Reader) -> Fraction:
    return parameters.positive("ceiling")


def _interval_mean(parameters: Reader) -> IntervalMean:
    base = parameters.choice("base", ("mean", "ceiling"))
    return IntervalMean(
        low=parameters.share("low"),
        high=parameters.at_least_zero("high"),
        base=_ceiling(parameters) if base == "ceiling" else None,
        k=_k(parameters),
        trim=read_trim(parameters),
    )


def _abc(parameters: Reader) -> Abc:
    b_bid = parameters.get("b_bid")
    if b_bid is not None and (not isinstance(b_bid, str) or isinstance(b_bid, Number)):
        raise bad("b_bid", "应为投标编号 / must be the id of a bid")
    weights = (
        parameters.at_least_zero("wa", "0.5"),
        parameters.at_least_zero("wb", "0.3"),
        parameters.at_least_zero("wc", "0.2"),
    )
    if sum(weights) != 1:
        raise bad("wa, wb, wc", "三者之和应恰为 1 / they must sum up to exactly 1")
    return Abc(
        ceiling=_ceiling(parameters),
        delta=parameters.share("delta"),
        b_bid=b_bid,
        k=_k(parameters),
        weights=weights,
        mean_weight=parameters.share("mean_weight", "0.7"),
        range_down=parameters.share("range_down", "0.25"),
        pool_rate=parameters.at_least_zero("pool_rate", "0.95"),
    )


#: Method → how its benchmark is read from the parameters.
BENCHMARKS: dict[str, Callable[[Reader], Benchmark]] = {
    "low_price_first": lambda p: Lowest(),
    "lowest_evaluated": lambda p: Lowest(),
    "fixed_benchmark": lambda p: Fixed(p.positive("benchmark")),
    "mean_k": lambda p: MeanK(_k(p), read_trim(p)),
    "weighted_ceiling": lambda p: WeightedCeiling(
        _ceiling(p), p.positive("k1"), p.positive("k2"), p.share("q1"), read_trim(p)
    ),
    "second_lowest": lambda p: SecondLowest(_k(p)),
    "interval_mean": _interval_mean,
    "second_mean": lambda p: SecondMean(
        p.choice("variant", ("below_mean", "with_min")) == "with_min", _k(p), read_trim(p)
    ),
    "abc": _abc,
}
