"""Bids and opening sessions as tables: late by a microsecond, too few, who moves when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from trading.rules.bids import BID, BidFacts, late_reason, seconds_late, submission_reason
from trading.rules.openings import (
    SESSION,
    SessionFacts,
    extension_reason,
    opening_at,
    sign_in_reason,
    too_few,
)
from trading.rules.statuses import BidStatus, SessionStatus, TenderStatus

D = datetime(2026, 11, 24, 6, 0, 0, tzinfo=UTC)
US = timedelta(microseconds=1)


def codes(machine, verb, status, facts):
    return [r.code for r in machine.reasons_against(verb, status, facts)]


@pytest.mark.parametrize(
    ("late", "words"),
    [
        (US, "0.000001"),
        (214 * 1000 * US, "0.214"),
        (timedelta(seconds=61), "61"),
        (timedelta(days=1), "86400"),
    ],
)
def test_how_late_is_said_exactly(late, words):
    assert seconds_late(D + late, D) == words
    reason = late_reason(D + late, D)
    assert (reason.code, f"晚了 {words} 秒" in reason.zh, reason.law) == (
        "bid.late",
        True,
        "招标投标法第二十八条",
    )


def test_at_the_deadline_is_in_time_and_a_microsecond_later_is_not():
    assert submission_reason(BidFacts(D, D, TenderStatus.ANNOUNCED)) is None
    assert submission_reason(BidFacts(D + US, D, TenderStatus.ANNOUNCED)).code == "bid.late"
    assert "14:00:00.000001" in late_reason(D + US, D).zh


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (TenderStatus.DRAFT, "bid.tender_not_open"),
        (TenderStatus.CANCELLED, "bid.tender_not_open"),
        (TenderStatus.OPENING, "bid.tender_not_open"),
        (TenderStatus.FAILED, "bid.tender_not_open"),
    ],
)
def test_only_an_announced_tender_takes_bids(status, code):
    assert submission_reason(BidFacts(D - US, D, status)).code == code
    assert submission_reason(BidFacts(D, None, TenderStatus.ANNOUNCED)).code == "bid.no_deadline"


def test_withdrawn_before_and_revoked_after_the_deadline():
    before, after = BidFacts(D, D, TenderStatus.ANNOUNCED), BidFacts(D + US, D, TenderStatus.OPENING)
    assert BID.after("withdraw", BidStatus.SUBMITTED, before) is BidStatus.WITHDRAWN
    assert codes(BID, "withdraw", BidStatus.SUBMITTED, after) == ["bid.withdrawal_late"]
    assert codes(BID, "revoke", BidStatus.OPENED, before) == ["bid.revocation_early"]
    assert BID.after("revoke", BidStatus.OPENED, after) is BidStatus.REVOKED


def test_opened_only_while_decrypting_and_never_in_a_failed_lot():
    facts = BidFacts(D + US, D, TenderStatus.OPENING, SessionStatus.DECRYPTING)
    assert BID.after("open", BidStatus.SUBMITTED, facts) is BidStatus.OPENED
    early = BidFacts(D, D, TenderStatus.ANNOUNCED, None)
    assert codes(BID, "open", BidStatus.SUBMITTED, early) == ["bid.not_decrypting"]
    failed = BidFacts(D + US, D, TenderStatus.OPENING, SessionStatus.DECRYPTING, lot_failed=True)
    assert codes(BID, "open", BidStatus.SUBMITTED, failed) == ["bid.lot_not_opened"]


def test_three_bidders_are_enough_and_two_are_not():
    assert (too_few("一标段", 3), too_few("一标段", 2).code) == (None, "lot.too_few_bidders")


def test_the_session_starts_after_deadline_and_grace():
    at = opening_at(D, 3)
    assert codes(SESSION, "start", SessionStatus.SIGN_IN, SessionFacts(at - US, at)) == ["opening.too_early"]
    assert SESSION.after("start", SessionStatus.SIGN_IN, SessionFacts(at, at)) is SessionStatus.DECRYPTING


def test_the_window_ends_for_keys_and_shares_and_only_then_for_the_session():
    until = D + timedelta(minutes=60)
    inside, outside = SessionFacts(until, D, until), SessionFacts(until + US, D, until)
    for verb in ("release_key", "release_share", "request_quorum"):
        assert codes(SESSION, verb, SessionStatus.DECRYPTING, inside) == []
        assert codes(SESSION, verb, SessionStatus.DECRYPTING, outside) == ["opening.window_over"]
    assert codes(SESSION, "end_window", SessionStatus.DECRYPTING, inside) == ["opening.window_open"]
    assert codes(SESSION, "end_window", SessionStatus.DECRYPTING, outside) == []


@pytest.mark.parametrize(
    ("verb", "status", "more", "code"),
    [
        ("begin_reading", SessionStatus.DECRYPTING, {"sealed": 1}, "opening.still_sealed"),
        ("end_reading", SessionStatus.READING, {"unread": 1}, "opening.still_unread"),
        ("close_objections", SessionStatus.OBJECTIONS, {"unanswered": 1}, "opening.objection_unanswered"),
        ("sign_record", SessionStatus.SIGNING, {}, "opening.record_not_ready"),
        ("close", SessionStatus.SIGNING, {"record": True, "missing_hosts": ("招标人",), "excused": True},
         "opening.signatures_missing"),
        ("close", SessionStatus.SIGNING, {"record": True, "missing_bidders": ("甲",)}, "opening.signatures_missing"),
    ],
)  # fmt: skip
def test_what_stops_the_next_step(verb, status, more, code):
    assert codes(SESSION, verb, status, SessionFacts(D, D, **more)) == [code]


def test_bidders_who_left_may_be_excused():
    facts = SessionFacts(D, D, record=True, missing_bidders=("甲",), excused=True)
    assert SESSION.after("close", SessionStatus.SIGNING, facts) is SessionStatus.CLOSED


def test_every_step_is_left_by_some_move_and_the_ends_by_none():
    sources = {s for move in SESSION.moves.values() for s in move.sources}
    assert set(SessionStatus) - sources == {SessionStatus.CLOSED, SessionStatus.FAILED}
    assert sign_in_reason(SessionStatus.CLOSED).code == "opening.no_sign_in_now"
    assert [extension_reason(n) is None for n in (0, 1, 240, 241)] == [False, True, True, False]
