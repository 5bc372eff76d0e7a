"""Check 6: every certificate that signed was good when it signed, by the record's trust list and evidence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509

from bidtool.record import signed_documents
from bidtool.record.directory import Folder
from bidtool.record.reasons import DIGEST, FILE_BAD, PIN_DIFFERS, UNSIGNED
from bidtool.record.record import Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from ca_interop.rules import revocation, trust_list
from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence
from ca_interop.rules.trust_list import TrustList
from ca_interop.rules.validation import Purpose, RevocationPolicy, Validation, validate
from kernel.clock import beijing
from kernel.errors import Refused
from sealing import fields, statements
from sealing.signer import fingerprint

TRUST = "trust-list.json"
MAX_EVIDENCE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Signed:
    """A signature to be judged: by whom it should be (empty texts: anybody), when, and where it stands."""

    chain: Sequence[x509.Certificate]
    at: datetime
    where: str
    organization: str = ""
    credit_code: str = ""
    person: str = ""


def check(record: Record, steps: Steps) -> None:
    steps.where = TRUST
    trust = _trust_list(record, steps)
    steps.where = "evidence/"
    evidence = load_evidence(record.folder, [*record.payload.row("files").value])
    record.trust, record.evidence = trust, evidence
    steps.where = "tender.json"
    _check_custodians(record, trust, evidence, steps)
    for signed in _signatures(record):
        steps.where = signed.where
        found = judge(signed, trust, evidence)
        steps.add(
            "record.certificate",
            f"{signed.where}：「{found.facts.organization or found.facts.person}」（{found.authority_name}）"
            f"的证书于 {beijing(signed.at)} 有效",
            f"{signed.where}: the certificate of {found.facts.organization or found.facts.person} "
            f"({found.authority_id}) was good at {signed.at.isoformat()}",
            certificate=found.facts.fingerprint,
            authority=found.authority_id,
        )
    signed_documents.check(record, steps)


def judge(signed: Signed, trust: TrustList, evidence: RevocationEvidence) -> Validation:
    """Path, use, dates and standing at the time of signing; then the names."""
    if not signed.chain:
        raise Refused(UNSIGNED(where=signed.where, why="没有证书 / no certificate"))
    found = validate(
        signed.chain[0], signed.chain[1:], trust, signed.at, Purpose.SIGN, evidence, RevocationPolicy.HARD,
        need_credit_code=bool(signed.credit_code),
    )  # fmt: skip
    for what, has, wanted in (
        ("单位 organization", found.facts.organization, signed.organization),
        ("统一社会信用代码 credit code", found.facts.credit_code, signed.credit_code),
        ("姓名 person", found.facts.person, signed.person),
    ):
        if wanted:
            same(what, signed.where, has, wanted)
    return found


def _trust_list(record: Record, steps: Steps) -> TrustList:
    row = record.folder.json(TRUST)
    said = statements.verify(row.value, purpose=trust_list.PURPOSE)
    signer = fingerprint(said.leaf) if said.leaf is not None else ""
    wanted = record.pins.publisher
    if wanted and wanted != signer:
        raise Refused(PIN_DIFFERS(what="信任列表发布者", found=signer, wanted=wanted))
    trust = trust_list.read_signed(row.value, frozenset({signer}))
    names = "、".join(a.name for a in trust.authorities)
    steps.add(
        "record.trust_list",
        f"信任列表第 {trust.version} 版（{trust.publisher}）：{names}"
        + ("" if wanted else f"；未固定发布者 {signer}（--pin-publisher）"),
        f"trust list version {trust.version} by {trust.publisher}: {names}"
        + ("" if wanted else f"; the publisher {signer} is not pinned (--pin-publisher)"),
        digest=trust.digest,
    )
    return trust


def load_evidence(folder: Folder, paths: Sequence[str]) -> RevocationEvidence:
    """Every CRL and OCSP answer below evidence/, each named by its digest."""
    crls: list[bytes] = []
    answers: list[OcspAnswer] = []
    for path in paths:
        if not path.startswith("evidence/"):
            continue
        data = folder.read(path, MAX_EVIDENCE)
        found = hashlib.sha256(data).hexdigest()
        if path != f"evidence/{found}.der":
            raise Refused(DIGEST(path=path, found=found, wanted=path))
        if _is(revocation.read_crl, data):
            crls.append(data)
        elif _is(revocation.read_ocsp, OcspAnswer(data)):
            answers.append(OcspAnswer(data))
        else:
            raise Refused(
                FILE_BAD(path=path, why="既非吊销列表也非 OCSP 应答 / neither a CRL nor an OCSP answer")
            )
    return RevocationEvidence(tuple(crls), tuple(answers))


def _is(load: Any, data: Any) -> bool:
    try:
        load(data)
    except Refused:
        return False
    return True


def _check_custodians(record: Record, trust: TrustList, evidence: RevocationEvidence, steps: Steps) -> None:
    """Their encryption certificates belong to whom the tender names. Standing counts where it is known:
    a share is released by a signature of its own, judged with the others."""
    at = record.tender.time_or_none("announced_at") or record.payload.time("exported_at")
    for row in record.tender.rows("custodians"):
        der = fields.b64_bytes(row.value, "certificate", limit=16384)
        leaf = statements.read_certificate(der)
        found = validate(
            leaf, [], trust, at, Purpose.SEAL, evidence, RevocationPolicy.SOFT, need_credit_code=True
        )
        same("托管人 custodian", row.where, found.facts.credit_code, row.text("credit_code"))
        steps.add(
            "record.custodian",
            f"托管人 {row.integer('index')}「{row.text('name')}」的加密证书由{found.authority_name}签发",
            f"custodian {row.integer('index')}: encryption certificate by {found.authority_id}",
            certificate=found.facts.fingerprint,
        )


def _signatures(record: Record) -> Iterator[Signed]:
    for name, opening in record.openings.items():
        yield from _of_bid(record, name, opening)
    for path in ("opening.json", "opening-2.json"):
        session = record.optional(path)
        for row in session.rows("signatures") if session is not None else []:
            yield Signed(
                _chain(row, "opening-record"),
                row.time("at"),
                row.where,
                organization=row.text("organization"),
            )
    for lot in record.lots:
        evaluation = record.optional(f"evaluation/{lot}.json")
        if evaluation is not None:
            yield from _of_committee(evaluation)


def _of_bid(record: Record, name: str, opening: Row) -> Iterator[Signed]:
    inside, bid = record.inside_of(name), record.bids[name]
    at, bidder = bid.time("received_at"), opening.row("bidder")
    who = bidder.text("name"), bidder.text("credit_code")
    yield Signed(inside.identity.chain, at, f"bids/{name}#identity", *who)
    yield Signed(inside.summary_signature.chain, at, f"bids/{name}#bid_summary.sig.json", *who)
    custodians = {row.integer("index"): row.text("credit_code") for row in record.tender.rows("custodians")}
    for row in opening.rows("shares"):
        chain = _chain(row, "share-release")
        code = custodians.get(row.integer("index"), "")
        if not code:
            raise row.bad("index", "没有此托管人 / no such custodian")
        yield Signed(chain, row.time("released_at"), row.where, credit_code=code)


def _of_committee(evaluation: Row) -> Iterator[Signed]:
    names = {row.text("seat"): row.text("name", empty=True) for row in evaluation.rows("seats")}
    for row in evaluation.rows("declarations"):
        yield Signed(_chain(row, ""), row.time("at"), row.where, person=names.get(row.text("seat"), ""))
    for row in evaluation.rows("signatures"):
        if row.row_or_none("statement") is not None:
            chain = _chain(row, "evaluation-report")
            yield Signed(chain, row.time("at"), row.where, person=names.get(row.text("seat"), ""))


def _chain(row: Row, purpose: str) -> Sequence[x509.Certificate]:
    return statements.verify(row.row("statement").value, purpose=purpose).chain
