"""The machines never leave their tables; ranking ignores the order of input; means ignore the seats' order."""

from __future__ import annotations

import random
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from demo.method import evaluation_method
from evaluation.rules import results, sheets
from evaluation.rules.room_moves import ROOM, RoomFacts
from evaluation.rules.statuses import ROOM_ENDED, RoomStatus
from kernel.errors import Refused
from kernel.expert_means import mean
from kernel.scoring import score

ORDER = list(RoomStatus)
METHOD = evaluation_method()
ITEMS = sheets.items_of(METHOD)


class Room(RuleBasedStateMachine):
    """Random members do random things; the step only moves as the table says and never past what is done."""

    def __init__(self) -> None:
        super().__init__()
        self.status = RoomStatus.CONVENED
        self.facts = {"declared": set(), "voted": set(), "reviewed": set(), "locked": set(), "spoken": set()}
        self.seats, self.pause, self.chair = {1, 2, 3, 4, 5}, "", None
        self.dual = False

    @initialize(dual=st.booleans())
    def envelopes(self, dual: bool) -> None:
        self.dual = dual

    def known(self) -> RoomFacts:
        done = {name: frozenset(found) for name, found in self.facts.items()}
        return RoomFacts(
            5, tuple(sorted(self.seats)), self.pause, valid=4, competition=True, chair=self.chair,
            dual=self.dual, **done,
        )  # fmt: skip

    @rule(verb=st.sampled_from(sorted(ROOM.moves)))
    def attempt(self, verb: str) -> None:
        before = self.status
        try:
            self.status = ROOM.after(verb, before, self.known())
        except Refused:
            return
        assert before in ROOM.moves[verb].sources
        if verb not in ("replace",):
            # What comes from outside the room does not wait for it: a rendered report, opened prices, a lot's end.
            assert not self.pause or verb in ("attach_report", "open_prices", "terminate")

    @rule(what=st.sampled_from(["declared", "voted", "reviewed", "locked", "spoken"]), seat=st.integers(1, 5))
    def acts(self, what: str, seat: int) -> None:
        if seat in self.seats:
            self.facts[what].add(seat)
            self.chair = self.chair or (seat if len(self.facts["voted"]) == 5 else None)

    @rule(seat=st.integers(1, 5))
    def leaves_or_comes_back(self, seat: int) -> None:
        if seat in self.seats and self.status not in ROOM_ENDED:
            self.seats.discard(seat)
            for found in self.facts.values():
                found.discard(seat)
            self.status = ROOM.after("replace", self.status, self.known())
        elif len(self.seats) < 5:
            self.seats.add(seat)

    @rule(paused=st.booleans())
    def pauses(self, paused: bool) -> None:
        self.pause = "断线" if paused else ""

    @invariant()
    def nothing_is_skipped(self) -> None:
        if self.status is RoomStatus.TERMINATED:
            return
        reached = ORDER.index(self.status)
        for name, least in (
            ("declared", RoomStatus.ELECTING),
            ("voted", RoomStatus.REVIEWING),
            ("reviewed", RoomStatus.SCORING),
            ("locked", RoomStatus.AWAITING_PRICE),
            ("spoken", RoomStatus.FINISHED),
        ):
            if reached >= ORDER.index(least):
                assert self.facts[name] >= self.seats, (self.status, name)


TestRoom = Room.TestCase
TestRoom.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@given(st.lists(st.decimals(0, 10, places=1), min_size=1, max_size=9), st.randoms())
def test_a_mean_ignores_who_sat_where(points: list[Decimal], chance: random.Random) -> None:
    shuffled = points[:]
    chance.shuffle(shuffled)
    for how in ("mean", "drop_extremes"):
        assert mean(points, how) == mean(shuffled, how)
        assert min(points) <= mean(points, how) + Decimal("0.005")


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.integers(5_000_000, 9_000_000), min_size=1, max_size=6, unique=True),
    st.integers(0, 3),
    st.randoms(),
)
def test_the_ranking_ignores_the_order_of_bids_and_seats(
    prices: list[int], rejected: int, chance: random.Random
) -> None:
    bids = [
        results.ScoredBid(f"bid-{no}", Decimal(p), f"投标人{no}", "C", rejected=no < rejected and no > 0)
        for no, p in enumerate(prices)
    ]
    names = [b.id for b in bids if not b.rejected]
    made = {
        seat: {bid: {i.id: f"{(i.max - Decimal(seat) / 10):f}" for i in ITEMS} for bid in names}
        for seat in (1, 2, 3, 4, 5)
    }
    shuffled = bids[:]
    chance.shuffle(shuffled)
    seats = list(made)
    chance.shuffle(seats)
    assert _rank(bids, made) == _rank(shuffled, {seat: made[seat] for seat in seats})


def _rank(bids: list[results.ScoredBid], made: dict[int, sheets.Sheet]) -> list[dict[str, object]]:
    means = results.means_of(METHOD, ITEMS, made)
    request = results.scoring_request(
        METHOD, ITEMS, bids, means, ceiling=Decimal("9000000.00"), coefficients={}
    )
    return results.ranking_of(bids, score(request))
