"""A small whole public record with real keys, made without the platform: what ``bidtool verify`` is tested on.

Two lots, seven opened bids (one by quorum), one withdrawn, guarantees, a draw, five score sheets a lot,
an award. It follows bidtool/RECORD.md and shares no code with the exporter.
"""

from __future__ import annotations

import functools
import hashlib
import io
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.demo_ca.authority import DemoAuthority, Issued
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.demo_ca.specifications import CA_TWO, CaSpecification
from ca_interop.rules.trust_list import PURPOSE as TRUST
from ca_interop.rules.trust_list import TrustList
from kernel import draw, expert_means, merkle, tlog
from kernel.acts import leaf_of
from kernel.calendar import CHINA
from kernel.canonical_json import canonical, digest, parse
from kernel.clock import BEIJING, iso
from kernel.ids import credit_code_check_digit
from kernel.money import words
from kernel.scoring import score
from sealing import bid_summary, bundle, envelope, header, receipts, statements
from sealing.fields import b64
from sealing.signer import SoftwareSigner, fingerprint

NUMBER, TITLE = "YC2026-SZ-0417", "盐城市聚亨路（青年路—世纪大道）改造工程"
ANNOUNCED = datetime(2026, 10, 12, 1, tzinfo=UTC)
DEADLINE = datetime(2026, 11, 10, 1, 30, tzinfo=UTC)
ORIGIN = "log.test/mingtang"
PLATFORM = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
LOG = tlog.SigningKey(ORIGIN, Ed25519PrivateKey.from_private_bytes(b"l" * 32))
PLATFORM_HEX = PLATFORM.public_key().public_bytes_raw().hex()
VKEY = str(LOG.verifier)
PDF = b"%PDF-1.4 test\n"
METHOD = {
    "kind": "comprehensive_scoring",
    "items": [
        {"id": "plan", "title": "施工组织设计", "group": "technical", "max": "20", "min": "0", "step": "0.5",
         "objective": False, "help": ""},
        {"id": "safety", "title": "安全文明", "group": "technical", "max": "10", "min": "0", "step": "0.5",
         "objective": False, "help": ""},
        {"id": "record", "title": "类似业绩", "group": "business", "max": "10", "min": "0", "step": "1",
         "objective": True, "help": ""},
    ],
    "price": {"method": "mean_k", "parameters": {"k": "0.98", "up": "1", "down": "0.5"}},
    "price_full_score": "60",
    "expert_mean": "drop_extremes",
    "tie_break": ["price"],
}  # fmt: skip


@dataclass(frozen=True)
class Party:
    """A name, its code and its keys: one certificate for both uses, or a pair (双证)."""

    name: str
    code: str
    issued: Issued
    encryption: Issued

    @property
    def signer(self) -> SoftwareSigner:
        assert self.issued.key is not None
        assert self.encryption.key is not None
        opener = self.encryption.key, self.encryption.certificate
        return SoftwareSigner(self.issued.key, self.issued.full_chain, opener)

    def sign(self, purpose: str, payload: dict[str, Any]) -> dict[str, Any]:
        return statements.sign(statements.statement(purpose, payload), self.signer)

    def as_json(self) -> dict[str, str]:
        return {"name": self.name, "credit_code": self.code}


def authority(of: CaSpecification = CA_TWO) -> DemoAuthority:
    """Made once a run, as are the parties; :func:`forget` begins anew."""
    return _authority(of)


def party(name: str, number: int, *, person: bool = False, of: CaSpecification = CA_TWO) -> Party:
    return _party(name, number, person, of)


def forget() -> None:
    _authority.cache_clear()
    _party.cache_clear()


@functools.cache
def _authority(of: CaSpecification) -> DemoAuthority:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    made = DemoAuthority.create(of, not_before=start, not_after=start + timedelta(days=1400))
    made.crl_days = 200
    return made


@functools.cache
def _party(name: str, number: int, person: bool, of: CaSpecification) -> Party:
    body = f"91320900MA1T{number:05d}"
    code = "" if person else body + credit_code_check_digit(body)
    who = Subscriber("" if person else name, code, name if person else "")
    start = datetime(2026, 2, 1, tzinfo=UTC)
    made = _authority(of).issue(who, not_before=start, not_after=start + timedelta(days=700))
    return Party(name, code, made.signing, made.encryption)


OWNER = "盐城市城市建设投资集团有限公司"
CUSTODIANS = ("盐城市公共资源交易中心", "盐城市住房和城乡建设局", OWNER)


@dataclass
class Log:
    """Acts in the order they are written; each has its place at once."""

    tree: merkle.Tree = field(default_factory=merkle.Tree)
    rows: list[tuple[dict[str, Any], bytes | None]] = field(default_factory=list)

    def act(self, verb: str, at: datetime, payload: dict[str, Any], *, sealed: bool = False) -> str:
        number = len(self.rows)
        document = {
            "v": 1, "id": str(uuid.UUID(int=number + 1)), "verb": verb, "actor": "person:x", "organization": "",
            "subject": f"tender:{NUMBER}", "at": iso(at), "via": "http", "law": "", "payload": payload,
        }  # fmt: skip
        salt = hashlib.sha256(str(number).encode()).digest() if sealed else None
        self.rows.append((document, salt))
        self.tree.append_hashes([merkle.leaf_hash(leaf_of(document, salt))])
        return str(document["id"])

    @property
    def note(self) -> str:
        return tlog.sign_checkpoint(ORIGIN, self.tree.size, self.tree.root, LOG)

    def proof(self, index: int) -> list[bytes]:
        return merkle.inclusion(index, self.tree.size, self.tree.read)

    def lines(self) -> bytes:
        return b"".join(
            canonical({"index": index, "act": document, "salt": b64(salt) if salt else "",
                       "proof": [b64(h) for h in self.proof(index)]}) + b"\n"
            for index, (document, salt) in enumerate(self.rows)
        )  # fmt: skip


@dataclass
class Bid:
    """One bid on its way through the record. ``how``: bidder, quorum or withdrawn."""

    id: str
    lot: str
    bidder: Party
    price: str
    how: str
    guarantee: str = ""
    rejected: bool = False
    acts: dict[str, str] = field(default_factory=lambda: {"submit": "", "withdraw": "", "open": ""})
    ticket: Any = None
    sealed: bytes = b""
    bundle_sha256: str = ""
    received: datetime = DEADLINE


class Builder:
    """Writes the record's files into ``root``, in the order things happened. Everybody's certificates are of
    one authority, and so is the suite of the bids."""

    def __init__(self, root: Path, of: CaSpecification = CA_TWO) -> None:
        self.root, self.of = root, of
        self.party = functools.partial(party, of=of)
        self.made: dict[str, list[bundle.Source]] = {}
        self.log = Log()
        self.random = random.Random(417)
        self.documents: list[dict[str, Any]] = []
        self.owner = self.party(OWNER, 3)
        self.custodians = [self.party(name, number) for number, name in enumerate(CUSTODIANS, start=1)]
        self.bids = [
            Bid(self.uuid(), "1", self.party("江苏一建", 11), "4820000.00", "bidder", guarantee="good"),
            Bid(self.uuid(), "1", self.party("江苏二建", 12), "4790000.00", "bidder", guarantee="small"),
            Bid(self.uuid(), "1", self.party("江苏三建", 13), "4910000.00", "bidder"),
            Bid(self.uuid(), "1", self.party("江苏四建", 14), "4650000.00", "bidder", rejected=True),
            Bid(self.uuid(), "1", self.party("江苏五建", 15), "4700000.00", "withdrawn"),
            Bid(self.uuid(), "2", self.party("江苏一建", 11), "2950000.00", "bidder"),
            Bid(self.uuid(), "2", self.party("江苏二建", 12), "2890000.00", "quorum"),
            Bid(self.uuid(), "2", self.party("江苏三建", 13), "2910000.00", "bidder"),
        ]

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def put(self, path: str, data: bytes) -> None:
        where = self.root / path
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_bytes(data)

    def put_json(self, path: str, value: Any) -> None:
        self.put(path, canonical(value))

    def document(self, title: str, kind: str, lot: str = "") -> str:
        data = PDF + title.encode()
        name = hashlib.sha256(data).hexdigest()
        path = f"documents/{name}.pdf"
        self.put(path, data)
        self.documents.append(
            {"id": self.uuid(), "title": title, "kind": kind, "lot": lot, "sha256": name, "size": len(data),
             "media_type": "application/pdf", "path": path, "published_at": iso(ANNOUNCED)}
        )  # fmt: skip
        return name

    def build(self) -> None:
        self.announce()
        for number, bid in enumerate(self.bids):
            self.submit(bid, DEADLINE - timedelta(hours=20) + timedelta(minutes=number))
        self.open()
        self.draw()
        for lot in ("1", "2"):
            self.evaluate(lot)
        self.award()
        self.finish()

    # -- before the deadline

    def announce(self) -> None:
        announced = self.log.act("tender.announce", ANNOUNCED, {"tender": NUMBER})
        self.document("招标公告", "notice")
        lots = [("1", "施工一标段", "5000000.00", "80000.00"), ("2", "施工二标段", "3000000.00", "50000.00")]
        self.put_json("tender.json", {
            "v": 1, "number": NUMBER, "title": TITLE, "status": "closed", "training": True, "regime": "tendering_law",
            "category": "works", "rulebook": "tendering_law/works/2019", "state_funded": True,
            "project": {"number": "P1", "name": TITLE}, "procuring_entity": self.owner.as_json(), "agent": None,
            "part": "whole", "currency": "CNY", "bid_validity_days": 90, "decryption_minutes": 60, "threshold": 2,
            "announced_at": iso(ANNOUNCED), "documents_from": iso(ANNOUNCED), "documents_until": iso(ANNOUNCED),
            "enquiry_deadline": iso(ANNOUNCED), "submission_deadline": iso(DEADLINE),
            "custodians": [
                {"index": index, "name": c.name, "credit_code": c.code,
                 "certificate": b64(c.encryption.certificate.public_bytes(Encoding.DER))}
                for index, c in enumerate(self.custodians, start=1)
            ],
            "lots": [
                {"lot": lot, "code": f"{NUMBER}-0{lot}", "name": name, "status": "contracted", "estimate": ceiling,
                 "ceiling_price": ceiling, "bond_amount": bond, "duration_days": 180}
                for lot, name, ceiling, bond in lots
            ],
            "licensed_issuers": [self.party("演示担保有限公司", 21).code], "evaluation_method": METHOD, "requirements": [],
            "acts": {"announce": announced},
        })  # fmt: skip
        entry = authority(self.of).entry(effective_from=datetime(2026, 1, 1, tzinfo=UTC))
        listed = TrustList(1, "演示省", ANNOUNCED, datetime(2026, 1, 1, tzinfo=UTC), (entry,))
        publisher = self.party("演示省公共资源交易主管部门", 31)
        self.put_json("trust-list.json", publisher.sign(TRUST, listed.as_payload()))
        for crl in authority(self.of).crls(datetime(2026, 9, 1, tzinfo=UTC)):
            self.put(f"evidence/{hashlib.sha256(crl).hexdigest()}.der", crl)

    def submit(self, bid: Bid, at: datetime) -> None:
        plain = io.BytesIO()
        bundle.build(self.sources(bid), plain)
        out = io.BytesIO()
        size = plain.tell()
        bid.bundle_sha256 = hashlib.sha256(plain.getvalue()).hexdigest()
        plain.seek(0)
        bid.ticket = envelope.seal(
            plain, out, size=size, tender=NUMBER, lot=bid.lot, part="whole", bidder=bid.bidder.signer,
            own_key="client", custodians=[c.encryption.certificate for c in self.custodians], threshold=2,
        )  # fmt: skip
        bid.sealed, bid.received = out.getvalue(), at
        said = {"bid": bid.id, "tender": NUMBER, "lot": bid.lot, "part": "whole", "pseudonym": bid.ticket.pseudonym,
                "envelope_sha256": bid.ticket.envelope_sha256, "size": bid.ticket.size}  # fmt: skip
        bid.acts["submit"] = self.log.act("bid.submit", at, said, sealed=True)
        index = len(self.log.rows) - 1
        document, salt = self.log.rows[index]
        assert salt is not None
        receipt = receipts.issue(
            {"v": 1, **said, "received_at": iso(at), "act": document, "salt": b64(salt), "index": index,
             "proof": tlog.format_proof(index, self.log.proof(index), self.log.note)},
            PLATFORM,
        )  # fmt: skip
        self.put_json(f"bids/{bid.id}/receipt.json", receipt)
        if bid.how == "withdrawn":
            bid.acts["withdraw"] = self.log.act(
                "bid.withdraw", at + timedelta(hours=1), {"bid": bid.id}, sealed=True
            )

    def sources(self, bid: Bid) -> list[bundle.Source]:
        """Made once a bid: an SM2 signature is another one each time."""
        if bid.id not in self.made:
            self.made[bid.id] = self._sources(bid)
        return self.made[bid.id]

    def _sources(self, bid: Bid) -> list[bundle.Source]:
        summary = {
            "v": 1, "tender": NUMBER, "lot": bid.lot, "part": "whole", "bidder": bid.bidder.as_json(),
            "price": bid.price, "price_in_words": words(Decimal(bid.price)), "currency": "CNY", "duration_days": 170,
            "quality": "合格",
        }  # fmt: skip
        files = [
            ("bid_summary.json", canonical(summary), "bid_summary"),
            (
                "bid_summary.sig.json",
                canonical(bid_summary.sign(summary, bid.bidder.signer)),
                "bid_summary_signature",
            ),
            ("technical/plan.pdf", PDF + bid.id.encode(), "technical"),
        ]
        if bid.guarantee:
            files.append(("guarantee/form.json", canonical(self.guarantee(bid)), "guarantee"))
            files.append(("guarantee/guarantee.pdf", PDF, "guarantee"))
        return [
            bundle.Source(p, functools.partial(io.BytesIO, d), "application/octet-stream", r)
            for p, d, r in files
        ]

    def guarantee(self, bid: Bid) -> dict[str, Any]:
        issuer = self.party("演示担保有限公司", 21)
        return issuer.sign("guarantee", {
            "number": f"BH-{bid.bidder.code[-4:]}", "issuer": issuer.as_json(), "applicant": bid.bidder.as_json(),
            "beneficiary": self.owner.as_json(), "tender": NUMBER, "lot": bid.lot,
            "amount": "80000.00" if bid.guarantee == "good" else "60000.00", "currency": "CNY",
            "valid_from": "2026-11-01", "valid_until": "2027-03-01", "irrevocable": True,
            "payable_on": ["bid_revoked", "contract_refused", "conditions_added", "no_performance_security"],
            "issued_at": iso(datetime(2026, 11, 1, 2, tzinfo=UTC)), "pdf_sha256": hashlib.sha256(PDF).hexdigest(),
        })  # fmt: skip

    # -- the opening

    def open(self) -> None:
        start = DEADLINE + timedelta(seconds=30)
        started = self.log.act("opening.start", start, {"started_at": iso(start), "lots": [
            {"lot": lot, "bids": [{"bid": b.id, "envelope_sha256": b.ticket.envelope_sha256} for b in self.opened(lot)]}
            for lot in ("1", "2")
        ]})  # fmt: skip
        for minute, bid in enumerate(self.bids, start=1):
            self.bid_json(bid, start + timedelta(minutes=minute))
        rows = [
            {"bid": b.id, "lot": b.lot, "no": n, "bidder": b.bidder.name, "credit_code": b.bidder.code,
             "price": b.price, "opened_by": b.how, "envelope_sha256": b.ticket.envelope_sha256, "status": "opened"}
            for n, b in enumerate(self.opened(), start=1)
        ]  # fmt: skip
        payload = {"tender": NUMBER, "bids": rows, "objections": []}
        closed = start + timedelta(hours=2)
        recorded = self.log.act("opening.file_record", closed, {"payload_sha256": digest(payload)})
        signers = [(self.owner, "招标人"), (self.bids[0].bidder, "投标人")]
        self.put_json("opening.json", {
            "v": 1, "tender": NUMBER, "started_at": iso(start), "decryption_until": iso(start + timedelta(hours=1)),
            "closed_at": iso(closed), "payload": payload, "pdf_sha256": self.document("开标记录", "opening_record"),
            "signatures": [
                {"organization": who.name, "capacity": capacity, "at": iso(closed),
                 "statement": who.sign("opening-record", payload)}
                for who, capacity in signers
            ],
            "acts": {"start": started, "close": self.log.act("opening.close", closed, {}), "record": recorded},
        })  # fmt: skip

    def opened(self, lot: str = "") -> list[Bid]:
        return [b for b in self.bids if b.how != "withdrawn" and lot in ("", b.lot)]

    def bid_json(self, bid: Bid, at: datetime) -> None:
        opened = bid.how != "withdrawn"
        if opened:
            bid.acts["open"] = self.log.act(
                "bid.open", at, {"bid": bid.id, "bundle_sha256": bid.bundle_sha256}
            )
            self.opening_json(bid, at)
        withdrawal = None if opened else bid.ticket.withdrawal(bid.id)
        self.put_json(f"bids/{bid.id}/bid.json", {
            "v": 1, "bid": bid.id, "lot": bid.lot, "part": "whole", "status": "opened" if opened else "withdrawn",
            "number": 1 if opened else None, "pseudonym": bid.ticket.pseudonym, "envelope_sha256": bid.ticket.envelope_sha256,
            "size": bid.ticket.size, "received_at": iso(bid.received),
            "withdrawn_at": None if opened else iso(bid.received + timedelta(hours=1)), "withdrawal": withdrawal,
            "failure": "", "acts": bid.acts,
        })  # fmt: skip

    def opening_json(self, bid: Bid, at: datetime) -> None:
        head = header.read_header(io.BytesIO(bid.sealed))
        key = envelope.unwrap_as_bidder(head, bid.ticket)
        self.put(f"bids/{bid.id}/envelope.mtse", bid.sealed)
        self.put(f"bids/{bid.id}/content-key", key.value.hex().encode())
        files = {s.path: s for s in self.sources(bid)}
        summary = parse(files["bid_summary.json"].open().read())
        shares = []
        for index, custodian in enumerate(self.custodians[:2] if bid.how == "quorum" else [], start=1):
            share = envelope.open_share(head, custodian.signer)
            said = {"bid": bid.id, "envelope_sha256": bid.ticket.envelope_sha256, "index": index,
                    "share": b64(share.value)}  # fmt: skip
            shares.append(
                {"index": index, "released_at": iso(at), "statement": custodian.sign("share-release", said)}
            )
        self.put_json(f"bids/{bid.id}/opening.json", {
            "v": 1, "bid": bid.id, "opened_at": iso(at), "opened_by": bid.how, "bidder": bid.bidder.as_json(),
            "price": bid.price, "summary": summary, "identity": bid.ticket.identity,
            "release": bid.ticket.key_release(bid.id, key.value) if bid.how == "bidder" else None, "shares": shares,
        })  # fmt: skip
        form = files.get("guarantee/form.json")
        self.guarantee_json(bid, at, parse(form.open().read()) if form is not None else None)

    def guarantee_json(self, bid: Bid, at: datetime, form: Any) -> None:
        codes = {"good": [], "small": ["guarantee.amount_too_small"], "": ["guarantee.missing"]}[
            bid.guarantee
        ]
        self.put_json(f"bids/{bid.id}/guarantee.json", {
            "v": 1, "bid": bid.id, "form": form, "pdf_sha256": hashlib.sha256(PDF).hexdigest() if form else "", "valid": not codes,
            "reasons": [{"code": code, "zh": code, "en": code, "law": ""} for code in codes], "used": {},
            "valid_until": (DEADLINE + timedelta(days=90)).astimezone(BEIJING).date().isoformat(),
            "act": self.log.act("guarantee.present", at, {"bid": bid.id}),
        })  # fmt: skip

    # -- the committee

    def draw(self) -> None:
        at = DEADLINE + timedelta(hours=3)
        name = f"{NUMBER}/committee/1"
        entries = [
            f"{self.uuid()}@{site}"
            for site in ("盐城", "盐城", "盐城", "南京", "南京", "南京", "南京", "苏州")
        ]
        pool = draw.pool_digest(entries)
        parties = ("trading_center", "supervisory_authority", "procuring_entity")
        nonces = {who: hashlib.sha256(who.encode()).digest() for who in parties}
        commitments, reveals = [], []
        for who in parties:
            value = draw.commitment(nonces[who], who, name)
            act = self.log.act("draw.commit", at, {"who": who, "commitment": value})
            commitments.append({"who": who, "commitment": value, "act": act})
        for who in parties:
            act = self.log.act("draw.reveal", at, {"who": who, "nonce": nonces[who].hex()})
            reveals.append({"who": who, "nonce": nonces[who].hex(), "act": act})
        order = draw.order(draw.seed(pool, nonces, name), entries)
        result = order[1:6]
        self.experts = [
            self.party(f"专家{letter}", 50 + n, person=True) for n, letter in enumerate("甲乙丙丁戊")
        ]
        self.seats = [
            {"seat": str(n), "name": e.name, "entry": entry, "chair": n == 1, "vacated": False, "ground": ""}
            for n, (e, entry) in enumerate(zip(self.experts, result, strict=True), start=1)
        ]
        self.put_json("draw.json", {"v": 1, "draws": [{
            "id": name, "purpose": "committee", "tender": NUMBER, "entries": entries,
            "people": {entry: {"name": e.name, "organization": ""}
                       for e, entry in zip(self.experts, result, strict=True)},
            "pool_digest": pool, "commitments": commitments, "reveals": reveals, "order": order, "count": 5,
            "sites": [{"site": "", "seats": 5}],
            "skipped": [{"entry": order[0], "ground": "declined", "law": ""}], "result": result,
        }]})  # fmt: skip

    def evaluate(self, lot: str) -> None:
        at = DEADLINE + timedelta(hours=4)
        bids = self.opened(lot)
        valid = [b for b in bids if not b.rejected]
        sheets = [self.sheet(seat["seat"], valid, at) for seat in self.seats]
        means = expert_means.item_means([s["bids"] for s in sheets], "drop_extremes", 2)
        groups = {item["id"]: item["group"] for item in METHOD["items"]}
        request = {
            "method": "mean_k",
            "parameters": {"k": "0.98", "up": "1", "down": "0.5", "full_score": "60", "tie_break": ["price"],
                           "ceiling": "5000000.00" if lot == "1" else "3000000.00"},
            "bids": [
                {"id": b.id, "price": b.price, "valid": not b.rejected,
                 "scores": {} if b.rejected else
                 {g: f"{p:f}" for g, p in expert_means.group_scores(means[b.id], groups).items()}}
                for b in sorted(bids, key=lambda b: b.id)
            ],
        }  # fmt: skip
        answer = score(request)
        ranking = self.ranking(lot, answer)
        pdf = self.document(f"评标报告 {lot}", "evaluation_report", lot)
        payload = {"v": 1, "tender": NUMBER, "lot": lot, "report_sha256": pdf, "rejected": [],
                   "ranking": [{"rank": r["rank"], "bid": r["bid"]} for r in ranking]}  # fmt: skip
        done = at + timedelta(hours=2)
        self.put_json(f"evaluation/{lot}.json", {
            "v": 1, "lot": lot, "seats": self.seats,
            "bids": [{"bid": b.id, "alias": "甲", "rejected": b.rejected, "ground": "not_responsive" if b.rejected else "",
                      "law": "", "reason": "", "act": ""} for b in bids],
            "declarations": [
                {"seat": seat["seat"], "at": iso(at), "act": "",
                 "statement": e.sign("evaluation-declaration", {"tender": NUMBER, "seat": seat["seat"]})}
                for seat, e in zip(self.seats, self.experts, strict=True)
            ],
            "reviews": [], "sheets": sheets,
            "means": {bid: {item: f"{p:f}" for item, p in row.items()} for bid, row in means.items()},
            "price": {"coefficients": {}, "input": request, "output": answer}, "ranking": ranking,
            "report": {"payload": payload, "pdf_sha256": pdf,
                       "act": self.log.act("evaluation.attach_report", done, {"report_sha256": pdf})},
            "signatures": [
                {"seat": seat["seat"], "at": iso(done), "statement": e.sign("evaluation-report", payload),
                 "deemed": False, "dissent": "", "note": ""}
                for seat, e in zip(self.seats, self.experts, strict=True)
            ],
        })  # fmt: skip

    def sheet(self, seat: str, bids: list[Bid], at: datetime) -> dict[str, Any]:
        points = {
            b.id: {"plan": f"{self.random.randrange(20, 40) / 2:.1f}",
                   "safety": f"{self.random.randrange(8, 20) / 2:.1f}", "record": "8"}
            for b in bids
        }  # fmt: skip
        act = self.log.act("evaluation.lock", at, {"seat": seat, "sheet_sha256": digest(points)}, sealed=True)
        return {"seat": seat, "bids": points, "act": act}

    def ranking(self, lot: str, answer: dict[str, Any]) -> list[dict[str, Any]]:
        known = {b.id: b for b in self.opened(lot)}
        rows = [r for r in answer["bids"] if r["rank"] is not None]
        return [
            {"rank": r["rank"], "bid": r["id"], "bidder": known[r["id"]].bidder.name,
             "credit_code": known[r["id"]].bidder.code, "price": known[r["id"]].price, "score": r["total"]}
            for r in sorted(rows, key=lambda r: int(r["rank"]))
        ]  # fmt: skip

    def award(self) -> None:
        lots = []
        for lot in ("1", "2"):
            ranking = parse((self.root / f"evaluation/{lot}.json").read_bytes())["ranking"]
            shown = DEADLINE + timedelta(days=1)
            until = CHINA.end_of_period(shown, 3)
            acts = {
                "report": self.log.act("evaluation.receive", shown, {"lot": lot}),
                "candidates": self.log.act("candidates.announce", shown, {"lot": lot}),
                "award": "", "contract": "",
            }  # fmt: skip
            award = contract = None
            if lot == "1":
                best = ranking[0]
                award = {"bid": best["bid"], "bidder": best["bidder"], "credit_code": best["credit_code"],
                         "price": best["price"], "decided_at": iso(until), "notified_at": iso(until),
                         "passed_over": []}  # fmt: skip
                acts["award"] = self.log.act("award.decide", until, {"lot": lot})
                acts["contract"] = self.log.act("contract.register", until + timedelta(days=3), {"lot": lot})
                contract = {"number": "C-1", "price": best["price"], "signed_on": date(2026, 11, 17).isoformat(),
                            "registered_at": iso(until + timedelta(days=3)),
                            "sha256": self.document("合同", "contract", lot)}  # fmt: skip
            lots.append({"lot": lot, "candidates": ranking[:3], "announced_at": iso(shown),
                         "standstill_until": iso(until), "objections": [], "award": award, "contract": contract,
                         "acts": acts})  # fmt: skip
        self.put_json("awards.json", {"v": 1, "lots": lots})

    def finish(self) -> None:
        self.put_json("documents.json", {"v": 1, "documents": self.documents})
        self.put("acts.jsonl", self.log.lines())
        self.put("checkpoint", self.log.note.encode())
        sign_record(self.root, self.log.tree.size)


def sign_record(root: Path, size: int | None = None) -> None:
    """Write record.json over what lies in ``root`` — as the platform does, also a dishonest one."""
    if size is None:
        size = parse((root / "record.json").read_bytes())["statement"]["payload"]["checkpoint_size"]
    files = {}
    for path in sorted(p for p in root.rglob("*") if p.is_file() and p.name != "record.json"):
        data = path.read_bytes()
        files[path.relative_to(root).as_posix()] = {
            "sha256": hashlib.sha256(data).hexdigest(),
            "size": len(data),
        }
    payload = {
        "v": 1, "tender": NUMBER, "title": TITLE, "exported_at": iso(DEADLINE + timedelta(days=9)), "training": True,
        "log_origin": ORIGIN, "log_vkey": VKEY, "platform_public_key": PLATFORM_HEX, "checkpoint_size": size,
        "files": files,
    }  # fmt: skip
    signed = statements.sign(statements.statement("public-record", payload), PLATFORM)
    (root / "record.json").write_bytes(canonical(signed))


def rewrite(root: Path, path: str, change: Callable[[Any], Any]) -> None:
    """Change one JSON file and sign the record anew."""
    value = parse((root / path).read_bytes())
    change(value)
    (root / path).write_bytes(canonical(value))
    sign_record(root)


def publisher_fingerprint(of: CaSpecification = CA_TWO) -> str:
    return fingerprint(party("演示省公共资源交易主管部门", 31, of=of).issued.certificate)
