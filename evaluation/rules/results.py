"""From locked sheets to the ranking: means, the request of the scoring contract, the result's rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluation.rules.sheets import Item, Sheet
from kernel.canonical_json import digest
from kernel.expert_means import MEAN, group_scores, item_means


@dataclass(frozen=True)
class ScoredBid:
    """A bid that came to the evaluation; ``rejected`` by the committee bids are not scored."""

    id: str
    price: Decimal
    bidder: str
    credit_code: str
    rejected: bool = False


def means_of(
    method: Mapping[str, Any], items: Sequence[Item], sheets: Mapping[int, Sheet]
) -> dict[str, dict[str, Decimal]]:
    """``{bid: {item: mean}}`` over the seats' sheets, by the frozen ``expert_mean`` rule."""
    if not items or not sheets or not any(sheets.values()):
        return {}
    ordered = [sheets[seat] for seat in sorted(sheets)]
    return item_means(ordered, str(method.get("expert_mean") or MEAN), score_decimals(method))


def score_decimals(method: Mapping[str, Any]) -> int:
    """Decimals of means, price scores and totals: the frozen ``score_decimals``, else 2."""
    parameters = method.get("price", {}).get("parameters", {})
    found = parameters.get("score_decimals")
    return found if isinstance(found, int) else 2


def scoring_request(
    method: Mapping[str, Any],
    items: Sequence[Item],
    bids: Sequence[ScoredBid],
    means: Mapping[str, Mapping[str, Decimal]],
    *,
    ceiling: Decimal | None,
    coefficients: Mapping[str, Any],
) -> dict[str, Any]:
    """The request of the scoring contract: frozen method, drawn ``coefficients`` laid over it, prices.

    The order of bids is by id, so that the request and its digest do not depend on who came first.
    """
    price = method.get("price", {})
    parameters: dict[str, Any] = dict(price.get("parameters", {}))
    if method.get("price_full_score") is not None:
        parameters.setdefault("full_score", str(method["price_full_score"]))
    if method.get("tie_break") is not None:
        parameters.setdefault("tie_break", list(method["tie_break"]))
    if ceiling is not None:
        parameters.setdefault("ceiling", f"{ceiling:f}")
    parameters.update(coefficients)
    groups = {item.id: item.group for item in items}
    return {
        "method": str(price.get("method", "lowest_evaluated")),
        "parameters": parameters,
        "bids": [_bid(bid, means, groups) for bid in sorted(bids, key=lambda b: b.id)],
    }


def _bid(
    bid: ScoredBid, means: Mapping[str, Mapping[str, Decimal]], groups: Mapping[str, str]
) -> dict[str, Any]:
    scores = {} if bid.rejected else group_scores(means.get(bid.id, {}), groups)
    return {
        "id": bid.id,
        "price": f"{bid.price:.2f}",
        "valid": not bid.rejected,
        "scores": {group: f"{points:f}" for group, points in scores.items()},
    }


def ranking_of(bids: Iterable[ScoredBid], answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """``[{"bid", "bidder", "credit_code", "price", "score", "rank"}]`` best first; equal ranks by id.

    ``score`` is the total of points; empty for a method that ranks by evaluated price.
    """
    known = {bid.id: bid for bid in bids}
    rows = []
    for entry in answer["bids"]:
        if entry.get("rank") is None:
            continue
        bid = known[entry["id"]]
        rows.append(
            {
                "bid": bid.id,
                "bidder": bid.bidder,
                "credit_code": bid.credit_code,
                "price": f"{bid.price:.2f}",
                "score": str(entry["total"]),
                "rank": int(entry["rank"]),
            }
        )
    return sorted(rows, key=lambda row: (row["rank"], row["bid"]))


def calculation_digest(request: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Hex digest of input and output: recomputing the frozen input gives the same output."""
    return digest({"input": dict(request), "output": dict(answer)})
