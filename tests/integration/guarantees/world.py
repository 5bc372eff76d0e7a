"""Rows below the guarantees: a tender with opened bids. Guarantees themselves come from commands only."""

from __future__ import annotations

import io
import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from documents import store
from gateways.guarantors.sandbox.server import GuarantorServer
from guarantees.commands import LicenseIssuer
from journal.door import Command, Context, Done, handler, perform
from kernel.actor import SYSTEM, Actor, Role
from kernel.clock import BEIJING
from parties.models import Organization, Person
from portal import rooms
from sealing import bundle
from tests.integration.guarantees.cast import BIDDER, DAY, ISSUER, NOW, OWNER, TENDER, Company, applied
from trading.events import BidOpened, ContractRegistered, LotFailed, TenderCancelled
from trading.models import Bid, Lot, OpeningSession, Project, Tender
from trading.rules import rulebook
from trading.rules.statuses import BidStatus, SessionStatus, TenderStatus

DEADLINE = NOW - timedelta(hours=1)


def organization(company: Company) -> Organization:
    row, _ = Organization.objects.get_or_create(
        credit_code=company.credit_code, defaults={"name": company.name, "created_at": NOW}
    )
    return row


def actor(company: Company, role: Role) -> Actor:
    row = organization(company)
    person = Person.objects.create(name="李工", created_at=NOW)
    return Actor(f"person:{person.pk}", person.name, frozenset({role}), str(row.pk), row.name, str(person.pk))


CENTER = Actor("person:center", "王敏", frozenset({Role.TRADING_CENTER}), "", "交易中心")


def tender(number: str = TENDER, bond: str = "160000.00") -> Tender:
    """An opened tender with two lots."""
    book = rulebook.in_force("tendering_law", "works", NOW.astimezone(BEIJING).date())
    project = Project.objects.create(
        number=f"P-{number}", name="聚亨路改造工程", procuring_entity=organization(OWNER),
        estimate=Decimal("20000000.00"), created_at=NOW,
    )  # fmt: skip
    row = Tender.objects.create(
        number=number, project=project, title="聚亨路改造工程施工", status=TenderStatus.OPENING, rulebook=book.key,
        bid_validity_days=90, announced_at=NOW - 30 * DAY, submission_deadline=DEADLINE, created_at=NOW - 40 * DAY,
    )  # fmt: skip
    for no in (1, 2):
        Lot.objects.create(
            tender=row, no=no, name=f"施工{'一二'[no - 1]}标段", estimate=Decimal("10000000.00"),
            bond_amount=Decimal(bond), duration_days=180,
        )  # fmt: skip
    OpeningSession.objects.create(tender=row, status=SessionStatus.DECRYPTING)
    return row


def bundled(files: dict[str, tuple[bytes, str]]) -> bytes:
    out = io.BytesIO()
    bundle.build(
        [
            bundle.Source(path, lambda data=data: io.BytesIO(data), "application/octet-stream", role)
            for path, (data, role) in files.items()
        ],
        out,
    )
    return out.getvalue()


def with_guarantee(form: Any, pdf: bytes | None) -> bytes:
    files = {"guarantee/form.json": (json.dumps(form, ensure_ascii=False).encode(), "guarantee")}
    if pdf is not None:
        files["guarantee/guarantee.pdf"] = (pdf, "guarantee")
    return bundled(files)


def opened_bid(row: Tender, lot: int, company: Company, plaintext: bytes, number: int = 1) -> Bid:
    """A bid that has been opened just now."""
    envelope = store.put(uuid.uuid4().bytes, name="投标.mtse", media_type="application/octet-stream", now=NOW)
    kept = store.put(plaintext, name="投标.zip", media_type="application/zip", now=NOW)
    return Bid.objects.create(
        lot=row.lots.get(no=lot), pseudonym=uuid.uuid4().hex * 2, envelope=envelope, envelope_sha256=envelope.sha256,
        size=envelope.size, received_at=DEADLINE - DAY, act=uuid.uuid4(), status=BidStatus.OPENED, number=number,
        opened_at=NOW, opened_by="bidder", content_key=bytes(32), bidder=organization(company),
        bidder_name=company.name, bidder_credit_code=company.credit_code, summary={}, price=Decimal("8750000.00"),
        bundle=kept,
    )  # fmt: skip


def licensed(endpoint: str = "") -> None:
    perform(LicenseIssuer(ISSUER.name, ISSUER.credit_code, endpoint), CENTER, via="http")


@dataclass(frozen=True)
class Announce(Command):
    """What trading does when its own commands run: tell the house a fact."""

    kind: str
    fields: dict[str, str]
    verb = "test.announce_trading"


FACTS = {f.__name__: f for f in (BidOpened, ContractRegistered, LotFailed, TenderCancelled)}


@handler(Announce, may=lambda actor, row: None)
def announce(cmd: Announce, ctx: Context, row: None) -> Done:
    ctx.announce(FACTS[cmd.kind](**cmd.fields))
    return Done("test", {})


def tell(kind: str, **fields: str) -> None:
    perform(Announce(kind, fields), SYSTEM, via="task")


@dataclass
class World:
    tender: Tender
    issuer: GuarantorServer
    authorities: Any

    def present(self, company: Company = BIDDER, lot: int = 1, number: int = 1, **change: Any) -> Bid:
        """A bid with a guarantee from the sandbox is opened."""
        form, pdf = applied(self.issuer.url, company=company, lot=str(lot), at=NOW - 5 * DAY, **change)
        return self.open(with_guarantee(form, pdf), company, lot, number)

    def open(self, plaintext: bytes, company: Company = BIDDER, lot: int = 1, number: int = 1) -> Bid:
        bid = opened_bid(self.tender, lot, company, plaintext, number)
        tell("BidOpened", tender=TENDER, lot=str(lot), bid=str(bid.pk))
        return bid

    def hall(self, bid: Bid) -> dict[str, Any]:
        return dict(rooms.snapshot(f"hall:{TENDER}", []).state["bids"][str(bid.pk)]["guarantee"])
