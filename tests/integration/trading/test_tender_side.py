"""The tender side through the one door: prepare, announce, take, ask, answer, clarify, cancel."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from journal import clock
from journal.door import perform
from journal.models import Act
from kernel.clock import iso
from kernel.errors import Refused
from portal import desk
from tests import worlds_tenders as worlds
from tests.worlds_tenders import TENDER, World
from trading import commands, custodians, preparing
from trading.models import DocumentDownload, Tender
from trading.queries import public_json, tenders
from trading.queries.notices import terms_sha256

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def refused(command: Any, actor: Any) -> str:
    with pytest.raises(Refused) as found:
        perform(command, actor, via="http")
    return found.value.code


def test_a_lawful_draft_is_announced_and_frozen(world: World) -> None:
    tender = worlds.announced_tender(world)
    assert (tender.status, tender.rulebook) == ("announced", "tendering_law/works/2019")
    act = Act.objects.get(verb="tender.announce")
    assert (act.sealed, act.document["payload"]["terms_sha256"]) == (False, terms_sha256(tender))
    edit = commands.EditTender(TENDER, {"title": "另一个名称"})
    assert refused(edit, world.agent.actor) == "machine.wrong_status"
    assert [c["name"] for c in public_json(tender, clock.now())["custodians"]] == [
        "盐城市公共资源交易中心",
        "盐城市住房和城乡建设局",
        "盐城市城市建设投资集团有限公司",
    ]


def test_everything_against_a_bare_draft_is_said_at_once(world: World) -> None:
    worlds.project(world)
    perform(commands.CreateTender(TENDER, TENDER, "空招标"), world.agent.actor, via="http")
    with pytest.raises(Refused) as found:
        perform(commands.AnnounceTender(TENDER), world.agent.actor, via="http")
    assert [r.code for r in found.value.reasons] == ["tender.incomplete"] * 7


def test_twelve_days_to_bid_are_refused_with_the_article(world: World) -> None:
    now = clock.now()
    at = {name: iso(now + timedelta(days=d)) for name, d in
          {"documents_from": 0, "documents_until": 5, "enquiry_deadline": 2, "submission_deadline": 12}.items()}  # fmt: skip
    worlds.draft_tender(world, schedule=at)
    with pytest.raises(Refused) as found:
        perform(commands.AnnounceTender(TENDER), world.agent.actor, via="http")
    assert [(r.code, r.law) for r in found.value.reasons] == [
        ("tender.time_to_bid_too_short", "招标投标法第二十四条")
    ]


@pytest.mark.parametrize("who", ["stranger", "center", "authority"])
def test_a_draft_is_unknown_to_everybody_else(world: World, who: str) -> None:
    worlds.draft_tender(world)
    actor = getattr(world, who).actor
    assert refused(commands.AnnounceTender(TENDER), actor) == "tender.not_found"
    with pytest.raises(Refused):
        tenders.seen(actor, TENDER)


def test_only_the_host_side_acts_and_never_as_a_bidder(world: World) -> None:
    worlds.announced_tender(world)
    bidder, agent = world.bidders[0].actor, world.agent.actor
    assert refused(commands.CancelTender(TENDER, "不办了"), bidder) == "tender.only_host"
    assert refused(commands.AskEnquiry(TENDER, "问"), agent) == "tender.own_tender"
    assert refused(commands.DownloadDocuments(TENDER), world.center.actor) == "tender.only_bidder"
    assert refused(commands.CommissionAgent(TENDER, world.stranger.credit_code, "0"), agent) == (
        "project.only_procuring_entity"
    )


def test_custodians_are_organizations_with_certificates_of_their_own(world: World) -> None:
    worlds.draft_tender(world)
    rows = custodians.examined(
        [{"organization": m.credit_code} for m in (world.center, world.authority)], clock.now()
    )
    agent = world.agent.actor
    assert (
        refused(commands.SetCustodians(TENDER, 2, [rows[0], rows[0]]), agent)
        == "custodian.organization_twice"
    )
    shared = {**rows[1], "certificate": rows[0]["certificate"]}
    assert refused(commands.SetCustodians(TENDER, 2, [rows[0], shared]), agent) == "envelope.custodians_bad"
    assert refused(commands.SetCustodians(TENDER, 3, rows), agent) == "custodian.too_few"


def test_who_takes_and_who_asks_is_sealed(world: World) -> None:
    tender = worlds.announced_tender(world)
    bidder = world.bidders[0].actor
    perform(commands.DownloadDocuments(TENDER), bidder, via="http")
    perform(commands.DownloadDocuments(TENDER), bidder, via="http")
    assert DocumentDownload.objects.count() == 1
    asked = perform(commands.AskEnquiry(TENDER, "第 3 条如何理解？"), bidder, via="http").result["enquiry"]
    secret = Act.objects.filter(verb__in=("documents.take", "enquiry.ask"))
    assert {act.sealed for act in secret} == {True}
    other = world.bidders[1].actor
    assert (
        len(tenders.enquiries_for(other, tender)),
        len(tenders.enquiries_for(world.agent.actor, tender)),
    ) == (0, 1)
    perform(commands.AnswerEnquiry(asked, "按图纸。"), world.agent.actor, via="http")
    said = Act.objects.get(verb="enquiry.answer").document
    assert world.bidders[0].actor.organization not in str(said)
    assert [e["answer"] for e in public_json(tender, clock.now())["enquiries"]] == ["按图纸。"]
    assert tenders.unconfirmed(bidder, tender) == 1
    perform(commands.ConfirmClarifications(TENDER), bidder, via="http")
    assert tenders.unconfirmed(bidder, tender) == 0
    assert refused(commands.ConfirmClarifications(TENDER), other) == "document.not_taken"
    assert refused(commands.AnswerEnquiry(asked, "改口"), world.agent.actor) == "enquiry.answered_already"


def test_documents_are_on_offer_and_questions_are_heard_for_their_time(world: World) -> None:
    worlds.announced_tender(world)
    world.advance(days=9)
    assert refused(commands.DownloadDocuments(TENDER), world.bidders[0].actor) == "document.offer_over"
    assert refused(commands.AskEnquiry(TENDER, "晚了"), world.bidders[0].actor) == "enquiry.over"
    perform(commands.AskEnquiry(TENDER, "招标文件限制竞争", "objection"), world.bidders[0].actor, via="http")
    world.advance(days=7)
    late = commands.AskEnquiry(TENDER, "再提异议", "objection")
    assert refused(late, world.bidders[1].actor) == "enquiry.objection_over"
    objection = next(i for i in desk.items_for(world.agent.actor, clock.now()) if "异议" in i.title)
    assert objection.deadline is not None


def test_a_clarification_close_to_the_deadline_moves_it(world: World) -> None:
    tender = worlds.announced_tender(world)
    agent, before = world.agent.actor, tender.submission_deadline
    assert before is not None
    world.advance(days=10)
    said = {"title": "澄清一", "text": "路基处理改为水泥搅拌桩。", "affects_bids": True}

    def publish(**more: Any) -> dict[str, Any]:
        command = preparing.clarification(agent, tenders.tender(TENDER), {**said, **more}, "", clock.now())
        return perform(command, agent, via="http").result

    with pytest.raises(Refused) as found:
        publish()
    assert (found.value.code, found.value.reasons[0].law) == (
        "tender.clarification_too_late",
        "招标投标法第二十三条；招标投标法实施条例第二十一条",
    )
    attempts = Act.objects.filter(verb="attempt.refused", subject="tender.clarify")
    assert attempts.count() == 1
    with pytest.raises(Refused):
        preparing.clarification(world.bidders[0].actor, tender, said, "", clock.now())
    assert attempts.count() == 2
    later = iso(before + timedelta(days=2))
    assert publish(submission_deadline=later)["deadline"] == later
    document = Tender.objects.get().documents.get(kind="clarification")
    assert (document.public, document.file.media_type) == (True, "application/pdf")


def test_a_deadline_that_has_passed_cannot_be_moved(world: World) -> None:
    tender = worlds.announced_tender(world)
    assert tender.submission_deadline is not None
    bidder, agent = world.bidders[0].actor, world.agent.actor
    asked = perform(commands.AskEnquiry(TENDER, "限制竞争", "objection"), bidder, via="http").result[
        "enquiry"
    ]
    world.advance_to(tender.submission_deadline)
    later = iso(tender.submission_deadline + timedelta(days=20))
    moved = commands.AnswerEnquiry(asked, "属实，修改。", True, later)
    assert refused(moved, agent) == "tender.deadline_passed"
    perform(commands.AnswerEnquiry(asked, "不属实。"), agent, via="http")
    assert Act.objects.get(verb="enquiry.answer").document["payload"]["late"] is True


def test_cancelling_fails_the_lots_and_ends_the_tender(world: World) -> None:
    tender = worlds.announced_tender(world)
    perform(commands.CancelTender(TENDER, "规划调整"), world.owner.actor, via="http")
    tender.refresh_from_db()
    assert (tender.status, set(tender.lots.values_list("status", "failure_code"))) == (
        "cancelled",
        {("failed", "tender.cancelled")},
    )
    assert refused(commands.AskEnquiry(TENDER, "?"), world.bidders[0].actor) == "tender.not_open_for_bids"


def test_a_document_of_a_draft_can_be_taken_out_and_of_an_announced_tender_not(world: World) -> None:
    worlds.draft_tender(world)
    tender = Tender.objects.get(number=TENDER)
    before = tender.documents.count()
    document = tender.documents.order_by("id").last()
    assert document is not None
    perform(commands.RemoveDocument(TENDER, str(document.pk)), world.agent.actor, via="http")
    assert tender.documents.count() == before - 1


def test_the_entity_cannot_be_its_own_agent(world: World) -> None:
    worlds.project(world)
    command = commands.CommissionAgent(TENDER, world.owner.credit_code, world.file().sha256)
    assert refused(command, world.owner.actor) == "project.agent_is_entity"
