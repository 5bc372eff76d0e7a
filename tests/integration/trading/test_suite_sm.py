"""A tender whose custodians hold SM2 certificates: suite 2 at the door, at the opening, by key and by quorum."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from io import BytesIO

import pytest

from ca_interop.rules.certificates import to_base64
from journal import clock
from journal.door import perform
from kernel.actor import pseudonym
from kernel.errors import Refused
from sealing import read_header, sm2
from sealing.header import head_size
from sealing.signer import fingerprint
from sealing.suites import AES_SHA2, SM4_SM3
from tests import worlds_bids, worlds_national, worlds_tenders
from tests.integration.ca_interop.authorities import house
from tests.worlds_tenders import World
from trading import custodians, releases
from trading.commands import SetCustodians, WithdrawBid
from trading.models import Bid, Tender
from trading.queries import notices
from trading.queries.suites import suite_of

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2"),
]


def code_of(call, *arguments) -> str:
    with pytest.raises(Refused) as caught:
        call(*arguments)
    return caught.value.code


def test_bids_of_every_kind_of_certificate_are_received_and_opened() -> None:
    with worlds_tenders.world(bidders=2) as world:
        world.bidders.append(worlds_tenders.register(worlds_national.NATIONAL, "bidder"))
        tender = worlds_national.national_tender(world)
        assert (suite_of(tender).number, notices.public_json(tender, clock.now())["suite"]) == (2, 2)
        own = {"own_key": "certificate"}
        sent = [
            worlds_bids.submit(worlds_bids.sealed_bid(world, tender, member, price=price, **more))
            for member, price, more in zip(
                world.bidders, ("8750000.00", "8655000.00", "8912300.00"), ({}, {}, own), strict=True
            )
        ]
        assert {len(Bid.objects.get(pk=one.bid).pseudonym) for one in sent} == {66}
        assert [read_header(BytesIO(one.sealed.data)).suite.number for one in sent] == [2, 2, 2]
        taken_back = worlds_bids.submit(worlds_bids.sealed_bid(world, tender, world.bidders[1], lot="2"))
        withdraw(taken_back)
        worlds_bids.start(world, tender)
        worlds_bids.release(sent[0])
        for one in sent[1:]:
            ask_the_quorum(one)
            worlds_bids.share(one, world.center)
            worlds_bids.share(one, world.owner)
        rows = {str(row.pk): row for row in Bid.objects.filter(lot__no=1)}
        assert {rows[one.bid].status for one in sent} == {"opened"}
        assert [str(rows[one.bid].summary["price"]) for one in sent] == [one.sealed.price for one in sent]
        assert rows[sent[2].bid].bidder_credit_code == worlds_national.NATIONAL.credit_code


def withdraw(sent: worlds_bids.Sent) -> None:
    row = Bid.objects.get(pk=sent.bid)
    signed = releases.withdrawal(row, sent.sealed.ticket.withdrawal(sent.bid))
    perform(WithdrawBid(sent.bid, signed), pseudonym(row.pseudonym), via="api")
    row.refresh_from_db()
    assert row.status == "withdrawn"


def ask_the_quorum(sent: worlds_bids.Sent) -> None:
    from sealing import statements

    row = Bid.objects.get(pk=sent.bid)
    said = {"bid": sent.bid, "envelope_sha256": row.envelope_sha256}
    signed = statements.sign(statements.statement("key-lost", said), sent.sealed.ticket.pseudonym_key)
    perform(releases.key_lost(row, signed), pseudonym(row.pseudonym), via="api")


def test_the_host_names_the_suite_and_registered_certificates_follow() -> None:
    with worlds_tenders.world(bidders=1) as world:
        national = worlds_tenders.register(worlds_national.NATIONAL, "bidder")
        plain, sm = ({"organization": m.credit_code} for m in (world.owner, national))
        now = clock.now()
        of = [
            len(custodians.examined([row, row], now, suite))
            for row, suite in ((plain, AES_SHA2), (sm, SM4_SM3))
        ]
        assert of == [2, 2]
        for row, suite in ((plain, SM4_SM3), (sm, AES_SHA2)):
            assert code_of(custodians.examined, [row, row], now, suite) == "custodian.no_certificate_of_suite"


def test_the_other_suite_is_refused_at_the_door_and_custodians_are_of_one_family() -> None:
    with worlds_tenders.world(bidders=1) as world:
        plain = [m.signer.encryption_certificate for m in (world.center, world.authority, world.owner)]
        tender = worlds_national.national_tender(world)
        assert code_of(worlds_bids.submit, disguised(world, tender, plain)) == "envelope.suite_mismatch"
        mixed = [{"organization": world.center.credit_code}, {"organization": world.owner.credit_code}]
        mixed[0]["certificates"] = [to_base64(world.center.signer.encryption_certificate), *chain_of_four()]
        draft = worlds_tenders.draft_tender(world, "YC2026-SZ-0418")
        chosen = custodians.examined(mixed, clock.now())
        command = SetCustodians(draft.number, 2, chosen)
        assert code_of(lambda: perform(command, world.agent.actor, via="http")) == "envelope.suite_mismatch"


def chain_of_four() -> list[str]:
    authority = house().authorities["demo-ca-4"]
    return [to_base64(one) for one in (*authority.intermediates, authority.root)]


def disguised(world: World, tender: Tender, plain: list) -> worlds_bids.Sealed:
    """Sealed under suite 1 to keys of nobody here, with the fingerprints of the tender's custodians."""
    good = worlds_bids.sealed_bid(world, tender, world.bidders[0], custodians=plain)
    header = read_header(BytesIO(good.data))
    holders = (world.center, world.authority, world.owner)
    names = [fingerprint(m.signer.encryption_certificate) for m in holders]
    shares = tuple(replace(s, custodian=name) for s, name in zip(header.shares, names, strict=True))
    false = replace(header, shares=shares)
    data = false.encode() + false.sign(good.ticket.pseudonym_key) + good.data[head_size(header) :]
    digest = hashlib.sha256(data).hexdigest()
    return replace(good, data=data, ticket=replace(good.ticket, envelope_sha256=digest, size=len(data)))
