"""Each important verb pressed twice in the same moment on two connections of a real PostgreSQL: run by
``test_doubles.py`` in a process of its own (``DATABASE_URL``). Prints one JSON object: step → the two outcomes."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import django

django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from evaluation import commands as evaluating  # noqa: E402
from evaluation import frames  # noqa: E402
from evaluation.models import DrawTicket, Score, Seat  # noqa: E402
from evaluation.queries import facts, view  # noqa: E402
from journal import clock, outbox  # noqa: E402
from journal.door import Command, perform  # noqa: E402
from journal.models import Act  # noqa: E402
from kernel.actor import Actor  # noqa: E402
from kernel.clock import BEIJING  # noqa: E402
from tests import worlds_bids, worlds_tenders  # noqa: E402
from tests.integration.at_once import at_once  # noqa: E402
from tests.integration.evaluation import rooms_world as w  # noqa: E402
from trading import commands, preparing  # noqa: E402
from trading.models import Award, Contract, Lot, OpeningSession, Tender  # noqa: E402
from trading.queries import awards, tenders  # noqa: E402

OUT: dict[str, Any] = {"vendor": connection.vendor}
Act_ = Callable[[], object]


def both(step: str, first: Act_, second: Act_) -> None:
    OUT[step] = at_once(first, second)


def twice(step: str, command: Command, actor: Actor, other: Command | None = None) -> None:
    both(
        step,
        lambda: perform(command, actor, via="http"),
        lambda: perform(other or command, actor, via="http"),
    )


def settle() -> None:
    while outbox.relay():
        pass


def main() -> None:
    settings.OPENING_GRACE_SECONDS = 0
    with worlds_tenders.world(4) as world:
        opening(world)
    sys.stdout.write(json.dumps(OUT, ensure_ascii=False) + "\n")


def opening(world: worlds_tenders.World) -> None:
    tender = worlds_tenders.announced_tender(world, evaluation_method=w.short_method())
    asked = perform(
        commands.AskEnquiry(tender.number, "井盖规格？"), world.bidders[0].actor, via="http"
    ).result
    twice("answer", commands.AnswerEnquiry(asked["enquiry"], "D400。"), world.agent.actor)
    twice("ask_with_one_key", commands.AskEnquiry(tender.number, "工期？"), world.bidders[0].actor)
    sent = worlds_bids.submit_all(world, tender)
    world.advance_to(tender.submission_deadline)
    world.advance(minutes=1)
    for member in (world.center, world.owner, world.bidders[0]):
        twice(f"sign_in:{member.key}", commands.SignInToOpening(tender.number), member.actor)
    twice("start", commands.StartOpening(tender.number), world.center.actor)
    both("release_key", lambda: worlds_bids.release(sent[0]), lambda: worlds_bids.release(sent[0]))
    lost = commands.RequestQuorum(sent[1].bid, "密钥介质损坏，口头申请")
    twice("request_quorum", lost, world.center.actor)
    shares = [
        lambda: worlds_bids.share(sent[1], world.center),
        lambda: worlds_bids.share(sent[1], world.authority),
    ]
    both("one_share_twice", shares[0], shares[0])
    both("last_shares", shares[1], lambda: worlds_bids.share(sent[1], world.owner))
    for one in sent[2:]:
        worlds_bids.release(one)
    settle()
    worlds_bids.read_all(world, tender)
    twice("close_objections", commands.CloseObjections(tender.number), world.center.actor)
    settle()
    both(
        "sign_record",
        lambda: worlds_bids.sign_record(tender, world.owner),
        lambda: worlds_bids.sign_record(tender, world.owner),
    )
    for member in (world.center, *world.bidders):
        worlds_bids.sign_record(tender, member)
    twice("close_opening", commands.CloseOpening(tender.number, "已离开"), world.center.actor)
    settle()
    OUT["sessions"] = OpeningSession.objects.count()
    drawing(world)


def drawing(world: worlds_tenders.World) -> None:
    pool = w.experts(world, 8)
    frozen = evaluating.FreezeDraw(w.NUMBER, number=5, specialties=("A0803",), reserves=1, reply_minutes=30)
    twice("freeze", frozen, world.center.actor)
    nonces = w.commit(world)
    parties = w.parties_of(world)
    for who in ("trading_center", "supervisory_authority"):
        perform(evaluating.RevealDraw(w.NUMBER, who, nonces[who].hex()), parties[who], via="http")
    last = evaluating.RevealDraw(w.NUMBER, "procuring_entity", nonces["procuring_entity"].hex())
    twice("reveal", last, parties["procuring_entity"])
    tickets = w.invited()
    for ticket in tickets[:-2]:
        twice("accept", evaluating.AnswerInvitation(str(ticket.pk), True), w.actor_of(ticket))
    for ticket in w.invited():
        perform(evaluating.AnswerInvitation(str(ticket.pk), True), w.actor_of(ticket), via="http")
    settle()
    OUT["seats"] = Seat.objects.filter(vacated_at=None).count()
    OUT["draws"] = DrawTicket.objects.filter(place__isnull=False).values("draw").distinct().count()
    evaluation(world, w.seated(pool))


def verb(actor: Actor, name: str, **args: Any) -> Act_:
    return lambda: perform(frames.VERBS[name](args, actor, w.NUMBER, 1), actor, via="ws")


def evaluation(world: worlds_tenders.World, seats: dict[int, w.Expert]) -> None:
    first = seats[1]
    signed = first.signed(view.room_json(w.room(), first.actor)["sign"])
    both("declare", verb(first.actor, "declare", signed=signed), verb(first.actor, "declare", signed=signed))
    w.declare_all(seats)
    for one in list(seats.values())[:-2]:
        w.do(one.actor, "vote_chair", seat=1)
    a, b = list(seats.values())[-2:]
    both("last_two_votes", verb(a.actor, "vote_chair", seat=1), verb(b.actor, "vote_chair", seat=1))
    OUT["chair"] = w.room().chair.no
    w.review_all(seats)
    both("close_review", verb(first.actor, "close_review"), verb(first.actor, "close_review"))
    w.score_all(seats)
    item, bid = facts.items(w.room())[0], w.bid_ids()[0]
    scored = verb(first.actor, "score", bid=bid, item=item.id, points=str(item.min))
    both("score_and_lock", scored, verb(first.actor, "lock"))
    sheet = Decimal(Score.objects.get(seat__no=1, bid=bid, item=item.id).points)
    # Whichever was first: the locked sheet is what stands.
    OUT["score_kept"] = (sheet == item.min) is (
        "done" in OUT["score_and_lock"] and len(set(OUT["score_and_lock"])) == 1
    )
    others = list(seats.values())[1:]
    for one in others[:-1]:
        w.do(one.actor, "lock")
    both("last_lock", verb(others[-1].actor, "lock"), verb(others[-1].actor, "lock"))
    settle()
    signing = list(seats.values())
    for one in signing[:-1]:
        w.sign(one)
    last = signing[-1]
    final = last.signed(view.room_json(w.room(), last.actor)["sign"])
    both(
        "last_signature",
        verb(last.actor, "sign", signed=final, dissent=""),
        verb(last.actor, "sign", signed=final, dissent=""),
    )
    settle()
    OUT["room"] = w.room().status
    award(world)


def award(world: worlds_tenders.World) -> None:
    lot = tenders.lot(w.NUMBER, 1)
    OUT["lot"] = lot.status
    host = world.owner.actor
    shown = preparing.candidates(host, lot, None, None, clock.now())
    twice("announce_candidates", shown, host)
    candidates = [str(c.bid_id) for c in lot.candidates.order_by("rank")]
    objected = perform(
        commands.ObjectToResult(w.NUMBER, "1", "业绩不实"), world.bidders[1].actor, via="http"
    ).result
    answer = commands.AnswerObjection(objected["objection"], "经查属实。", "dismissed")
    twice("answer_objection", answer, host)
    world.advance_to(awards.standstill_until(tenders.lot(w.NUMBER, 1)))
    world.advance(days=3)
    # The same winner twice: passing over a winner that was decided first would be lawful, in that order.
    twice("award", commands.DecideAward(w.NUMBER, "1", candidates[0]), host)
    OUT["awards"] = Award.objects.count()
    notice = preparing.notification(host, tenders.lot(w.NUMBER, 1), clock.now())
    twice("notify", notice, host)
    world.advance(days=2)
    price = f"{Award.objects.get().bid.price:.2f}"
    contract = commands.RegisterContract(
        w.NUMBER, "1", "HT-1", price, clock.now().astimezone(BEIJING).date().isoformat(), world.file().sha256
    )
    twice("contract", contract, host)
    OUT["contracts"] = Contract.objects.count()
    settle()
    twice("tender_again", commands.TenderAgain(w.NUMBER, "AGAIN-0001", "重新招标"), host,
          commands.TenderAgain(w.NUMBER, "AGAIN-0002", "重新招标"))  # fmt: skip
    OUT["tendered_again"] = Lot.objects.exclude(tendered_again_from=None).count()
    OUT["tenders"] = Tender.objects.count()
    doubled = {verb: Act.objects.filter(verb=verb).count() for verb in
               ("opening.start", "award.decide", "award.notify", "contract.register", "candidates.announce")}  # fmt: skip
    OUT["acts"] = doubled


if __name__ == "__main__":
    main()
