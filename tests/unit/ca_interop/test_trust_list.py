"""Trust lists: succession, retirement of publishers, withdrawal with grace, differences."""

from __future__ import annotations

import dataclasses
import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_interop.rules.trust_list import (
    TrustList,
    Withdrawal,
    accepted_publishers,
    check_succession,
    read_payload,
)
from ca_interop.rules.trust_list_changes import changes
from kernel.errors import Refused
from tests.unit.ca_interop.test_demo_authorities import AT, START, authority

DAY = timedelta(days=1)
ENTRY = authority("demo-ca-2").entry(effective_from=START, base_url="http://127.0.0.1:1")


def listed(version: int, *entries, at=START, signer: str = "a" * 64, publishers=()) -> TrustList:
    return TrustList(version, "省", at, at, entries or (ENTRY,), signer, publishers=publishers)


def code(run, *arguments) -> str:
    with pytest.raises(Refused) as refused:
        run(*arguments)
    return refused.value.code


def withdrawn(reason: Withdrawal = Withdrawal.CEASED, grace: int = 0):
    until = AT + grace * DAY if grace else None
    return dataclasses.replace(ENTRY, withdrawn_at=AT, withdrawal_reason=reason, grace_until=until)


def test_a_payload_is_read_as_it_was_written():
    full = dataclasses.replace(
        listed(3, withdrawn(grace=30), publishers=(authority("demo-ca-2").root,)), next_update=AT
    )
    assert read_payload(full.as_payload(), full.signer) == full
    assert read_payload(full.as_payload()).digest == full.digest
    plain = listed(1).as_payload()
    assert sorted(plain) == ["authorities", "effective_from", "issued_at", "publisher", "v", "version"]


@pytest.mark.parametrize(
    ("version", "days", "wanted"),
    [
        (2, 1, "trust_list.not_newer"),
        (1, 1, "trust_list.not_newer"),
        (3, -1, "trust_list.backdated"),
        (3, 0, ""),
    ],
)
def test_what_may_follow_a_list(version, days, wanted):
    old, new = listed(2, at=AT), listed(version, at=AT + days * DAY)
    if wanted:
        assert code(check_succession, old, new) == wanted
    else:
        check_succession(old, new)


def test_a_publisher_hands_over_and_is_retired():
    root = authority("demo-ca-2").root
    handing_over = listed(2, publishers=(root,))
    (successor,) = handing_over.successors
    first = listed(1)
    settings = frozenset({"a" * 64, "b" * 64})
    assert accepted_publishers([], settings) == settings
    assert accepted_publishers([first], frozenset()) == {"a" * 64}
    assert accepted_publishers([first, handing_over], frozenset({"a" * 64})) == {successor}
    after = listed(3, signer=successor)
    assert accepted_publishers([first, handing_over, after], settings) == {successor, "b" * 64}


def test_after_a_withdrawal_only_old_certificates_count_until_the_grace_ends():
    one = withdrawn(grace=30)
    before, after = AT - DAY, AT + DAY
    assert one.reason_against(before) is None
    assert one.reason_against(AT + DAY, issued=before) is None
    assert one.reason_against(AT + 2 * DAY, issued=after).code == "certificate.authority_withdrawn"
    assert one.reason_against(AT + 30 * DAY, issued=before).code == "certificate.authority_withdrawn"
    assert "终止服务" in one.reason_against(AT + 31 * DAY).zh
    assert withdrawn().reason_against(AT, issued=before).code == "certificate.authority_withdrawn"


@pytest.mark.parametrize(
    "row",
    [
        {"withdrawn_at": None, "withdrawal_reason": "ceased"},
        {"withdrawn_at": "2026-01-02T00:00:00Z", "grace_until": "2026-01-01T00:00:00Z"},
        {"withdrawn_at": "2026-01-02T00:00:00Z", "withdrawal_reason": "compromised", "grace_until": "2026-02-01T00:00:00Z"},
        {"withdrawn_at": "2026-01-02T00:00:00Z", "withdrawal_reason": "because"},
        {"withdrawn_at": "2026-01-02T00:00:00Z", "withdrawal_reason": ["ceased"]},
        {"tsa": ["ftp://127.0.0.1/"]},
        {"profile": {**ENTRY.profile.as_json(), "ciphertext": "c2c1"}},
        {"profile": {**ENTRY.profile.as_json(), "dual": "yes"}},
        {"profile": {**ENTRY.profile.as_json(), "credit_code": [{"kind": "san", "oid": "1.2.3", "part": -1}]}},
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused(row):
    payload = listed(1).as_payload()
    payload["authorities"][0] |= row
    assert code(read_payload, payload) == "trust_list.malformed"


def test_differences_are_said():
    other = authority("demo-ca-8").entry(effective_from=START)
    old = listed(1, ENTRY, other)
    third = authority("demo-ca-6").entry(effective_from=START)
    moved = dataclasses.replace(withdrawn(Withdrawal.COMPROMISED), ocsp=())
    new = listed(2, moved, third, signer="b" * 64)
    assert [(c.kind, c.authority, c.field) for c in changes(old, new)] == [
        ("changed", "", "publishers"),
        ("withdrawn", "demo-ca-2", ""),
        ("changed", "demo-ca-2", "ocsp"),
        ("added", "demo-ca-6", ""),
        ("removed", "demo-ca-8", ""),
    ]
    assert changes(old, old) == ()
    assert [c.kind for c in changes(None, old)] == ["added", "added"]
    assert [c.kind for c in changes(new, listed(3, ENTRY, third, signer="b" * 64))] == ["restored", "changed"]


HOSTILE = st.sampled_from(
    [None, True, -1, 0, 1.5, 2**70, "", "x" * 600, "\x00", "²", "http://[", "http://\ud800", "9999-12-31T23:59:59-14:00",
     "0001-01-01T00:00:00+14:00", "AAAA", [], [[]], {}, {"kind": "san"}, [None], ["http://["], {"version": 1}, "1.2.3"]
)  # fmt: skip


def paths(value, at=()):
    """Every place in a payload."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(found for key, one in inner for found in paths(one, (*at, key)))]


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_a_payload_with_anything_in_any_place_is_read_or_refused(data):
    full = TrustList(1, "省", START, START, (withdrawn(grace=3),), publishers=(authority("demo-ca-2").root,))
    payload = json.loads(json.dumps(full.as_payload()))
    payload["authorities"][0]["recognized"] = {"publisher": "x", "signer": "a", "version": 1, "sha256": "b"}
    place = data.draw(st.sampled_from(paths(payload)[1:]))
    held = payload
    for key in place[:-1]:
        held = held[key]
    held[place[-1]] = data.draw(HOSTILE)
    refused = ""
    try:
        read_payload(payload).as_payload()
    except Refused as refusal:
        refused = refusal.code.split(".")[0]
    assert refused in ("", "trust_list", "certificate", "key")
