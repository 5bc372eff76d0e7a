"""The opening over HTTP, WebSocket and pages: same verdicts, same codes; nothing early, nothing lost."""

from __future__ import annotations

import asyncio
import io
import json
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.test import Client

from journal.door import perform
from parties.login import opened_by
from portal import rooms
from sealing import open_share, read_header, statements, unwrap_as_bidder
from sealing.fields import b64
from sealing.signer import fingerprint
from tests import worlds_bids, worlds_tenders
from tests.worlds_tenders import Member, World
from trading.commands import ReadOut, RequestQuorum
from trading.models import Bid, OpeningObjection, Tender
from trading.queries import openings
from trading.routing import websocket_urlpatterns

pytestmark = pytest.mark.django_db(transaction=True)


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


def submission_body(sealed: worlds_bids.Sealed, data: bytes | None = None) -> dict[str, Any]:
    return {
        "upload": worlds_bids.upload(data or sealed.data),
        "submission": sealed.ticket.submission(),
        "door_identity": sealed.ticket.door_identity(),
    }


def key_release(sent: worlds_bids.Sent) -> dict[str, Any]:
    key = unwrap_as_bidder(read_header(io.BytesIO(sent.sealed.data)), sent.sealed.ticket)
    return sent.sealed.ticket.key_release(sent.bid, key.value)


def test_the_api_from_submission_to_shares() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        anybody = Client()
        path = f"/api/v1/tenders/{tender.number}/lots/1/bids"
        sealed = worlds_bids.sealed_bid(world, tender, world.bidders[0])
        body = submission_body(sealed)
        first = post(anybody, path, body, "k")
        again = post(anybody, path, submission_body(sealed), "k")
        assert (first.status_code, again.status_code, first.json()) == (201, 200, again.json())
        sent = [worlds_bids.Sent(sealed, first.json())]
        gone = worlds_bids.Sent(*_sent(anybody, path, world, tender, 1))
        back = {"signed": gone.sealed.ticket.withdrawal(gone.bid)}
        assert post(anybody, f"/api/v1/bids/{gone.bid}/withdrawal", back).json()["status"] == "withdrawn"
        assert post(anybody, f"/api/v1/bids/{gone.bid}/withdrawal", back).status_code == 409
        sent += [worlds_bids.Sent(*_sent(anybody, path, world, tender, n)) for n in (1, 2)]
        bad = submission_body(worlds_bids.sealed_bid(world, tender, world.bidders[1]), b"junk")
        assert (r := post(anybody, path, bad)).status_code, r.json()["code"] == (
            400,
            "envelope.not_an_envelope",
        )
        for hidden in ("envelope", "header"):
            assert anybody.get(f"/api/v1/bids/{sent[0].bid}/{hidden}").status_code == 404
        early = anybody.get(f"/api/v1/tenders/{tender.number}/opening").json()
        assert (early["status"], early["bids"], early["started_at"]) == ("sign_in", [], None)

        world.advance_to(tender.submission_deadline + timedelta(minutes=1))
        late = submission_body(worlds_bids.sealed_bid(world, tender, world.bidders[0]))
        refused = post(anybody, path, late)
        reason = refused.json()["reasons"][0]
        assert (refused.status_code, reason["code"], reason["law"]) == (
            409,
            "bid.late",
            "招标投标法第二十八条",
        )
        assert post(anybody, path, submission_body(sealed), "k").json() == first.json()

        act = f"/api/v1/tenders/{tender.number}/opening"
        assert post(Client(), f"{act}/start", {}).status_code == 401
        assert post(browser(world.owner), f"{act}/start", {}).json()["code"] == "opening.only_host"
        assert post(browser(world.center), f"{act}/start", {}).json()["status"] == "decrypting"
        said = anybody.get(act).json()
        assert [b["bid"] for b in said["bids"]] == [s.bid for s in sent]
        assert anybody.get(f"/api/v1/bids/{sent[0].bid}/envelope").getvalue() == sealed.data
        head = anybody.get(f"/api/v1/bids/{sent[0].bid}/header").content
        assert head == sealed.data[: worlds_bids.head_end(sealed)]

        assert (
            post(
                anybody, f"/api/v1/bids/{sent[0].bid}/key-release", {"signed": key_release(sent[0])}
            ).status_code
            == 200
        )
        wrong = post(anybody, f"/api/v1/bids/{sent[1].bid}/key-release", {"signed": key_release(sent[0])})
        assert wrong.json()["code"] == "statement.signer_differs"
        _lost_and_shared(anybody, world, sent[1])
        found = {b["bid"]: (b["status"], b.get("opened_by")) for b in anybody.get(act).json()["bids"]}
        assert [found[s.bid] for s in sent] == [
            ("opened", "bidder"),
            ("opened", "quorum"),
            ("submitted", None),
        ]


def _sent(
    client: Client, path: str, world: World, tender: Tender, who: int
) -> tuple[worlds_bids.Sealed, Any]:
    sealed = worlds_bids.sealed_bid(world, tender, world.bidders[who])
    return sealed, post(client, path, submission_body(sealed)).json()


def _lost_and_shared(client: Client, world: World, sent: worlds_bids.Sent) -> None:
    said = {"bid": sent.bid, "envelope_sha256": sent.sealed.ticket.envelope_sha256}
    signed = statements.sign(statements.statement("key-lost", said), sent.sealed.ticket.pseudonym_key)
    assert post(client, f"/api/v1/bids/{sent.bid}/key-lost", {"signed": signed}).json()["need"] == 2
    head = read_header(io.BytesIO(client.get(f"/api/v1/bids/{sent.bid}/header").content))
    for custodian in (world.center, world.authority):
        share = open_share(head, custodian.signer)
        mine = {**said, "index": share.index, "share": b64(share.value)}
        signed = statements.sign(statements.statement("share-release", mine), custodian.signer)
        assert post(client, f"/api/v1/bids/{sent.bid}/shares", {"signed": signed}).status_code == 200


def _socket(number: str, client: Client | None = None, query: str = "") -> WebsocketCommunicator:
    from channels.sessions import SessionMiddlewareStack

    headers = [(b"origin", b"http://testserver")]
    if client is not None:
        headers.append((b"cookie", f"sessionid={client.session.session_key}".encode()))
    app = SessionMiddlewareStack(URLRouter(websocket_urlpatterns))
    return WebsocketCommunicator(app, f"/ws/halls/{number}/{query}", headers)


async def _do(socket: WebsocketCommunicator, verb: str, **args: Any) -> dict[str, Any]:
    """The answer of one act; events on the way are skipped."""
    await socket.send_json_to({"t": "do", "id": f"{verb}-{id(args)}", "verb": verb, "args": args})
    while True:
        frame = await socket.receive_json_from(timeout=20)
        if frame["t"] != "event":
            return frame


async def test_the_whole_hall_over_its_socket() -> None:
    async with _world() as world:
        tender, sent = await sync_to_async(_sealed)(world)
        host = _socket(tender.number, await sync_to_async(browser)(world.center))
        owner = _socket(tender.number, await sync_to_async(browser)(world.owner))
        bidder = _socket(tender.number, await sync_to_async(browser)(world.bidders[0]))
        public = _socket(tender.number)
        for socket in (host, owner, bidder, public):
            assert (await socket.connect())[0]
            assert (await socket.receive_json_from(timeout=5))["t"] == "hello"
        assert (await _do(public, "start"))["reasons"][0]["code"] == "opening.only_host"
        assert (await _do(bidder, "sign_in"))["result"]["capacity"] == "bidder"
        assert (await _do(bidder, "sign_in"))["reasons"][0]["code"] == "opening.signed_in_already"
        assert (await _do(bidder, "dance"))["reasons"][0]["code"] == "frame.unknown_verb"
        assert await public.receive_nothing()
        assert (await _do(host, "start"))["reasons"][0]["code"] == "opening.too_early"
        await sync_to_async(world.advance_to)(tender.submission_deadline + timedelta(minutes=1))
        assert (await _do(host, "start"))["result"]["status"] == "decrypting"
        for one in sent:
            said = await _do(public, "release_key", bid=one.bid, signed=key_release(one))
            assert said["t"] == "done"
        for one in sent:
            assert (await _do(host, "read_out", bid=one.bid))["t"] == "done"
        asked = await _do(bidder, "raise_objection", text="请核对封存时间")
        answered = await _do(owner, "answer_objection", objection=asked["result"]["objection"], answer="一致")
        assert answered["t"] == "done"
        assert (await _do(host, "close_objections"))["result"] == {"status": "signing"}
        await sync_to_async(_sign_by_page)(world, tender)
        signed = await sync_to_async(_signed)(tender, world.bidders[0])
        assert (await _do(bidder, "sign_record", signed=signed))["t"] == "done"
        assert (await _do(bidder, "close"))["reasons"][0]["code"] == "opening.only_host"
        assert (await _do(host, "close", reason=""))["result"] == {"status": "closed"}
        await _fresh_by_events(public, tender)
        for socket in (host, owner, bidder, public):
            await socket.disconnect()


async def _fresh_by_events(socket: WebsocketCommunicator, tender: Tender) -> None:
    """A stale client that replays from the beginning has the fresh snapshot."""
    stale = _socket(tender.number, None, "?since=0")
    await stale.connect()
    state: dict[str, Any] = {}
    fresh = await sync_to_async(rooms.snapshot)(f"hall:{tender.number}", ())
    seq = 0
    while seq < fresh.seq:
        frame = await stale.receive_json_from(timeout=5)
        state, seq = rooms.fold(state, [frame]), frame["seq"]
    assert state == fresh.state
    await stale.disconnect()


def _sealed(world: World) -> tuple[Tender, list[worlds_bids.Sent]]:
    tender = worlds_tenders.announced_tender(world)
    return tender, worlds_bids.submit_all(world, tender)


def _signed(tender: Tender, member: Member) -> dict[str, Any]:
    session = openings.session_of(tender)
    assert session is not None
    return statements.sign(openings.record_statement(session), member.signer)


def _sign_by_page(world: World, tender: Tender) -> None:
    """Host and procuring entity sign in their browsers: the page's form, raw signature and PEM."""
    from cryptography.hazmat.primitives.serialization import Encoding

    from parties.signing import text_of

    for member in (world.center, world.owner):
        client = browser(member)
        page = client.get(f"/halls/{tender.number}/").content.decode()
        assert "现在请您确认开标记录" in page
        signed = _signed(tender, member)
        pem = "".join(c.public_bytes(Encoding.PEM).decode() for c in member.signer.chain)
        from sealing.signer import SoftwareSigner

        raw = SoftwareSigner(member.signer._key, member.signer.chain, alg=_page_alg(member))
        value = b64(raw.sign(text_of(signed["statement"]).encode()))
        fields = {"statement": text_of(signed["statement"]), "certificate": pem, "signature": value}
        answer = client.post(f"/halls/{tender.number}/sign-record/", fields)
        assert answer.status_code == 302, answer.content.decode()[:2000]


def _page_alg(member: Member) -> str:
    return "rsa-pkcs1-sha256" if member.signer.alg.startswith("rsa") else member.signer.alg


class _world:
    """The tender world in a thread of its own database connection."""

    async def __aenter__(self) -> World:
        self.held = worlds_tenders.world()
        return await sync_to_async(self.held.__enter__)()

    async def __aexit__(self, *why: Any) -> None:
        await sync_to_async(self.held.__exit__)(*why)
        await asyncio.sleep(0)


def test_the_pages_say_what_to_do_and_work_without_script() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        public, host, owner, bidder = (
            browser(m) for m in (None, world.center, world.owner, world.bidders[0])
        )
        sent = worlds_bids.submit_all(world, tender)
        path = f"/halls/{tender.number}/"
        assert tender.title in public.get("/halls/").content.decode()
        early = public.get(path).content.decode()
        assert "您正在旁观" in early
        assert "截止时间之前不公布投标人名单" in early
        assert "现在请您签到" in bidder.get(path).content.decode()
        assert public.post(f"{path}sign-in/").status_code == 401
        assert bidder.post(f"{path}sign-in/").status_code == 302
        assert "已签到，等待开标" in bidder.get(path).content.decode()
        assert owner.post(f"{path}sign-in/").status_code == 302
        assert host.post(f"{path}start/").status_code == 409
        world.advance_to(tender.submission_deadline + timedelta(minutes=1))
        assert host.post(f"{path}start/").status_code == 302
        page = bidder.get(path).content.decode()
        assert "bidtool open" in page
        assert "待开启" in page
        assert host.post(f"{path}request-quorum/", {"bid": sent[1].bid, "reason": "遗失"}).status_code == 302
        assert "bidtool share" in owner.get(path).content.decode()
        for custodian in (world.owner, world.authority):
            worlds_bids.share(sent[1], custodian)
        worlds_bids.release(sent[0])
        worlds_bids.release(sent[2])
        assert "现在请您唱标" in host.get(path).content.decode()
        unread = public.get(path).content.decode()
        assert ("8,750,000.00" in unread, world.bidders[0].organization.name in unread) == (False, True)
        for one in sent:
            assert host.post(f"{path}read-out/", {"bid": one.bid}).status_code == 302
        assert "¥ 8,750,000.00" in public.get(path).content.decode()
        assert bidder.post(f"{path}raise-objection/", {"text": "有异议"}).status_code == 302
        wrong = host.post(f"{path}close-objections/")
        assert (wrong.status_code, "异议应当场答复" in wrong.content.decode()) == (409, True)
        row = OpeningObjection.objects.get()
        assert (
            owner.post(f"{path}answer-objection/", {"objection": row.pk, "answer": "答复"}).status_code == 302
        )
        assert host.post(f"{path}close-objections/").status_code == 302
        pdf = public.get(f"{path}record.pdf")
        assert (pdf.status_code, pdf["Content-Type"]) == (200, "application/pdf")
        assert public.get(f"{path}nonsense/").status_code == 405
        assert host.post(f"{path}nonsense/").status_code == 404


def test_a_hall_costs_the_same_queries_for_more_bids(django_assert_max_num_queries: Any) -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        for one in sent:
            worlds_bids.release(one)
        perform(ReadOut(tender.number, sent[0].bid), world.center.actor, via="ws")
        assert Bid.objects.filter(read_out_at__isnull=False).count() == 1
        client = Client()
        with django_assert_max_num_queries(20):
            client.get(f"/halls/{tender.number}/")


def test_no_hall_for_drafts_or_unknown_numbers() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.draft_tender(world)
        assert Client().get(f"/halls/{tender.number}/").status_code == 404
        assert Client().get("/api/v1/tenders/YC-0/opening").json()["code"] == "tender.not_found"
        unknown = post(browser(world.center), "/api/v1/bids/nonsense/key-lost", {"reason": "x"})
        assert unknown.json()["code"] == "bid.unknown"
        assert RequestQuorum("x", "y").verb == "bid.request_quorum"


def test_the_desk_says_who_has_to_do_what() -> None:
    with worlds_tenders.world() as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        host, custodian = browser(world.center), browser(world.authority)
        assert "签到" not in host.get("/desk/").content.decode()
        world.advance_to(tender.submission_deadline - timedelta(hours=1))
        assert "开标前请签到" in custodian.get("/desk/").content.decode()
        worlds_bids.sign_in(tender, world.authority)
        assert "已签到，等待开标" in custodian.get("/desk/").content.decode()
        world.advance_to(tender.submission_deadline + timedelta(minutes=1))
        assert "请主持开标" in host.get("/desk/").content.decode()
        assert "编制并递交" not in browser(world.bidders[0]).get("/desk/").content.decode()
        worlds_bids.start(world, tender)
        perform(RequestQuorum(sent[0].bid, "遗失"), world.center.actor, via="ws")
        assert "提交 1 份密钥分片" in custodian.get("/desk/").content.decode()
        worlds_bids.share(sent[0], world.authority)
        assert "密钥分片" not in custodian.get("/desk/").content.decode()
