"""Challenges and roles as pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from kernel.actor import Role
from kernel.errors import Refused
from parties.rules import challenges, roles

NOW = datetime(2026, 11, 25, 6, tzinfo=UTC)
HERE = "https://mingtang.example"


def issued(secret: bytes = b"s", platform: str = HERE, at: datetime = NOW) -> dict[str, str]:
    return challenges.issue(secret, platform, at, bytes(16))["payload"]


def code_of(payload: dict[str, str], at: datetime = NOW) -> str:
    try:
        challenges.check(b"s", HERE, payload, at)
    except Refused as refused:
        return refused.code
    return ""


def test_a_challenge_counts_for_its_platform_and_minutes():
    assert challenges.check(b"s", HERE, issued(), NOW) == NOW + timedelta(minutes=5)
    assert code_of(issued(), NOW + timedelta(minutes=5)) == ""
    assert code_of(issued(), NOW + timedelta(minutes=5, microseconds=1)) == "login.challenge_expired"
    assert code_of(issued(), NOW - timedelta(seconds=1)) == "login.challenge_expired"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        issued(secret=b"other"),
        issued(platform="https://elsewhere.example"),
        {**issued(platform="https://elsewhere.example"), "platform": HERE},
        {**issued(), "at": "2026-11-25T06:00:01.000000Z"},
        {**issued(), "at": "not a time"},
        {**issued(), "challenge": "zz" * 48},
        {**issued(), "challenge": "00"},
        {**issued(), "more": "1"},
    ],
)
def test_anything_else_is_not_our_challenge(payload):
    assert code_of(payload) == "login.challenge_unknown"


@pytest.mark.parametrize(
    ("role", "held", "organization", "wanted"),
    [
        (Role.BIDDER, (), True, ""),
        (Role.BIDDER, (), False, "role.needs_organization"),
        (Role.EXPERT, (), False, ""),
        (Role.BIDDER, (Role.AGENCY, Role.PROCUREMENT_AGENT), True, ""),
        (Role.BIDDER, (Role.TRADING_CENTER,), True, "role.incompatible"),
        (Role.TRADING_CENTER, (Role.BIDDER,), True, "role.incompatible"),
        (Role.SUPERVISORY_AUTHORITY, (Role.TRADING_CENTER,), True, "role.incompatible"),
        (Role.AGENCY, (Role.SUPERVISORY_AUTHORITY,), True, "role.incompatible"),
        (Role.PROCURING_ENTITY, (Role.TRADING_CENTER,), True, ""),
    ],
)
def test_who_serves_does_not_compete(role, held, organization, wanted):
    reason = roles.reason_against(role, held, has_organization=organization)
    assert (reason.code if reason else "") == wanted
