"""Ranking ignores input order; scores stay in bounds; JSON numbers and text mean the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from kernel.errors import Refused
from kernel.scoring import METHODS, score
from kernel.scoring.command import answer
from kernel.scoring.reasons import contract_code

prices = st.decimals(1, 10_000_000, places=2).map(str)
rates = st.decimals(0, 1, places=3).map(str)
bid = st.fixed_dictionaries(
    {"price": prices, "valid": st.sampled_from([True, True, True, False])},
    optional={
        "deduction": st.sampled_from(["0", "0.1", "0.2"]),
        "adjustment": st.sampled_from(["0", "-1.5", "20"]),
        "scores": st.fixed_dictionaries({"technical": st.sampled_from(["20", "30.5"])}),
    },
)
trims = st.sampled_from(
    [
        None,
        {"rule": "js20"},
        {"rule": "tiers", "tiers": [{"n_min": 5, "high": 1, "low": 1}, {"n_min": 3, "high": 0, "low": 1}]},
    ]
)
bands = [{"upto": "3", "rate": "0"}, {"upto": "5", "rate": "0.5"}, {"upto": None, "rate": "2"}]


@st.composite
def requests(draw: Any) -> dict[str, Any]:
    rows = draw(st.lists(bid, min_size=1, max_size=12))
    parameters = {
        "full_score": "60", "up": draw(st.sampled_from(["1", bands])), "down": "0.5", "trim": draw(trims),
        "benchmark": "5000", "ceiling": "9000000", "k": "0.97", "k1": "0.95", "k2": "0.9", "q1": draw(rates),
        "low": draw(rates), "high": draw(rates), "delta": "0.1", "b_bid": "b0",
        "variant": draw(st.sampled_from(["below_mean", "with_min"])),
        "partial": draw(st.sampled_from(["interpolate", "floor", "ceil"])),
        "tie_break": draw(st.sampled_from([[], ["price"], ["score:technical", "evaluated"]])),
        "abnormal_low": {"mean_rate": "0.5", "second_rate": "0.5", "ceiling_rate": "0.45"},
    }  # fmt: skip
    numbered = [row | {"id": f"b{i}"} for i, row in enumerate(rows)]
    return {"method": draw(st.sampled_from(METHODS)), "parameters": parameters, "bids": numbered}


def outcome(request: dict[str, Any]) -> Any:
    try:
        return score(request)
    except Refused as refusal:
        return contract_code(refusal)


@given(requests(), st.randoms(use_true_random=False))
def test_input_order_changes_nothing_but_the_order(request: dict[str, Any], random: Any) -> None:
    shuffled = list(request["bids"])
    random.shuffle(shuffled)
    one, other = outcome(request), outcome(request | {"bids": shuffled})
    if isinstance(one, str):
        assert one == other == "b_not_in_pool"
        return
    assert one["benchmark_price"] == other["benchmark_price"]
    assert sorted(one["bids"], key=lambda r: r["id"]) == sorted(other["bids"], key=lambda r: r["id"])
    assert [row["id"] for row in other["bids"]] == [row["id"] for row in shuffled]


@given(requests())
def test_places_and_bounds(request: dict[str, Any]) -> None:
    out = outcome(request)
    if isinstance(out, str):
        return
    standing = [row for row in out["bids"] if row["rejected"] is None]
    for row in standing:
        better = sum(other["rank"] < row["rank"] for other in standing)
        assert row["rank"] == better + 1
        if row["price_score"] is not None:
            assert 0 <= Decimal(row["price_score"]) <= 60
    assert all(row["rank"] is row["total"] is None for row in out["bids"] if row["rejected"])
    totals = [Decimal(r["total"]) for r in sorted(standing, key=lambda r: r["rank"])]
    assert totals == sorted(totals, reverse=request["method"] != "lowest_evaluated")


@given(requests())
def test_a_json_number_is_its_text(request: dict[str, Any]) -> None:
    text = json.dumps(request, ensure_ascii=False)
    bare = text
    for row in request["bids"]:
        bare = bare.replace(f'"price": "{row["price"]}"', f'"price": {row["price"]}')
    assert answer(text.encode())[:2] == answer(bare.encode())[:2]


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda c: st.lists(c, max_size=3) | st.dictionaries(st.text(max_size=5), c, max_size=3), max_leaves=8), requests(), st.data())  # fmt: skip
def test_anything_anywhere_gives_an_answer_or_a_code(junk: Any, request: dict[str, Any], data: Any) -> None:
    where = data.draw(st.sampled_from(["method", "parameters", "bids", *request["parameters"], "bid"]))
    if where == "bid":
        request["bids"][0][data.draw(st.sampled_from(["id", "price", "valid", "deduction", "scores"]))] = junk
    elif where in request:
        request[where] = junk
    else:
        request["parameters"][where] = junk
    status, out, _ = answer(json.dumps(request).encode())
    assert (status, set(out)) in ((0, {"benchmark_price", "bids"}), (2, {"error"}))
