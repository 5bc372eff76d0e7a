"""The contract sentence by sentence: numbers, screening, parameters, trims, methods, places, flags."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.errors import Refused
from kernel.scoring import METHODS, score
from kernel.scoring.reasons import contract_code

NEEDED: dict[str, dict[str, Any]] = {
    "low_price_first": {},
    "lowest_evaluated": {},
    "fixed_benchmark": {"benchmark": "100"},
    "mean_k": {},
    "weighted_ceiling": {"ceiling": "1000", "k1": "1", "k2": "1", "q1": "0.5"},
    "second_lowest": {},
    "interval_mean": {"low": "0.1", "high": "0.1"},
    "second_mean": {},
    "abc": {"ceiling": "1000", "delta": "0.1"},
}
POINTS = {"full_score": "60", "up": "1", "down": "0.5"}


def ask(method: str = "mean_k", bids: Any = None, **parameters: Any) -> dict[str, Any]:
    given = {k: v for k, v in (POINTS | NEEDED[method] | parameters).items() if v != "ABSENT"}
    rows = [{"id": "a", "price": "100"}] if bids is None else bids
    return score({"method": method, "parameters": given, "bids": rows})


def prices(*values: Any) -> list[dict[str, Any]]:
    return [{"id": str(i), "price": value} for i, value in enumerate(values)]


def code(request: Any = None, **arguments: Any) -> str:
    with pytest.raises(Refused) as refused:
        score(request) if request is not None else ask(**arguments)
    return contract_code(refused.value)


def column(out: dict[str, Any], name: str) -> list[Any]:
    return [row[name] for row in out["bids"]]


# -- 1, 2: call and numbers


def test_methods_are_the_nine_of_the_contract() -> None:
    assert list(NEEDED) == list(METHODS)


@pytest.mark.parametrize("method", [None, "", "mean", 5, ["mean_k"], {"mean_k": 1}, True])
def test_unknown_methods(method: Any) -> None:
    assert code({"method": method, "parameters": {}, "bids": []}) == "unknown_method"
    assert code({"method": method, "parameters": 5, "bids": 5}) == "unknown_method"


@pytest.mark.parametrize("method", NEEDED)
def test_unknown_fields_are_ignored_and_null_is_absent(method: str) -> None:
    extra = {"foo": {}, "k9": "x", "tie_break": None, "min_valid": None, "abnormal_low": None, "trim": None}
    bid = {"id": "a", "price": "100", "colour": [1], "valid": None, "deduction": None, "adjustment": None, "scores": None}  # fmt: skip
    assert ask(method, [bid], **extra) == ask(method)


@pytest.mark.parametrize(
    "value", ["1e2", "+1", "1,0", " 1", "1 ", "1.", ".5", "", "١", "1\n", "0x1", True, False, [], {}, 0.5]
)
def test_what_is_no_decimal(value: Any) -> None:
    assert code(k=value) == "bad_parameters"
    assert code(bids=[{"id": "a", "price": "1", "adjustment": value}]) == "bad_parameters"
    assert column(ask(bids=[{"id": "a", "price": value}]), "rejected") == ["invalid_price"]


@pytest.mark.parametrize(("value", "points"), [("007", "7"), ("-0", "0"), ("1.50", "1.5"), (3, "3")])
def test_what_is_a_decimal(value: Any, points: str) -> None:
    out = ask(bids=[{"id": "a", "price": "100", "scores": {"t": value}}], full_score="1")
    assert float(out["bids"][0]["total"]) == 1 + float(points)


def test_half_away_from_zero_everywhere() -> None:
    # price: 100.005 → 100.01; score: 60 − 0.125 → 59.88 (never to even); benchmark with 0 decimals: 2.5 → 3
    assert ask("low_price_first", prices("100.005"))["benchmark_price"] == "100.01"
    out = ask("fixed_benchmark", prices("100.125"), price_decimals=3)
    assert column(out, "price_score") == ["59.88"]
    assert ask(bids=prices("2", "3"), benchmark_decimals=0)["benchmark_price"] == "3"
    negative = [{"id": "a", "price": "100", "scores": {"t": "-70.005"}}]
    assert column(ask(bids=negative), "total") == ["-10.01"]


def test_huge_numbers_are_exact() -> None:
    huge = "9" * 5000 + "." + "1" * 5000
    assert ask("low_price_first", prices(huge))["benchmark_price"] == "9" * 5000 + ".11"
    assert column(ask("low_price_first", prices(huge, huge + "9"), price_decimals=10), "rank") == [1, 2]
    thirds = ask(bids=prices("1", "1", "2"), benchmark_decimals=10)
    assert thirds["benchmark_price"] == "1.3333333333"


# -- 3: bids


@pytest.mark.parametrize(
    "bid",
    [
        {"price": "1"},
        {"id": None, "price": "1"},
        {"id": 5, "price": "1"},
        {"id": "a", "valid": "false"},
        {"id": "a", "valid": 0},
        {"id": "a", "deduction": "1"},
        {"id": "a", "deduction": "-0.1"},
        {"id": "a", "deduction": "10%"},
        {"id": "a", "deduction": True},
        {"id": "a", "adjustment": "x"},
        {"id": "a", "scores": []},
        {"id": "a", "scores": {"t": "x"}},
        {"id": "a", "scores": {"t": None}},
        {"id": "a", "scores": {"t": True}},
        {"id": "a", "valid": False, "deduction": "2"},
        "a",
        None,
    ],
)
def test_malformed_bids(bid: Any) -> None:
    assert code(bids=[bid]) == "bad_parameters"
    assert code(bids=[{"id": "ok", "price": "1"}, bid]) == "bad_parameters"


@pytest.mark.parametrize("bids", ["ABSENT", {}, "x", 5])
def test_bids_is_a_list(bids: Any) -> None:
    request = {"method": "mean_k", "parameters": POINTS, "bids": bids}
    if bids == "ABSENT":
        del request["bids"]
    assert code(request) == "bad_parameters"


def test_ids_are_unique_even_among_rejected() -> None:
    twice = [{"id": "a", "valid": False}, {"id": "a", "price": "1"}]
    assert code(bids=twice) == "duplicate_id"
    assert column(ask(bids=[{"id": "", "price": "1"}, {"id": " ", "price": "1"}]), "id") == ["", " "]


def test_parameters_are_judged_before_ids_and_ids_before_the_pool() -> None:
    twice = [{"id": "a", "price": "1"}, {"id": "a", "price": "1"}]
    assert code(bids=twice, k="0") == "bad_parameters"
    assert code(method="abc", bids=[*prices("800", "850"), {"id": "0", "price": "1"}]) == "duplicate_id"


def test_deduction_and_adjustment_make_the_evaluated_price() -> None:
    bid = {"id": "a", "price": "100.00", "deduction": "0.1", "adjustment": "-0.005"}
    assert ask("lowest_evaluated", [bid])["benchmark_price"] == "90.00"
    assert ask("lowest_evaluated", [bid], price_decimals=3)["benchmark_price"] == "89.995"
    assert column(ask("lowest_evaluated", [bid]), "total") == ["90.00"]


# -- 4: parameters


@pytest.mark.parametrize("method", NEEDED)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ceiling", "0"), ("ceiling", "-1"), ("ceiling", True),
        ("price_decimals", 11), ("price_decimals", -1), ("price_decimals", "2"), ("price_decimals", True),
        ("benchmark_decimals", 11), ("score_decimals", 2.0),
        ("min_valid", 0), ("min_valid", "1"), ("min_valid", False),
        ("tie_break", "price"), ("tie_break", ["rank"]), ("tie_break", [None]), ("tie_break", ["score:"]),
        ("tie_break", [["price"]]),
        ("abnormal_low", "0.5"), ("abnormal_low", {"mean_rate": "x"}), ("abnormal_low", {"second_rate": True}),
    ],
)  # fmt: skip
def test_general_parameters(method: str, name: str, value: Any) -> None:
    assert code(method=method, **{name: value}) == "bad_parameters"


@pytest.mark.parametrize("method", NEEDED)
@pytest.mark.parametrize("value", ["0", "-5", "x", "ABSENT", None])
def test_full_score(method: str, value: Any) -> None:
    if method == "lowest_evaluated":  # gives no points, so it does not use them
        assert ask(method, full_score=value)["benchmark_price"] == "100.00"
    else:
        assert code(method=method, full_score=value) == "bad_parameters"


@pytest.mark.parametrize("method", NEEDED)
def test_missing_required_parameters(method: str) -> None:
    rates = () if method in ("low_price_first", "lowest_evaluated") else ("up", "down")
    for name in (*NEEDED[method], *rates):
        assert code(method=method, **{name: "ABSENT"}) == "bad_parameters", name
        assert code(method=method, **{name: None}) == "bad_parameters", name


@pytest.mark.parametrize(
    ("method", "change"),
    [
        ("fixed_benchmark", {"benchmark": "0"}),
        ("fixed_benchmark", {"benchmark": "0.004"}),
        ("mean_k", {"k": "0"}),
        ("mean_k", {"k": "0.00001"}),
        ("second_lowest", {"k": "-1"}),
        ("weighted_ceiling", {"k1": "0"}),
        ("weighted_ceiling", {"k2": "0"}),
        ("weighted_ceiling", {"q1": "1.01"}),
        ("interval_mean", {"low": "1.1"}),
        ("interval_mean", {"low": "-0.1"}),
        ("interval_mean", {"high": "-0.1"}),
        ("interval_mean", {"base": "median"}),
        ("interval_mean", {"base": "ceiling"}),
        ("interval_mean", {"base": 5}),
        ("second_mean", {"variant": "max"}),
        ("abc", {"delta": "1.5"}),
        ("abc", {"wa": "0.6"}),
        ("abc", {"wa": "-0.1", "wb": "0.9"}),
        ("abc", {"mean_weight": "2"}),
        ("abc", {"range_down": "-1"}),
        ("abc", {"pool_rate": "-1"}),
        ("abc", {"b_bid": 5}),
        ("abc", {"delta": "1", "wa": "1", "wb": "0", "wc": "0"}),
        ("mean_k", {"up": "-1"}),
        ("mean_k", {"down": []}),
        ("mean_k", {"down": {}}),
        ("mean_k", {"min_score": "x"}),
        ("mean_k", {"partial": "round"}),
        ("mean_k", {"deviation_decimals": 11}),
        ("mean_k", {"up": [{"upto": "3", "rate": "0"}]}),
        ("mean_k", {"up": [{"upto": None, "rate": "0"}, {"upto": None, "rate": "1"}]}),
        ("mean_k", {"up": [{"upto": "3", "rate": "0"}, {"upto": "3", "rate": "0"}, {"upto": None, "rate": "1"}]}),
        ("mean_k", {"up": [{"upto": None, "rate": "-1"}]}),
        ("mean_k", {"up": [{"upto": None}]}),
        ("mean_k", {"up": ["1"]}),
        ("mean_k", {"trim": "none"}),
        ("mean_k", {"trim": {}}),
        ("mean_k", {"trim": {"rule": "js"}}),
        ("mean_k", {"trim": {"rule": "tiers"}}),
        ("mean_k", {"trim": {"rule": "tiers", "tiers": [{"n_min": 5, "high": 1}]}}),
        ("mean_k", {"trim": {"rule": "tiers", "tiers": [{"n_min": 5, "high": -1, "low": 0}]}}),
        ("mean_k", {"trim": {"rule": "tiers", "tiers": [{"n_min": "5", "high": 1, "low": 0}]}}),
        ("mean_k", {"trim": {"rule": "js20", "g1": "1"}}),
        ("mean_k", {"trim": {"rule": "js20", "g2": "-0.1"}}),
    ],
)  # fmt: skip
def test_parameters_of_the_methods(method: str, change: dict[str, Any]) -> None:
    assert code(method=method, **change) == "bad_parameters"


def test_what_a_method_does_not_use_is_not_read() -> None:
    junk = {"k": "x", "trim": 5, "up": "x", "down": None, "benchmark": "0", "delta": "9", "partial": 1}
    assert ask("low_price_first", **junk)["benchmark_price"] == "100.00"
    assert ask("lowest_evaluated", **junk)["benchmark_price"] == "100.00"
    assert ask("fixed_benchmark", trim=5, k="x")["benchmark_price"] == "100.00"
    assert ask("interval_mean", ceiling="1000", base="mean", variant=5)["benchmark_price"] == "100.00"


@pytest.mark.parametrize("parameters", [[], "x", 5, True])
def test_parameters_is_an_object(parameters: Any) -> None:
    assert code({"method": "lowest_evaluated", "parameters": parameters, "bids": []}) == "bad_parameters"


# -- 5: screening


def test_the_first_reason_in_order_counts() -> None:
    rows = [
        {"id": "1", "price": "x", "valid": False},
        {"id": "2", "price": None},
        {"id": "3"},
        {"id": "4", "price": "0.00"},
        {"id": "5", "price": "-600"},
        {"id": "6", "price": "500.01"},
        {"id": "7", "price": "500.00"},
        {"id": "8", "price": "600", "deduction": "0.5"},
        {"id": "9", "price": "5", "adjustment": "-5"},
        {"id": "10", "price": "0.004"},
        {"id": "11", "price": "600", "valid": False},
    ]
    out = ask("low_price_first", rows, ceiling="500")
    assert column(out, "rejected") == [
        "disqualified", "invalid_price", "invalid_price", "not_positive", "not_positive", "over_ceiling", None,
        "over_ceiling", "not_positive", "not_positive", "disqualified",
    ]  # fmt: skip
    assert out["bids"][0] == {"id": "1", "price_score": None, "total": None, "rank": None, "rejected": "disqualified", "flags": []}  # fmt: skip
    assert out["benchmark_price"] == "500.00"


def test_too_few_valid_bids_and_nothing_is_scored() -> None:
    rows = [*prices("100", "110"), {"id": "x", "valid": False}]
    out = ask(bids=rows, min_valid=3)
    blank = {"price_score": None, "total": None, "rank": None}
    assert out["benchmark_price"] is None
    assert [{k: row[k] for k in blank} for row in out["bids"]] == [blank] * 3
    assert column(out, "rejected") == [None, None, "disqualified"]
    assert ask(bids=[]) == {"benchmark_price": None, "bids": []}
    # nothing is computed, so nothing about the benchmark can be wrong
    assert ask("abc", prices("800", "850"), min_valid=3)["benchmark_price"] is None
    assert ask("fixed_benchmark", [], benchmark="0.001")["benchmark_price"] is None


# -- 6: trim


def mean(trim: Any, *values: str) -> str:
    return str(ask(bids=prices(*values), trim=trim)["benchmark_price"])


def test_tiers() -> None:
    tiers = {"rule": "tiers", "tiers": [{"n_min": 6, "high": 2, "low": 1}, {"n_min": 4, "high": 1, "low": 1}]}
    assert mean(tiers, "10", "20", "90") == "40.00"
    assert mean(tiers, "10", "20", "30", "90") == "25.00"
    assert mean(tiers, "10", "20", "30", "40", "50", "90") == "30.00"
    assert mean({"rule": "tiers", "tiers": []}, "10", "20") == "15.00"
    greedy = {"rule": "tiers", "tiers": [{"n_min": 1, "high": 1, "low": 1}]}
    assert mean(greedy, "10", "20") == "15.00"
    assert mean(greedy, "10", "20", "60") == "20.00"


def test_of_equal_tiers_the_first_counts() -> None:
    twice = {"rule": "tiers", "tiers": [{"n_min": 1, "high": 1, "low": 0}, {"n_min": 1, "high": 0, "low": 1}]}
    assert mean(twice, "10", "20") == "10.00"


def test_one_of_two_equal_prices_is_dropped() -> None:
    one = {"rule": "tiers", "tiers": [{"n_min": 1, "high": 1, "low": 0}]}
    assert mean(one, "10", "20", "20") == "15.00"


def test_js20() -> None:
    rule = {"rule": "js20"}
    assert mean(rule, "10") == "10.00"
    assert mean(rule, "30", "10") == "30.00"
    assert mean(rule, "30", "10", "20") == "20.00"
    assert mean(rule, "10", "20", "30", "90") == "20.00"
    assert mean(rule, "10", "20", "30", "40", "50", "90") == "30.00"
    assert mean(rule, "10", "20", "30", "40", "50", "60", "90") == "40.00"  # round(1.4) = 1 at each end
    assert mean({"rule": "js20", "g1": "0", "g2": "0.5"}, *map(str, range(1, 8))) == "2.00"  # 3.5 → 4 highest
    assert (
        mean({"rule": "js20", "g1": "0.5", "g2": "0.5"}, *map(str, range(1, 8))) == "4.00"
    )  # 8 ≥ 7: nothing
    assert mean({"rule": "js20", "g1": None, "g2": None}, *map(str, range(1, 9))) == "4.50"


def test_a_dropped_bid_is_still_scored() -> None:
    out = ask(bids=prices("10", "20", "30", "90"), trim={"rule": "js20"})
    assert None not in column(out, "rank")


# -- 7: methods


def test_second_lowest_by_position() -> None:
    assert ask("second_lowest", prices("10"))["benchmark_price"] == "10.00"
    assert ask("second_lowest", prices("10", "10", "30"))["benchmark_price"] == "10.00"
    assert ask("second_lowest", prices("30", "10", "20"), k="0.5")["benchmark_price"] == "10.00"


def test_interval_mean_bounds_base_and_nothing_inside() -> None:
    assert ask("interval_mean", prices("90", "100", "110"))["benchmark_price"] == "100.00"
    based = ask(
        "interval_mean", prices("90", "100", "110"), base="ceiling", ceiling="110", high="0", low="0.1"
    )
    assert based["benchmark_price"] == "105.00"
    none_inside = ask("interval_mean", prices("50", "150"), low="0", high="0", k="0.5")
    assert none_inside["benchmark_price"] == "50.00"


def test_second_selection_looks_at_all_bids_against_the_unrounded_mean() -> None:
    # A = mean(10, 10, 11) = 10.333…; the trimmed 90 may not come back, 11 is above A
    trim = {"rule": "tiers", "tiers": [{"n_min": 4, "high": 1, "low": 0}]}
    assert ask("second_mean", prices("10", "10", "11", "90"), trim=trim)["benchmark_price"] == "10.00"
    low = {"rule": "tiers", "tiers": [{"n_min": 3, "high": 0, "low": 1}]}
    assert ask("second_mean", prices("10", "20", "30"), trim=low)["benchmark_price"] == "15.00"
    assert ask("second_mean", prices("10", "20", "30"), trim=low, variant="with_min")["benchmark_price"] == "17.50"  # fmt: skip
    exact = ask("second_mean", prices("1", "1", "2"), benchmark_decimals=0)
    assert exact["benchmark_price"] == "1"


def test_abc_pools() -> None:
    rows = prices("800", "850", "880", "950")  # PA 900; L = (0.7·870 + 300)·0.75 = 681.75; PC 800; < 855
    assert code(method="abc", bids=rows) == "b_not_in_pool"
    assert code(method="abc", bids=rows, b_bid="2") == "b_not_in_pool"
    assert code(method="abc", bids=rows, b_bid="0") == "b_not_in_pool"
    assert code(method="abc", bids=rows, b_bid="nobody") == "b_not_in_pool"
    assert ask("abc", rows, b_bid="1")["benchmark_price"] == "865.00"  # 450 + 255 + 160
    other = prices("870", "880", "950")  # nobody in (870, 855): all with e ≥ L but PC
    assert code(method="abc", bids=other) == "b_not_in_pool"
    assert ask("abc", other, b_bid="2")["benchmark_price"] == "909.00"  # 450 + 285 + 174
    equal = prices("870", "870")
    assert ask("abc", equal, b_bid="nobody")["benchmark_price"] == "885.00"  # pool empty: PB = PC
    below = prices("100", "110")  # L = (73.5 + 300)·0.75 = 280: none inside, PC = lowest
    assert ask("abc", below, b_bid="1")["benchmark_price"] == "503.00"  # 450 + 33 + 20


def test_a_rejected_bid_is_not_in_the_pool() -> None:
    rows = [*prices("800", "850"), {"id": "x", "price": "840", "valid": False}]
    assert code(method="abc", bids=rows, b_bid="x") == "b_not_in_pool"


def test_the_benchmark_is_rounded_before_it_is_used() -> None:
    out = ask(bids=prices("100", "101"), benchmark_decimals=0, up="100", down="100")
    assert (out["benchmark_price"], column(out, "price_score")) == ("101", ["0.00", "60.00"])


def test_low_price_methods_take_the_lowest_price_as_it_is() -> None:
    out = ask("low_price_first", prices("1.005", "2"), benchmark_decimals=0, price_decimals=3)
    assert (out["benchmark_price"], column(out, "price_score")) == ("1.005", ["60.00", "30.15"])


# -- 8: price score


def points(price: str, **change: Any) -> str:
    return str(column(ask("fixed_benchmark", prices(price), **change), "price_score")[0])


def test_partial_percent() -> None:
    assert [points("101.2", partial=p) for p in ("interpolate", "floor", "ceil")] == [
        "58.80",
        "59.00",
        "58.00",
    ]
    assert [points("102", partial=p) for p in ("interpolate", "floor", "ceil")] == ["58.00"] * 3
    assert [points("97.5", partial=p) for p in ("interpolate", "floor", "ceil")] == [
        "58.75",
        "59.00",
        "58.50",
    ]
    assert points("100.4", partial="floor") == "60.00"


def test_deviation_decimals() -> None:
    assert points("100.04", deviation_decimals=1) == "60.00"
    assert points("100.05", deviation_decimals=1, up="10") == "59.00"
    assert points("99.95", deviation_decimals=1, down="10") == "59.00"
    assert points("100.04", deviation_decimals=1, partial="ceil") == "60.00"  # rounded first: d = 0
    assert points("101.04", deviation_decimals=1, partial="ceil") == "59.00"
    assert points("100.4", deviation_decimals=0, up="10") == "60.00"


def test_bands() -> None:
    bands = [{"upto": "3", "rate": "0"}, {"upto": "5", "rate": "0.5"}, {"upto": None, "rate": "2"}]
    got = [points(p, up=bands) for p in ("102", "103", "104", "105", "106", "99")]
    assert got == ["60.00", "60.00", "59.50", "59.00", "57.00", "59.50"]
    assert points("104.9", up=bands, partial="floor") == "59.50"
    assert points("98", down=[{"upto": 1, "rate": "1"}, {"rate": 3}]) == "56.00"


def test_min_score() -> None:
    assert points("200") == "0.00"
    assert points("200", min_score="10.005") == "10.01"
    assert points("200", min_score="-500") == "-40.00"
    assert points("100", min_score="70") == "70.00"


def test_total_adds_every_score_to_the_rounded_price_score() -> None:
    rows = [{"id": "a", "price": "100.335", "scores": {"technical": "30.004", "credit": "0.002"}}]
    out = ask("fixed_benchmark", rows, price_decimals=3)
    # 60 − 0.335 = 59.665 → 59.67; + 30.006 = 89.676 → 89.68 (unrounded it would be 89.67)
    assert (column(out, "price_score"), column(out, "total")) == (["59.67"], ["89.68"])
    assert column(ask("lowest_evaluated", rows), "total") == ["100.34"]


# -- 9: ranking


def places(method: str, rows: list[dict[str, Any]], **change: Any) -> list[Any]:
    return column(ask(method, rows, **change), "rank")


def test_equal_on_everything_share_a_place() -> None:
    assert places("low_price_first", prices("10", "10", "20")) == [1, 1, 3]
    assert places("low_price_first", prices("20", "10", "20", "30")) == [2, 1, 2, 4]


def test_tie_break_keys_one_after_the_other() -> None:
    rows = [
        {"id": "a", "price": "110", "deduction": "0.5", "scores": {"t": "10"}},
        {"id": "b", "price": "55", "scores": {"t": "10"}},
        {"id": "c", "price": "55", "scores": {"t": "4", "u": "6"}},
    ]
    assert places("low_price_first", rows) == [3, 1, 1]
    assert places("low_price_first", rows, tie_break=[]) == [1, 1, 1]
    assert places("low_price_first", rows, tie_break=["evaluated"]) == [1, 1, 1]
    assert places("low_price_first", rows, tie_break=["score:t", "price"]) == [2, 1, 3]
    assert places("low_price_first", rows, tie_break=["score:u"]) == [2, 2, 1]
    assert places("low_price_first", rows, tie_break=["score:none"]) == [1, 1, 1]


def test_a_negative_score_is_worse_than_an_absent_one() -> None:
    rows = [{"id": "a", "price": "10", "scores": {"t": "-1", "u": "1"}}, {"id": "b", "price": "10"}]
    assert places("low_price_first", rows, tie_break=["score:t"]) == [2, 1]


def test_rounded_totals_are_compared() -> None:
    rows = [{"id": "a", "price": "20", "scores": {"t": "1.004"}}, {"id": "b", "price": "10", "scores": {"t": "1"}}]  # fmt: skip
    assert places("fixed_benchmark", rows, up="0", down="0") == [2, 1]


def test_lowest_evaluated_ranks_low_first_and_ties_stay() -> None:
    rows = [
        {"id": "a", "price": "12", "adjustment": "-2"},
        {"id": "b", "price": "10"},
        {"id": "c", "price": "9"},
    ]
    assert places("lowest_evaluated", rows) == [2, 2, 1]
    assert places("lowest_evaluated", rows, tie_break=["price"]) == [3, 2, 1]


# -- 10: flags


def flagged(rates: dict[str, Any], rows: list[dict[str, Any]], **change: Any) -> list[Any]:
    return column(ask("low_price_first", rows, abnormal_low=rates, **change), "flags")


def test_flags_in_order_strictly_less_and_only_where_asked() -> None:
    every = {"mean_rate": "0.5", "second_rate": "0.5", "ceiling_rate": "0.45"}
    assert flagged(every, prices("10", "100", "100"), ceiling="100") == [
        ["abnormal_low_mean", "abnormal_low_second", "abnormal_low_ceiling"], [], [],
    ]  # fmt: skip
    assert flagged({"second_rate": "0.5", "mean_rate": None, "other": "x"}, prices("50", "100")) == [[], []]
    assert flagged({"second_rate": "0.5"}, prices("49.99", "100")) == [["abnormal_low_second"], []]
    assert flagged({"second_rate": "9"}, prices("10")) == [[]]
    assert flagged({"second_rate": "2"}, prices("10", "10")) == [["abnormal_low_second"]] * 2
    assert flagged({"mean_rate": "1"}, prices("10", "10")) == [[], []]
    assert flagged({"ceiling_rate": "0.9"}, prices("10")) == [[]]


def test_flags_look_at_original_prices_of_valid_bids() -> None:
    rows = [
        {"id": "a", "price": "60", "deduction": "0.5"},
        {"id": "b", "price": "100"},
        {"id": "c", "price": "1", "valid": False},
    ]
    assert flagged({"second_rate": "0.5"}, rows) == [[], [], []]
    assert flagged({"second_rate": "0.61"}, rows) == [["abnormal_low_second"], [], []]


def test_a_flag_changes_no_score() -> None:
    plain = ask("low_price_first", prices("10", "100"))
    marked = ask("low_price_first", prices("10", "100"), abnormal_low={"mean_rate": "1"})
    assert [row | {"flags": []} for row in marked["bids"]] == plain["bids"]
