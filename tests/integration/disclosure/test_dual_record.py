"""The record of a tender in two envelopes is accepted by the auditor's program, and what is bent in it is noticed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bidtool.record.record import Pins
from bidtool.record.verify import verify
from ca_interop.platform_key import platform_public_key, platform_signer
from disclosure.record.export import export_record
from journal import sequencer
from journal.door import perform
from kernel.actor import pseudonym
from kernel.bid_rules import PRICE, TECHNICAL
from kernel.canonical_json import canonical
from sealing import statements
from tests import worlds_dual, worlds_tenders
from tests.integration.disclosure import whole
from tests.integration.evaluation import rooms_world as w
from tests.worlds_tenders import World
from trading import releases
from trading.commands import WithdrawBid
from trading.models import Bid, Tender
from trading.queries.bids import bid as bid_by_id

pytestmark = pytest.mark.django_db(transaction=True)
PRICES = ("8750000.00", "8655000.00", "8801000.00", "8590000.00", "8700000.00")


def story(world: World) -> tuple[Tender, list[worlds_dual.Both]]:
    """Five bid; the last takes its price envelope back, the fourth does not pass; three are ranked, one wins."""
    tender = worlds_dual.announced(world, evaluation_method=w.short_method())
    bids = [
        worlds_dual.submit(world, tender, member, price)
        for member, price in zip(world.bidders, PRICES, strict=True)
    ]
    gone = bids[4][PRICE]
    row = bid_by_id(gone.bid)
    statement = releases.withdrawal(row, gone.sealed.ticket.withdrawal(gone.bid))
    perform(WithdrawBid(gone.bid, statement), pseudonym(row.pseudonym), via="api")
    worlds_dual.first_opening(world, tender, {str(no): both for no, both in enumerate(bids[:4])})
    seats = w.committee(world, w.experts(world, 7))
    w.declare_all(seats)
    w.elect(seats)
    weak = Bid.objects.get(pk=bids[3][TECHNICAL].bid)
    w.review_all(seats, against=str(w.room().bids.get(bid=weak).pk))
    w.do(seats[1].actor, "close_review")
    w.score_all(seats)
    w.lock_all(seats)
    worlds_dual.second_opening(world, tender, bids[:3])
    w.review_all(seats)
    w.do(seats[1].actor, "close_review")
    for one in seats.values():
        w.sign(one)
    whole.awarded(world, tender.number)
    whole.notified(world, tender.number)
    whole.contracted(world, tender.number)
    return tender, bids


def failed(root: Path) -> list[int]:
    pins = Pins(platform=platform_public_key(), vkey=sequencer.vkey())
    return [result.number for result in verify(root, pins) if not result.passed]


def bent(root: Path, to: Path, path: str, change: Callable[[Any], Any]) -> Path:
    """A copy in which one file is another, signed anew by the platform: what a platform that lies would publish."""
    shutil.copytree(root, to)
    where = to / path
    value = change(json.loads(where.read_bytes()))
    signed = json.loads((to / "record.json").read_bytes())
    files = signed["statement"]["payload"]["files"]
    if value is None:
        where.unlink()
        del files[path]
    else:
        where.write_bytes(canonical(value))
        data = where.read_bytes()
        files[path] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    again = statements.statement("public-record", signed["statement"]["payload"])
    (to / "record.json").write_bytes(canonical(statements.sign(again, platform_signer())))
    return to


def test_a_record_of_two_envelopes_verifies_and_bending_it_is_noticed(tmp_path: Path) -> None:
    with worlds_tenders.world(5) as world:
        tender, bids = story(world)
        root = tmp_path / "record"
        export_record(tender.number, root)
        pins = Pins(platform=platform_public_key(), vkey=sequencer.vkey())
        results = list(verify(root, pins))
        assert [(r.number, r.where, [x.zh for x in r.reasons]) for r in results if not r.passed] == []
        said = [step.zh for result in results for step in result.evidence]
        assert "双信封：4 份投标在截止时两个信封齐全，1 份不齐、保持密封" in said
        assert "标段 1：只开启了通过技术评审的 3 家的报价，1 份保持密封" in said
        assert any(words.startswith("报价部分的 6 次密钥提交和开启都在第二信封开标之后") for words in said)
        sealed = [bids[3][PRICE].bid, bids[4][TECHNICAL].bid, bids[4][PRICE].bid]
        assert [sorted(p.name for p in (root / "bids" / bid).iterdir()) for bid in sealed] == [
            ["bid.json", "receipt.json"]
        ] * 3
        _bending(root, tmp_path, bids)


def _bending(root: Path, tmp_path: Path, bids: list[worlds_dual.Both]) -> None:
    def of(path: str, change: Callable[[Any], Any]) -> list[int]:
        return failed(bent(root, tmp_path / hashlib.sha256(path.encode()).hexdigest()[:8], path, change))

    def set_(key: str, value: Any) -> Callable[[Any], Any]:
        return lambda found: {**found, key: value}

    def pass_weak(found: Any) -> Any:
        for row in found["bids"]:
            if row["bid"] == bids[3][TECHNICAL].bid:
                row["rejected"] = False
        return found

    def price_of_first(found: Any) -> Any:
        return {**found, "price": "1.00"}

    assert 8 in of("opening-2.json", lambda found: None)
    assert 8 in of("evaluation/1.json", pass_weak)
    assert 8 in of(f"bids/{bids[0][PRICE].bid}/bid.json", set_("number", None))
    assert 8 in of(f"bids/{bids[4][TECHNICAL].bid}/bid.json", set_("status", "submitted"))
    assert 5 in of(f"bids/{bids[1][TECHNICAL].bid}/opening.json", price_of_first)
    assert 5 in of(f"bids/{bids[1][PRICE].bid}/opening.json", price_of_first)
    assert 4 in of(f"bids/{bids[2][PRICE].bid}/bid.json", set_("part", "technical"))
