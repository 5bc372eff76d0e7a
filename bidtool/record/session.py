"""Check 8: the opening record that was signed says what the envelopes say."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from bidtool.record import envelopes
from bidtool.record.reasons import DIFFERS, NOT_THERE, UNSIGNED
from bidtool.record.record import PRICE, Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from kernel.canonical_json import digest
from kernel.errors import Refused
from sealing import statements

PATH = "opening.json"
#: Columns of the signed record → where the same stands in the opening.
_SUMMARY = {"duration_days": "duration_days", "duration": "duration_days", "quality": "quality"}


def check(record: Record, steps: Steps) -> None:
    session = record.optional(PATH)
    if session is None:
        if record.openings:
            raise Refused(NOT_THERE(what=PATH))
        steps.not_yet("开标记录", "opening record")
        return
    _check_session(record, session, PATH, 1, steps)
    envelopes.check_whole(record, steps)
    second = record.optional(envelopes.SECOND)
    if second is not None:
        _check_session(record, second, envelopes.SECOND, 2, steps)
        envelopes.check_passed(record, steps)
    elif record.openings_at(2):
        raise Refused(NOT_THERE(what=envelopes.SECOND))


def _check_session(record: Record, session: Row, path: str, stage: int, steps: Steps) -> None:
    openings = record.openings_at(stage)
    steps.where = path
    same("招标 tender", path, session.text("tender"), record.payload.text("tender"))
    payload = session.row("payload")
    same("开标记录所指招标", payload.where, payload.text("tender"), record.payload.text("tender"))
    rows = _rows(payload)
    for name, opening in openings.items():
        if name not in rows:
            raise Refused(NOT_THERE(what=f"开标记录中的投标 {name}"))
        _compare(record, name, opening, rows[name])
    for name in rows:
        if name not in record.bids:
            raise Refused(NOT_THERE(what=f"开标记录所载投标 {name}"))
    signers = _check_signatures(session, payload)
    _check_acts(record, session, payload, path)
    _check_all_are_here(record, path, stage)
    pdf_listed(record, path, session.hex("pdf_sha256", 32))
    steps.add(
        "record.opening_record",
        f"开标记录 {len(rows)} 家与信封内容一致；{'、'.join(signers)} 签名有效",
        f"the opening record's {len(rows)} rows equal the openings; signed by {', '.join(signers)}",
        rows=len(rows),
        payload_sha256=digest(dict(payload.value)),
    )


def pdf_listed(record: Record, where: str, wanted: str) -> None:
    """The signed document is among the published ones."""
    documents = record.folder.json("documents.json").rows("documents")
    if not any(row.hex("sha256", 32) == wanted for row in documents):
        raise Refused(DIFFERS(what="公布的文件 document", where=where, found=wanted, wanted="documents.json"))


def _rows(payload: Row) -> dict[str, Row]:
    return {row.text("bid"): row for row in payload.rows("bids")}


def _compare(record: Record, name: str, opening: Row, row: Row) -> None:
    bid, bidder = record.bids[name], opening.row("bidder")
    wanted: dict[str, Any] = {
        "lot": bid.text("lot"),
        "bidder": bidder.text("name"),
        "credit_code": bidder.text("credit_code"),
        "envelope_sha256": bid.text("envelope_sha256"),
        "status": bid.text("status"),
    }
    summary = opening.row("summary").value
    wanted |= {column: summary.get(key) for column, key in _SUMMARY.items()}
    for column, value in wanted.items():
        if column in row.value:
            same(column, row.where, row.raw(column), value)
    price = row.value.get("price") if opening.raw("price") is None else row.raw("price")
    same("报价 price", row.where, _amount(price), opening.decimal_or_none("price"))
    if "opened_by" in row.value and row.raw("opened_by") in ("bidder", "quorum"):
        same("开启方式 opened_by", row.where, row.raw("opened_by"), opening.text("opened_by"))


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(value) if isinstance(value, str) else None
    except InvalidOperation:
        return None


def _check_signatures(session: Row, payload: Row) -> list[str]:
    signers = []
    for row in session.rows("signatures"):
        found = statements.verify(row.row("statement").value, purpose="opening-record")
        same("所签内容 payload", row.where, dict(found.payload), dict(payload.value))
        signers.append(row.text("organization"))
    if not signers:
        raise Refused(UNSIGNED(where=session.where, why="没有签名 / no signature"))
    return signers


def _check_all_are_here(record: Record, path: str, stage: int) -> None:
    """The act of the start names every bid that lay there; none of them is left out or exchanged."""
    named = {
        row.text("bid"): row.text("envelope_sha256")
        for lot in envelopes.said_at_start(record, path)
        for row in (lot.rows("bids") if "bids" in lot.value else [])
    }
    found = {
        name: bid.text("envelope_sha256")
        for name, bid in record.bids.items()
        if bid.raw("number") is not None
        and bid.text("status") != "withdrawn"
        and (bid.text("part") == PRICE) == (stage == 2)
    }
    same("开标时在场的投标 bids", path, found, named)


def _check_acts(record: Record, session: Row, payload: Row, path: str) -> None:
    acts = session.row("acts")
    record.acts.named(acts.text("start"), path)
    if acts.text("close", empty=True):
        record.acts.named(acts.text("close"), path)
    if acts.value.get("record"):
        record.acts.saying(acts.text("record"), path, digest(dict(payload.value)), "开标记录摘要")
