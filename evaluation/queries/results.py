"""The result of an evaluation as trading takes it."""

from __future__ import annotations

from typing import Any

from evaluation.models import Evaluation
from evaluation.queries.facts import bids_of
from kernel import draw as engine
from trading.rules.rejection_grounds import GROUNDS


def ranking(evaluation: Evaluation) -> list[dict[str, Any]]:
    """``[{"bid", "bidder", "credit_code", "price", "score", "rank"}]`` with ranks 1, 2, 3 …

    Bids that are equal on everything are put in order by lot among the tied: by the seed of the
    committee's public draw, so that anybody can recompute it.
    """
    rows = list((evaluation.calculation or {}).get("ranking", []))
    drawn = evaluation.committee.draws.exclude(seed="").order_by("round").first()
    seed = bytes.fromhex(drawn.seed) if drawn else b""
    rows.sort(key=lambda row: (row["rank"], engine.rank(seed, row["bid"])))
    return [{**row, "rank": place} for place, row in enumerate(rows, start=1)]


def passed(evaluation: Evaluation) -> list[str]:
    """Public ids of the bids that are not rejected."""
    return [str(row.bid_id) for row in bids_of(evaluation) if not row.rejected]


def rejected(evaluation: Evaluation) -> list[dict[str, Any]]:
    """``[{"bid", "bidder", "ground", "note"}]``."""
    return [
        {
            "bid": str(row.bid_id),
            "bidder": row.bid.bidder_name,
            "ground": row.ground,
            "note": f"{GROUNDS[row.ground].zh}：{row.reason}（{row.document} 第 {row.page} 页）",
        }
        for row in bids_of(evaluation)
        if row.rejected
    ]
