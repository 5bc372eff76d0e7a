"""双信封: one bid in two envelopes, opened at two sessions, the second of those who passed only."""

from __future__ import annotations

import io
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client

from journal import clock, sequencer
from journal.door import perform
from journal.models import Act
from kernel.actor import PUBLIC, pseudonym
from kernel.bid_rules import PRICE, TECHNICAL
from kernel.clock import iso
from kernel.errors import Refused
from portal import desk, rooms
from sealing import read_header, statements, unwrap_as_bidder
from tests import worlds_bids, worlds_dual, worlds_tenders
from tests.integration.trading import test_adversarial_dump as dump
from tests.integration.trading.test_opening import refused
from tests.worlds_bids import Sent
from tests.worlds_tenders import Member, World
from trading import releases
from trading.commands import (
    ConveneSecondOpening,
    RequestQuorum,
    RevokeBid,
    StartOpening,
    WithdrawBid,
)
from trading.models import Bid, Lot, OpeningSession, Tender
from trading.queries import openings
from trading.queries.awards import opened_bids
from trading.queries.bids import bid as bid_by_id
from trading.queries.bids import public_bid, public_rows

pytestmark = pytest.mark.django_db(transaction=True)


def status(sent: Sent) -> str:
    return str(Bid.objects.get(pk=sent.bid).status)


def release_now(sent: Sent) -> None:
    """As the bidder's client would, whatever the platform thinks of it."""
    ticket = sent.sealed.ticket
    key = unwrap_as_bidder(read_header(io.BytesIO(sent.sealed.data)), ticket)
    row = bid_by_id(sent.bid)
    perform(
        releases.key_release(row, ticket.key_release(sent.bid, key.value)),
        pseudonym(row.pseudonym),
        via="api",
    )


def test_two_envelopes_are_opened_at_two_sessions() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        sent = worlds_dual.submit_all(world, tender)
        assert Bid.objects.values("pseudonym").distinct().count() == len(sent)
        worlds_bids.sign_in(tender, *world.bidders)
        worlds_dual.first_opening(world, tender, sent)
        bids = list(sent.values())
        assert {status(both[TECHNICAL]) for both in bids} == {"opened"}
        assert {status(both[PRICE]) for both in bids} == {"submitted"}
        lot = Lot.objects.get(tender=tender)
        assert (lot.status, [b.price for b in opened_bids(lot)]) == ("evaluating", [None] * len(bids))
        assert len(public_rows(tender)) == len(bids)
        assert refused(public_bid, bids[0][PRICE].bid) == "bid.unknown"
        early = ConveneSecondOpening(tender.number, iso(clock.now()))
        assert refused(perform, early, world.center.actor, via="http") == "opening.technical_pending"
        worlds_dual.technical_result(tender, bids[:3], bids[3:])
        worlds_dual.second_opening(world, tender, bids[:3])
        assert {status(both[PRICE]) for both in bids[:3]} == {"opened"}
        assert {status(both[PRICE]) for both in bids[3:]} == {"unopened"}
        left = Bid.objects.get(pk=bids[3][PRICE].bid)
        assert left.failure is not None
        assert (left.failure["code"], left.content_key, left.summary, left.number) == (
            "bid.technical_not_passed", None, None, None,
        )  # fmt: skip
        lot.refresh_from_db()
        assert lot.status == "evaluating"
        prices = [b.price for b in opened_bids(lot)]
        assert prices == [*(Decimal(p) for p in worlds_dual.PRICES[:3]), None]
        _what_the_acts_say(tender, bids)


def _what_the_acts_say(tender: Tender, bids: list[worlds_dual.Both]) -> None:
    sequencer.sequence()
    starts = [
        act.document["payload"]
        for act in Act.objects.filter(verb="opening.start", subject=f"tender:{tender.number}").order_by(
            "index"
        )
    ]
    first, second = ({row["bid"] for row in start["lots"][0]["bids"]} for start in starts)
    assert first == {both[TECHNICAL].bid for both in bids}
    assert second == {both[PRICE].bid for both in bids[:3]}
    assert {row["of"] for row in starts[1]["lots"][0]["bids"]} == set(starts[1]["lots"][0]["passed"])
    assert {row["bid"] for row in starts[1]["lots"][0]["unopened"]} == {both[PRICE].bid for both in bids[3:]}
    began = Act.objects.filter(verb="opening.start").order_by("index").values_list("index", flat=True)[1]
    released = Act.objects.filter(
        verb="bid.release_key", subject__in=[f"bid:{both[PRICE].bid}" for both in bids]
    )
    assert released.count() == 3
    assert all((act.index or 0) > (began or 0) for act in released)


def test_nobody_opens_a_price_before_the_second_session() -> None:
    """Neither the bidder, nor the host, nor a custodian; not before the first opening, in it, nor after it."""
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        sent = worlds_dual.submit_all(world, tender)
        one = next(iter(sent.values()))
        worlds_bids.start(world, tender)
        _every_way_is_closed(world, one[PRICE])
        for both in sent.values():
            worlds_bids.release(both[TECHNICAL])
        worlds_dual.finish(world, tender)
        _every_way_is_closed(world, one[PRICE])
        bids = list(sent.values())
        worlds_dual.technical_result(tender, bids[:3], bids[3:])
        _every_way_is_closed(world, one[PRICE])
        worlds_dual.convene(world, tender)
        _every_way_is_closed(world, one[PRICE], "machine.wrong_status")
        too_early = StartOpening(tender.number)
        assert refused(perform, too_early, world.center.actor, via="http") == "opening.too_early"
        worlds_dual.start_second(world, tender)
        # Who did not pass stays sealed, whatever key is shown.
        _every_way_is_closed(world, bids[3][PRICE], "machine.wrong_status")
        release_now(one[PRICE])
        assert status(one[PRICE]) == "opened"


def _every_way_is_closed(world: World, sent: Sent, code: str = "bid.part_sealed_until_second") -> None:
    assert _code(release_now, sent) == code
    row = bid_by_id(sent.bid)
    lost = RequestQuorum(str(row.pk), "U 盾损坏")
    assert _code(lambda: perform(lost, pseudonym(row.pseudonym), via="api")) is not None
    assert _code(lambda: perform(lost, world.center.actor, via="http")) is not None
    assert _code(lambda: worlds_bids.share(sent, world.authority)) is not None
    assert refused(public_bid, sent.bid) == "bid.unknown"
    row.refresh_from_db()
    assert (row.key_release, row.quorum_requested_at, row.shares.count()) == (None, None, 0)


def _code(call: object, *args: object) -> str | None:
    try:
        call(*args)  # type: ignore[operator]
    except Refused as refusal:
        return refusal.code
    return None


def test_a_bid_without_both_envelopes_counts_as_withdrawn() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        sent = worlds_dual.submit_all(world, tender)
        bids = list(sent.values())
        _take_back(bids[0][PRICE])
        worlds_bids.start(world, tender)
        assert status(bids[0][TECHNICAL]) == "unopened"
        assert status(bids[0][PRICE]) == "withdrawn"
        row = Bid.objects.get(pk=bids[0][TECHNICAL].bid)
        assert row.failure is not None
        assert row.failure["zh"].startswith("本标段为双信封，还缺报价部分（第二信封）")
        assert openings.hall(tender.number, PUBLIC).state["lots"]["1"]["count"] == len(bids) - 1
        assert refused(release_now, bids[0][TECHNICAL]) == "machine.wrong_status"


def _take_back(sent: Sent) -> None:
    row = bid_by_id(sent.bid)
    statement = releases.withdrawal(row, sent.sealed.ticket.withdrawal(sent.bid))
    perform(WithdrawBid(sent.bid, statement), pseudonym(row.pseudonym), via="api")


def test_too_few_whole_bids_open_nothing() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        sent = [worlds_dual.submit(world, tender, m, "8700000.00") for m in world.bidders[:3]]
        _take_back(sent[2][TECHNICAL])
        worlds_bids.start(world, tender)
        assert Lot.objects.get(tender=tender).status == "failed"
        assert OpeningSession.objects.get().status == "failed"


def test_the_bidder_is_told_what_is_missing_and_nobody_else() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        both = worlds_dual.sealed(world, tender, world.bidders[0], "8700000.00")
        first = worlds_bids.submit(both[TECHNICAL])
        said = _state(first)
        assert (said["whole"], [row["part"] for row in said["parts"]]) == (False, ["technical"])
        assert said["missing"]["code"] == "bid.part_missing"
        worlds_bids.submit(both[PRICE])
        said = _state(first)
        assert (said["whole"], said["missing"]) == (True, None)
        assert [row["part"] for row in said["parts"]] == ["technical", "price"]
        other = worlds_bids.submit(worlds_dual.sealed(world, tender, world.bidders[1], "8.00")[TECHNICAL])
        asked = _question(other, first.bid, first.sealed.ticket.envelope_sha256)
        answer = Client().post(f"/api/v1/bids/{first.bid}/state", {"signed": asked}, "application/json")
        assert answer.json()["code"] == "statement.signer_differs"


def _question(sent: Sent, bid: str, sha256: str) -> dict[str, object]:
    said = {"bid": bid, "envelope_sha256": sha256}
    return statements.sign(statements.statement("bid-state", said), sent.sealed.ticket.pseudonym_key)


def _state(sent: Sent) -> dict:
    asked = _question(sent, sent.bid, sent.sealed.ticket.envelope_sha256)
    answer = Client().post(f"/api/v1/bids/{sent.bid}/state", {"signed": asked}, "application/json")
    assert answer.status_code == 200, answer.content
    return answer.json()


def test_the_door_takes_only_the_lots_parts() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        whole = worlds_bids.sealed_bid(world, tender, world.bidders[0])
        assert refused(worlds_bids.submit, whole) == "bid.wrong_part"


def test_prices_of_another_bidder_do_not_open() -> None:
    """The price part under the same pseudonym is signed by somebody else: it does not open, with the reason."""
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        sent = list(worlds_dual.submit_all(world, tender).values())
        mixed = _mixed(world, tender, world.bidders[0], world.bidders[1])
        sent.append(mixed)
        worlds_bids.start(world, tender)
        for both in sent:
            worlds_bids.release(both[TECHNICAL])
        worlds_dual.finish(world, tender)
        worlds_dual.technical_result(tender, sent, [])
        worlds_dual.convene(world, tender)
        worlds_dual.start_second(world, tender)
        release_now(mixed[PRICE])
        row = Bid.objects.get(pk=mixed[PRICE].bid)
        assert row.failure is not None
        assert (row.status, row.failure["code"]) == ("undecryptable", "bid.other_bidder_in_part")


def _mixed(world: World, tender: Tender, first: Member, second: Member) -> worlds_dual.Both:
    both = worlds_dual.sealed(world, tender, first, "8700000.00")
    key = both[TECHNICAL].ticket.pseudonym_key
    other = worlds_dual.sealed(world, tender, second, "8700000.00", pseudonym=key)
    return {
        TECHNICAL: worlds_bids.submit(both[TECHNICAL]),
        PRICE: worlds_bids.submit(other[PRICE]),
    }


def test_custodians_open_second_envelopes_too() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        bids = list(worlds_dual.submit_all(world, tender).values())
        worlds_dual.first_opening(world, tender, dict(enumerate(bids)))  # type: ignore[arg-type]
        worlds_dual.technical_result(tender, bids, [])
        worlds_dual.convene(world, tender)
        worlds_dual.start_second(world, tender)
        worlds_bids.sign_in(tender, world.bidders[0])
        row = bid_by_id(bids[0][PRICE].bid)
        perform(RequestQuorum(str(row.pk), "凭据丢失"), world.center.actor, via="http")
        for custodian in (world.authority, world.owner):
            worlds_bids.share(bids[0][PRICE], custodian)
        assert status(bids[0][PRICE]) == "opened"
        for both in bids[1:]:
            release_now(both[PRICE])
        # Prices are the bid's once they are read out, not before.
        assert Bid.objects.get(pk=bids[0][TECHNICAL].bid).price is None
        worlds_bids.read_all(world, tender)
        assert Bid.objects.get(pk=bids[0][TECHNICAL].bid).price == Decimal(worlds_dual.PRICES[0])
        revoked = bids[1][TECHNICAL]
        row = bid_by_id(revoked.bid)
        statement = releases.withdrawal(row, revoked.sealed.ticket.withdrawal(revoked.bid))
        perform(RevokeBid(revoked.bid, statement), pseudonym(row.pseudonym), via="api")
        state = rooms.snapshot(f"hall:{tender.number}", ()).state
        assert state["first"]["bids"][revoked.bid]["revoked"] is True
        assert state["stage"] == 2
        assert set(state["first"]["bids"]) == {both[TECHNICAL].bid for both in bids}
        assert set(state["bids"]) == {both[PRICE].bid for both in bids}


def test_everything_that_is_there_before_the_second_opening_opens_no_price() -> None:
    """Whoever takes database, files and keys while the second opening is called, with the first envelopes open."""
    with worlds_tenders.world() as world:
        tender = worlds_dual.announced(world)
        bids = list(worlds_dual.submit_all(world, tender).values())
        files = dump._files()
        worlds_dual.first_opening(world, tender, dict(enumerate(bids)))  # type: ignore[arg-type]
        worlds_dual.technical_result(tender, bids, [])
        worlds_dual.convene(world, tender)
        rows = "\n".join(dump._rows())
        media = b"".join(path.read_bytes() for path in sorted(dump._files() - files))
        candidates = set(dump._candidates(rows, media))
        headers = [dump._header(both[PRICE]) for both in bids]
        # The search finds the keys that are there: those of the first envelopes.
        for both in bids:
            first = dump._header(both[TECHNICAL])
            assert any(dump._opens(first, key) for key in candidates)
        assert [h.part for h in headers for key in candidates if dump._opens(h, key)] == []
        assert [h.part for h in headers for key in dump._private_keys() if dump._unwraps(h, key)] == []
        assert [price for price in worlds_dual.PRICES[:3] if price in rows or price.encode() in media] == []


def test_the_host_finds_the_second_opening_on_the_desk() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_dual.announced(world)
        bids = list(worlds_dual.submit_all(world, tender).values())
        worlds_dual.first_opening(world, tender, dict(enumerate(bids)))  # type: ignore[arg-type]
        assert "安排第二信封（报价）开标" not in _desk(world.center)
        worlds_dual.technical_result(tender, bids, [])
        assert "安排第二信封（报价）开标" in _desk(world.center)
        assert "安排第二信封（报价）开标" not in _desk(world.owner)
        worlds_dual.convene(world, tender)
        assert "安排第二信封（报价）开标" not in _desk(world.center)
        assert "开标前请签到" in _desk(world.owner)


def _desk(member: Member) -> set[str]:
    return {item.title for item in desk.items_for(member.actor, clock.now())}


def test_the_hall_page_says_which_opening_it_is() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        bids = list(worlds_dual.submit_all(world, tender).values())
        worlds_dual.first_opening(world, tender, dict(enumerate(bids)))  # type: ignore[arg-type]
        page = Client().get(f"/halls/{tender.number}/").content.decode()
        assert "第一信封开标" in page
        assert "报价部分保持密封" in page
        worlds_dual.technical_result(tender, bids[:3], bids[3:])
        worlds_dual.convene(world, tender)
        assert "第二信封（报价）开标" in Client().get(f"/halls/{tender.number}/").content.decode()
        worlds_dual.start_second(world, tender)
        said = Client().get(f"/api/v1/tenders/{tender.number}/opening").json()
        assert (said["stage"], len(said["bids"])) == (2, len(bids) + 3)


def test_the_technical_result_stands_once_prices_are_being_opened() -> None:
    with worlds_tenders.world(bidders=4) as world:
        tender = worlds_dual.announced(world)
        bids = list(worlds_dual.submit_all(world, tender).values())
        worlds_dual.first_opening(world, tender, dict(enumerate(bids)))  # type: ignore[arg-type]
        worlds_dual.technical_result(tender, bids[:3], bids[3:])
        worlds_dual.technical_result(tender, bids[:4], bids[4:])
        past = ConveneSecondOpening(tender.number, iso(clock.now() - timedelta(hours=1)))
        assert refused(perform, past, world.center.actor, via="http") == "opening.second_in_the_past"
        assert refused(perform, past, world.owner.actor, via="http") == "opening.only_host"
        worlds_dual.convene(world, tender)
        again = ConveneSecondOpening(tender.number, iso(clock.now() + timedelta(hours=5)))
        assert refused(perform, again, world.center.actor, via="http") in (
            "opening.second_convened", "opening.first_not_closed",
        )  # fmt: skip
        worlds_dual.start_second(world, tender)
        with pytest.raises(Refused) as caught:
            worlds_dual.technical_result(tender, bids[:3], bids[3:])
        assert caught.value.code == "lot.technical_result_stands"
