"""From the report to the contract through the one door, with objections, a refusal to sign, failure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from journal import clock, due
from journal.door import perform
from journal.models import Act
from kernel.actor import SYSTEM, pseudonym
from kernel.clock import BEIJING
from kernel.errors import Refused
from tests import worlds_bids
from tests import worlds_tenders as worlds
from tests.worlds_tenders import TENDER, World
from trading import commands, preparing
from trading.models import Bid, Lot, Tender, TenderDocument
from trading.policy.tenders import may_read
from trading.queries import awards, tenders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Iterator[World]:
    with worlds.world() as made:
        worlds_bids.opened_tender(made, worlds.announced_tender(made), ("1",))
        yield made


def lot() -> Lot:
    return tenders.lot(TENDER, 1)


def report(world: World, **changes: Any) -> commands.ReceiveEvaluationResult:
    """The committee ranks the opened bids by price."""
    bids = sorted(awards.opened_bids(lot()), key=lambda b: b.price or 0)
    ranking = [
        {"bid": str(b.id), "bidder": b.bidder_name, "credit_code": b.bidder_credit_code,
         "price": f"{b.price:.2f}", "score": f"{95 - rank}.50", "rank": rank}
        for rank, b in enumerate(bids, start=1)
    ]  # fmt: skip
    said = {"ranking": ranking, "rejected": [], "report": world.file("评标报告.pdf").sha256, **changes}
    return commands.ReceiveEvaluationResult(TENDER, "1", **said)


def reported(world: World) -> list[str]:
    command = report(world)
    perform(command, SYSTEM, via="task")
    return [row["bid"] for row in command.ranking]


def shown(world: World) -> list[str]:
    bids = reported(world)
    perform(
        preparing.candidates(world.agent.actor, lot(), None, None, clock.now()), world.agent.actor, via="http"
    )
    return bids


def refused(command: Any, actor: Any) -> str:
    with pytest.raises(Refused) as found:
        perform(command, actor, via="http")
    return found.value.code


def over(world: World) -> None:
    """To the end of the standstill: its last moment still refuses, the end itself does not."""
    until = awards.standstill_until(lot())
    assert until is not None
    world.advance_to(until)


def test_the_whole_way_to_the_contract(world: World) -> None:
    owner, bids = world.owner.actor, shown(world)
    assert refused(commands.DecideAward(TENDER, "1", bids[0]), owner) == "lot.standstill"
    over(world)
    assert refused(commands.DecideAward(TENDER, "1", bids[1]), owner) == "award.not_first"
    perform(commands.DecideAward(TENDER, "1", bids[0]), owner, via="http")
    perform(preparing.notification(owner, lot(), clock.now()), owner, via="http")
    letters = TenderDocument.objects.filter(kind__in=("acceptance_notice", "result_letter"))
    assert letters.count() == len(bids)
    mine = {
        m.key: [may_read(m.actor, d) for d in letters].count(True) for m in (*world.bidders, world.stranger)
    }
    assert mine == {"bidder-1": 1, "bidder-2": 1, "bidder-3": 1, "stranger": 0}
    price, today = f"{lot().award.bid.price:.2f}", clock.now().astimezone(BEIJING).date().isoformat()
    file = world.file("合同.pdf").sha256
    wrong = commands.RegisterContract(TENDER, "1", "HT-1", "1.00", today, file)
    assert refused(wrong, owner) == "contract.price_differs"
    perform(commands.RegisterContract(TENDER, "1", "HT-1", price, today, file), owner, via="http")
    assert Tender.objects.get().status == "closed"
    assert awards.result_json(lot())["contract"]["number"] == "HT-1"


def revoke(bid: str) -> str:
    row = Bid.objects.get(pk=bid)
    command = commands.RevokeBid(bid, {"statement": {}})
    try:
        return str(perform(command, pseudonym(row.pseudonym), via="api").result["status"])
    except Refused as refusal:
        return refusal.code


def test_a_bid_revoked_while_the_committee_sits_is_passed_over_and_its_bond_is_not_given_back(
    world: World,
) -> None:
    """The report names it, because it was opened and judged; candidates are the others, in the report's order."""
    command = report(world)
    ranked = [row["bid"] for row in command.ranking]
    assert revoke(ranked[0]) == "revoked"
    perform(command, SYSTEM, via="task")
    agent = world.agent.actor
    wrong = preparing.candidates(agent, lot(), ranked[1:], None, clock.now())
    assert refused(replace(wrong, candidates=ranked), agent) == "award.not_as_reported"
    perform(preparing.candidates(agent, lot(), None, None, clock.now()), agent, via="http")
    assert [str(row.bid_id) for row in lot().candidates.order_by("rank")] == ranked[1:]
    # From the report on a bidder gives up, it does not revoke.
    assert revoke(ranked[1]) == "bid.revocation_reported"


def test_a_bid_revoked_before_the_committee_sat_is_not_in_its_result(world: World) -> None:
    everybody = report(world)
    gone = everybody.ranking[-1]["bid"]
    assert revoke(gone) == "revoked"
    left = report(world)
    assert gone not in [row["bid"] for row in left.ranking]
    perform(left, SYSTEM, via="task")


def test_the_result_comes_from_the_evaluation_and_is_whole(world: World) -> None:
    command = report(world)
    assert refused(command, world.owner.actor) == "award.only_system"
    assert refused(report(world, ranking=command.ranking[:2]), SYSTEM) == "award.ranking_bad"
    gone = {"bid": command.ranking[2]["bid"], "ground": "ugly"}
    assert refused(report(world, ranking=command.ranking[:2], rejected=[gone]), SYSTEM) == (
        "rejection.ground_not_listed"
    )
    gone["ground"] = "not_qualified"
    perform(report(world, ranking=command.ranking[:2], rejected=[gone]), SYSTEM, via="task")
    assert lot().evaluation_result.rejected[0]["law"] == "招标投标法实施条例第五十一条第三项"
    assert Act.objects.get(verb="evaluation.receive_result").sealed is True


def test_candidates_are_those_of_the_report_and_on_show_three_days(world: World) -> None:
    bids, agent = reported(world), world.agent.actor
    for chosen, days, code in (
        ([bids[1], bids[0]], None, "award.not_as_reported"),
        (None, 2, "award.standstill_too_short"),
    ):
        with pytest.raises(Refused) as found:
            preparing.candidates(agent, lot(), chosen, days, clock.now())
        assert found.value.code == code
    command = preparing.candidates(agent, lot(), None, 3, clock.now())
    stale = commands.AnnounceCandidates(**{**command.as_json(), "until": "2026-01-01T00:00:00.000000Z"})
    assert refused(stale, agent) == "award.paper_outdated"


def test_an_objection_pauses_the_standstill_by_its_time(world: World) -> None:
    bids = shown(world)
    before = awards.standstill_until(lot())
    assert before is not None
    assert (
        refused(commands.ObjectToResult(TENDER, "1", "?"), world.stranger.actor) == "award.only_bidder_of_lot"
    )
    said = perform(
        commands.ObjectToResult(TENDER, "1", "第一名业绩不实"), world.bidders[1].actor, via="http"
    ).result
    world.advance_to(before)
    owner = world.owner.actor
    assert refused(commands.DecideAward(TENDER, "1", bids[0]), owner) == "lot.paused_by_objection"
    perform(commands.AnswerObjection(said["objection"], "经核实，业绩属实。", "dismissed"), owner, via="http")
    after = awards.standstill_until(lot())
    assert after is not None
    assert after > before
    assert refused(commands.DecideAward(TENDER, "1", bids[0]), owner) == "lot.standstill"
    over(world)
    due.take_due()
    due.take_due()
    assert Act.objects.filter(verb="candidates.standstill_over").count() == 1
    assert lot().status == "candidates_announced"
    perform(commands.DecideAward(TENDER, "1", bids[0]), owner, via="http")


def test_an_upheld_objection_leads_to_a_corrected_result(world: World) -> None:
    bids, owner = shown(world), world.owner.actor
    assert refused(report(world), SYSTEM) == "lot.nothing_upheld"
    said = perform(
        commands.ObjectToResult(TENDER, "1", "计算有误"), world.bidders[1].actor, via="http"
    ).result
    perform(commands.AnswerObjection(said["objection"], "属实。", "upheld"), owner, via="http")
    over(world)
    assert refused(commands.DecideAward(TENDER, "1", bids[0]), owner) == "lot.correction_due"
    rows = report(world).ranking
    turned = [{**row, "rank": rank} for rank, row in enumerate([rows[1], rows[0], rows[2]], start=1)]
    perform(report(world, ranking=turned), SYSTEM, via="task")
    perform(preparing.candidates(owner, lot(), None, None, clock.now()), owner, via="http")
    assert [str(c.bid_id) for c in lot().candidates.all()] == [bids[1], bids[0], bids[2]]


def test_a_winner_who_gives_up_is_passed_over_by_ground(world: World) -> None:
    bids, owner = shown(world), world.owner.actor
    over(world)
    perform(commands.DecideAward(TENDER, "1", bids[0]), owner, via="http")
    second = commands.DecideAward(TENDER, "1", bids[1])
    assert refused(second, owner) == "award.winner_stands"
    ground = [{"bid": bids[0], "ground": "gave_up", "note": "书面放弃"}]
    perform(commands.DecideAward(TENDER, "1", bids[1], ground), owner, via="http")
    assert (str(lot().award.bid_id), lot().award.ground) == (bids[1], "1:gave_up")


def test_a_lot_fails_on_listed_grounds_only(world: World) -> None:
    owner = world.owner.actor
    assert refused(commands.FailLot(TENDER, "1", "bad_mood", "x"), owner) == "lot.failure_ground_not_listed"
    perform(commands.FailLot(TENDER, "1", "all_rejected"), SYSTEM, via="task")
    assert Tender.objects.get().status == "failed"
