"""Every worked example of the contract and of formulas.md §3–§7, by number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from kernel.scoring import run, score

SIX = {
    "甲": "8620000",
    "乙": "8750000",
    "丙": "8900000",
    "丁": "9040000",
    "戊": "9180000",
    "己": "9400000",
}
EIGHT = SIX | {"庚": "8400000", "辛": "9600000"}
JS20 = {"rule": "js20"}


def bids(prices: dict[str, str]) -> list[dict[str, Any]]:
    return [{"id": name, "price": price} for name, price in prices.items()]


def answered(method: str, prices: dict[str, str], **parameters: Any) -> tuple[str, dict[str, str]]:
    given = {"full_score": "60", "up": "0.9", "down": "0.6"} | parameters
    out = score({"method": method, "parameters": given, "bids": bids(prices)})
    return out["benchmark_price"], {row["id"]: row["price_score"] for row in out["bids"]}


def test_the_contract_small_example() -> None:
    request = {
        "method": "mean_k",
        "parameters": {"full_score": "60", "k": "0.98", "up": "1", "down": "0.5", "ceiling": "500"},
        "bids": [
            {"id": "x", "price": "400.00"},
            {"id": "y", "price": "420.00", "scores": {"technical": "30"}},
            {"id": "z", "price": "501.00"},
        ],
    }
    assert score(request) == {
        "benchmark_price": "401.80",
        "bids": [
            {"id": "x", "price_score": "59.78", "total": "59.78", "rank": 2, "rejected": None, "flags": []},
            {"id": "y", "price_score": "55.47", "total": "85.47", "rank": 1, "rejected": None, "flags": []},
            {"id": "z", "price_score": None, "total": None, "rank": None, "rejected": "over_ceiling", "flags": []},
        ],
    }  # fmt: skip


def test_3_low_price_first() -> None:
    out = score(
        {
            "method": "low_price_first",
            "parameters": {"full_score": "40"},
            "bids": [
                {"id": "甲", "price": "760000", "deduction": "0.10", "scores": {"o": "48"}},
                {"id": "乙", "price": "700000", "scores": {"o": "50"}},
                {"id": "丙", "price": "820000", "deduction": "0.15", "scores": {"o": "44.5"}},
            ],
        }
    )
    rows = [(r["id"], r["price_score"], r["total"], r["rank"]) for r in out["bids"]]
    assert (out["benchmark_price"], rows) == (
        "684000.00",
        [("甲", "40.00", "88.00", 2), ("乙", "39.09", "89.09", 1), ("丙", "39.25", "83.75", 3)],
    )


@pytest.mark.parametrize(
    ("partial", "up", "first", "second"),
    [
        ("interpolate", "1", "48.45", "49.38"),
        ("floor", "1", "49.00", "49.50"),
        ("ceil", "1", "48.00", "49.00"),
        ("interpolate", [{"upto": "1", "rate": "0.5"}, {"upto": None, "rate": "1.5"}], "48.68", "49.38"),
    ],
)
def test_4_deviation(partial: str, up: Any, first: str, second: str) -> None:
    benchmark, got = answered(
        "fixed_benchmark",
        {"甲": "2031000", "乙": "1975000"},
        benchmark="2000000",
        full_score="50",
        up=up,
        down="0.5",
        partial=partial,
    )
    assert (benchmark, got) == ("2000000.00", {"甲": first, "乙": second})


def test_5_1_mean_times_k() -> None:
    benchmark, got = answered("mean_k", SIX, k="0.97")
    assert (benchmark, list(got.values())) == (
        "8712216.67",
        ["59.36", "59.61", "58.06", "56.61", "55.17", "52.89"],
    )
    benchmark, got = answered("mean_k", SIX, k="0.97", trim=JS20)
    assert (benchmark, got["甲"], got["乙"], got["己"]) == ("8631060.00", "59.92", "58.76", "51.98")
    benchmark, got = answered("mean_k", EIGHT, k="0.96", trim=JS20)
    assert (benchmark, got["甲"], got["庚"], got["乙"]) == ("8608800.00", "59.88", "58.54", "58.52")


def test_5_2_weighted_ceiling() -> None:
    benchmark, got = answered(
        "weighted_ceiling", EIGHT, trim=JS20, ceiling="10000000", k1="0.96", k2="0.93", q1="0.75"
    )
    assert (benchmark, got["乙"], got["甲"], got["丙"]) == ("8781600.00", "59.78", "58.90", "58.79")


def test_5_3_second_lowest() -> None:
    benchmark, got = answered("second_lowest", SIX)
    assert (benchmark, got["乙"], got["甲"], got["丙"]) == ("8750000.00", "60.00", "59.11", "58.46")


def test_5_4_abc() -> None:
    benchmark, got = answered("abc", SIX, ceiling="10000000", delta="0.07", k="0.975", b_bid="乙")
    assert (benchmark, got["乙"], got["甲"], got["丙"]) == ("8774025.00", "59.84", "58.95", "58.71")


def test_5_5_interval_mean() -> None:
    benchmark, got = answered("interval_mean", SIX, low="0.05", high="0.03")
    assert (benchmark, got["丙"], got["乙"], got["丁"]) == ("8898000.00", "59.98", "59.00", "58.56")


def test_5_6_second_mean() -> None:
    benchmark, got = answered("second_mean", SIX)
    assert (benchmark, got["乙"], got["甲"]) == ("8756666.67", "59.95", "59.06")
    benchmark, got = answered("second_mean", SIX, variant="with_min")
    assert (benchmark, got["乙"], got["丙"], got["甲"]) == ("8800833.33", "59.65", "58.99", "58.77")


def test_6_lowest_evaluated() -> None:
    out = score(
        {
            "method": "lowest_evaluated",
            "bids": [
                {"id": "甲", "price": "3120000", "adjustment": "36000"},
                {"id": "乙", "price": "3150000"},
                {"id": "丙", "price": "3170000", "adjustment": "-25000"},
            ],
        }
    )
    rows = [(r["price_score"], r["total"], r["rank"]) for r in out["bids"]]
    assert (out["benchmark_price"], rows) == (
        "3145000.00",
        [(None, "3156000.00", 3), (None, "3150000.00", 2), (None, "3145000.00", 1)],
    )


def test_7_abnormally_low() -> None:
    out = score(
        {
            "method": "low_price_first",
            "parameters": {
                "full_score": "30",
                "ceiling": "1000000",
                "abnormal_low": {"mean_rate": "0.50", "second_rate": "0.50", "ceiling_rate": "0.45"},
            },
            "bids": bids({"甲": "400000", "乙": "790000", "丙": "850000"}),
        }
    )
    assert [row["flags"] for row in out["bids"]] == [["abnormal_low_ceiling"], [], []]


def test_the_trace_shows_how_the_benchmark_came_about() -> None:
    request = {
        "method": "mean_k",
        "parameters": {"full_score": "60", "up": "1", "down": "1", "k": "0.97", "trim": JS20},
        "bids": bids(SIX),
    }
    trace = run(request).trace()
    assert (trace["valid"], trace["benchmark_price"], trace["dropped"]) == (6, "8631060.00", ["9400000"])
    assert trace["steps"] == [["A", "8898000"], ["K", "0.97"]]
    assert trace["bids"][0] == {"id": "甲", "evaluated": "8620000.00", "deviation": "-0.1281418505"}
    assert Decimal(trace["bids"][5]["deviation"]) > 8
