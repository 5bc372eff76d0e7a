"""A tender from its announcement to the contract, by the real verbs: what a whole record is made of."""

from __future__ import annotations

from journal import clock
from journal.door import perform
from tests import worlds_bids
from tests.integration.evaluation import rooms_world as rooms
from tests.worlds_tenders import World, announced_tender
from trading import preparing
from trading.commands import DecideAward, RegisterContract, RequestQuorum
from trading.models import Lot, Tender
from trading.queries.tenders import lot as lot_by_no


def opened(world: World) -> Tender:
    """Three bids for lot 1, one of them opened by quorum; nobody bids for lot 2, which fails."""
    tender = announced_tender(world)
    sent = worlds_bids.submit_all(world, tender)
    worlds_bids.sign_in(tender, world.owner, *world.bidders)
    worlds_bids.start(world, tender)
    for one in sent[:-1]:
        worlds_bids.release(one)
    perform(RequestQuorum(sent[-1].bid, "U 盘损坏"), world.center.actor, via="ws")
    for custodian in (world.authority, world.owner):
        worlds_bids.share(sent[-1], custodian)
    worlds_bids.read_all(world, tender)
    worlds_bids.perform(worlds_bids.CloseObjections(tender.number), world.center.actor, via="ws")
    for member in (world.center, world.owner, *world.bidders):
        worlds_bids.sign_record(tender, member, pdf=True)
    worlds_bids.perform(worlds_bids.CloseOpening(tender.number), world.center.actor, via="ws")
    return tender


def evaluated(world: World) -> None:
    seats = rooms.committee(world, rooms.experts(world, 7))
    rooms.declare_all(seats)
    rooms.elect(seats)
    rooms.review_all(seats)
    rooms.do(seats[1].actor, "close_review")
    rooms.score_all(seats)
    rooms.lock_all(seats)
    for one in seats.values():
        rooms.sign(one, pdf=True)


def awarded(world: World, number: str) -> Lot:
    host = world.owner.actor
    lot = lot_by_no(number, 1)
    perform(preparing.candidates(host, lot, None, None, clock.now()), host, via="http")
    world.advance(days=5)
    winner = str(lot_by_no(number, 1).evaluation_result.ranking[0]["bid"])
    perform(DecideAward(number, "1", winner, []), host, via="http")
    return lot_by_no(number, 1)


def notified(world: World, number: str) -> None:
    host = world.owner.actor
    perform(preparing.notification(host, lot_by_no(number, 1), clock.now()), host, via="http")


def contracted(world: World, number: str) -> None:
    host, lot = world.owner.actor, lot_by_no(number, 1)
    world.advance(days=3)
    command = RegisterContract(
        number,
        "1",
        f"HT-{number}",
        f"{lot.award.bid.price:.2f}",
        clock.now().date().isoformat(),
        world.file("合同.pdf").sha256,
    )
    perform(command, host, via="http")
