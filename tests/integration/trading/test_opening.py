"""From sealed bids to the signed opening record, by the real verbs."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client, override_settings

from ca_interop import document_signing, isolated, queries
from ca_interop.platform_key import platform_signer
from ca_interop.rules.signatures.judging import Circumstances
from journal import clock, due, sequencer
from journal.door import perform
from journal.models import Act
from kernel.actor import SYSTEM, pseudonym
from kernel.errors import Refused
from portal import rooms
from sealing import bundle, receipts, statements
from tests import worlds_bids, worlds_tenders
from tests.integration.ca_interop.authorities import house
from trading import releases
from trading.commands import (
    AnswerOpeningObjection,
    CancelTender,
    CloseObjections,
    CloseOpening,
    DecideCause,
    ExtendDecryption,
    RaiseOpeningObjection,
    ReadOut,
    RecordOpening,
    RequestQuorum,
    RevokeBid,
    SignInToOpening,
    StartOpening,
    WithdrawBid,
)
from trading.models import Bid, OpeningObjection, OpeningSession, Tender, TenderDocument
from trading.queries import openings
from trading.queries.bids import bid as bid_by_id
from trading.queries.bids import same_bidder
from trading.tasks import make_opening_record, open_bid

pytestmark = pytest.mark.django_db(transaction=True)


def refused(call: object, *args: object, **kwargs: object) -> str:
    with pytest.raises(Refused) as caught:
        call(*args, **kwargs)  # type: ignore[operator]
    return caught.value.code


def hall_state(tender: Tender) -> dict:
    return rooms.snapshot(f"hall:{tender.number}", ()).state


def test_a_whole_opening() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.sign_in(tender, world.owner, *world.bidders)
        assert rooms.snapshot(f"hall:{tender.number}", ()).seq == 0
        worlds_bids.start(world, tender)
        session = OpeningSession.objects.get(tender=tender)
        assert (session.status, hall_state(tender)["step"]) == ("decrypting", "decrypting")
        assert {lot.no: lot.status for lot in tender.lots.all()} == {1: "pending", 2: "failed"}
        rows = hall_state(tender)["bids"]
        assert [(r["no"], r["bidder"], "price" in r) for r in sorted(rows.values(), key=lambda r: r["no"])] == [
            (1, "待开启", False), (2, "待开启", False), (3, "待开启", False)]  # fmt: skip
        assert len(hall_state(tender)["attendance"]) == 4

        worlds_bids.release(sent[0])
        first = Bid.objects.get(pk=sent[0].bid)
        assert (first.status, first.opened_by, str(first.price)) == ("opened", "bidder", "8750000.00")
        assert first.bidder == world.bidders[0].organization
        assert bundle.read(first.bundle.open()).entry("technical/plan.txt").role == "technical"
        shown = hall_state(tender)["bids"][sent[0].bid]
        assert (shown["bidder"], shown["decryption"], "price" in shown) == (
            world.bidders[0].organization.name, "opened", False)  # fmt: skip

        perform(RequestQuorum(sent[1].bid, "U 盘损坏"), world.center.actor, via="ws")
        worlds_bids.share(sent[1], world.authority)
        assert hall_state(tender)["shares"][sent[1].bid] == {"have": 1, "need": 2}
        worlds_bids.share(sent[1], world.owner)
        assert hall_state(tender)["bids"][sent[1].bid]["decryption"] == "quorum"

        world.advance(minutes=61)
        due.take_due()
        session.refresh_from_db()
        assert session.status == "reading"
        lost = Bid.objects.get(pk=sent[2].bid)
        assert (lost.status, lost.failure_cause) == ("undecryptable", "unknown")
        perform(DecideCause(sent[2].bid, "bidder", "未在时限内解密"), world.center.actor, via="ws")
        perform(DecideCause(sent[2].bid, "platform", "核实为断电"), world.center.actor, via="ws")
        lost.refresh_from_db()
        assert [d["cause"] for d in lost.failure["decisions"]] == ["bidder", "platform"]

        out_of_turn = ReadOut(tender.number, sent[1].bid)
        assert refused(perform, out_of_turn, world.center.actor, via="ws") == "opening.not_next_to_read"
        worlds_bids.read_all(world, tender)
        assert hall_state(tender)["step"] == "objections"
        assert hall_state(tender)["bids"][sent[0].bid]["price"] == "8750000.00"

        perform(RaiseOpeningObjection(tender.number, "第二家的封存时间？"), world.bidders[0].actor, via="ws")
        close = CloseObjections(tender.number)
        assert refused(perform, close, world.center.actor, via="ws") == "opening.objection_unanswered"
        asked = str(OpeningObjection.objects.get().pk)
        perform(AnswerOpeningObjection(tender.number, asked, "见回执"), world.agent.actor, via="ws")
        perform(close, world.center.actor, via="ws")
        session.refresh_from_db()
        assert session.record is not None
        assert session.record.open().read(5) == b"%PDF-"
        assert session.record_payload["record_sha256"] == session.record.sha256
        assert [b["status"] for b in session.record_payload["bids"]] == ["opened", "opened", "undecryptable"]

        for member in (world.center, world.owner, world.bidders[0]):
            worlds_bids.sign_record(tender, member, pdf=True)
        original = session.record
        with document_signing.latest(original).open() as stream:
            signed = isolated.judge(
                stream.read(), None, Circumstances(queries.trust_list(clock.now()), clock.now())
            )
        assert (signed["verdict"], len(signed["signatures"])) == ("valid", 3)
        assert refused(worlds_bids.sign_record, tender, world.owner) == "opening.record_signed_already"
        end = CloseOpening(tender.number)
        assert refused(perform, end, world.center.actor, via="ws") == "opening.signatures_missing"
        perform(CloseOpening(tender.number, "已离开"), world.center.actor, via="ws")
        tender.refresh_from_db()
        assert (tender.status, tender.lots.get(no=1).status) == ("opened", "evaluating")
        assert TenderDocument.objects.get(kind="opening_record").public
        assert TenderDocument.objects.get(kind="signed_record").file == document_signing.latest(original)


def test_everything_opened_and_signed_needs_no_excuse() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.opened_tender(world, tender)
        assert len(sent) == 6
        assert {str(lot.status) for lot in tender.lots.all()} == {"evaluating"}


def test_fewer_than_three_are_not_opened_and_stay_sealed() -> None:
    with worlds_tenders.world(2) as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        tender.refresh_from_db()
        assert (tender.status, OpeningSession.objects.get().status) == ("failed", "failed")
        assert {lot.failure_code for lot in tender.lots.all()} == {"lot.too_few_bidders"}
        assert Bid.objects.get(pk=sent[0].bid).status == "submitted"
        assert refused(worlds_bids.release, sent[0]) == "machine.wrong_status"


def test_the_host_waits_for_deadline_and_grace() -> None:
    with worlds_tenders.world() as world, override_settings(OPENING_GRACE_SECONDS=3600):
        tender = worlds_tenders.announced_tender(world)
        begin = StartOpening(tender.number)
        assert refused(perform, begin, world.center.actor, via="http") == "opening.too_early"
        world.advance_to(tender.submission_deadline)
        assert refused(perform, begin, world.center.actor, via="http") == "opening.too_early"
        assert refused(perform, begin, world.owner.actor, via="http") == "opening.only_host"


def test_shares_only_after_a_loss_by_the_right_custodian_and_right() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        assert refused(worlds_bids.share, sent[0], world.owner) == "bid.quorum_not_requested"
        perform(RequestQuorum(sent[0].bid, "遗失"), world.center.actor, via="ws")
        row = bid_by_id(sent[0].bid)
        other = worlds_bids.share_statement(sent[0], world.owner, index=1)
        assert refused(releases.share_release, row, other) == "share.certificate_not_custodians"
        wrong = worlds_bids.share_statement(sent[0], world.owner, share="A" * 43 + "=")
        assert refused(releases.share_release, row, wrong) == "share.wrong"
        foreign = worlds_bids.share_statement(sent[0], world.owner, bid=sent[1].bid)
        assert refused(releases.share_release, row, foreign) == "envelope.foreign"
        worlds_bids.share(sent[0], world.owner)
        assert refused(worlds_bids.share, sent[0], world.owner) == "share.already_released"


def test_a_key_is_checked_against_the_commitment_and_taken_once() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        assert refused(worlds_bids.release, sent[0]) == "machine.wrong_status"
        worlds_bids.start(world, tender)
        row, ticket = bid_by_id(sent[0].bid), sent[0].sealed.ticket
        wrong = ticket.key_release(sent[0].bid, bytes(32))
        assert refused(releases.key_release, row, wrong) == "envelope.content_key_wrong"
        other = sent[1].sealed.ticket.key_release(sent[0].bid, bytes(32))
        assert refused(releases.key_release, row, other) == "statement.signer_differs"
        worlds_bids.release(sent[0])
        assert refused(worlds_bids.release, sent[0]) == "machine.wrong_status"


def test_what_is_inside_must_fit_the_envelope() -> None:
    """Junk, another's summary: undecryptable with its reason; the rest of the opening goes on."""
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        first, second, third = world.bidders
        stolen = worlds_bids.bundle_of(
            worlds_bids.summary_of(tender, "1", second, "8000000.00"), second.signer
        )
        sent = [
            worlds_bids.submit(worlds_bids.sealed_bid(world, tender, first, plain=b"junk")),
            worlds_bids.submit(worlds_bids.sealed_bid(world, tender, second)),
            worlds_bids.submit(worlds_bids.sealed_bid(world, tender, third, plain=stolen)),
        ]
        worlds_bids.start(world, tender)
        for one in sent:
            worlds_bids.release(one)
        found = {one.bid: Bid.objects.get(pk=one.bid) for one in sent}
        assert [b.status for b in found.values()] == ["undecryptable", "opened", "undecryptable"]
        assert [b.failure and b.failure["code"] for b in found.values()] == [
            "bundle.malformed", None, "bid_summary.foreign"]  # fmt: skip
        assert OpeningSession.objects.get().status == "reading"


def test_tasks_done_twice_change_nothing() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.opened_tender(world, tender, ("1",))
        before = Act.objects.count(), hall_state(tender)
        open_bid(sent[0].bid)
        make_opening_record(tender.number)
        assert (Act.objects.count(), hall_state(tender)) == before


def test_an_opening_that_got_lost_is_done_by_the_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        monkeypatch.setattr("trading.reactions.later", lambda *args: None)
        worlds_bids.release(sent[0])
        assert Bid.objects.get(pk=sent[0].bid).status == "submitted"
        monkeypatch.undo()
        world.advance(minutes=3)
        due.take_due()
        assert Bid.objects.get(pk=sent[0].bid).status == "opened"


def test_an_authority_that_does_not_answer_only_delays_an_opening() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        # Weeks after the registrations, whose evidence would still tell of that day.
        assert tender.submission_deadline is not None
        world.advance_to(tender.submission_deadline - timedelta(hours=1))
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        house().faults.update(dict.fromkeys(house().authorities, "down"))
        worlds_bids.release(sent[0])
        assert Bid.objects.get(pk=sent[0].bid).status == "submitted"
        world.advance(minutes=61)
        due.take_due()
        states = [Bid.objects.get(pk=one.bid).status for one in sent]
        assert states == ["submitted", "undecryptable", "undecryptable"]
        house().faults.clear()
        world.advance(minutes=3)
        due.take_due()
        assert Bid.objects.get(pk=sent[0].bid).status == "opened"


def test_a_stale_snapshot_and_the_events_give_the_fresh_one() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        stale = rooms.snapshot(f"hall:{tender.number}", ())
        for one in sent:
            worlds_bids.release(one)
        worlds_bids.read_all(world, tender)
        events = rooms.events_since(f"hall:{tender.number}", stale.seq)
        frames = [rooms.frame(e, ()) for e in events]
        assert rooms.fold(stale.state, frames) == hall_state(tender)


def test_a_bid_is_revoked_after_the_deadline_only_with_its_consequence() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        signed = sent[0].sealed.ticket.withdrawal(sent[0].bid)
        actor = pseudonym(sent[0].sealed.ticket.pseudonym)
        early = RevokeBid(sent[0].bid, signed)
        assert refused(perform, early, actor, via="api") == "bid.revocation_early"
        worlds_bids.start(world, tender)
        late = WithdrawBid(sent[0].bid, signed)
        assert refused(perform, late, actor, via="api") == "bid.withdrawal_late"
        said = perform(early, actor, via="api").result
        assert (said["status"], "不退还投标保证金" in said["consequence"]) == ("revoked", True)
        assert refused(perform, early, actor, via="api") == "machine.wrong_status"


def test_in_a_lot_that_failed_there_is_nothing_to_revoke() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        lonely = worlds_bids.submit(worlds_bids.sealed_bid(world, tender, world.bidders[0], lot="2"))
        worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        assert Bid.objects.get(pk=lonely.bid).lot.status == "failed"
        ticket = lonely.sealed.ticket
        command = RevokeBid(lonely.bid, ticket.withdrawal(lonely.bid))
        assert (
            refused(perform, command, pseudonym(ticket.pseudonym), via="api") == "bid.revocation_lot_failed"
        )


def test_two_bids_of_one_bidder_are_pointed_at() -> None:
    with worlds_tenders.world(2) as world:
        tender = worlds_tenders.announced_tender(world)
        sent = [*worlds_bids.submit_all(world, tender),
                worlds_bids.submit(worlds_bids.sealed_bid(world, tender, world.bidders[0], price="1.00"))]  # fmt: skip
        worlds_bids.start(world, tender)
        for one in sent:
            worlds_bids.release(one)
        groups = same_bidder(tender.lots.get(no=1))
        assert [[str(b.pk) for b in group] for group in groups] == [[sent[0].bid, sent[2].bid]]
        assert hall_state(tender)["bids"][sent[2].bid]["same_bidder"] is True


def test_openings_are_recorded_by_the_system_only_and_time_can_be_extended() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        forged = RecordOpening(sent[0].bid, "00" * 32, "0" * 64, "甲", "x", {}, {})
        assert refused(perform, forged, world.center.actor, via="api") == "opening.only_system"
        before = OpeningSession.objects.get().decryption_until
        perform(ExtendDecryption(tender.number, 30, "机房断电"), world.center.actor, via="ws")
        assert (OpeningSession.objects.get().decryption_until - before).total_seconds() == 1800


def test_only_those_who_are_here_object_and_sign() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        objection = RaiseOpeningObjection(tender.number, "有异议")
        assert refused(perform, objection, world.bidders[0].actor, via="ws") == "opening.only_present"
        assert (
            refused(perform, SignInToOpening(tender.number), SYSTEM, via="ws")
            == "opening.organization_needed"
        )
        for one in sent:
            worlds_bids.release(one)
        worlds_bids.read_all(world, tender)
        perform(CloseObjections(tender.number), world.center.actor, via="ws")
        assert refused(worlds_bids.sign_record, tender, world.stranger) == "opening.not_a_party"
        session = openings.session_of(tender)
        assert session is not None
        signed = statements.sign(openings.record_statement(session), world.owner.signer)
        asked = (tender.number, signed, world.center.actor, session.record, {})
        assert refused(releases.record_signature, *asked) == "opening.other_signer"


def test_the_receipt_is_checked_offline() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit(worlds_bids.sealed_bid(world, tender, world.bidders[0]))
        steps = receipts.verify(sent.receipt, platform_signer().public_key(), sequencer.vkey())
        assert [step.code for step in steps] == ["statement.signature", "receipt.act", "receipt.log"]


def test_a_tender_called_off_closes_the_open_hall() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        perform(CancelTender(tender.number, "项目停建"), world.owner.actor, via="http")
        session = OpeningSession.objects.get()
        assert (session.status, session.due_at, session.closed_at is not None) == ("failed", None, True)
        assert refused(worlds_bids.release, sent[0]) == "machine.wrong_status"
        page = Client().get(f"/halls/{tender.number}/").content.decode()
        assert "招标人终止招标：项目停建" in page
        assert "各标段投标人均少于" not in page
