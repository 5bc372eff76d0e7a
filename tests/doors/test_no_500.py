"""Hostile input at every address: whatever is sent, the answer is one of ours, never an exception.

The addresses are those of the URL table and the field names those of each view's module, so a new door is
knocked at without being listed here. Seeded, so that a failure comes back; one round knocks some thousand
times. On PostgreSQL, too, when the run's database is one (it refuses what SQLite keeps: NUL, long text).
"""

from __future__ import annotations

import inspect
import json
import random
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from documents.models import Upload
from journal import clock
from journal.models import Act
from parties.login import opened_by
from sealing import statements
from sealing.fields import b64
from sealing.signer import fingerprint
from tests import worlds_bids, worlds_tenders
from tests.worlds_tenders import Member, World
from trading.commands import AskEnquiry
from trading.models import Bid, Enquiry, Tender, TenderDocument

pytestmark = pytest.mark.django_db(transaction=True)

SEED = 20261125
KNOCKS = 15  # of each kind, at each address, in each state of the world
HOSTILE_TEXT = (
    "", " ", "\x00", "a\x00b", "²", "٣", "１", "-1", "0", "1", "2147483648", "9" * 18, "9" * 400, "1e999", "NaN", "1.5",
    "../../etc/passwd", "..\\..", "%00", "%", "%s{0}{x}", "'\"<script>", "=1+1", "\u202egpj.exe", "\U0001f4a3",
    "\ufffe", "é" * 300, "字" * 5000, "a" * 201, "x" * 70_000, "2026-13-45T99:99:99Z", "2026-12-01T09:00:00+08:00",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "00000000-0000-0000-0000-000000000000", "on",
    "https://evil.example/", "//evil.example", "javascript:alert(1)", "null", "[]", "-----BEGIN CERTIFICATE-----\nAAAA",
)  # fmt: skip
HOSTILE_JSON: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**53, 2**63, 10**400, 1.5, -0.0, 1e308, [], {}, [[]], [None], [1, "a"],
    {"a": 1.5}, {"\x00": "\x00"}, {"": {}}, ["字"] * 40, [{"no": 1}], {"statement": {}}, {"signed": {}},
)  # fmt: skip
RAW_BODIES = (
    b"", b"{", b"null", b"[]", b'"\\ud800"', b'{"a":"\\ud800"}', b'{"a":NaN}', b'{"a":1,"a":2}', b"\xff\xfe\x00",
    b"[" * 100_000, b'{"a":' * 5_000, b'{"text":"\\u0000"}', b'{"a":' + b"9" * 5_000 + b"}", b'{"\\u0000":1}',
)  # fmt: skip
HEADERS: tuple[dict[str, str], ...] = (
    {"Idempotency-Key": "x" * 201}, {"Idempotency-Key": "ключ-é"}, {"Idempotency-Key": "\x00"},
    {"Idempotency-Key": "k" * 9_000}, {"Upload-Offset": "-1"}, {"Upload-Offset": "9" * 15}, {"Upload-Offset": "²"},
    {"Range": "bytes=-0"}, {"Range": "bytes=999999999999999999-"}, {"Range": "bytes=5-1,2-3"}, {"If-Range": "\xff"},
    {"Accept": "application/json"}, {"Referer": "javascript:alert(1)"}, {"If-Modified-Since": "x" * 300},
    {"Cookie": "sessionid=\x00; csrftoken=;;="}, {"Accept-Language": "zh-" + "x" * 900},
)  # fmt: skip
_FIELD = re.compile(r"\"([a-z_]{2,30})\"")
_PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")


@dataclass(frozen=True)
class Door:
    route: str
    fields: tuple[str, ...]


@dataclass
class Knocker:
    """Who knocks, with what is known of the world: ``known`` are values that lead further than noise."""

    dice: random.Random
    people: list[tuple[str, Client]]
    known: dict[str, list[str]]
    shapes: dict[str, Any]
    broken: dict[str, str] = field(default_factory=dict)
    knocks: int = 0

    def text(self, name: str) -> str:
        good = self.known.get(name, self.known["any"])
        return self.dice.choice(good) if self.dice.random() < 0.6 else self.dice.choice(HOSTILE_TEXT)

    def value(self, name: str) -> Any:
        if name in self.shapes and self.dice.random() < 0.8:
            return self.spoilt(self.shapes[name])
        return self.text(name) if self.dice.random() < 0.7 else self.dice.choice(HOSTILE_JSON)

    def spoilt(self, value: Any) -> Any:
        """A copy of something right, one leaf or another of it replaced."""
        if isinstance(value, dict):
            return {key: self.spoilt(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.spoilt(item) for item in value]
        if self.dice.random() < 0.9:
            return value
        return self.dice.choice(HOSTILE_TEXT if self.dice.random() < 0.5 else HOSTILE_JSON)

    def path(self, door: Door) -> str:
        from urllib.parse import quote

        def fill(match: re.Match[str]) -> str:
            kind, name = match.groups()
            if kind == "int":
                return self.dice.choice(("1", "2", "0", "99", "9" * 30))
            if kind == "uuid":
                return self.dice.choice([*self.known["bid"], str(uuid.uuid4())])
            found = self.text(name)
            return quote(found if kind == "path" else found.replace("/", "")) or "-"

        return "/" + _PARAMETER.sub(fill, door.route)

    def some_fields(self, door: Door) -> list[str]:
        return [name for name in door.fields if self.dice.random() < 0.7]

    def knock(self, door: Door) -> None:
        who, client = self.dice.choice(self.people)
        path, headers = self.path(door), self.dice.choice(({}, {}, *HEADERS))
        if self.dice.random() < 0.3:
            path += "?" + "&".join(f"{n}={v}" for n, v in (("q", "%00"), ("page", "²"), ("before", "²"), ("next", "//x")))  # fmt: skip
        kind = self.dice.choice(("get", "json", "json", "json", "raw", "form", "form", "other"))
        try:
            answer = self._send(kind, client, path, headers, door)
        except Exception as error:
            self._note(error, f"{who} {kind} {path[:120]} {headers}")
            return
        self.knocks += 1
        if answer.status_code >= 500 and answer.status_code != 503:
            self.broken[f"{door.route} {answer.status_code}"] = f"{who} {kind} {path[:120]}"

    def _send(self, kind: str, client: Client, path: str, headers: dict[str, str], door: Door) -> Any:
        if kind == "get":
            return client.get(path, headers=headers)
        if kind == "json":
            body = {name: self.value(name) for name in self.some_fields(door)}
            data = json.dumps(body, ensure_ascii=self.dice.random() < 0.5)
            return client.post(path, data.encode("utf-8", "surrogatepass"), content_type="application/json", headers=headers)  # fmt: skip
        if kind == "raw":
            return client.post(path, self.dice.choice(RAW_BODIES), content_type="application/json", headers=headers)  # fmt: skip
        if kind == "form":
            data: dict[str, Any] = {name: self.text(name) for name in self.some_fields(door)}
            data["_key"] = self.dice.choice((str(uuid.uuid4()), *HOSTILE_TEXT[:6]))
            if self.dice.random() < 0.2:
                data["file"] = SimpleUploadedFile("‮gpj.\x00../x.pdf", b"%PDF-1.4\n\x00", "application/pdf")
            return client.post(path, data, headers=headers)
        method = self.dice.choice(("HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"))
        kinds = ("application/json", "application/offset+octet-stream", "text/plain; charset=no-such")
        return client.generic(
            method, path, self.dice.choice(RAW_BODIES), self.dice.choice(kinds), headers=headers
        )

    def _note(self, error: Exception, said: str) -> None:
        """One line for each place that breaks: the innermost frame that is ours."""
        import traceback

        frames = [f for f in traceback.extract_tb(error.__traceback__) if "site-packages" not in f.filename]
        where = frames[-1]
        place = f"{where.filename.rsplit('/', 2)[-2:]}:{where.lineno} {type(error).__name__}"
        self.broken.setdefault(place, f"{error!s:.200} ← {said}")


def doors() -> list[Door]:
    return [Door(str(pattern.pattern), _fields_of(pattern)) for pattern in _patterns(get_resolver())]


def _patterns(resolver: URLResolver) -> Iterator[URLPattern]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _patterns(entry)
        else:
            yield entry


def _fields_of(pattern: URLPattern) -> tuple[str, ...]:
    """The names a view reads, as far as its source tells; all of its module's when it does not."""
    view = inspect.unwrap(pattern.callback)
    own = set(_FIELD.findall(inspect.getsource(view)))
    near = sorted(set(_FIELD.findall(inspect.getsource(inspect.getmodule(view)))))  # type: ignore[arg-type]
    rest = random.Random(SEED).sample(near, min(len(near), 12))
    return tuple(sorted(own | set(rest)))


def signed_in(member: Member | None) -> Client:
    client = Client(enforce_csrf_checks=False)
    if member is not None:
        session = client.session
        session.update(opened_by(fingerprint(member.signer.chain[0])))
        session.save()
        client.cookies["sessionid"] = session.session_key
    return client


def people_of(world: World) -> list[tuple[str, Client]]:
    members = {"nobody": None, "center": world.center, "owner": world.owner, "agent": world.agent,
               "authority": world.authority, "bidder": world.bidders[0]}  # fmt: skip
    return [(name, signed_in(member)) for name, member in members.items()]


def known_of(tender: Tender, world: World, sent: list[worlds_bids.Sent]) -> dict[str, list[str]]:
    bids = [str(row.pk) for row in Bid.objects.all()]
    acts = [str(row.pk) for row in Act.objects.order_by("?")[:5]]
    ids = [*bids, *acts, *(str(row.pk) for row in TenderDocument.objects.all())]
    return {
        "any": [*ids, "1", "说明", tender.number, "2026-12-30T09:00:00+08:00", "8750000.00", b64(bytes(32))],
        "number": [tender.number], "tender": [tender.number], "lot": ["1", "2"], "bid": bids, "act": acts,
        "upload": [str(row.pk) for row in Upload.objects.all()], "upload_id": [str(row.pk) for row in Upload.objects.all()],
        "document": [str(row.pk) for row in TenderDocument.objects.all()],
        "enquiry": [str(row.pk) for row in Enquiry.objects.all()], "key": ids,
        "verb": ["start", "sign-in", "read-out", "close", "extend", "release-key", "sign-record", "announce", "cancel",
                 "award", "declare", "score", "review", "replace", "take", "ask", "clarify", "object"],
        "section": ["title", "lots", "schedule", "custodians", "method", "documents", "requirements"],
        "path": ["0/000", "0/000.p/1", "entries/000.p/1", "../x", "0/x999/999"],
        "organization": [world.owner.credit_code, str(world.owner.actor.organization)],
        "role": ["bidder", "agency", "trading_center", "system"], "person": [world.center.actor.key.split(":")[1]],
    }  # fmt: skip


def shapes_of(world: World, tender: Tender, sent: list[worlds_bids.Sent]) -> dict[str, Any]:
    """Right values of the fields that are objects, to be spoilt."""
    sealed = worlds_bids.sealed_bid(world, tender, world.bidders[1], price="8111111.00")
    bid, digest = sent[0].bid, Bid.objects.get(pk=sent[0].bid).envelope_sha256
    statement = statements.statement("bid-withdrawal", {"tender": tender.number, "lot": "1", "bid": bid, "envelope_sha256": digest})  # fmt: skip
    return {
        "submission": sealed.ticket.submission(),
        "door_identity": sealed.ticket.door_identity(),
        "signed": statements.sign(statement, world.center.signer),
        "sections": worlds_tenders.sections(clock.now()),
        "custodians": [{"organization": world.owner.credit_code, "certificates": []}] * 2,
        "encryption": sealed.ticket.door_identity()["identity"]["certificates"],
        "threshold": 2, "size": 100, "index": 1, "sha256": "0" * 64, "active": True, "accept": True,
        "affects_bids": False, "relations": {"91320900MA1XH2PW5K": "employer"}, "sites": [{"site": "盐城", "seats": 3}],
        "specialties": ["A0803"], "reserves": 1, "years": 3, "reply_minutes": 30,
    }  # fmt: skip


def test_whatever_is_sent_the_answer_is_ours() -> None:
    dice = random.Random(SEED)
    with worlds_tenders.world(2) as world:
        tender = worlds_tenders.announced_tender(world)
        _ask(world, tender)
        sent = worlds_bids.submit_all(world, tender)
        people = people_of(world)
        knocker = Knocker(dice, people, known_of(tender, world, sent), shapes_of(world, tender, sent))
        table = doors()
        for door in table:
            for _ in range(KNOCKS):
                knocker.knock(door)
        worlds_bids.start(world, tender)
        knocker.people = people_of(world)  # some have signed out on the way
        for door in table:
            for _ in range(KNOCKS):
                knocker.knock(door)
    assert not knocker.broken, "\n".join(f"{place}: {said}" for place, said in knocker.broken.items())
    assert knocker.knocks > 1000


def _ask(world: World, tender: Tender) -> None:
    from journal.door import perform
    from trading.commands import DownloadDocuments

    world.advance_to(tender.documents_from) if tender.documents_from else None  # type: ignore[func-returns-value]
    bidder = world.bidders[0].actor
    perform(DownloadDocuments(tender.number), bidder, via="http")
    perform(AskEnquiry(tender.number, "清单是否含税？"), bidder, via="http")
