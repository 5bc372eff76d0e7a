"""双信封: parts, what is missing, when the second opening may be called."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from kernel.bid_rules import part_of_role
from kernel.errors import Refused
from trading.rules import parts
from trading.rules.bids import BID, BidFacts
from trading.rules.draft import read_changes
from trading.rules.lot_machine import LOT, LotFacts
from trading.rules.statuses import BidStatus, LotStatus, SessionStatus, TenderStatus

NOW = datetime(2027, 1, 5, 1, 30, tzinfo=UTC)
READY = parts.SecondFacts(
    now=NOW,
    opens_at=NOW + timedelta(hours=1),
    lots=(("1", LotStatus.TECHNICAL_EVALUATED),),
    first=SessionStatus.CLOSED,
)


@pytest.mark.parametrize(
    ("scheme", "here", "missing"),
    [
        ("single", {"whole"}, ()),
        ("single", set(), ("whole",)),
        ("dual", {"technical", "price"}, ()),
        ("dual", {"technical"}, ("price",)),
        ("dual", {"price"}, ("technical",)),
        ("dual", set(), ("technical", "price")),
    ],
)
def test_a_bid_is_whole_or_lacks_parts(scheme: str, here: set[str], missing: tuple[str, ...]) -> None:
    assert parts.missing_parts(scheme, here) == missing
    reason = parts.part_missing(scheme, here)
    assert (reason is None) == (missing == ())


def test_each_part_has_its_opening() -> None:
    assert [parts.stage_of(part) for part in ("whole", "technical", "price")] == [1, 1, 2]


@pytest.mark.parametrize(
    ("changes", "codes"),
    [
        ({}, []),
        ({"first": SessionStatus.SIGNING}, ["opening.first_not_closed"]),
        ({"first": None}, ["opening.first_not_closed"]),
        ({"second_at": NOW}, ["opening.second_convened"]),
        ({"opens_at": NOW}, []),
        ({"opens_at": NOW - timedelta(microseconds=1)}, ["opening.second_in_the_past"]),
        ({"lots": ()}, ["opening.no_second_envelope"]),
        ({"lots": (("1", LotStatus.REPORTED),)}, ["opening.no_second_envelope"]),
        (
            {"lots": (("1", LotStatus.TECHNICAL_EVALUATED), ("2", LotStatus.EVALUATING))},
            ["opening.technical_pending"],
        ),
    ],
)
def test_when_the_second_opening_is_called(changes: dict[str, Any], codes: list[str]) -> None:
    assert [reason.code for reason in parts.second_reasons(replace(READY, **changes))] == codes


def test_the_technical_result_stands_once_prices_are_being_opened() -> None:
    facts = LotFacts(NOW)
    assert LOT.after("conclude_technical", LotStatus.EVALUATING, facts) is LotStatus.TECHNICAL_EVALUATED
    assert (
        LOT.after("conclude_technical", LotStatus.TECHNICAL_EVALUATED, facts) is LotStatus.TECHNICAL_EVALUATED
    )
    begun = LOT.reasons_against(
        "conclude_technical", LotStatus.TECHNICAL_EVALUATED, replace(facts, second_begun=True)
    )
    assert [reason.code for reason in begun] == ["lot.technical_result_stands"]


def test_an_envelope_is_left_sealed_after_the_deadline_only() -> None:
    after = BidFacts(NOW, NOW - timedelta(microseconds=1), TenderStatus.OPENING)
    assert BID.after("leave", BidStatus.SUBMITTED, after) is BidStatus.UNOPENED
    assert BID.reasons_against("leave", BidStatus.SUBMITTED, replace(after, deadline=NOW))
    for status in set(BidStatus) - {BidStatus.SUBMITTED}:
        assert BID.reasons_against("leave", status, after)
    for verb in ("open", "withdraw", "revoke", "fail"):
        assert BID.reasons_against(verb, BidStatus.UNOPENED, after)


@pytest.mark.parametrize(
    ("role", "scheme", "wanted", "part"),
    [
        ("boq", "single", "", "whole"),
        ("boq", "dual", "technical", "price"),
        ("technical", "dual", "", "technical"),
        ("commercial", "dual", "price", "price"),
        ("other", "dual", "", "technical"),
    ],
)
def test_prices_lie_in_the_second_envelope(role: str, scheme: str, wanted: str, part: str) -> None:
    assert part_of_role(role, scheme, wanted) == part


LOT_ROW = {"name": "一标段", "estimate": "1.00", "duration_days": 9}
ROLE = {"role": "technical", "title": "施工组织设计"}


def test_a_draft_says_scheme_parts_sizes_and_rules() -> None:
    read = read_changes(
        {
            "lots": [{**LOT_ROW, "scheme": "dual"}, LOT_ROW],
            "requirements": [{**ROLE, "max_mb": 50, "part": "technical"}],
            "bid_rules": {"anonymous": {"roles": ["technical"]}},
        }
    )
    assert [lot.scheme for lot in read["lots"]] == ["dual", "single"]
    assert (read["requirements"][0]["max_mb"], read["requirements"][0]["part"]) == (50, "technical")
    assert read["bid_rules"] == {"anonymous": {"roles": ["technical"]}}


@pytest.mark.parametrize(
    "changes",
    [
        {"lots": [{**LOT_ROW, "scheme": "triple"}]},
        {"requirements": [{**ROLE, "part": "whole"}]},
        {"requirements": [{**ROLE, "max_mb": -1}]},
        {"bid_rules": []},
        {"bid_rules": {"boq": {"columns": []}}},
    ],
)
def test_a_draft_that_cannot_be_read_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        read_changes(changes)
