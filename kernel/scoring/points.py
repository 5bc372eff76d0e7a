"""The price score of one bid (contract §8): 低价优先 and 偏差扣分, exact until the last rounding."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from kernel.money import half_up
from kernel.scoring.reading import Reader
from kernel.scoring.reasons import bad

#: Bands ``(upto, rate)``, ascending; the last ``upto`` is ``None``.
Bands = tuple[tuple[Fraction | None, Fraction], ...]


@dataclass(frozen=True)
class Scored:
    """``points`` before rounding; ``deviation`` d in percent points where the method has one."""

    points: Fraction
    deviation: Fraction | None = None


class PriceScore(Protocol):
    def of(self, e: Fraction, benchmark: Fraction) -> Scored: ...


@dataclass(frozen=True)
class LowPriceFirst:
    """价格分 = full_score × B / e (87号令第五十五条)."""

    full_score: Fraction

    def of(self, e: Fraction, benchmark: Fraction) -> Scored:
        return Scored(self.full_score * benchmark / e)


@dataclass(frozen=True)
class Deviation:
    """偏差扣分. ``partial`` is what becomes of a part of a percent; ``up``, ``down`` rate tables."""

    full_score: Fraction
    up: Bands
    down: Bands
    min_score: Fraction
    partial: str
    decimals: int | None

    def of(self, e: Fraction, benchmark: Fraction) -> Scored:
        d = (e - benchmark) / benchmark * 100
        if self.decimals is not None:
            d = Fraction(half_up(d, self.decimals))
        if d == 0:
            return Scored(max(self.min_score, self.full_score), d)
        off = taken_off(self._part(abs(d)), self.up if d > 0 else self.down)
        return Scored(max(self.min_score, self.full_score - off), d)

    def _part(self, x: Fraction) -> Fraction:
        if self.partial == "floor":
            return Fraction(x.numerator // x.denominator)
        if self.partial == "ceil":
            return Fraction(-(-x.numerator // x.denominator))
        return x


def taken_off(x: Fraction, bands: Bands) -> Fraction:
    """Points off for ``x`` percent: rate × the part of ``x`` inside each band."""
    total, start = Fraction(0), Fraction(0)
    for upto, rate in bands:
        end = x if upto is None else min(x, upto)
        if end <= start:
            break
        total += rate * (end - start)
        start = end
    return total


def read_deviation(parameters: Reader, full_score: Fraction) -> Deviation:
    return Deviation(
        full_score=full_score,
        up=_bands(parameters, "up"),
        down=_bands(parameters, "down"),
        min_score=parameters.decimal("min_score", "0"),
        partial=parameters.choice("partial", ("interpolate", "floor", "ceil")),
        decimals=parameters.decimals("deviation_decimals") if parameters.has("deviation_decimals") else None,
    )


def _bands(parameters: Reader, key: str) -> Bands:
    """A plain decimal is one band without end."""
    if not isinstance(parameters.required(key), list):
        return ((None, parameters.at_least_zero(key)),)
    rows = parameters.objects(key)
    if not rows:
        raise bad(key, "没有分段 / there is no band")
    bands: list[tuple[Fraction | None, Fraction]] = []
    start = Fraction(0)
    for row in rows[:-1]:
        upto = row.decimal("upto")
        if upto <= start:
            raise bad(row.name("upto"), "应递增 / must ascend")
        bands.append((upto, row.at_least_zero("rate")))
        start = upto
    if rows[-1].has("upto"):
        raise bad(rows[-1].name("upto"), "最后一段应为 null / the last one must be null")
    return (*bands, (None, rows[-1].at_least_zero("rate")))
