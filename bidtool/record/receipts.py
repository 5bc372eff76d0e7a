"""Check 4: every receipt is the platform's, stands in the log, and is of this very envelope."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from bidtool.record.reasons import FIELD
from bidtool.record.record import Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from kernel import tlog
from kernel.clock import iso
from kernel.errors import Refused
from sealing import pseudonym, receipts, statements

STATUSES = ("opened", "withdrawn", "undecryptable", "revoked", "submitted", "unopened")


def check(record: Record, steps: Steps) -> None:
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(record.payload.hex("platform_public_key", 32)))
    for name, bid in record.bids.items():
        with steps.at(f"bids/{name}/receipt.json"):
            _check_receipt(record, name, bid, key, steps)
        with steps.at(f"bids/{name}/bid.json"):
            _check_status(record, name, bid)
    with steps.at("acts.jsonl"):
        _check_none_left_out(record)
    if not record.bids:
        steps.not_yet("投标", "bids")


def _check_none_left_out(record: Record) -> None:
    """Whatever an act says was received lies in the record, also what was withdrawn or never opened."""
    for _, line in record.acts.lines():
        act = line.row("act")
        if act.text("verb") == "bid.submit" and act.row("payload").text("bid") not in record.bids:
            raise act.bad(
                "payload.bid", "收到的投标不在档案中 / a bid that was received is left out of the record"
            )


def _check_receipt(record: Record, name: str, bid: Row, key: Ed25519PublicKey, steps: Steps) -> None:
    receipt = record.folder.json(f"bids/{name}/receipt.json")
    opened = name in record.openings
    envelope = record.folder.root / "bids" / name / "envelope.mtse" if opened else None
    if opened:
        record.folder.open(f"bids/{name}/envelope.mtse").close()
    receipts.verify(receipt.value, key, record.payload.text("log_vkey"), envelope)
    said = Row(receipts.read(receipt.value), receipt.where)
    for field in ("bid", "lot", "part", "pseudonym", "envelope_sha256", "size"):
        same(field, bid.where, bid.raw(field), said.raw(field))
    same("收到时间 received_at", bid.where, iso(bid.time("received_at")), iso(said.time("received_at")))
    same("招标 tender", receipt.where, said.text("tender"), record.payload.text("tender"))
    act = record.acts.named(bid.row("acts").text("submit"), bid.where)
    same("递交行为 act", receipt.where, said.raw("act"), act.document)
    same("日志位置 index", receipt.where, said.integer("index"), act.index)
    same("行为时间 at", receipt.where, iso(act.at), iso(said.time("received_at")))
    steps.add(
        "record.receipt",
        f"投标 {name}：平台签名有效，日志第 {act.index} 位，信封 SHA-256 {said.text('envelope_sha256')}"
        + ("，与文件一致" if opened else "（未公开信封）"),
        f"bid {name}: signed by the platform, at {act.index} in the log, envelope {said.text('envelope_sha256')}"
        + (", equal to the file" if opened else " (not published)"),
        bid=name,
        proof_size=tlog.parse_checkpoint(
            tlog.split_note(tlog.parse_proof(said.text("proof")).checkpoint)[0]
        ).size,
    )


def _check_status(record: Record, name: str, bid: Row) -> None:
    status = bid.text("status")
    if status not in STATUSES:
        raise Refused(FIELD(where=bid.where, field="status", why=status[:40]))
    acts = bid.row("acts")
    for key in ("withdraw", "open"):
        if acts.text(key, empty=True):
            record.acts.saying(acts.text(key), bid.where, name, "投标编号 bid")
    statement = bid.row_or_none("withdrawal")
    if statement is None:
        if status == "withdrawn":
            raise bid.bad("withdrawal", "已撤回而无签名声明 / withdrawn without a signed statement")
        return
    found = statements.verify(statement.value, purpose="bid-withdrawal")
    same("撤回签名人 pseudonym", bid.where, found.public_key_hex, pseudonym.read(bid.value).hex())
    for key in ("bid", "envelope_sha256"):
        same(key, statement.where, found.payload.get(key), bid.raw(key))
