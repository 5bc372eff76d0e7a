"""Bids in two envelopes (双信封) in the tender world: lot 1 takes a technical and a price part. ::

with worlds_tenders.world() as world:
    tender = worlds_dual.announced(world)
    sent = worlds_dual.submit_all(world, tender)      # member key → {"technical": Sent, "price": Sent}
    worlds_dual.first_opening(world, tender, sent)
"""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from journal import clock
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.bid_rules import PRICE, TECHNICAL
from kernel.canonical_json import canonical
from kernel.clock import iso
from sealing import bid_summary, bundle
from tests import worlds_bids, worlds_tenders
from tests.worlds_bids import Sealed, Sent
from tests.worlds_tenders import Member, World
from trading.commands import (
    CloseObjections,
    CloseOpening,
    ConveneSecondOpening,
    ReceiveTechnicalResult,
    StartOpening,
)
from trading.models import Tender

Both = dict[str, Sent]
PRICES = ("8750000.00", "8655000.00", "8912300.00", "8801000.00", "8699999.99", "8590000.00")
PDF = "application/pdf"
FILES = {
    TECHNICAL: {"technical/施工组织设计.pdf": "technical", "qualification/资格.pdf": "qualification"},
    PRICE: {"boq/清单.csv": "boq"},
}


def lots() -> list[dict[str, Any]]:
    name, estimate, days = worlds_tenders.LOTS[0]
    return [{"name": name, "estimate": estimate, "ceiling_price": estimate, "bond_amount": "0.00",
             "duration_days": days, "scheme": "dual"}]  # fmt: skip


def announced(world: World, **sections: Any) -> Tender:
    """A tender of one lot in two envelopes, announced."""
    return worlds_tenders.announced_tender(world, **{"lots": lots(), **sections})


def summary(tender: Tender, member: Member, part: str, price: str) -> dict[str, Any]:
    said = worlds_bids.summary_of(tender, "1", member, price, part=part)
    if part == TECHNICAL:
        del said["price"], said["price_in_words"]
    return said


def inside(tender: Tender, member: Member, part: str, price: str) -> bytes:
    """The bundle of one part."""
    said = summary(tender, member, part, price)
    files = {
        bundle.SUMMARY: (canonical(said), "bid_summary", "application/json"),
        bundle.SUMMARY_SIGNATURE: (
            canonical(bid_summary.sign(said, member.signer)), "bid_summary_signature", "application/json"
        ),
        **{path: (worlds_tenders.PDF + f"% {member.key}".encode(), role, PDF)
           for path, role in FILES[part].items()},
    }  # fmt: skip
    out = io.BytesIO()
    sources = [
        bundle.Source(path, lambda data=data: io.BytesIO(data), kind, role)  # type: ignore[misc]
        for path, (data, role, kind) in files.items()
    ]
    bundle.build(sources, out)
    return out.getvalue()


def sealed(world: World, tender: Tender, member: Member, price: str, **changes: Any) -> dict[str, Sealed]:
    """Both envelopes of one bid, under one pseudonym; ``changes`` go to ``seal``."""
    pseudonym = Ed25519PrivateKey.generate()
    return {
        part: worlds_bids.sealed_bid(
            world, tender, member, price=price, part=part, plain=inside(tender, member, part, price),
            **{"pseudonym": pseudonym, **changes},
        )
        for part in (TECHNICAL, PRICE)
    }  # fmt: skip


def submit(world: World, tender: Tender, member: Member, price: str) -> Both:
    return {part: worlds_bids.submit(one) for part, one in sealed(world, tender, member, price).items()}


def submit_all(world: World, tender: Tender) -> dict[str, Both]:
    return {
        member.key: submit(world, tender, member, price)
        for member, price in zip(world.bidders, PRICES, strict=False)
    }


def finish(world: World, tender: Tender) -> None:
    worlds_bids.read_all(world, tender)
    perform(CloseObjections(tender.number), world.center.actor, via="http")
    for member in (world.center, world.owner):
        worlds_bids.sign_record(tender, member)
    perform(CloseOpening(tender.number, "投标人离场"), world.center.actor, via="http")


def first_opening(world: World, tender: Tender, sent: dict[str, Both]) -> None:
    """Every technical part is opened by its bidder, read, recorded; the session is closed."""
    worlds_bids.start(world, tender)
    for both in sent.values():
        worlds_bids.release(both[TECHNICAL])
    finish(world, tender)


def technical_result(tender: Tender, passed: list[Both], rejected: list[Both]) -> None:
    command = ReceiveTechnicalResult(
        tender.number,
        "1",
        [both[TECHNICAL].bid for both in passed],
        [{"bid": both[TECHNICAL].bid, "ground": "off_standards", "note": "桩基方案"} for both in rejected],
        {"1": "0" * 64},
    )
    perform(command, SYSTEM, via="task")


def convene(world: World, tender: Tender, **after: int) -> None:
    opens_at = clock.now() + timedelta(**(after or {"hours": 1}))
    perform(ConveneSecondOpening(tender.number, iso(opens_at)), world.center.actor, via="http")


def start_second(world: World, tender: Tender) -> None:
    world.advance(hours=2)
    perform(StartOpening(tender.number), world.center.actor, via="http")


def second_opening(world: World, tender: Tender, passed: list[Both]) -> None:
    """Convened, begun, every price part of those who passed opened, read, recorded, closed."""
    convene(world, tender)
    start_second(world, tender)
    for both in passed:
        worlds_bids.release(both[PRICE])
    finish(world, tender)
