"""Part of check 6: what was signed on the opening record and the evaluation reports themselves.

The statements prove who agreed to what; a signature on the PDF says the same to a reader outside. So here: the
signed file begins with the very document the statements name and only signatures follow, every signature in it
is good, and each is by a certificate that also signed the statement.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from bidtool.record.reasons import DIFFERS, NOT_THERE, UNSIGNED
from bidtool.record.record import Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from ca_interop import isolated
from ca_interop.rules.signatures import signing_side
from ca_interop.rules.signatures.judging import Circumstances
from ca_interop.rules.signatures.pdf_reading import MAX_PDF
from kernel.errors import Reason, Refused
from sealing import statements
from sealing.signer import fingerprint

PATH = "signatures.json"


def check(record: Record, steps: Steps) -> None:
    listed = record.optional(PATH)
    if listed is None:
        return
    steps.where = PATH
    named = _named(record)
    for row in listed.rows("documents"):
        document = row.hex("document", 32)
        if document not in named:
            raise Refused(NOT_THERE(what=f"声明所指的文件 {document}"))
        _check_document(record, row, document, named[document], steps)


def _named(record: Record) -> dict[str, set[str]]:
    """Documents that statements name → certificates that signed those statements."""
    found: dict[str, set[str]] = {}
    for path in ("opening.json", "opening-2.json"):
        session = record.optional(path)
        if session is not None:
            found[session.hex("pdf_sha256", 32)] = _signers(session, "opening-record")
    for lot in record.lots:
        evaluation = record.optional(f"evaluation/{lot}.json")
        if evaluation is not None:
            pdf = evaluation.row("report").hex("pdf_sha256", 32)
            found[pdf] = _signers(evaluation, "evaluation-report")
    return found


def _signers(row: Row, purpose: str) -> set[str]:
    signed = (one.row_or_none("statement") for one in row.rows("signatures"))
    leaves = (statements.verify(one.value, purpose=purpose).leaf for one in signed if one is not None)
    return {fingerprint(leaf) for leaf in leaves if leaf is not None}


def _check_document(record: Record, row: Row, document: str, signers: set[str], steps: Steps) -> None:
    size, rows = row.integer("size"), row.rows("signatures")
    inside = [one for one in rows if one.text("kind") == "pades"]
    for one in rows:
        if one.hex("certificate", 32) not in signers:
            raise Refused(
                UNSIGNED(where=one.where, why="没有签声明的证书 / its certificate signed no statement")
            )
    path = inside[-1].text("path") if inside else f"signatures/{document}.pdf"
    data = record.folder.read(path, MAX_PDF)
    original = data[:size]
    same("被签文件 document", path, hashlib.sha256(original).hexdigest(), document)
    if inside:
        signing_side.check_additions(data, size)
        _judge(
            record,
            data,
            None,
            max(one.time("at") for one in inside),
            [one.hex("certificate", 32) for one in inside],
            path,
        )
    for one in rows:
        if one.text("kind") != "pades":
            found = record.folder.read(one.text("path"), MAX_PDF)
            _judge(record, found, original, one.time("at"), [one.hex("certificate", 32)], one.text("path"))
    names = "、".join(one.text("signer") for one in rows)
    steps.add(
        "record.signed_document",
        f"{path}：文件本身的 {len(rows)} 个签名有效（{names}），除签名外与原件一致",
        f"{path}: {len(rows)} signatures on the document itself are valid ({names}); nothing but signatures was added",
        document=document,
    )


def _judge(
    record: Record, data: bytes, content: bytes | None, at: datetime, wanted: list[str], where: str
) -> None:
    """Every signature is valid, and they are those that are listed, in their order."""
    if record.trust is None or record.evidence is None:
        raise Refused(NOT_THERE(what="trust-list.json"))
    by = Circumstances(record.trust, at, True, record.evidence)
    report = isolated.judge(data, content, by)
    failed = [
        Reason(step["code"], f"{where}：{step['zh']}", f"{where}: {step['en']}")
        for one in report["signatures"]
        for step in one["steps"]
        if one["verdict"] != "valid" and step["result"] in ("failed", "undecided")
    ]
    if failed:
        raise Refused(*failed)
    found = [one["certificate"] for one in report["signatures"]]
    if found != wanted:
        raise Refused(
            DIFFERS(what="签名人 signers", where=where, found=", ".join(found), wanted=", ".join(wanted))
        )
