"""双信封: technical sheets are locked before a price is open; then prices are reviewed, and totals computed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from evaluation.queries import facts, view
from evaluation.rules.statuses import RoomStatus
from journal import due
from kernel.bid_rules import PRICE, TECHNICAL
from kernel.errors import Refused
from kernel.scoring import score
from tests import worlds_bids, worlds_dual, worlds_tenders
from tests.integration.evaluation import rooms_world as w
from tests.worlds_tenders import World
from trading.models import Bid, EvaluationResult, Lot, Tender

pytestmark = pytest.mark.django_db(transaction=True)
OVER = "9000000.01"
PRICES = ("8750000.00", "8655000.00", "8801000.00", OVER, "8590000.00")


def dual(world: World) -> tuple[Tender, list[worlds_dual.Both]]:
    """Every bidder's technical part is open, the committee sits; the technical part is anonymous (暗标)."""
    rules = {"anonymous": {"roles": ["technical"]}}
    tender = worlds_dual.announced(world, evaluation_method=w.short_method(), bid_rules=rules)
    sent = {
        m.key: worlds_dual.submit(world, tender, m, price)
        for m, price in zip(world.bidders, PRICES, strict=True)
    }
    worlds_dual.first_opening(world, tender, sent)
    return tender, list(sent.values())


def alias_of(both: worlds_dual.Both) -> str:
    return next(str(b.pk) for b in facts.bids_of(w.room()) if str(b.bid_id) == both[TECHNICAL].bid)


def roles() -> set[str]:
    return {file["role"] for row in view.documents(w.room()) for file in row["documents"]}


def test_prices_are_opened_after_the_sheets_are_locked_and_then_count() -> None:
    with worlds_tenders.world(5) as world:
        tender, bids = dual(world)
        seats = w.committee(world, w.experts(world, 6))
        w.declare_all(seats)
        w.elect(seats)
        # Nothing that names a bidder is shown until the sheets are locked.
        assert roles() == {"technical"}
        assert {row["say"] for row in view.guarantees(w.room()).values()} == {"暗标：锁定技术评分之后显示"}
        assert [row["summary"] for row in view.review_rows(w.room(), None)] == [[]] * 5
        weak = alias_of(bids[4])
        w.review_all(seats, against=weak)
        w.do(seats[1].actor, "close_review")
        assert len(w.bid_ids()) == 4
        w.score_all(seats)
        w.lock_all(seats)
        room, lot = w.room(), Lot.objects.get(tender=tender)
        assert (room.status, lot.status) == (RoomStatus.AWAITING_PRICE, "technical_evaluated")
        assert lot.technical_result is not None
        assert lot.technical_result["passed"] == sorted(both[TECHNICAL].bid for both in bids[:4])
        assert set(lot.technical_result["sheets"]) == {"1", "2", "3", "4", "5"}
        assert "qualification" in roles()
        assert "技术评分已锁定，等待开启报价" in _page(seats[1])
        _prices(world, tender, bids)
        _totals(seats, bids)


def _page(one: w.Expert) -> str:
    """The room as a member's browser shows it."""
    client = Client()
    w.sign_in(client, one.actor)
    answer = client.get(f"/evaluation/{w.NUMBER}/1/")
    assert answer.status_code == 200
    return answer.content.decode()


def _prices(world: World, tender: Tender, bids: list[worlds_dual.Both]) -> None:
    """The second opening; only then the room sees a price."""
    assert Bid.objects.filter(part=PRICE).exclude(content_key=None).count() == 0
    worlds_dual.second_opening(world, tender, bids[:4])
    assert w.room().status == RoomStatus.PRICE_REVIEWING
    assert "boq" in roles()
    shown = [dict(row["summary"]) for row in view.review_rows(w.room(), None)]
    assert len(shown) == 4
    assert {row["投标报价"] for row in shown} == {f"{Decimal(p):,.2f} 元" for p in PRICES[:4]}


def _totals(seats: dict[int, w.Expert], bids: list[worlds_dual.Both]) -> None:
    page = _page(seats[1])
    assert "现在请您逐份评审报价" in page
    assert "结束报价评审" in page
    assert "8,750,000.00 元" in page
    weak = alias_of(bids[4])
    with pytest.raises(Refused) as refused:
        w.do(seats[1].actor, "review", bid=weak, passed=True)
    assert refused.value.code == "score.bid_rejected"
    with pytest.raises(Refused) as refused:
        w.do(seats[1].actor, "close_review")
    assert refused.value.code == "evaluation.waiting_for_seats"
    w.review_all(seats)
    w.do(seats[1].actor, "close_review")
    room = w.room()
    assert room.status == RoomStatus.SIGNING
    assert room.calculation is not None
    assert room.calculation["output"] == score(room.calculation["input"])
    over = next(b for b in facts.bids_of(room) if str(b.pk) == alias_of(bids[3]))
    assert (over.rejected, over.rejected_stage, over.ground) == (True, 2, "over_ceiling")
    for one in seats.values():
        w.sign(one)
    room = w.room()
    room.lot.refresh_from_db()
    assert (room.status, room.lot.status) == (RoomStatus.FINISHED, "reported")
    result = EvaluationResult.objects.get(lot=room.lot)
    assert {row["bid"] for row in result.ranking} == {both[TECHNICAL].bid for both in bids[:3]}
    assert {row["price"] for row in result.ranking} == set(PRICES[:3])


def test_a_member_replaced_after_the_prices_are_open_scores_and_the_room_goes_on() -> None:
    with worlds_tenders.world(5) as world:
        tender, bids = dual(world)
        pool = w.experts(world, 8)
        seats = w.committee(world, pool)
        w.declare_all(seats)
        w.elect(seats)
        w.review_all(seats)
        w.do(seats[1].actor, "close_review")
        w.score_all(seats)
        w.lock_all(seats)
        worlds_dual.convene(world, tender)
        worlds_dual.start_second(world, tender)
        for both in bids[:4]:
            worlds_bids.release(both[PRICE])
        # The fifth does not decrypt in time: its bid has no price, and cannot be ranked.
        world.advance(minutes=61)
        due.take_due()
        worlds_dual.finish(world, tender)
        assert w.room().status == RoomStatus.PRICE_REVIEWING
        w.do(world.center.actor, "replace", seat=5, ground="absent", reason="突发疾病，离开现场")
        w.accept_all()
        seats = w.seated(pool)
        w.declare_all(seats)
        w.elect({5: seats[5]})
        assert w.room().status == RoomStatus.REVIEWING
        assert roles() == {"technical"}
        fresh = {5: seats[5]}
        w.review_all(fresh)
        w.do(seats[1].actor, "close_review")
        w.score_all(fresh)
        w.lock_all(fresh)
        assert w.room().status == RoomStatus.PRICE_REVIEWING
        w.review_all(seats)
        w.do(seats[1].actor, "close_review")
        room = w.room()
        assert room.status == RoomStatus.SIGNING
        silent = room.bids.get(bid_id=bids[4][TECHNICAL].bid)
        assert (silent.rejected, silent.rejected_stage, silent.ground) == (True, 2, "not_responsive")
        assert len(room.calculation["output"]["bids"]) == 4
