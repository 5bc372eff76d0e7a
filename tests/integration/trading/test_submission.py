"""The submission door: one code for each way to be wrong, time to the microsecond, nothing learned before D."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core import serializers
from django.db import connection

from ca_interop.models import RevocationDocument
from documents.models import StoredFile
from journal import clock
from journal.door import perform
from journal.models import Act
from kernel.actor import pseudonym
from kernel.errors import Refused
from parties.commands import BlockCertificate
from tests import worlds_bids, worlds_tenders
from tests.integration.ca_interop.authorities import house
from tests.worlds_tenders import World
from trading import submission
from trading.commands import SubmitBid, WithdrawBid
from trading.models import Bid, Tender
from trading.queries import openings

pytestmark = pytest.mark.django_db(transaction=True)


def code_of(request: submission.Submission) -> str:
    with pytest.raises(Refused) as caught:
        submission.submit(request, key="", via="api")
    attempt = Act.objects.filter(verb="attempt.refused").latest("at").document
    assert (attempt["payload"]["codes"][0], attempt["subject"]) == (caught.value.code, "bid.submit")
    return caught.value.code


def _flip(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def test_each_way_to_be_wrong_has_its_own_code() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        good = worlds_bids.sealed_bid(world, tender, world.bidders[0])
        other = worlds_bids.sealed_bid(world, tender, world.bidders[1])
        ask = worlds_bids.request_of
        damaged_head, damaged_body = (
            _flip(good.data, worlds_bids.head_end(good) - 10),
            _flip(good.data, len(good.data) - 5),
        )
        found = {
            "head": code_of(ask(good, data=damaged_head)),
            "body": code_of(ask(good, data=damaged_body)),
            "short": code_of(ask(good, data=good.data[:-1])),
            "long": code_of(ask(good, data=good.data + b"x")),
            "magic": code_of(ask(good, data=b"%PDF-1.7 " + bytes(100))),
            "swapped": code_of(ask(good, data=other.data)),
            "no upload": code_of(ask(good, upload="0f8fad5b-d9cb-469f-a165-70867728950e")),
            "other lot": code_of(ask(good, lot="2")),
            "no lot": code_of(ask(worlds_bids.sealed_bid(world, tender, world.bidders[0], lot="9"))),
            "other signer": code_of(ask(good, signed=_signed_by(good, other))),
            "identity": code_of(ask(good, door_identity=other.ticket.door_identity())),
            "purpose": code_of(ask(good, signed=good.ticket.withdrawal("x"))),
        }
        assert found == {
            "head": "envelope.signature_bad",
            "body": "envelope.digest_differs",
            "short": "envelope.truncated",
            "long": "envelope.trailing",
            "magic": "envelope.not_an_envelope",
            "swapped": "envelope.digest_differs",
            "no upload": "uploads.not_found",
            "other lot": "envelope.foreign",
            "no lot": "lot.not_found",
            "other signer": "statement.signer_differs",
            "identity": "identity.commitment_differs",
            "purpose": "statement.purpose_differs",
        }
        assert Bid.objects.count() == 0


def _signed_by(one: worlds_bids.Sealed, other: worlds_bids.Sealed) -> dict:
    signed = dict(other.ticket.submission())
    return {**signed, "statement": one.ticket.submission()["statement"]} | {
        "signature": _resigned(one, other), "public_key": other.ticket.pseudonym}  # fmt: skip


def _resigned(one: worlds_bids.Sealed, other: worlds_bids.Sealed) -> dict:
    from sealing import statements

    said = one.ticket.submission()["statement"]
    return statements.sign(said, other.ticket.pseudonym_key)["signature"]


def test_custodians_part_and_parties_are_checked() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        bidder = world.bidders[0]
        seal, ask = worlds_bids.sealed_bid, worlds_bids.request_of
        holders = [m.signer.encryption_certificate for m in (world.center, world.owner, world.authority)]
        assert code_of(ask(seal(world, tender, bidder, custodians=holders))) == "bid.custodians_differ"
        assert code_of(ask(seal(world, tender, bidder, threshold=3))) == "bid.custodians_differ"
        assert code_of(ask(seal(world, tender, bidder, part="price"))) == "bid.wrong_part"
        assert code_of(ask(seal(world, tender, world.owner))) == "bid.bidder_is_party"
        assert code_of(ask(seal(world, tender, world.agent))) == "bid.bidder_is_party"


def test_the_certificate_must_be_in_force_at_the_door() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        bidder = world.bidders[0]
        seal, ask = worlds_bids.sealed_bid, worlds_bids.request_of
        expired = worlds_bids.certified(bidder, days_ago=40, days=20)
        assert code_of(ask(seal(world, tender, expired))) == "certificate.expired"
        personal = worlds_bids.certified(bidder, days_ago=1, days=30, credit_code="")
        assert code_of(ask(seal(world, tender, personal))) == "certificate.no_credit_code"
        revoked = worlds_bids.certified(bidder, days_ago=1, days=300)
        house().authorities["demo-ca-2"].revoke(revoked.signer.chain[0].serial_number, clock.now())
        assert code_of(ask(seal(world, tender, revoked))) == "certificate.revoked"


def test_late_by_a_microsecond_is_late_and_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        deadline = tender.submission_deadline
        assert deadline is not None
        one, two = (worlds_bids.sealed_bid(world, tender, m) for m in world.bidders[:2])
        ask = worlds_bids.request_of(one), worlds_bids.request_of(two)
        world.advance_to(deadline - timedelta(minutes=1))
        monkeypatch.setattr("journal.clock.now", lambda: deadline)
        assert not submission.submit(ask[0], key="", via="api").again
        monkeypatch.setattr("journal.clock.now", lambda: deadline + timedelta(microseconds=1))
        with pytest.raises(Refused) as late:
            submission.submit(ask[1], key="", via="api")
        assert (late.value.code, "晚了 0.000001 秒" in late.value.reasons[0].zh) == ("bid.late", True)
        # The door had found it in time; what counts is the time under the lock.
        command = submission.read_submission(ask[1])
        with pytest.raises(Refused) as late:
            perform(command, pseudonym(command.pseudonym), via="api")
        assert late.value.code == "bid.late"
        # What was received stays received: its receipt is given again after the deadline.
        assert submission.submit(ask[0], key="", via="api").again


def test_the_same_submission_has_the_same_receipt_and_another_key_changes_nothing() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sealed = worlds_bids.sealed_bid(world, tender, world.bidders[0])
        first = submission.submit(worlds_bids.request_of(sealed), key="k", via="api")
        for key in ("k", "other", ""):
            again = submission.submit(worlds_bids.request_of(sealed), key=key, via="api")
            assert (again.receipt, again.again) == (first.receipt, True)
        assert Bid.objects.count() == 1
        said = first.receipt["statement"]["payload"]
        assert (said["size"], said["act"]["payload"]["bid"]) == (len(sealed.data), said["bid"])
        # Sealed again with the same one-time key or sent to perform directly: the database holds the line.
        command = submission.read_submission(worlds_bids.request_of(sealed))
        with pytest.raises(Refused) as known:
            perform(command, pseudonym(command.pseudonym), via="api")
        assert known.value.code in ("bid.envelope_known", "bid.pseudonym_used")


def test_withdrawn_and_replaced_before_the_deadline_nothing_is_overwritten() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit(worlds_bids.sealed_bid(world, tender, world.bidders[0]))
        signed = sent.sealed.ticket.withdrawal(sent.bid)
        perform(WithdrawBid(sent.bid, signed), pseudonym(sent.sealed.ticket.pseudonym), via="api")
        again = worlds_bids.submit(
            worlds_bids.sealed_bid(world, tender, world.bidders[0], price="8600000.00")
        )
        rows = {str(b.pk): b.status for b in Bid.objects.all()}
        assert rows == {sent.bid: "withdrawn", again.bid: "submitted"}
        assert Bid.objects.get(pk=sent.bid).envelope.open().read() == sent.sealed.data
        stranger = WithdrawBid(again.bid, signed)
        with pytest.raises(Refused) as refused:
            perform(stranger, pseudonym(sent.sealed.ticket.pseudonym), via="api")
        assert refused.value.code == "bid.only_by_pseudonym"


def test_a_bid_that_was_taken_back_is_not_answered_with_its_old_receipt() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit(worlds_bids.sealed_bid(world, tender, world.bidders[0]))
        request = worlds_bids.request_of(sent.sealed)
        assert submission.submit(request, key="repeat", via="api").again
        signed = sent.sealed.ticket.withdrawal(sent.bid)
        perform(WithdrawBid(sent.bid, signed), pseudonym(sent.sealed.ticket.pseudonym), via="api")
        with pytest.raises(Refused) as refused:
            submission.submit(request, key="repeat", via="api")
        reason = refused.value.reasons[0]
        assert (reason.code, "已撤回" in reason.zh, "重新加密" in reason.zh) == ("bid.taken_back", True, True)


def test_before_the_deadline_nothing_in_the_house_tells_who_bids() -> None:
    """A dump of every table and file: no bidder's name, code or price beside what registration says."""
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        world.advance(hours=3)  # even what is known of the authorities would be asked for anew
        kept = RevocationDocument.objects.values_list("pk", "fetched_at")
        before = list(kept)
        sent = worlds_bids.submit_all(world, tender)
        assert list(kept) == before
        secrets = [s.sealed.price for s in sent] + [m.organization.name for m in world.bidders]
        secrets += [m.credit_code for m in world.bidders]
        secrets += [str(m.organization.pk) for m in world.bidders] + ["张弛"]  # in the uploads' names
        dump = _dump(
            (
                "trading_bid",
                "documents_upload",
                "documents_storedfile",
                "portal_roomevent",
                "trading_keysharerelease",
            )
        )
        dump += "".join(json.dumps(a.document, ensure_ascii=False) for a in Act.objects.filter(
            verb__in=("bid.submit", "attempt.refused")))  # fmt: skip
        dump += "".join(json.dumps(p) for p in _performed())
        assert [s for s in secrets if s in dump or s in _escaped(dump)] == []
        files = b"".join(f.open().read() for f in StoredFile.objects.filter(name="envelope.mtse"))
        assert len(files) == sum(len(s.sealed.data) for s in sent)
        assert [s for s in secrets if s.encode() in files] == []
        leaves = b"".join(bytes(a.leaf) for a in Act.objects.filter(verb="bid.submit"))
        assert [s for s in sent if s.bid.encode() in leaves] == []
        _nothing_shown(world, tender, sent)


def _nothing_shown(world: World, tender: Tender, sent: list[worlds_bids.Sent]) -> None:
    for member in (world.center, world.owner, world.agent, world.authority, world.bidders[0]):
        said = json.dumps(openings.opening_json(tender.number, member.actor, clock.now()))
        assert [s.bid for s in sent if s.bid in said] == []
        view = openings.hall(tender.number, member.actor)
        assert (view.seq, view.state, view.sealed, view.own) == (0, {}, [], [])


def _dump(tables: tuple[str, ...]) -> str:
    out = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT * FROM {table}")
            out += [repr(row) for row in cursor.fetchall()]
    return "\n".join(out)


def _performed() -> list[dict]:
    from journal.models import Performed

    rows = serializers.serialize("python", Performed.objects.filter(actor__startswith="pseudonym:"))
    return [row["fields"]["result"] for row in rows]


def _escaped(dump: str) -> str:
    return dump.encode().decode("unicode_escape", errors="ignore")


def test_a_cancelled_or_unknown_tender_takes_no_bid() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sealed = worlds_bids.sealed_bid(world, tender, world.bidders[0])
        Tender.objects.filter(pk=tender.pk).update(status="cancelled")
        assert code_of(worlds_bids.request_of(sealed)) == "bid.tender_not_open"
        command = SubmitBid("YC-0", "1", "whole", "0" * 64, "0" * 64, 1, {})
        with pytest.raises(Refused) as unknown:
            perform(command, pseudonym("0" * 64), via="api")
        assert unknown.value.code == "tender.not_found"


def test_a_certificate_reported_lost_is_refused() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        bidder = world.bidders[0]
        sealed = worlds_bids.sealed_bid(world, tender, bidder)
        from sealing.signer import fingerprint

        leaf = fingerprint(bidder.signer.chain[0])
        perform(BlockCertificate(leaf, "遗失"), bidder.actor, via="http")
        assert code_of(worlds_bids.request_of(sealed)) == "bid.certificate_blocked"


def test_envelopes_of_any_size_stream() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        member = world.bidders[0]
        plain = worlds_bids.bundle_of(
            worlds_bids.summary_of(tender, "1", member, "8750000.00"), member.signer, filler=3_000_000
        )
        sent = worlds_bids.submit(
            worlds_bids.sealed_bid(world, tender, member, plain=plain, chunk_size=65536)
        )
        assert io.BytesIO(Bid.objects.get(pk=sent.bid).envelope.open().read()).getvalue() == sent.sealed.data
