"""What may be published when, and the phase of a tender."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from disclosure.rules.claims import TenderFacts, claims
from disclosure.rules.disclosable import NEVER, TABLE, Stage, may_publish, rule_for
from disclosure.rules.phases import Phase, phase_of, schedule, settled
from disclosure.rules.words import act_words
from trading.rules.statuses import LotStatus, TenderStatus

NOW = datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
LATER, EARLIER = NOW + timedelta(days=3), NOW - timedelta(days=3)


@pytest.mark.parametrize(
    ("verb", "stage", "allowed"),
    [
        ("bid.submit", Stage.SEALED, False),
        ("bid.submit", Stage.OPENED, True),
        ("bid.withdraw", Stage.OPENED, True),
        ("guarantee.present", Stage.SEALED, False),
        ("committee.replace", Stage.OPENED, False),
        ("committee.replace", Stage.AWARDED, True),
        ("invitation.answer", Stage.AWARDED, False),
        ("evaluation.lock_sheet", Stage.OPENED, False),
        ("evaluation.lock_sheet", Stage.AWARDED, True),
        ("documents.take", Stage.AWARDED, False),
        ("attempt.refused", Stage.AWARDED, False),
        ("session.sign_in", Stage.AWARDED, False),
        ("something.new", Stage.AWARDED, False),
        ("bid.submitted_elsewhere", Stage.AWARDED, False),
    ],
)
def test_a_sealed_act_is_published_at_its_stage_and_an_unknown_one_never(
    verb: str, stage: Stage, allowed: bool
) -> None:
    assert may_publish(verb, stage) is allowed


def test_what_is_public_once_stays_public_and_each_rule_has_its_article() -> None:
    for verb in (*TABLE, *NEVER):
        shown = [may_publish(verb.rstrip("*") + "x" if verb.endswith("*") else verb, s) for s in Stage]
        assert shown == sorted(shown)
    assert [v for v, rule in TABLE.items() if "第" not in rule.law] == []
    assert [v for v in NEVER if rule_for(v) is not None] == []


@pytest.mark.parametrize(
    ("status", "lots", "deadline", "phase"),
    [
        (TenderStatus.ANNOUNCED, [LotStatus.PENDING], LATER, Phase.BIDDING),
        (TenderStatus.ANNOUNCED, [LotStatus.PENDING], NOW, Phase.OPENING),
        (TenderStatus.OPENING, [LotStatus.PENDING], EARLIER, Phase.OPENING),
        (TenderStatus.OPENED, [LotStatus.EVALUATING, LotStatus.AWARDED], EARLIER, Phase.EVALUATION),
        (TenderStatus.OPENED, [LotStatus.CANDIDATES_ANNOUNCED, LotStatus.AWARDED], EARLIER, Phase.STANDSTILL),
        (TenderStatus.OPENED, [LotStatus.AWARDED, LotStatus.FAILED], EARLIER, Phase.AWARDED),
        (TenderStatus.CLOSED, [LotStatus.CONTRACTED, LotStatus.CONTRACTED], EARLIER, Phase.CONTRACTED),
        (TenderStatus.OPENED, [LotStatus.FAILED, LotStatus.FAILED], EARLIER, Phase.FAILED),
        (TenderStatus.FAILED, [LotStatus.FAILED], EARLIER, Phase.FAILED),
        (TenderStatus.CANCELLED, [LotStatus.PENDING], LATER, Phase.CANCELLED),
    ],
)
def test_the_phase_is_that_of_the_lot_furthest_behind(
    status: TenderStatus, lots: list[LotStatus], deadline: datetime, phase: Phase
) -> None:
    assert phase_of(status, lots, deadline, NOW) is phase


def test_the_schedule_knows_past_now_and_next() -> None:
    found = schedule(
        [("丙", LATER, ""), ("甲", EARLIER, ""), ("丁", LATER + timedelta(days=1), ""), ("无", None, "")], NOW
    )
    assert [(s.title, s.state) for s in found] == [("甲", "done"), ("丙", "now"), ("丁", "next")]


def test_a_tender_is_settled_when_every_lot_is() -> None:
    assert settled([LotStatus.AWARDED, LotStatus.FAILED, LotStatus.CONTRACTED])
    assert not settled([LotStatus.AWARDED, LotStatus.CANDIDATES_ANNOUNCED])
    assert not settled([])


def _facts(**more: object) -> TenderFacts:
    base = {
        "announced": True,
        "deadline": NOW,
        "session_started": True,
        "received": 6,
        "opened": 5,
        "unopenable": 1,
        "by_quorum": 1,
        "first_key_at": NOW + timedelta(minutes=3),
        "awarded": False,
        "reported": 0,
        "logged": True,
        "checkpoint_size": 96,
    }
    return TenderFacts(**{**base, **more})  # type: ignore[arg-type]


def test_claims_follow_the_facts_and_fail_when_these_contradict() -> None:
    good = {c.title: c.state for c in claims(_facts(), {"announce": "a1"}, "14:03:11")}
    assert good == {
        "公告在存证日志中": "proven",
        "收到的投标全部开启": "proven",
        "截止前无人能看到内容": "proven",
        "存证日志": "proven",
    }
    bad = claims(_facts(opened=4, first_key_at=EARLIER, checkpoint_size=0), {}, "13:59:59")
    assert [c.state for c in bad] == ["proven", "waiting", "failed", "waiting"]


def test_before_the_opening_nothing_is_claimed_about_bids() -> None:
    found = claims(_facts(session_started=False, received=0, opened=0), {}, "")
    assert [c.title for c in found] == ["公告在存证日志中", "存证日志"]


def test_a_sealed_act_has_no_name() -> None:
    assert act_words({}) == "已密封的行为"
    assert act_words({"verb": "tender.announce"}) == "发布招标公告"
