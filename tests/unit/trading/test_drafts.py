"""Reading a draft and its evaluation method: what cannot be read is refused by field."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from demo.method import REQUIREMENTS, evaluation_method
from kernel.errors import Refused
from trading.rules import draft
from trading.rules import evaluation_method as methods

METHOD = evaluation_method()


def _code(call: Any, value: Any) -> tuple[str, str]:
    with pytest.raises(Refused) as refused:
        call(value)
    reason = refused.value.reasons[0]
    return reason.code, reason.field


def test_the_demo_method_is_accepted_as_it_is() -> None:
    method = methods.parse(METHOD)
    assert (len(method.items), method.items_total + method.price_full_score) == (12, 100)
    assert methods.read_method(METHOD) == METHOD


def _changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    out = deepcopy(METHOD)
    row = out
    for key in path[:-1]:
        row = row[key]
    row[path[-1]] = value
    return out


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (("items", 0, "max"), "5", "method.sum_wrong"),
        (("items", 0, "max"), 4, "tender.bad_field"),
        (("items", 0, "step"), "0.3", "method.item_wrong"),
        (("items", 0, "step"), "0", "method.item_wrong"),
        (("items", 0, "min"), "4", "method.item_wrong"),
        (("items", 1, "id"), "overview", "method.item_wrong"),
        (("items",), [], "tender.bad_field"),
        (("kind",), "lottery", "tender.bad_field"),
        (("expert_mean",), "median", "tender.bad_field"),
        (("price", "method"), "magic", "scoring.unknown_method"),
        (("price", "parameters", "k"), "-1", "scoring.bad_parameters"),
        (("price", "parameters", "full_score"), "49", "method.price_wrong"),
        (("price", "parameters", "ceiling"), "100", "method.price_wrong"),
        (("tie_break",), ["height"], "scoring.bad_parameters"),
    ],
)
def test_an_unusable_method_is_refused(path: tuple[Any, ...], value: Any, code: str) -> None:
    assert _code(methods.parse, _changed(path, value))[0] == code


def test_scores_stand_on_steps_within_their_range() -> None:
    from decimal import Decimal

    item = methods.parse(METHOD).items[0]
    found = [item.allows(Decimal(score)) for score in ("0", "3.9", "4", "4.1", "3.95", "-0.1")]
    assert found == [True, True, True, False, False, False]


LOT = {"name": "一标段", "estimate": "100.00", "bond_amount": "2", "duration_days": 10}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"lots": []}, "lots"),
        ({"lots": [{**LOT, "estimate": 1.5}]}, "estimate"),
        ({"lots": [{**LOT, "estimate": "0"}]}, "estimate"),
        ({"lots": [{**LOT, "estimate": "1.001"}]}, "estimate"),
        ({"lots": [{**LOT, "duration_days": True}]}, "duration_days"),
        ({"lots": [{**LOT, "name": " "}]}, "name"),
        ({"schedule": {"submission_deadline": "2026-12-20T09:30"}}, "submission_deadline"),
        ({"terms": {"share_threshold": 1}}, "share_threshold"),
        ({"requirements": [{**REQUIREMENTS[0], "role": "Bad Role"}]}, "requirements"),
        ({"requirements": [REQUIREMENTS[0], REQUIREMENTS[0]]}, "requirements"),
        ({"status": "announced"}, "status"),
    ],
)
def test_what_cannot_be_read_is_refused_by_field(changes: dict[str, Any], field: str) -> None:
    assert _code(draft.read_changes, changes) == ("tender.bad_field", field)


@pytest.mark.parametrize("number", ["", "yc2026", "A1", "YC 2026", "-YC2026", "YC2026/1"])
def test_public_numbers_stand_in_addresses(number: str) -> None:
    assert _code(draft.read_number, {"number": number})[0] == "tender.bad_field"
