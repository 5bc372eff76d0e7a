"""双信封 through the doors: every party's own client over HTTP, from the check of the folder to the read-out prices."""

from __future__ import annotations

import gc
import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pytest_django.live_server_helper import LiveServer

from bidtool.cli import cli, run
from bidtool.output import Output
from journal import clock
from kernel.bid_rules import PRICE, TECHNICAL
from kernel.clock import iso
from tests import worlds_bids, worlds_dual, worlds_tenders
from tests.doors.trading.test_hall_doors import browser, post
from tests.unit.bidtool.test_check import BILL, BOQ, paper, plain
from tests.worlds_tenders import Member, World
from trading.models import Bid, Tender

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER = worlds_tenders.TENDER
RULES = {
    "quality": "合格",
    "project_manager": True,
    "boq": BOQ,
    "anonymous": {"roles": ["technical"], "black_only": True},
}
WANTED = [
    {"role": "technical", "title": "施工组织设计", "required": True, "media_types": ["application/pdf"]},
    {"role": "boq", "title": "已标价工程量清单", "required": True, "media_types": ["text/csv"]},
]


class Party:
    """A bidder at its own machine."""

    def __init__(self, member: Member, home: Path, url: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.member, self.root, self.url, self.capsys = member, home / member.key, url, capsys
        self.key = home / f"{member.key}.pem"
        signer, form = member.signer, (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        self.key.write_bytes(
            signer._key.private_bytes(*form)
            + b"".join(one.public_bytes(Encoding.PEM) for one in signer.chain)
        )

    def folder(self, price: str) -> None:
        bill = BILL.replace("3200.00", price).replace('1,000",3000', f'1,000",{float(price) - 200:.2f}')
        files = {"technical/plan.pdf": paper(plain), "boq/bill.csv": bill.encode()}
        for path, data in files.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_bytes(data)
        said = {"tender": NUMBER, "lot": 1, "price": price, "duration_days": 170, "quality": "合格",
                "project_manager": {"name": "周晓岚", "certificate": "苏1322021202200107"}}  # fmt: skip
        (self.root / "bid.json").write_text(json.dumps(said, ensure_ascii=False))

    def envelope(self, part: str) -> Path:
        return self.root.with_name(f"{self.root.name}.{part}.mtse")

    def does(self, *arguments: str | Path, code: int = 0) -> dict[str, Any]:
        """A command of ``bidtool``; its JSON."""
        self.capsys.readouterr()
        words = ["--json", *(str(a) for a in arguments), "--server", self.url]
        assert run(cli, words, Output()) == code, self.capsys.readouterr().out
        value: dict[str, Any] = json.loads(self.capsys.readouterr().out)
        return value


@pytest.fixture
def served(live_server: LiveServer) -> Iterator[str]:
    """The platform's address. Clients that have ended let their lines go before the server does: its threads close
    the database that they share with the test."""
    before = set(threading.enumerate())
    yield live_server.url
    gc.collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)


def test_a_bid_in_two_envelopes_goes_through_every_door(
    served: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with worlds_tenders.world(3) as world:
        sections = {"bid_rules": RULES, "requirements": WANTED}
        tender = worlds_dual.announced(world, **sections)
        listed = browser(None).get(f"/api/v1/tenders/{NUMBER}/requirements")
        assert json.loads(b"".join(listed.streaming_content))["bid_rules"] == RULES  # type: ignore[attr-defined]
        parties = [Party(m, tmp_path, served, capsys) for m in world.bidders]
        for no, party in enumerate(parties):
            _submits(party, f"{8_700_000 + no * 10_000}.00")
        worlds_bids.start(world, tender)
        assert [party.does("open", party.envelope(PRICE), code=6)["code"] for party in parties] == [
            "bid.part_sealed_until_second"
        ] * 3
        for party in parties:
            party.does("open", party.envelope(TECHNICAL))
        worlds_dual.finish(world, tender)
        _prices(world, tender, parties)


def _submits(party: Party, price: str) -> None:
    """Check, seal, submit the first envelope, hear what is missing, submit the second."""
    party.folder(price)
    (party.root / "technical/plan.pdf").write_bytes(paper(plain, author="江苏某某公司"))
    found = party.does("check", party.root, "--key", party.key, code=7)
    assert [reason["code"] for reason in found["reasons"]] == ["anonymous.metadata"]
    party.does("seal", party.root, "--key", party.key, code=7)
    (party.root / "technical/plan.pdf").write_bytes(paper(plain))
    party.does("seal", party.root, "--key", party.key)
    party.does("submit", party.envelope(TECHNICAL))
    assert party.does("status", party.envelope(TECHNICAL))["missing"]["code"] == "bid.part_missing"
    party.does("submit", party.envelope(PRICE))
    assert party.does("status", party.envelope(TECHNICAL))["whole"] is True


def _prices(world: World, tender: Tender, parties: list[Party]) -> None:
    firsts = [
        str(pk) for pk in Bid.objects.filter(part=TECHNICAL).order_by("number").values_list("pk", flat=True)
    ]
    host, hall = browser(world.center), f"/api/v1/tenders/{NUMBER}/opening"
    opens_at = {"opens_at": iso(clock.now() + timedelta(hours=1))}
    assert post(host, f"{hall}/convene-second", opens_at).json()["code"] == "opening.technical_pending"
    worlds_dual.technical_result(tender, [{TECHNICAL: _sent(pk)} for pk in firsts], [])  # type: ignore[dict-item]
    assert 'name="opens_at"' in host.get(f"/halls/{NUMBER}/").content.decode()
    assert (
        post(browser(world.owner), f"{hall}/convene-second", opens_at).json()["code"] == "opening.only_host"
    )
    assert post(host, f"{hall}/convene-second", opens_at).json()["stage"] == 2
    world.advance(hours=2)
    assert post(host, f"{hall}/start", {}).json()["status"] == "decrypting"
    for party in parties[1:]:
        party.does("open", party.envelope(PRICE))
    parties[0].does("key-lost", parties[0].envelope(PRICE))
    for custodian in (world.authority, world.owner):
        shares = Party(custodian, parties[0].root.parent, parties[0].url, parties[0].capsys)
        shares.does("share", NUMBER, "--key", shares.key)
    said = browser(None).get(hall).json()
    opened = [row for row in said["bids"] if row["part"] == PRICE]
    assert sorted(row["opened_by"] for row in opened) == ["bidder", "bidder", "quorum"]
    assert [row.get("price") for row in said["bids"]] == [None] * 6
    worlds_dual.finish(world, tender)
    prices = Bid.objects.filter(part=TECHNICAL).order_by("number").values_list("price", flat=True)
    assert [str(price) for price in prices] == ["8700000.00", "8710000.00", "8720000.00"]
    assert party_sees(parties[0]) == ["已开启", "已开启"]


def party_sees(party: Party) -> list[str]:
    return [row["status_zh"] for row in party.does("status", party.envelope(PRICE))["parts"]]


class _sent:
    """As far as :func:`worlds_dual.technical_result` asks."""

    def __init__(self, bid: str) -> None:
        self.bid = bid
