"""The parameters of one run, all of them checked before anything is computed (contract §4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from kernel.errors import Refused
from kernel.scoring.benchmarks import BENCHMARKS, Benchmark
from kernel.scoring.points import LowPriceFirst, PriceScore, read_deviation
from kernel.scoring.reading import Number, Reader
from kernel.scoring.reasons import UNKNOWN_METHOD, bad

METHODS = tuple(BENCHMARKS)
#: The benchmark of these is the lowest evaluated price as it is, never rounded.
UNROUNDED = frozenset({"low_price_first", "lowest_evaluated"})
LOWEST_EVALUATED = "lowest_evaluated"


@dataclass(frozen=True)
class AbnormalLow:
    """Rates of 异常低价审查; ``None`` is not tested."""

    mean_rate: Fraction | None = None
    second_rate: Fraction | None = None
    ceiling_rate: Fraction | None = None


@dataclass(frozen=True)
class Parameters:
    """``points`` is ``None`` for ``lowest_evaluated``, which ranks by evaluated price."""

    method: str
    ceiling: Fraction | None
    price_decimals: int
    benchmark_decimals: int
    score_decimals: int
    min_valid: int
    tie_break: tuple[str, ...]
    abnormal_low: AbnormalLow
    benchmark: Benchmark
    points: PriceScore | None


def read_method(value: Any) -> str:
    if not isinstance(value, str) or isinstance(value, Number) or value not in BENCHMARKS:
        raise Refused(UNKNOWN_METHOD(method=str(value)[:60]))
    return value


def read_parameters(method: str, values: Any) -> Parameters:
    """``Refused(scoring.bad_parameters)`` names the first parameter that is wrong."""
    if values is None:
        values = {}
    if not isinstance(values, Mapping):
        raise bad("parameters", "应为对象 / must be an object")
    reader = Reader(values)
    return Parameters(
        method=method,
        ceiling=reader.positive("ceiling") if reader.has("ceiling") else None,
        price_decimals=reader.decimals("price_decimals"),
        benchmark_decimals=reader.decimals("benchmark_decimals"),
        score_decimals=reader.decimals("score_decimals"),
        min_valid=reader.integer("min_valid", 1, 1),
        tie_break=_tie_break(reader, method),
        abnormal_low=_abnormal_low(reader),
        benchmark=BENCHMARKS[method](reader),
        points=_points(reader, method),
    )


def _points(reader: Reader, method: str) -> PriceScore | None:
    if method == LOWEST_EVALUATED:
        return None
    full_score = reader.positive("full_score")
    return LowPriceFirst(full_score) if method == "low_price_first" else read_deviation(reader, full_score)


def _tie_break(reader: Reader, method: str) -> tuple[str, ...]:
    keys = reader.get("tie_break")
    if keys is None:
        return () if method == LOWEST_EVALUATED else ("price",)
    if not isinstance(keys, list):
        raise bad("tie_break", "应为列表 / must be a list")
    for key in keys:
        named = isinstance(key, str) and not isinstance(key, Number)
        score = named and key.startswith("score:") and key != "score:"
        if not named or (key not in ("price", "evaluated") and not score):
            raise bad("tie_break", f"不认识 {key!r} / unknown key {key!r}")
    return tuple(keys)


def _abnormal_low(reader: Reader) -> AbnormalLow:
    rates = reader.object("abnormal_low")
    if rates is None:
        return AbnormalLow()
    named = {name: rates.at_least_zero(name) for name in ("mean_rate", "second_rate", "ceiling_rate") if rates.has(name)}  # fmt: skip
    return AbnormalLow(**named)
