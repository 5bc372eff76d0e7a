"""One run of price scoring: screening, benchmark, scores, places; exact all the way (contract v1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kernel.money import half_up
from kernel.scoring.benchmarks import Found
from kernel.scoring.bids import Bid, Screened, ValidBid, read_bids, screen
from kernel.scoring.parameters import UNROUNDED, Parameters, read_method, read_parameters
from kernel.scoring.points import PriceScore, Scored
from kernel.scoring.ranking import flags, ranks
from kernel.scoring.reasons import bad

#: Digits after the point with which exact fractions are shown (never computed with) in a trace.
_SHOWN = 10


@dataclass(frozen=True)
class Scores:
    """Rounded results by bid id, and what they came from. Empty where nothing is scored."""

    benchmark: Decimal | None = None
    found: Found | None = None
    exact: Mapping[str, Scored] = field(default_factory=dict)
    price: Mapping[str, Decimal] = field(default_factory=dict)
    totals: Mapping[str, Decimal] = field(default_factory=dict)
    ranks: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Run:
    """A finished run. ``answer()`` is the contract's §11; ``trace()`` what the report shows besides."""

    parameters: Parameters
    bids: tuple[Bid, ...]
    screened: Screened
    scores: Scores
    flags: Mapping[str, list[str]]

    def answer(self) -> dict[str, Any]:
        return {
            "benchmark_price": _text(self.scores.benchmark),
            "bids": [self._answer_of(bid.id) for bid in self.bids],
        }

    def _answer_of(self, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "price_score": _text(self.scores.price.get(name)),
            "total": _text(self.scores.totals.get(name)),
            "rank": self.scores.ranks.get(name),
            "rejected": self.screened.rejected.get(name),
            "flags": list(self.flags.get(name, [])),
        }

    def trace(self) -> dict[str, Any]:
        """How the benchmark and each score came about, as JSON; fractions to ten places, half up.

        ``{"valid": n, "benchmark_price", "steps": [[name, value]…], "dropped": [evaluated prices],
        "bids": [{"id", "evaluated", "deviation" (percent points)}…]}``.
        """
        found = self.scores.found
        mean = found.mean if found else None
        return {
            "valid": len(self.screened.valid),
            "benchmark_price": _text(self.scores.benchmark),
            "steps": [[name, _shown(value)] for name, value in found.steps] if found else [],
            "dropped": [_shown(price) for price in mean.dropped] if mean else [],
            "bids": [self._trace_of(bid) for bid in self.screened.valid],
        }

    def _trace_of(self, bid: ValidBid) -> dict[str, Any]:
        scored = self.scores.exact.get(bid.bid.id)
        deviation = scored.deviation if scored else None
        return {
            "id": bid.bid.id,
            "evaluated": _text(bid.evaluated),
            "deviation": None if deviation is None else _shown(deviation),
        }


def run(request: Mapping[str, Any]) -> Run:
    """Score one request ``{"method", "parameters", "bids"}``.

    Decimals are text, integers are ints (or what ``reading.decode`` made of JSON numbers). Raises
    ``Refused`` with ``scoring.unknown_method``, ``scoring.bad_parameters``, ``scoring.duplicate_id`` or
    ``scoring.b_not_in_pool``, looked for in this order.
    """
    method = read_method(request.get("method"))
    parameters = read_parameters(method, request.get("parameters"))
    bids = read_bids(request.get("bids"))
    screened = screen(bids, parameters.ceiling, parameters.price_decimals)
    return Run(
        parameters=parameters,
        bids=bids,
        screened=screened,
        scores=_scores(parameters, screened.valid),
        flags=flags(screened.valid, parameters.abnormal_low, parameters.ceiling),
    )


def score(request: Mapping[str, Any]) -> dict[str, Any]:
    """The contract's answer to a request."""
    return run(request).answer()


def _scores(parameters: Parameters, valid: Sequence[ValidBid]) -> Scores:
    if len(valid) < parameters.min_valid:
        return Scores()
    found = parameters.benchmark.of(valid)
    if parameters.method in UNROUNDED:
        benchmark = half_up(found.value, parameters.price_decimals)
    else:
        benchmark = half_up(found.value, parameters.benchmark_decimals)
    if benchmark <= 0:
        raise bad("benchmark", f"评标基准价 {benchmark} 应 > 0 / must be > 0")
    if parameters.points is None:
        totals = {bid.bid.id: bid.evaluated for bid in valid}
        places = ranks(valid, totals, parameters.tie_break, low_first=True)
        return Scores(benchmark, found, {}, {}, totals, places)
    return _by_points(parameters, parameters.points, valid, found, benchmark)


def _by_points(
    parameters: Parameters, points: PriceScore, valid: Sequence[ValidBid], found: Found, benchmark: Decimal
) -> Scores:
    exact = {bid.bid.id: points.of(bid.e, Fraction(benchmark)) for bid in valid}
    price = {name: half_up(scored.points, parameters.score_decimals) for name, scored in exact.items()}
    totals = {bid.bid.id: _total(bid, price[bid.bid.id], parameters.score_decimals) for bid in valid}
    places = ranks(valid, totals, parameters.tie_break, low_first=False)
    return Scores(benchmark, found, exact, price, totals, places)


def _total(bid: ValidBid, price_score: Decimal, decimals: int) -> Decimal:
    return half_up(sum(bid.bid.scores.values(), Fraction(price_score)), decimals)


def _text(value: Decimal | None) -> str | None:
    return None if value is None else format(value, "f")


def _shown(value: Fraction) -> str:
    text = format(half_up(value, _SHOWN), "f").rstrip("0")
    return text.rstrip(".")
