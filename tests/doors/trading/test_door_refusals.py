"""Every envelope that is wrong has its own code at the HTTP door, and its attempt is journalled, sealed.

What is sealed inside can be seen by nobody before the opening: there a hostile bundle is undecryptable with its own
code, and the opening of the others goes on.
"""

from __future__ import annotations

import copy
import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from journal import attempts, clock
from journal.door import perform
from journal.models import Act
from parties.commands import BlockCertificate
from sealing import statements
from sealing.signer import fingerprint
from tests import worlds_bids, worlds_tenders
from tests.integration.ca_interop.authorities import house
from tests.unit.sealing.test_bundle import raw
from tests.worlds_bids import Sealed
from tests.worlds_tenders import Member, World
from trading.models import Bid, Tender

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Door:
    """The cast and what has been sealed, and the door as an HTTP client sees it."""

    world: World
    tender: Tender
    client: Client = field(default_factory=Client)

    def seal(self, who: int = 0, number: str = "", **changes: Any) -> Sealed:
        tender = copy.copy(self.tender)
        tender.number = number or tender.number
        return worlds_bids.sealed_bid(self.world, tender, self.world.bidders[who], **changes)

    def by(self, member: Member) -> Sealed:
        return worlds_bids.sealed_bid(self.world, self.tender, member)

    def begin(self, data: bytes, **changes: Any) -> Any:
        said = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "name": "标书.mtse",
                "media_type": "application/octet-stream", **changes}  # fmt: skip
        return self.client.post("/api/v1/uploads", json.dumps(said), content_type="application/json")

    def patch(self, upload: str, data: bytes) -> Any:
        return self.client.patch(f"/api/v1/uploads/{upload}", data,
                                 content_type="application/offset+octet-stream",
                                 headers={"Upload-Offset": "0"})  # fmt: skip

    def upload(self, data: bytes) -> str:
        upload = str(self.begin(data).json()["upload"])
        assert self.patch(upload, data).status_code == 204
        return upload

    def submit(self, sealed: Sealed, *, data: bytes | None = None, lot: str = "1", **changes: Any) -> Any:
        body = {
            "upload": changes.pop("upload", None) or self.upload(sealed.data if data is None else data),
            "submission": sealed.ticket.submission(),
            "door_identity": sealed.ticket.door_identity(),
            **changes,
        }
        path = f"/api/v1/tenders/{self.tender.number}/lots/{lot}/bids"
        return self.client.post(path, json.dumps(body), content_type="application/json")


def _flip(data: bytes, at: int, by: int = 1) -> bytes:
    return data[:at] + bytes([data[at] ^ by]) + data[at + 1 :]


def _said(sealed: Sealed, **changes: Any) -> dict[str, Any]:
    """The bidder's own submission with something changed, signed anew by its one-time key."""
    said = sealed.ticket.submission()["statement"]
    payload = {**said["payload"], **changes}
    return statements.sign({**said, "payload": payload}, sealed.ticket.pseudonym_key)


def _flipped(where: str) -> Callable[[Door], Any]:
    def wrong(d: Door) -> Any:
        good = d.seal()
        at = worlds_bids.head_end(good) - 10 if where == "head" else len(good.data) - 5
        return d.submit(good, data=_flip(good.data, at))

    return wrong


def _cut(change: Callable[[bytes], bytes]) -> Callable[[Door], Any]:
    def wrong(d: Door) -> Any:
        good = d.seal()
        return d.submit(good, data=change(good.data))

    return wrong


def _another_tender(d: Door) -> Any:
    return d.submit(d.seal(number="YC2026-SZ-0999"))


def _header_of_another_tender(d: Door) -> Any:
    other = d.seal(number="YC2026-SZ-0999")
    return d.submit(other, submission=_said(other, tender=d.tender.number))


def _revoked(d: Door) -> Any:
    who = worlds_bids.certified(d.world.bidders[0], days_ago=1, days=300)
    house().authorities["demo-ca-2"].revoke(who.signer.chain[0].serial_number, clock.now())
    return d.submit(d.by(who))


def _blocked(d: Door) -> Any:
    member = d.world.bidders[2]
    good = d.seal(2)
    perform(BlockCertificate(fingerprint(member.signer.chain[0]), "遗失"), member.actor, via="http")
    return d.submit(good)


def _replayed_by_another(d: Door) -> Any:
    """Somebody who has seen an envelope hands it in as his own."""
    seen, own = d.seal(), d.seal(1)
    said = seen.ticket.submission()["statement"]
    said = {**said, "payload": {**said["payload"], "pseudonym": own.ticket.pseudonym}}
    signed = statements.sign(said, own.ticket.pseudonym_key)
    return d.submit(seen, submission=signed, door_identity=own.ticket.door_identity())


def _taken_back(d: Door) -> Any:
    good = d.seal()
    bid = d.submit(good).json()["statement"]["payload"]["bid"]
    back = {"signed": good.ticket.withdrawal(bid)}
    d.client.post(f"/api/v1/bids/{bid}/withdrawal", json.dumps(back), content_type="application/json")
    return d.submit(good)


def _key_used_twice(d: Door) -> Any:
    first = d.seal()
    assert d.submit(first).status_code == 201
    return d.submit(d.seal(pseudonym=first.ticket.pseudonym_key))


def _too_large(d: Door) -> Any:
    return d.begin(b"x", size=settings.UPLOAD_MAX_BYTES + 1)


def _broken_on_the_way(d: Door) -> Any:
    good = d.seal()
    upload = d.begin(good.data).json()["upload"]
    return d.patch(upload, _flip(good.data, 99))


def _unfinished(d: Door) -> Any:
    good = d.seal()
    return d.submit(good, upload=d.begin(good.data).json()["upload"])


def _parts(d: Door) -> Any:
    return d.submit(d.seal(part="price"))


#: What is wrong → (status, code of the refusal, how).
WRONG: dict[str, tuple[int, str, Callable[[Door], Any]]] = {
    "damaged head": (422, "envelope.signature_bad", _flipped("head")),
    "damaged body": (422, "envelope.digest_differs", _flipped("body")),
    "broken on the way": (422, "uploads.digest_differs", _broken_on_the_way),
    "truncated": (422, "envelope.truncated", _cut(lambda data: data[:-1])),
    "truncated in its head": (422, "envelope.truncated", _cut(lambda data: data[:60])),
    "upload not finished": (409, "uploads.unfinished", _unfinished),
    "too long": (422, "envelope.trailing", _cut(lambda data: data + b"x")),
    "oversized": (422, "uploads.too_large", _too_large),
    "no envelope": (400, "envelope.not_an_envelope", _cut(lambda data: b"%PDF-1.7 " + bytes(100))),
    "version of tomorrow": (400, "envelope.version_unknown", _cut(lambda data: _flip(data, 4, 8))),
    "suite unknown": (422, "envelope.suite_unknown", _cut(lambda data: _flip(data, 5, 0x40))),
    "suite of another family": (400, "envelope.suite_mismatch", _cut(lambda data: _flip(data, 5, 3))),
    "for another tender": (422, "envelope.foreign", _another_tender),
    "header of another tender": (422, "envelope.foreign", _header_of_another_tender),
    "for another lot": (422, "envelope.foreign", lambda d: d.submit(d.seal(), lot="2")),
    "no such lot": (404, "lot.not_found", lambda d: d.submit(d.seal(lot="9"), lot="9")),
    "part that is not taken": (422, "bid.wrong_part", _parts),
    "other threshold": (422, "bid.custodians_differ", lambda d: d.submit(d.seal(threshold=3))),
    "certificate expired": (
        422,
        "certificate.expired",
        lambda d: d.submit(d.by(worlds_bids.certified(d.world.bidders[0], days_ago=40, days=20))),
    ),
    "certificate revoked": (422, "certificate.revoked", _revoked),
    "certificate reported lost": (403, "bid.certificate_blocked", _blocked),
    "certificate of nobody's firm": (
        422,
        "certificate.no_credit_code",
        lambda d: d.submit(
            d.by(worlds_bids.certified(d.world.bidders[0], days_ago=1, days=30, credit_code=""))
        ),
    ),
    "procuring entity bids": (403, "bid.bidder_is_party", lambda d: d.submit(d.by(d.world.owner))),
    "another's identity": (
        422,
        "identity.commitment_differs",
        lambda d: d.submit(d.seal(), door_identity=d.seal(1).ticket.door_identity()),
    ),
    "replayed by another": (422, "statement.signer_differs", _replayed_by_another),
    "replayed after withdrawal": (409, "bid.taken_back", _taken_back),
    "one-time key used twice": (409, "bid.pseudonym_used", _key_used_twice),
}


def test_each_wrong_envelope_has_its_code_at_the_door_and_its_act() -> None:
    with worlds_tenders.world() as world:
        door = Door(world, worlds_tenders.announced_tender(world))
        found = {}
        for name, (_, _, wrong) in WRONG.items():
            before = set(Act.objects.filter(verb="attempt.refused").values_list("pk", flat=True))
            answer = wrong(door)
            written = [
                act.document["payload"]["codes"][0]
                for act in Act.objects.filter(verb="attempt.refused").exclude(pk__in=before)
                if act.sealed
            ]
            found[name] = (answer.status_code, answer.json()["code"], written)
        assert found == {name: (status, code, [code]) for name, (status, code, _) in WRONG.items()}
        assert Bid.objects.filter(status="submitted").count() == 1  # of the key that was used twice


def test_late_is_late_at_the_door_whatever_else_is_wrong() -> None:
    with worlds_tenders.world() as world:
        door = Door(world, worlds_tenders.announced_tender(world))
        good = door.seal()
        assert door.tender.submission_deadline is not None
        world.advance_to(door.tender.submission_deadline + timedelta(seconds=1))
        assert [door.submit(good).json()["code"], door.submit(door.seal(threshold=3)).json()["code"]] == [
            "bid.late"
        ] * 2


def _zip(files: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        for name, data in files:
            archive.writestr(name, data)
    return out.getvalue()


def test_hostile_contents_pass_the_door_sealed_and_fail_at_the_opening_each_by_its_name() -> None:
    bomb = raw([("bid_summary.json", b"{}"), ("bomb", bytes(20_000_000))], zipfile.ZIP_DEFLATED)
    hostile = {
        "bundle.compressed": bomb,
        "bundle.hostile_name": raw([("../../etc/passwd", b"x")]),
        "bundle.over_limit": _zip([(f"{n}", b"") for n in range(10_001)]),
        "bundle.missing": _zip([("a.pdf", b"x")]),
        "bundle.malformed": b"junk",
    }
    with worlds_tenders.world() as world:
        door = Door(world, worlds_tenders.announced_tender(world))
        sealed = [door.seal(n % 3, plain=plain) for n, plain in enumerate(hostile.values())] + [door.seal(0)]
        sent = [worlds_bids.Sent(one, door.submit(one).json()) for one in sealed]
        worlds_bids.start(world, door.tender)
        for one in sent:
            worlds_bids.release(one)
        rows = [Bid.objects.get(pk=one.bid) for one in sent]
        assert [row.failure and row.failure["code"] for row in rows] == [*hostile, None]
        assert [row.status for row in rows] == ["undecryptable"] * len(hostile) + ["opened"]


def test_a_flood_of_refusals_is_answered_counted_and_does_not_fill_the_journal() -> None:
    with worlds_tenders.world() as world:
        door = Door(world, worlds_tenders.announced_tender(world))
        attempts.forget()
        junk = {"upload": "x", "submission": {}, "door_identity": {}}
        path = f"/api/v1/tenders/{door.tender.number}/lots/1/bids"
        refused = Act.objects.filter(verb="attempt.refused")
        before = refused.count()
        answers = [
            door.client.post(path, json.dumps(junk), content_type="application/json").json()["code"]
            for _ in range(150)
        ]
        written = refused.count() - before
        assert len(set(answers)) == 1
        assert attempts.SOURCE_BURST <= written < attempts.SOURCE_BURST + 40
        # Somebody elsewhere is not locked out, and his act says what went unwritten.
        elsewhere = Client(REMOTE_ADDR="192.0.2.7")
        elsewhere.post(path, json.dumps(junk), content_type="application/json")
        said = refused.latest("at").document["payload"]
        assert said["unwritten"] == {answers[0]: 150 - written}
        assert "192.0.2" not in json.dumps([act.document for act in refused])
        assert door.submit(door.seal()).status_code == 201
