"""How the agent was chosen stands in the record of the tender that it then prepared."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from bidtool.record.record import Pins
from bidtool.record.verify import verify
from demo import cast
from disclosure.record.export import export_record
from journal import due, sequencer
from journal.door import perform
from tests import worlds_tenders
from tests.integration.agencies import market
from tests.integration.parties.people import sign_in
from tests.worlds_tenders import Member, World
from trading.commands import CancelTender


def _at_the_door(member: Member) -> market.Someone:
    someone = market.Someone(Client(), member.signer, member.credit_code)
    sign_in(someone.client, member.signer)
    return someone


def _selected(world: World, firms: list[Member]) -> Member:
    """Three agencies apply, the owner and the center draw; who was chosen."""
    center, owner = _at_the_door(world.center), _at_the_door(world.owner)
    center.post("/items", {"code": market.ITEM, "name": "采购代理", "basis": "招标投标法第十二条"})
    doors = [_at_the_door(firm) for firm in firms]
    for number, door in enumerate(doors):
        sought = market.seek(door, f"负责人{number}").json()
        center.post(f"/admissions/{sought['admission']}/admit")
    said = market.announcement(project=cast.PROJECT["name"])
    path = f"/assignments/{owner.post('/assignments', said).json()['number']}"
    number = path.rpartition("/")[2]
    for door in doors:
        assert market.apply(door, number).status_code == 201
    world.advance(days=4)
    due.take_due()
    parties = ((owner, "client"), (center, "trading_center"))
    for door, who in parties:
        door.post(f"{path}/commitments", market.committed(number, who))
    for door, who in parties:
        answer = door.post(f"{path}/reveals", {"nonce": market.nonce(who).hex()}).json()
    chosen = answer["selected"]["credit_code"]
    return next(firm for firm in firms if firm.credit_code == chosen)


@pytest.mark.django_db(transaction=True)
def test_the_selection_of_the_agent_is_recomputed_from_the_record(tmp_path: Path) -> None:
    with worlds_tenders.world(1) as world:
        firms = [world.agent, *(worlds_tenders.register(one, "agency") for one in cast.AGENCIES[1:3])]
        world = replace(world, agent=_selected(world, firms))
        tender = worlds_tenders.announced_tender(world)
        perform(CancelTender(tender.number, "规划调整。"), world.owner.actor, via="http")
        export_record(tender.number, tmp_path / "r")
        said = json.loads((tmp_path / "r/agency.json").read_bytes())
        assert said["chosen"]["name"] == world.agent.organization.name
        assert len(said["draw"]["entries"]) == 3
        results = list(verify(tmp_path / "r", Pins(vkey=sequencer.vkey())))
        assert [(r.number, r.where, [x.zh for x in r.reasons]) for r in results if not r.passed] == []
        assert any("3 个签号" in one.zh for one in results[8].evidence)
