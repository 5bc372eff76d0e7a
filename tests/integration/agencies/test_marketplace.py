"""A selection from the item to the contract, through the JSON doors only."""

from __future__ import annotations

import hashlib
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes

from agencies import queries
from agencies.models import Application
from journal import clock, due
from journal.models import Act
from kernel import draw
from kernel.clock import iso
from sealing import statements
from tests.integration.agencies.market import (
    Someone,
    announcement,
    apply,
    center,
    committed,
    later,
    nonce,
    registered,
    seek,
)
from tests.integration.ca_interop.authorities import code, recognized, subscriber
from tests.integration.parties.people import answer, post

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def server(settings):
    settings.TRAINING = True
    with recognized() as running:
        yield running


@pytest.fixture
def world():
    """Center, client, four admitted agencies: the fourth has the client's head."""
    staff = center()
    staff.post("/items", {"code": "procurement-agency", "name": "采购代理", "basis": "招标投标法第十二条"})
    client = registered("盐城市城市建设投资集团有限公司", 31, "陈立", "procuring_entity", staff)
    heads = ("赵一", "钱二", "孙三", "陈立")
    firms = [registered(f"江苏第{n}招标代理有限公司", 40 + n, f"经办{n}", "agency") for n in range(1, 5)]
    for firm, head in zip(firms, heads, strict=True):
        sought = seek(firm, head).json()
        assert staff.post(f"/admissions/{sought['admission']}/admit").json()["status"] == "admitted"
    return staff, client, firms


def closed(world) -> str:
    """An assignment after closing: four applied, one is barred."""
    _, client, firms = world
    number = client.post("/assignments", announcement()).json()["number"]
    for firm in firms:
        assert apply(firm, number).status_code == 201
    later(days=4)
    assert due.take_due() >= 1
    return number


def pdf_upload(someone: Someone, data: bytes, media_type: str = "application/pdf") -> str:
    said = {
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "name": "合同.pdf",
        "media_type": media_type,
    }
    upload = post(someone.client, "/api/v1/uploads", said).json()["upload"]
    someone.client.patch(
        f"/api/v1/uploads/{upload}",
        data,
        content_type="application/offset+octet-stream",
        headers={"Upload-Offset": "0"},
    )
    return upload


@pytest.mark.django_db(transaction=True)
def test_a_selection_from_sign_up_to_contract(world):
    staff, client, firms = world
    number = closed(world)
    record = queries.public_record(number)
    assert (record["status"], [e["credit_code"] for e in record["pool"]]) == (
        "closed",
        [code(n) for n in (41, 42, 43)],
    )
    assert [(b["credit_code"], b["reasons"][0]["code"]) for b in record["barred"]] == [
        (code(44), "conflict.same_head")
    ]
    path = f"/assignments/{number}"
    for party, who in ((client, "client"), (staff, "trading_center")):
        assert party.post(f"{path}/commitments", committed(number, who)).status_code == 201
    assert client.post(f"{path}/reveals", {"nonce": nonce("client").hex()}).json()["status"] == "closed"
    chosen = staff.post(f"{path}/reveals", {"nonce": nonce("trading_center").hex()}).json()
    assert chosen["status"] == "selected"
    record = client.client.get(f"/api/v1/agencies{path}").json()
    evidence = draw.verify(
        [e["credit_code"] for e in record["pool"]],
        record["pool_digest"],
        record["draw"]["commitments"],
        {who: bytes.fromhex(n) for who, n in record["draw"]["reveals"].items()},
        record["draw"]["order"],
        record["draw"]["draw"],
    )
    assert (evidence.seed, evidence.order[0]) == (record["draw"]["seed"], record["selected"]["credit_code"])
    upload = pdf_upload(client, b"%PDF-1.7 contract")
    early = client.post(f"{path}/contract", {"upload": upload, "amount": "86000.00"})
    assert (early.status_code, early.json()["code"]) == (409, "assignment.notice_runs")
    later(days=1)
    winner = next(f for f in firms if f.credit_code == record["selected"]["credit_code"])
    loser = next(f for f in firms if f is not winner)
    assert (
        loser.post(f"{path}/contract", {"upload": upload, "amount": "86000"}).json()["code"]
        == "agencies.only_contract_party"
    )
    assert (
        winner.post(f"{path}/contract", {"upload": upload, "amount": "86000.01"}).json()["code"]
        == "assignment.contract_over_budget"
    )
    filed = winner.post(f"{path}/contract", {"upload": upload, "amount": "86000.00"})
    assert (filed.status_code, queries.public_record(number)["status"]) == (201, "contracted")
    page = winner.client.get(f"/agencies/assignments/{number}/contract.pdf")
    assert b"".join(page.streaming_content if page.streaming else [page.content]) == b"%PDF-1.7 contract"
    assert loser.client.get(f"/agencies/assignments/{number}/contract.pdf").status_code == 403


def test_nobody_learns_who_applied_before_closing(world):
    staff, client, firms = world
    number = client.post("/assignments", announcement()).json()["number"]
    before = client.client.get(f"/api/v1/agencies/assignments/{number}").json()
    apply(firms[0], number)
    assert client.client.get(f"/api/v1/agencies/assignments/{number}").json() == before
    for someone in (staff, client, firms[1]):
        assert (
            "江苏第1招标代理有限公司"
            not in someone.client.get(f"/agencies/assignments/{number}/").content.decode()
        )
    assert Act.objects.get(verb="assignment.apply").sealed
    again = apply(firms[0], number)
    assert (again.status_code, again.json()["code"]) == (409, "application.once")
    firms[0].post(f"/assignments/{number}/applications/withdraw")
    assert apply(firms[0], number).status_code == 201
    assert Application.objects.filter(withdrawn_at__isnull=True).count() == 1


def test_late_and_foreign_applications_are_refused(world):
    _, client, firms = world
    number = client.post("/assignments", announcement()).json()["number"]
    outsider = registered("未入驻公司", 51, "吴五", "agency")
    assert apply(outsider, number).json()["code"] == "application.not_admitted"
    said = firms[0].post(f"/assignments/{number}/applications/statement", {}).json()["statement"]
    foreign = {"interest": "", "signed": statements.sign(said, firms[1].signer)}
    assert (
        firms[0].post(f"/assignments/{number}/applications", foreign).json()["code"]
        == "commitment.other_signer"
    )
    changed = {"interest": "持有业主股权", "signed": statements.sign(said, firms[0].signer)}
    assert (
        firms[0].post(f"/assignments/{number}/applications", changed).json()["code"]
        == "commitment.other_text"
    )
    early = client.post(f"/assignments/{number}/close")
    assert (early.status_code, early.json()["code"]) == (409, "assignment.still_open")
    lost = subscriber("江苏第1招标代理有限公司", 41, "经办1")
    post(firms[0].client, "/api/v1/certificates", {"signed": answer(firms[0].client, lost)})
    fingerprint = lost.chain[0].fingerprint(hashes.SHA256()).hex()
    post(firms[0].client, "/api/v1/certificates/block", {"certificate": fingerprint, "reason": "遗失"})
    blocked = {"interest": "", "signed": statements.sign(said, lost)}
    assert (
        firms[0].post(f"/assignments/{number}/applications", blocked).json()["code"] == "certificate.blocked"
    )
    later(days=4)
    late = apply(firms[0], number)
    assert (late.status_code, late.json()["code"]) == (409, "assignment.sign_up_over")
    assert client.post(f"/assignments/{number}/close").json()["status"] == "failed"


def test_what_cannot_be_published(world):
    staff, client, firms = world
    soon = iso(clock.now() + timedelta(days=2))
    for someone, body, wanted in (
        (client, announcement(budget="1000000.00"), (422, "assignment.over_limit")),
        (client, announcement(budget="many"), (400, "amount.malformed")),
        (client, announcement(closing_at=soon), (422, "assignment.closing_too_soon")),
        (client, announcement(closing_at="tomorrow"), (400, "assignment.bad_closing")),
        (client, announcement(item="unknown"), (404, "service_item.not_found")),
        (client, announcement(least=2), (422, "assignment.bad_least")),
        (client, announcement(recused=["123"]), (422, "ids.bad_credit_code")),
        (staff, announcement(), (403, "agencies.only_client")),
        (firms[0], announcement(), (403, "agencies.only_client")),
    ):
        got = someone.post("/assignments", body)
        assert (got.status_code, got.json()["code"]) == wanted
    assert client.post("/assignments", announcement(budget="500000.00")).status_code == 201
    split = client.post("/assignments", announcement(budget="500000.00"))
    assert split.json()["code"] == "assignment.over_limit"


def test_the_draw_keeps_its_order_of_steps(world):
    staff, client, firms = world
    number = closed(world)
    path = f"/assignments/{number}"
    first = committed(number, "client")
    assert firms[0].post(f"{path}/commitments", first).json()["code"] == "agencies.only_draw_party"
    assert client.post(f"{path}/commitments", {"digest": "short"}).json()["code"] == "agency_draw.not_hex"
    client.post(f"{path}/commitments", first)
    assert client.post(f"{path}/commitments", first).json()["code"] == "agency_draw.committed_before"
    assert (
        client.post(f"{path}/reveals", {"nonce": nonce("client").hex()}).json()["code"]
        == "agency_draw.reveal_too_early"
    )
    staff.post(f"{path}/commitments", committed(number, "trading_center"))
    assert client.post(f"{path}/reveals", {"nonce": "00" * 32}).json()["code"] == "draw.reveal_differs"
    client.post(f"{path}/reveals", {"nonce": nonce("client").hex()})
    assert (
        client.post(f"{path}/reveals", {"nonce": nonce("client").hex()}).json()["code"]
        == "agency_draw.revealed_before"
    )
    assert client.post(f"{path}/restart").json()["code"] == "agency_draw.still_time"
    later(hours=2)
    assert client.post(f"{path}/restart").json() == {
        "number": number, "abandoned": 1, "silent": ["trading_center"], "round": 2,
    }  # fmt: skip
    record = queries.public_record(number)
    assert (record["draw"]["draw"], len(record["abandoned"])) == (f"{number}#2", 1)
    # A commitment of the abandoned round is for another draw.
    client.post(f"{path}/commitments", first)
    staff.post(f"{path}/commitments", committed(number, "trading_center", 2))
    assert (
        client.post(f"{path}/reveals", {"nonce": nonce("client").hex()}).json()["code"]
        == "draw.reveal_differs"
    )


def test_admissions_are_decided_by_the_center_and_left_by_the_agency(world):
    staff, client, firms = world
    newcomer = registered("新公司", 61, "郑六", "agency")
    bad = {"item": "procurement-agency", "head": "郑六", "controllers": ["123"]}
    assert newcomer.post("/admissions/statement", bad).json()["code"] == "ids.bad_credit_code"
    sought = seek(newcomer, "郑六").json()
    key = sought["admission"]
    assert firms[0].post(f"/admissions/{key}/admit").json()["code"] == "agencies.only_center"
    assert seek(newcomer, "郑六").json()["code"] == "admission.once"
    assert (
        staff.client.get("/api/v1/agencies/admissions?status=applied").json()["admissions"][0]["name"]
        == "新公司"
    )
    assert staff.post(f"/admissions/{key}/return", {"reason": "资质证书过期"}).json()["status"] == "returned"
    assert seek(newcomer, "郑六").json()["status"] == "applied"
    staff.post(f"/admissions/{key}/admit")
    assert firms[0].post(f"/admissions/{key}/exit", {"reason": "x"}).json()["code"] == "agencies.only_agency"
    assert newcomer.post(f"/admissions/{key}/exit", {"reason": "业务调整"}).json()["status"] == "exited"
    assert (
        client.post("/admissions/statement", {**bad, "controllers": []}).json()["code"]
        == "agencies.only_agency"
    )


def test_a_client_ends_what_was_not_chosen_yet(world):
    _, client, _ = world
    number = client.post("/assignments", announcement()).json()["number"]
    assert (
        client.post(f"/assignments/{number}/cancel", {"reason": "项目调整"}).json()["status"] == "cancelled"
    )
    assert (
        client.post(f"/assignments/{number}/cancel", {"reason": "再次"}).json()["code"]
        == "machine.wrong_status"
    )
    assert client.post("/assignments/ZJ0/cancel", {"reason": "无"}).json()["code"] == "assignment.not_found"
