"""Check 5: every opened bid is what lay in its envelope. The whole body is decrypted, in steps, to a
temporary file; key commitment, summary, identity and quorum are checked against what the record says."""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass
from typing import BinaryIO, cast

from bidtool.record.reasons import TOO_FEW_SHARES
from bidtool.record.record import PRICE, TECHNICAL, Inside, Presented, Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from kernel.canonical_json import parse
from kernel.errors import Refused
from sealing import bid_summary, bundle, envelope, fields, header, identity, keyshares, statements
from sealing.bundle import Bundle
from sealing.header import Header
from sealing.keys import public_key_of
from sealing.keyshares import ContentKey, Share
from sealing.recipients import recipient_key, suite_for
from sealing.signer import fingerprint
from sealing.suites import Suite

_IN_MEMORY = 32 * 1024 * 1024
MAX_SUMMARY, MAX_STATEMENT = 1024 * 1024, 2 * 1024 * 1024
FORM, PDF = "guarantee/form.json", "guarantee/guarantee.pdf"
MAX_FORM, MAX_PDF = 256 * 1024, 20 * 1024 * 1024


def check(record: Record, steps: Steps) -> None:
    custodians = check_custodians(record)
    for name, opening in record.openings.items():
        with steps.at(f"bids/{name}"):
            _check_bid(record, name, opening, custodians, steps)
    if not record.openings:
        steps.not_yet("开启的投标", "opened bids")


@dataclass(frozen=True)
class Custodians:
    """Fingerprints of their certificates, in the order of their indexes 1 … n, and the suite of their keys."""

    fingerprints: list[str]
    suite: Suite


def check_custodians(record: Record) -> Custodians:
    rows = record.tender.rows("custodians")
    same(
        "托管人编号 index",
        record.tender.where,
        [r.integer("index") for r in rows],
        [*range(1, len(rows) + 1)],
    )
    ders = [fields.b64_bytes(r.value, "certificate", limit=16384) for r in rows]
    certificates = [statements.read_certificate(der) for der in ders]
    suite = suite_for([recipient_key(public_key_of(one)) for one in certificates])
    return Custodians([fingerprint(one) for one in certificates], suite)


def _check_bid(record: Record, name: str, opening: Row, custodians: Custodians, steps: Steps) -> None:
    bid = record.bids[name]
    with record.folder.open(f"bids/{name}/envelope.mtse") as source:
        steps.where = f"bids/{name}/envelope.mtse"
        head = header.read_header(source)
        _check_header(record, bid, head, custodians)
        steps.where = f"bids/{name}/content-key"
        key = _content_key(record, name)
        envelope.check_key(head, key)
        steps.where = f"bids/{name}/envelope.mtse"
        who = _check_identity(head, key, opening)
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
            plain = cast(BinaryIO, spooled)
            length = envelope.open_body(source, head, key, plain)
            inside = _read_bundle(plain, head, who)
    steps.where = f"bids/{name}/opening.json"
    _compare(record, name, opening, inside)
    how = _check_quorum(record, name, head, key, opening) or _check_release(name, head, key, opening)
    record.inside[name] = inside
    bidder = opening.row("bidder").text("name")
    steps.add(
        "record.opening",
        f"投标 {name}（{bidder}）：信封头签名、密钥承诺、全文 {length} 字节、开标一览表及其签名、身份承诺均一致；{how[0]}",
        f"bid {name} ({bidder}): header signature, key commitment, all {length} bytes, summary and its signature, "
        f"identity commitment agree; {how[1]}",
        bid=name,
        price=opening.raw("price") or "",
        opened_by=opening.text("opened_by"),
    )


def _check_header(record: Record, bid: Row, head: Header, custodians: Custodians) -> None:
    lot, part = bid.text("lot"), bid.text("part")
    taken = (TECHNICAL, PRICE) if record.is_dual(lot) else (record.tender.text("part"),)
    if part not in taken:
        same("部分 part", bid.where, part, " / ".join(taken))
    header.check_target(head, tender=record.payload.text("tender"), lot=lot, part=part)
    where = f"bids/{bid.text('bid')}/envelope.mtse"
    same("一次性公钥 pseudonym", where, head.pseudonym.hex(), bid.text("pseudonym"))
    same("长度 size", where, header.envelope_size(head), bid.integer("size"))
    same("门限 threshold", where, head.threshold, record.tender.integer("threshold"))
    same("托管人 custodians", where, [share.custodian for share in head.shares], custodians.fingerprints)
    same("算法套件 suite", where, head.suite.number, custodians.suite.number)


def _content_key(record: Record, name: str) -> ContentKey:
    path = f"bids/{name}/content-key"
    data = record.folder.read(path, 64)
    text = data.decode("ascii", "replace")
    return ContentKey(bytes.fromhex(fields.hex_bytes({"content-key": text}, "content-key", 32).hex()))


def _check_identity(head: Header, key: ContentKey, opening: Row) -> statements.SignatureEvidence:
    salt, who = identity.reveal(head, key.value)
    same("身份声明 identity", opening.where, opening.raw("identity"), who)
    return identity.check(head, salt, who)


def _read_bundle(plain: BinaryIO, head: Header, who: statements.SignatureEvidence) -> Inside:
    sha256 = _digest(plain)
    found = bundle.read(plain)
    found.verify()
    # What counts is what it says (the signature is over its canonical form), not how its bytes are spelt.
    summary = bid_summary.check(parse(found.read(bundle.SUMMARY, MAX_SUMMARY)))
    said = {key: summary[key] for key in ("tender", "lot", "part")}
    same(
        "开标一览表所指 target",
        bundle.SUMMARY,
        said,
        {"tender": head.tender, "lot": head.lot, "part": head.part},
    )
    signed = bid_summary.verify(summary, parse(found.read(bundle.SUMMARY_SIGNATURE, MAX_STATEMENT)))
    return Inside(sha256, summary, who, signed, _guarantee(found))


def _digest(plain: BinaryIO) -> str:
    """Hex SHA-256 of the whole bundle, read from its start."""
    plain.seek(0)
    digest = hashlib.sha256()
    while data := plain.read(1 << 20):
        digest.update(data)
    return digest.hexdigest()


def _guarantee(found: Bundle) -> Presented:
    """What the bundle presents as guarantee: by the usual names, else by role; as the platform reads it."""
    paths = [entry.path for entry in found.with_role("guarantee")]
    form_path, pdf_path = _pick(paths, FORM, ".json"), _pick(paths, PDF, ".pdf")
    try:
        pdf = hashlib.sha256(found.read(pdf_path, MAX_PDF)).hexdigest() if pdf_path else ""
        if not form_path:
            return Presented(pdf_sha256=pdf)
        value = parse(found.read(form_path, MAX_FORM))
    except Refused as refusal:
        return Presented(unreadable=tuple(reason.code for reason in refusal.reasons))
    return Presented(value if isinstance(value, dict) else {"": type(value).__name__}, pdf)


def _pick(paths: list[str], wanted: str, ending: str) -> str:
    if wanted in paths:
        return wanted
    return next((path for path in paths if path.lower().endswith(ending)), "")


def _compare(record: Record, name: str, opening: Row, inside: Inside) -> None:
    same("投标编号 bid", opening.where, opening.text("bid"), name)
    same("开标一览表 summary", opening.where, opening.raw("summary"), dict(inside.summary))
    same("报价 price", opening.where, opening.raw("price"), inside.summary.get("price"))
    same("投标人 bidder", opening.where, dict(opening.row("bidder").value), inside.summary["bidder"])
    # The act of opening names the bundle by digest: what was read out later is what lay in the envelope.
    act = record.bids[name].row("acts").text("open")
    record.acts.saying(act, opening.where, inside.sha256, f"标书摘要 {inside.sha256}")


def _check_release(name: str, head: Header, key: ContentKey, opening: Row) -> tuple[str, str]:
    same("开启方式 opened_by", opening.where, opening.text("opened_by"), "bidder")
    statement = opening.row_or_none("release")
    if statement is None:
        return "投标人自行解密", "opened by the bidder"
    found = statements.verify(statement.value, purpose="key-release")
    same("密钥提交人 pseudonym", opening.where, found.public_key_hex, head.pseudonym.hex())
    same("投标编号 bid", opening.where, found.payload.get("bid"), name)
    same("内容密钥 content_key", opening.where, found.payload.get("content_key"), fields.b64(key.value))
    return "投标人签名提交密钥", "key released by the bidder's signature"


def _check_quorum(
    record: Record, name: str, head: Header, key: ContentKey, opening: Row
) -> tuple[str, str] | None:
    """Each custodian's signed share is right and together they give the key."""
    if opening.text("opened_by") != "quorum":
        return None
    shares = []
    for row in opening.rows("shares"):
        found = statements.verify(row.row("statement").value, purpose="share-release")
        said = Row(dict(found.payload), row.where)
        same("投标编号 bid", row.where, said.text("bid"), name)
        same(
            "信封 envelope_sha256",
            row.where,
            said.text("envelope_sha256"),
            record.bids[name].text("envelope_sha256"),
        )
        same("分片编号 index", row.where, said.integer("index"), row.integer("index"))
        shares.append(Share(said.integer("index"), fields.b64_bytes(said.value, "share", limit=32, low=32)))
    if len(shares) < head.threshold:
        raise Refused(TOO_FEW_SHARES(bid=name, found=len(shares), wanted=head.threshold))
    same("内容密钥 content key", opening.where, keyshares.combine(head, shares).value.hex(), key.value.hex())
    return f"{len(shares)} 位托管人的分片合成同一密钥", f"{len(shares)} custodians' shares give the same key"
