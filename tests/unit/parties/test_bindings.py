"""What may happen to a certificate that is bound: the table, by whom, and when it is spoken of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from kernel.errors import Refused
from parties.rules.bindings import (
    BINDING,
    CERTIFICATE_REQUEST,
    BindingFacts,
    BindingStatus,
    RequestFacts,
    RequestStatus,
    warning,
)

NOW = datetime(2026, 11, 25, 8, tzinfo=UTC)
DAY = timedelta(days=1)
FACTS = BindingFacts(NOW, NOW + 90 * DAY, actor="admin", holder="holder", reporter="holder", reason="找到了")


def test_the_table_is_what_the_law_needs():
    assert [(v, sorted(m.sources), m.target) for v, m in BINDING.moves.items()] == [
        ("block", ["active"], "blocked"),
        ("lift", ["blocked"], "active"),
        ("retire", ["active", "blocked"], "retired"),
    ]


@pytest.mark.parametrize(
    ("verb", "status", "change", "code"),
    [
        ("block", "blocked", {}, "machine.wrong_status"),
        ("block", "retired", {}, "machine.wrong_status"),
        ("block", "active", {"reason": "  "}, "certificate.no_reason"),
        ("block", "active", {"reason": "字" * 201}, "certificate.no_reason"),
        ("lift", "active", {}, "machine.wrong_status"),
        ("lift", "blocked", {"actor": "holder"}, "certificate.someone_else"),
        ("lift", "blocked", {"reporter": "admin"}, "certificate.someone_else"),
        ("lift", "blocked", {"not_after": NOW - DAY}, "certificate.expired_since"),
        ("lift", "retired", {}, "machine.wrong_status"),
        ("retire", "active", {"own": True, "others": 0}, "certificate.last_one"),
        ("retire", "retired", {}, "machine.wrong_status"),
    ],
)
def test_what_is_refused(verb, status, change, code):
    reasons = BINDING.reasons_against(verb, BindingStatus(status), replace(FACTS, **change))
    assert (reasons[0].code, bool(reasons[0].law) or code == "certificate.no_reason") == (code, True)


@pytest.mark.parametrize(
    ("verb", "status", "change"),
    [
        ("block", "active", {"actor": "holder"}),
        ("lift", "blocked", {}),
        ("retire", "active", {"own": True, "others": 1}),
        ("retire", "active", {"own": True, "signs": False}),
        ("retire", "active", {"own": True, "not_after": NOW - DAY}),
        ("retire", "active", {"own": False}),
        ("retire", "blocked", {}),
    ],
)
def test_what_is_done(verb, status, change):
    assert BINDING.after(verb, BindingStatus(status), replace(FACTS, **change)) is BINDING.moves[verb].target


def test_a_request_is_decided_once_with_a_reason_while_the_certificate_lasts():
    facts = RequestFacts(NOW, NOW + DAY, "本人到窗口核对")
    assert CERTIFICATE_REQUEST.after("confirm", RequestStatus.WAITING, facts) is RequestStatus.CONFIRMED
    for verb, status, given, code in (
        ("confirm", RequestStatus.CONFIRMED, facts, "machine.wrong_status"),
        ("decline", RequestStatus.CONFIRMED, facts, "machine.wrong_status"),
        ("confirm", RequestStatus.WAITING, replace(facts, reason=""), "certificate.no_reason"),
        (
            "confirm",
            RequestStatus.WAITING,
            replace(facts, not_after=NOW - DAY),
            "certificate.request_expired",
        ),
    ):
        with pytest.raises(Refused) as refused:
            CERTIFICATE_REQUEST.after(verb, status, given)
        assert refused.value.code == code


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=60, seconds=1), None),
        (timedelta(days=60), (60, "waiting")),
        (timedelta(days=30, seconds=1), (30, "waiting")),
        (timedelta(days=30), (30, "action")),
        (timedelta(days=7), (7, "danger")),
        (timedelta(0), (0, "danger")),
        (-timedelta(seconds=1), None),
    ],
)
def test_the_end_of_a_certificate_is_spoken_of_in_time(left, said):
    assert warning(NOW + left, NOW) == said
