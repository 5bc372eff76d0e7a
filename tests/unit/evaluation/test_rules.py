"""The rules of draw and room, without a database."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from demo.method import evaluation_method
from evaluation.rules import conditions, review, sheets
from evaluation.rules.documents import shown_roles
from evaluation.rules.draw_moves import DRAW, INVITATION, PARTIES, DrawFacts
from evaluation.rules.exclusions import GROUND_LAW, GROUND_ZH, Connections, Ground, Involved, ground_against
from evaluation.rules.review import Opinion
from evaluation.rules.room_moves import PAUSE, ROOM, RoomFacts
from evaluation.rules.statuses import DrawStatus, InvitationStatus, RoomStatus
from kernel.errors import Refused
from kernel.expert_means import group_scores, item_means, mean

FULL = frozenset({1, 2, 3, 4, 5})
#: Nothing speaks against any move on these facts, but ``reject_all``, which wants none left.
DONE = RoomFacts(
    size=5, seats=(1, 2, 3, 4, 5), declared=FULL, voted=FULL, chair=2, reviewed=FULL, valid=4, competition=True,
    locked=FULL, spoken=FULL,
)  # fmt: skip
NONE_LEFT = replace(DONE, valid=0)


@pytest.mark.parametrize("status", list(RoomStatus))
@pytest.mark.parametrize("verb", list(ROOM.moves))
def test_the_room_moves_only_by_its_table(verb: str, status: RoomStatus) -> None:
    move = ROOM.moves[verb]
    facts = NONE_LEFT if verb.startswith("reject_all") else DONE
    facts = replace(facts, dual=verb == "conclude_technical")
    if status in move.sources:
        assert ROOM.after(verb, status, facts) == move.target
    else:
        with pytest.raises(Refused):
            ROOM.after(verb, status, facts)


@pytest.mark.parametrize("status", list(DrawStatus))
@pytest.mark.parametrize("verb", list(DRAW.moves))
def test_the_draw_moves_only_by_its_table(verb: str, status: DrawStatus) -> None:
    facts = DrawFacts(frozenset(PARTIES), frozenset(PARTIES), 0)
    move = DRAW.moves[verb]
    assert (not DRAW.reasons_against(verb, status, facts)) == (status in move.sources)


@pytest.mark.parametrize("status", list(InvitationStatus))
@pytest.mark.parametrize("verb", list(INVITATION.moves))
def test_an_invitation_moves_only_by_its_table(verb: str, status: InvitationStatus) -> None:
    assert (not INVITATION.reasons_against(verb, status, None)) == (status in INVITATION.moves[verb].sources)


@pytest.mark.parametrize(
    ("verb", "status", "changes", "code"),
    [
        ("begin", RoomStatus.CONVENED, {"declared": FULL - {3}}, "evaluation.waiting_for_seats"),
        ("begin", RoomStatus.CONVENED, {"seats": (1, 2, 3, 4)}, "evaluation.below_quorum"),
        ("elect", RoomStatus.ELECTING, {"chair": None}, "evaluation.no_majority"),
        ("close_review", RoomStatus.REVIEWING, {"valid": 0}, "evaluation.nothing_left"),
        ("close_review", RoomStatus.REVIEWING, {"valid": 2, "competition": None}, "evaluation.competition_undecided"),
        ("reject_all", RoomStatus.REVIEWING, {"valid": 2, "competition": True}, "evaluation.bids_left"),
        ("calculate", RoomStatus.SCORING, {"differing": ("甲 第 8 项",)}, "evaluation.objective_items_differ"),
        ("calculate", RoomStatus.SCORING, {"locked": FULL - {1}}, "evaluation.waiting_for_seats"),
        ("score", RoomStatus.SCORING, {"pause_reason": "断线"}, "evaluation.paused"),
        ("finish", RoomStatus.SIGNING, {"spoken": FULL - {5}}, "evaluation.waiting_for_seats"),
    ],
)  # fmt: skip
def test_what_stands_against_a_move(
    verb: str, status: RoomStatus, changes: dict[str, Any], code: str
) -> None:
    reasons = ROOM.reasons_against(verb, status, replace(DONE, **changes))
    assert code in [r.code for r in reasons]


def test_a_pause_ends_only_when_the_committee_is_complete() -> None:
    assert PAUSE.reasons_against("resume", PAUSE.moves["pause"].target, replace(DONE, seats=(1, 2)))


@pytest.mark.parametrize(
    ("against", "rejected"), [(0, False), (1, False), (2, False), (3, True), (4, True), (5, True)]
)
def test_more_than_half_of_the_committee_rejects(against: int, rejected: bool) -> None:
    opinions = [Opinion(n, n > against, "not_qualified", "不符合资格", "资格.pdf", 3) for n in range(1, 6)]
    assert review.verdict(opinions, 5).rejected == rejected


def test_the_ground_is_the_one_most_members_gave() -> None:
    opinions = [
        Opinion(1, False, "not_responsive", "没有响应工期", "技术.pdf", 9),
        Opinion(2, False, "not_qualified", "资质不符合", "资格.pdf", 2),
        Opinion(4, False, "not_qualified", "注册专业不符", "资格.pdf", 3),
    ]
    assert review.verdict(opinions, 5).opinion == opinions[1]


@pytest.mark.parametrize(
    ("opinion", "code"),
    [
        (Opinion(1, False, "off_reserve_price", "偏离标底太远", "a", 1), "rejection.ground_forbidden"),
        (Opinion(1, False, "ugly", "看着不好看", "a", 1), "rejection.ground_not_listed"),
        (Opinion(1, False, "under_cost", "低于成本价", "a", 1), "review.ground_not_printed"),
        (Opinion(1, False, "not_qualified", "不行", "a", 1), "review.no_evidence"),
        (Opinion(1, False, "not_qualified", "资质不符合", "a", 0), "review.no_evidence"),
        (Opinion(1, False, "not_qualified", "资质不符合", "", 3), "review.no_evidence"),
    ],
)
def test_a_rejection_needs_a_printed_ground_and_evidence(opinion: Opinion, code: str) -> None:
    with pytest.raises(Refused) as refused:
        review.check_opinion(opinion, {"rejection_grounds": ["not_qualified"]})
    assert refused.value.code == code


INVOLVED = Involved(frozenset({"B1", "B2"}), "OWNER", "AGENT", frozenset({"AUTHORITY"}))


@pytest.mark.parametrize(
    ("expert", "ground"),
    [
        (Connections("B1"), Ground.EMPLOYED_BY_BIDDER),
        (Connections("OWNER"), Ground.EMPLOYED_BY_OWNER),
        (Connections("AGENT"), Ground.EMPLOYED_BY_AGENT),
        (Connections("AUTHORITY"), Ground.EMPLOYED_BY_AUTHORITY),
        (Connections("X", frozenset({"B2"})), Ground.SAME_PERSON),
        (Connections("X", frozenset(), {"AGENT": "配偶"}), Ground.DECLARED_RELATION),
        (Connections("X", frozenset({"Y"}), {"Z": "曾任职"}), None),
    ],
)
def test_who_is_left_out_of_the_pool(expert: Connections, ground: Ground | None) -> None:
    assert ground_against(expert, INVOLVED) == ground


def test_every_ground_has_its_words_and_its_article() -> None:
    assert set(GROUND_ZH) == set(GROUND_LAW) == set(Ground)


def test_invitations_fill_the_seats_of_each_site_in_the_order_drawn() -> None:
    wanted = conditions.read(
        {"number": 5, "specialties": ["A"], "reserves": 0, "reply_minutes": 30,
         "sites": [{"site": "东", "seats": 2}, {"site": "", "seats": 3}]}
    )  # fmt: skip
    order = [("1", "东"), ("2", "东"), ("3", "东"), ("4", "西"), ("5", "北"), ("6", "西")]
    assert conditions.next_tickets(wanted, order, {}) == ["1", "2", "4", "5", "6"]
    assert conditions.next_tickets(wanted, order[2:], {"东": 1, "": 3}) == ["3"]


ITEMS = sheets.items_of(evaluation_method())


def test_a_score_takes_the_places_of_its_step() -> None:
    item = sheets.item_of(ITEMS, "overview")
    assert f"{sheets.points(item, '3'):f}" == "3.0"
    assert f"{sheets.points(item, '0'):f}" == "0.0"


def test_what_is_missing_is_named() -> None:
    bids = {"a": "甲", "b": "乙"}
    full = {bid: {item.id: "1.0" for item in ITEMS} for bid in bids}
    assert sheets.incomplete(ITEMS, bids, full) is None
    del full["b"]["schedule"], full["b"]["quality"]
    reason = sheets.incomplete(ITEMS, bids, full)
    assert reason is not None
    assert reason.zh == "还差 2 项才能锁定：乙 第 2、12 项"


def test_only_objective_items_can_differ() -> None:
    one = {"a": {item.id: "1.0" for item in ITEMS}}
    two = {"a": {**one["a"], "overview": "2.0", "credit": "2.0"}}
    found = sheets.differences(ITEMS, {1: one, 2: two}, ["a"])
    assert [(d.bid, d.item.id, dict(d.points)) for d in found] == [("a", "credit", {1: "1.0", 2: "2.0"})]


def test_no_prices_are_shown_while_members_score() -> None:
    assert shown_roles(RoomStatus.CONVENED) == frozenset()
    assert shown_roles(RoomStatus.SCORING) == {"technical", "commercial", "qualification", "other"}
    assert "boq" in shown_roles(RoomStatus.REVIEWING)
    blind = frozenset({"technical"})
    assert shown_roles(RoomStatus.REVIEWING, dual=True, anonymous=blind) == blind
    assert "qualification" in shown_roles(RoomStatus.PRICE_REVIEWING, dual=True, anonymous=blind)


def test_means_round_half_up_once_and_drop_extremes_leaves_one_of_two_equal_ones() -> None:
    assert mean(["1.0", "1.0", "1.0", "1.0", "1.1"]) == Decimal("1.02")
    assert mean(["0.01", "0.00"], decimals=2) == Decimal("0.01")
    assert mean(["5", "5", "3", "2", "0"], "drop_extremes") == Decimal("3.33")
    with pytest.raises(Refused):
        mean([], "mean")
    with pytest.raises(Refused):
        mean(["1"], "median")
    found = item_means([{"a": {"x": "1", "y": "2"}}, {"a": {"x": "2", "y": "3"}}])
    assert found == {"a": {"x": Decimal("1.50"), "y": Decimal("2.50")}}
    assert group_scores(found["a"], {"x": "g", "y": "g"}) == {"g": Decimal("4.00")}
