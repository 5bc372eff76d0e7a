"""The same refusal through form and JSON; pages for each viewer; what a download answers to whom."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from journal import clock
from journal.door import perform
from parties.login import opened_by
from sealing.signer import fingerprint
from tests import worlds_bids
from tests import worlds_tenders as worlds
from tests.worlds_tenders import TENDER, Member, World
from trading.commands import CreateTender
from trading.models import DocumentDownload, Enquiry, Tender
from trading.rules.draft import USUAL_REQUIREMENTS

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> Iterator[World]:
    with worlds.world() as made:
        yield made


def browser(member: Member | None) -> Client:
    client = Client()
    if member is not None:
        session = client.session
        session.update(opened_by(fingerprint(member.signer.chain[0])))
        session.save()
        client.cookies["sessionid"] = session.session_key
    return client


def post(client: Client, path: str, body: dict[str, Any], key: str = "") -> Any:
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(path, json.dumps(body), content_type="application/json", headers=headers)


API = f"/api/v1/tenders/{TENDER}"


def test_a_tender_is_made_over_http_alone(world: World) -> None:
    owner, agent = browser(world.owner), browser(world.agent)
    project = {"number": TENDER, "name": "改造工程", "category": "works", "estimate": "20000000"}
    assert post(owner, "/api/v1/projects", project).status_code == 201
    commission = {"agent": world.agent.credit_code, "upload": worlds_bids.upload(worlds.PDF + b"c")}
    assert post(owner, f"/api/v1/projects/{TENDER}/agent", commission).status_code == 200
    made = {"project": TENDER, "number": TENDER, "title": "施工", "sections": worlds.sections(clock.now())}
    assert post(agent, "/api/v1/tenders", made).status_code == 201
    holders = [{"organization": m.credit_code} for m in (world.center, world.authority, world.owner)]
    assert post(agent, f"{API}/custodians", {"threshold": 2, "custodians": holders}).status_code == 200
    assert post(agent, f"{API}/announcement", {}).json()["code"] == "tender.incomplete"
    for number, kind in enumerate(("notice", "bidding_documents")):
        upload = worlds_bids.upload(worlds.PDF + bytes([65 + number]))
        body = {"kind": kind, "title": kind, "upload": upload, "lot": ""}
        assert post(agent, f"{API}/documents", body).status_code == 201
    assert browser(None).get(API).status_code == 404
    assert agent.get(API).json()["against_announcing"] == []
    assert post(agent, f"{API}/announcement", {}).status_code == 200
    shape = browser(None).get(API).json()
    assert {"number", "submission_deadline", "decryption_minutes", "threshold", "custodians", "lots", "documents",
            "requirements", "evaluation_method", "procuring_entity", "training", "now", "part"} <= set(shape)  # fmt: skip
    assert [lot["lot"] for lot in shape["lots"]] == ["1", "2"]


@pytest.mark.parametrize(
    ("who", "verb", "path", "said", "code", "status"),
    [
        ("stranger", "cancel", "cancellation", {"reason": "x"}, "tender.only_host", 403),
        ("agent", "ask", "enquiries", {"text": "x", "kind": "enquiry"}, "tender.own_tender", 403),
        ("center", "ask", "enquiries", {"text": "x", "kind": "enquiry"}, "tender.only_bidder", 403),
        ("agent", "announce", "announcement", {}, "machine.wrong_status", 409),
        ("stranger", "confirm", "clarifications/confirmation", {}, "document.not_taken", 409),
    ],
)
def test_form_and_json_refuse_alike(
    world: World, who: str, verb: str, path: str, said: dict[str, Any], code: str, status: int
) -> None:
    worlds.announced_tender(world)
    client = browser(getattr(world, who))
    over_json = post(client, f"{API}/{path}", said)
    page = client.post(f"/tenders/{TENDER}/acts/{verb}/", said)
    assert (over_json.status_code, over_json.json()["code"]) == (status, code)
    assert (page.status_code, code in page.content.decode()) == (status, True)


def test_bidding_documents_are_taken_by_signed_in_bidders_and_recorded_once(world: World) -> None:
    tender = worlds.announced_tender(world)
    documents = {d.kind: f"/tenders/{TENDER}/documents/{d.id}" for d in tender.documents.all()}
    seen = [browser(m).get(documents[kind]).status_code for m, kind in (
        (None, "notice"), (None, "bidding_documents"), (world.center, "bidding_documents"),
        (world.agent, "bidding_documents"), (world.bidders[0], "bidding_documents"), (world.bidders[0], "boq"),
    )]  # fmt: skip
    assert seen == [200, 401, 403, 200, 200, 200]
    assert DocumentDownload.objects.count() == 1


def test_pages_show_each_viewer_its_own_next_act(world: World) -> None:
    worlds.draft_tender(world)
    assert browser(world.bidders[0]).get(f"/tenders/{TENDER}/").status_code == 404
    agent, bidder = browser(world.agent), browser(world.bidders[0])
    assert "现在可以发布招标公告" in agent.get(f"/tenders/{TENDER}/").content.decode()
    for section in ("notice", "lots", "schedule", "terms", "evaluation_method", "requirements", "custodians"):
        assert agent.get(f"/tenders/{TENDER}/edit/{section}/").status_code == 200
    assert agent.post(f"/tenders/{TENDER}/acts/announce/", {"_key": "a"}).status_code == 302
    assert "现在请您获取招标文件" in bidder.get(f"/tenders/{TENDER}/").content.decode()
    asked = {"kind": "enquiry", "text": "层高？", "_key": "b"}
    assert bidder.post(f"/tenders/{TENDER}/acts/ask/", asked).status_code == 302
    page = agent.get(f"/tenders/{TENDER}/").content.decode()
    assert ("层高？" in page, "城南建设" in page) == (True, False)
    answer = {"subject": str(Enquiry.objects.get().id), "answer": "三米。", "_key": "c"}
    assert agent.post(f"/tenders/{TENDER}/acts/answer/", answer).status_code == 302
    assert "三米。" in browser(None).get(f"/tenders/{TENDER}/").content.decode()
    assert [browser(m).get("/tenders/").status_code for m in (world.owner, world.bidders[0], None)] == [
        200,
        200,
        401,
    ]


def test_a_section_is_edited_by_form(world: World) -> None:
    worlds.draft_tender(world)
    agent, path = browser(world.agent), f"/tenders/{TENDER}/edit/"
    schedule = {"documents_from": "2027-01-04T09:00", "documents_until": "2027-01-12T17:00",
                "enquiry_deadline": "2027-01-12T17:00", "submission_deadline": "2027-02-02T09:30"}  # fmt: skip
    assert agent.post(f"{path}schedule/", schedule).status_code == 302
    assert Tender.objects.get().submission_deadline.isoformat() == "2027-02-02T01:30:00+00:00"
    broken = agent.post(f"{path}evaluation_method_json/", {"evaluation_method": '{"kind": '})
    assert (broken.status_code, "不是合格的 JSON" in broken.content.decode()) == (422, True)
    empty = agent.post(f"{path}evaluation_method_json/", {"evaluation_method": '{"kind": "lottery"}'})
    assert (
        empty.status_code,
        "综合" in empty.content.decode() or "comprehensive" in empty.content.decode(),
    ) == (422, True)
    lots = {"form-TOTAL_FORMS": "2", "form-INITIAL_FORMS": "0", "form-0-name": "一标段", "form-0-estimate": "9000000.00",
            "form-0-ceiling_price": "8900000.00", "form-0-bond_amount": "1", "form-0-duration_days": "100"}  # fmt: skip
    assert agent.post(f"{path}lots/", lots).status_code == 302
    assert list(Tender.objects.get().lots.values_list("name", flat=True)) == ["一标段"]


def test_a_clarification_sent_twice_with_one_key_is_one(world: World) -> None:
    worlds.announced_tender(world)
    agent = browser(world.agent)
    body = {"title": "澄清一", "text": "见图。", "affects_bids": False}
    first, again = (post(agent, f"{API}/clarifications", body, "same") for _ in range(2))
    assert (first.status_code, first.json()) == (201, again.json())
    assert Tender.objects.get().documents.filter(kind="clarification").count() == 1


def test_a_project_form_says_all_that_is_wrong_at_once_in_words(world: World) -> None:
    client = browser(world.owner)
    said = {"number": "yc 1", "name": "改造工程", "category": "works", "estimate": "一百万", "_key": "p1"}
    answer = client.post("/projects/new/", said)
    page = answer.content.decode()
    assert (answer.status_code, "有 2 处需要更正" in page) == (422, True)
    assert "「编号」应为 5–40 位大写字母、数字和连字符" in page
    assert "「估算价」应为不带正负号、最多两位小数的金额" in page
    problem = post(client, "/api/v1/projects", {**said, "estimate": "-1"}).json()
    assert [(r["code"], r["field"]) for r in problem["reasons"]] == [
        ("tender.bad_field", "number"),
        ("tender.bad_field", "estimate"),
    ]


def test_the_rulebook_is_called_by_its_name(world: World) -> None:
    worlds.announced_tender(world)
    page = browser(world.agent).get(f"/tenders/{TENDER}/").content.decode()
    assert "招标投标法（施工，2019 版）" in page
    assert "tendering_law/" not in page


def test_the_list_of_what_a_bid_holds_begins_with_the_usual(world: World) -> None:
    worlds.project(world)
    perform(CreateTender(TENDER, TENDER, "空招标"), world.agent.actor, via="http")
    client = browser(world.agent)
    page = client.get(f"/tenders/{TENDER}/edit/requirements/")
    assert page.context["form"].initial["requirements"] == list(USUAL_REQUIREMENTS)
    said = {"requirements": json.dumps(list(USUAL_REQUIREMENTS)), "bid_rules": "{}", "_key": "r1"}
    assert client.post(f"/tenders/{TENDER}/edit/requirements/", said).status_code == 302
    assert Tender.objects.get(number=TENDER).requirements == list(USUAL_REQUIREMENTS)
