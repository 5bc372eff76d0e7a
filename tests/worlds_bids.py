"""Bids in the tender world: bundles, sealed and submitted through the real door, and their opening. ::

with worlds_tenders.world() as world:
    tender = worlds_tenders.announced_tender(world)
    sent = worlds_bids.submit_all(world, tender)     # lot 1, every bidder
    worlds_bids.start(world, tender)
    worlds_bids.release(sent[0])
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from ca_interop import document_signing
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.rules.certificates import to_base64
from ca_interop.rules.signatures import signing_side
from documents import uploads
from journal import clock
from journal.door import perform
from kernel.actor import pseudonym
from kernel.canonical_json import canonical
from kernel.money import Money
from sealing import (
    Ticket,
    bid_summary,
    bundle,
    open_share,
    read_header,
    seal,
    statements,
    unwrap_as_bidder,
)
from sealing.fields import b64
from sealing.header import head_size
from sealing.signer import SoftwareSigner
from sealing.statements import Signing
from tests.integration.ca_interop.authorities import house
from tests.worlds_tenders import Member, World
from trading import releases, submission
from trading.commands import (
    CloseObjections,
    CloseOpening,
    ReadOut,
    SignInToOpening,
    StartOpening,
)
from trading.models import Bid, Tender
from trading.queries import openings
from trading.queries.bids import bid as bid_by_id


@dataclass(frozen=True)
class Sealed:
    """What a bidder holds: its envelope's bytes and ticket."""

    member: Member
    data: bytes
    ticket: Ticket
    price: str


@dataclass(frozen=True)
class Sent:
    sealed: Sealed
    receipt: dict[str, Any]

    @property
    def bid(self) -> str:
        return str(self.receipt["statement"]["payload"]["bid"])


def head_end(sealed: Sealed) -> int:
    """Where the envelope's first chunk begins."""
    return head_size(read_header(io.BytesIO(sealed.data)))


def summary_of(tender: Tender, lot: str, member: Member, price: str, **changes: Any) -> dict[str, Any]:
    return {
        "v": 1,
        "tender": tender.number,
        "lot": lot,
        "part": tender.part,
        "bidder": {"name": member.organization.name, "credit_code": member.credit_code},
        "price": price,
        "price_in_words": Money(Decimal(price)).words(),
        "currency": "CNY",
        "duration_days": 180,
        "quality": "合格",
        "project_manager": {"name": "周晓岚", "certificate": "苏1322021202200107"},
        **changes,
    }


def bundle_of(summary: dict[str, Any], signer: Signing, filler: int | bytes = 0) -> bytes:
    """A bundle with the summary and one file that ends in ``filler``: so many dots, or these bytes."""
    signed = bid_summary.sign(summary, signer)
    end = filler if isinstance(filler, bytes) else b"." * filler
    files = {
        bundle.SUMMARY: (canonical(summary), "bid_summary"),
        bundle.SUMMARY_SIGNATURE: (canonical(signed), "bid_summary_signature"),
        "technical/plan.txt": ("施工组织设计".encode() + end, "technical"),
    }
    out = io.BytesIO()
    bundle.build(
        [
            bundle.Source(path, lambda data=data: io.BytesIO(data), "application/json", role)  # type: ignore[misc]
            for path, (data, role) in files.items()
        ],
        out,
    )
    return out.getvalue()


def sealed_bid(
    world: World, tender: Tender, member: Member, *, lot: str = "1", price: str = "8750000.00", **changes: Any
) -> Sealed:
    """A lawful bid, sealed; ``changes`` replace arguments of ``seal`` (or ``plain``, the bundle's bytes)."""
    plain = changes.pop("plain", None) or bundle_of(summary_of(tender, lot, member, price), member.signer)
    holders = [m.signer.encryption_certificate for m in (world.center, world.authority, world.owner)]
    arguments: dict[str, Any] = {
        "size": len(plain),
        "tender": tender.number,
        "lot": lot,
        "part": tender.part,
        "bidder": member.signer,
        "own_key": "client",
        "custodians": holders,
        "threshold": 2,
    }
    out = io.BytesIO()
    ticket = seal(io.BytesIO(plain), out, **(arguments | changes))
    return Sealed(member, out.getvalue(), ticket, price)


def certified(
    member: Member, *, days_ago: int, days: int, organization: str = "", credit_code: str = "x"
) -> Member:
    """The member with another certificate of its authority."""
    now = datetime.now(UTC)
    code = member.credit_code if credit_code == "x" else credit_code
    who = Subscriber(organization or (member.organization.name if code else ""), code, "周建")
    got = house().authorities["demo-ca-2"].issue(
        who, not_before=now - timedelta(days=days_ago), not_after=now - timedelta(days=days_ago - days)
    )  # fmt: skip
    return replace(member, signer=SoftwareSigner(got.signing.key, got.signing.full_chain))  # type: ignore[arg-type]


def upload(data: bytes) -> str:
    """The envelope's bytes, uploaded in chunks."""
    row = uploads.begin(
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        name="张弛的投标.bin",
        media_type="application/octet-stream",
        now=clock.now(),
    )
    for at in range(0, len(data), uploads.CHUNK_MAX):
        uploads.append(str(row.id), at, io.BytesIO(data[at : at + uploads.CHUNK_MAX]), clock.now())
    return str(row.id)


def request_of(sealed: Sealed, *, data: bytes | None = None, **changes: Any) -> submission.Submission:
    arguments: dict[str, Any] = {
        "tender": sealed.ticket.tender,
        "lot": sealed.ticket.lot,
        "upload": upload(sealed.data if data is None else data),
        "signed": sealed.ticket.submission(),
        "door_identity": sealed.ticket.door_identity(),
    }
    return submission.Submission(**(arguments | changes))


def submit(sealed: Sealed, key: str = "") -> Sent:
    done = submission.submit(request_of(sealed), key=key, via="api")
    return Sent(sealed, done.receipt)


def submit_all(world: World, tender: Tender, lot: str = "1") -> list[Sent]:
    prices = ["8750000.00", "8655000.00", "8912300.00", "8801000.00", "8699999.99", "8590000.00"]
    return [
        submit(sealed_bid(world, tender, member, lot=lot, price=price))
        for member, price in zip(world.bidders, prices, strict=False)
    ]


def start(world: World, tender: Tender) -> None:
    """The deadline passes and the host begins."""
    assert tender.submission_deadline is not None
    world.advance_to(tender.submission_deadline + timedelta(minutes=1))
    perform(StartOpening(tender.number), world.center.actor, via="http")


def sign_in(tender: Tender, *members: Member) -> None:
    for member in members:
        perform(SignInToOpening(tender.number), member.actor, via="http")


def release(sent: Sent) -> None:
    """The bidder's client opens its own wrap and releases the key."""
    ticket = sent.sealed.ticket
    key = unwrap_as_bidder(read_header(io.BytesIO(sent.sealed.data)), ticket)
    row = bid_by_id(sent.bid)
    command = releases.key_release(row, ticket.key_release(sent.bid, key.value))
    perform(command, pseudonym(row.pseudonym), via="api")


def share_statement(sent: Sent, custodian: Member, **changes: Any) -> dict[str, Any]:
    row = Bid.objects.get(pk=sent.bid)
    share = open_share(releases.header_of(row), custodian.signer)
    said = {
        "bid": sent.bid,
        "envelope_sha256": row.envelope_sha256,
        "index": share.index,
        "share": b64(share.value),
        **changes,
    }
    return statements.sign(statements.statement("share-release", said), custodian.signer)


def share(sent: Sent, custodian: Member) -> None:
    row = bid_by_id(sent.bid)
    command, actor = releases.share_release(row, share_statement(sent, custodian))
    perform(command, actor, via="api")


def read_all(world: World, tender: Tender) -> None:
    while (waiting := openings.hall(tender.number, world.center.actor).next_bid) is not None:
        perform(ReadOut(tender.number, str(waiting.pk)), world.center.actor, via="ws")


def sign_record(tender: Tender, member: Member, *, pdf: bool = False) -> None:
    """The statement; with ``pdf`` the record's PDF as well, as the member's machine does it."""
    session = openings.session_of(tender)
    assert session is not None
    signed = statements.sign(openings.record_statement(session), member.signer)
    assert session.record is not None
    fields = {"pdf": record_pdf(tender, member)} if pdf else {}
    command = releases.record_signature(tender.number, signed, member.actor, session.record, fields)
    perform(command, member.actor, via="http")


def record_pdf(tender: Tender, member: Member) -> dict[str, str]:
    """The signature on the opening record's PDF that goes with the statement."""
    view = openings.hall(tender.number, member.actor)
    chain = [to_base64(c) for c in member.signer.chain]
    told = releases.prepare_record_signature(
        view, member.actor, {"certificates": chain, "alg": member.signer.alg}
    )
    data = document_signing.revision(document_signing.found(told["prepared"])).document
    assert view.session is not None
    sha256 = view.session.record_payload["record_sha256"]
    return signing_side.sign_revision(told, data, member.signer, sha256)


def opened_tender(world: World, tender: Tender, lots: tuple[str, ...] = ("1", "2")) -> list[Sent]:
    """From sealed bids of every bidder in ``lots`` to the closed opening; the bids, in order."""
    sent = [one for lot in lots for one in submit_all(world, tender, lot)]
    sign_in(tender, world.owner, *world.bidders)
    start(world, tender)
    for one in sent:
        release(one)
    read_all(world, tender)
    perform(CloseObjections(tender.number), world.center.actor, via="http")
    for member in (world.center, world.owner, *world.bidders):
        sign_record(tender, member)
    perform(CloseOpening(tender.number), world.center.actor, via="http")
    return sent
