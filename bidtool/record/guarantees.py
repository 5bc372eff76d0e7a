"""Check 7: each guarantee's signature, issuer and terms, and the verdict that was published on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bidtool.record.record import Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from ca_interop.rules.validation import Purpose, RevocationPolicy, validate
from kernel.clock import BEIJING
from kernel.errors import Reason, ReasonForm, Refused
from kernel.guarantee_terms import (
    GuaranteeForm,
    GuaranteeRequirement,
    Party,
    legal_cap,
    read_form,
    reasons_against,
)
from sealing import statements
from sealing.statements import SignatureEvidence

#: How far a period's end may be moved off days off.
_LONGEST_SHIFT = timedelta(days=15)
NO_TRUST = ReasonForm(
    "record.no_trust_list", zh="信任列表未通过第 6 项检查，本项无法核对", en="the trust list failed check 6"
)
#: Verdict codes that name the signer; recomputed here without the platform's code.
NO_CERTIFICATE, NOT_BY_ISSUER = "guarantee.no_certificate", "guarantee.not_signed_by_issuer"
WRONG_PDF, ABSENT = "guarantee.wrong_pdf", "guarantee.absent"


def check(record: Record, steps: Steps) -> None:
    seen = 0
    for name in record.openings:
        path = f"bids/{name}/guarantee.json"
        with steps.at(path):
            row = record.optional(path)
            inside = record.inside_of(name)
            if row is None:
                same("保函 guarantee", path, None, inside.guarantee)
                continue
            seen += 1
            _check_one(record, name, row, steps)
    if not seen:
        steps.not_yet("保函", "guarantees")


def _check_one(record: Record, name: str, row: Row, steps: Steps) -> None:
    inside = record.inside_of(name)
    same("投标编号 bid", row.where, row.text("bid"), name)
    same("保函表单 form", row.where, row.raw("form"), inside.guarantee)
    same("保函 PDF", row.where, row.text("pdf_sha256", empty=True), inside.guarantee_pdf)
    codes = sorted({reason.text("code") for reason in row.rows("reasons")})
    same("结论 valid", row.where, row.flag("valid"), not codes)
    if inside.guarantee is not None:
        said = statements.verify(inside.guarantee, purpose="guarantee")
        form = read_form(dict(said.payload))
        found = _verdict(record, name, row, said, form)
        same("审查结论 reasons", row.where, codes, sorted(found))
        shown = f"{form.number}，开立人「{form.issuer.name}」，{form.amount} {form.currency}，有效期至 {form.valid_until}"
    else:
        same("审查结论 reasons", row.where, bool(codes), True)
        shown = "未提交保函 / none"
    if row.text("act", empty=True):
        record.acts.saying(row.text("act"), row.where, name, "投标编号 bid")
    steps.add(
        "record.guarantee",
        f"投标 {name}：{shown}；结论{'有效' if not codes else '不合格（' + '、'.join(codes) + '）'}，与重新核对一致",
        f"bid {name}: the verdict {'valid' if not codes else ', '.join(codes)} equals the recomputed one",
        bid=name,
        codes=codes,
    )


def _verdict(
    record: Record, name: str, row: Row, said: SignatureEvidence, form: GuaranteeForm
) -> dict[str, Reason | None]:
    found: dict[str, Reason | None] = {
        r.code: r for r in reasons_against(form, _requirement(record, name, row))
    }
    found.update(dict.fromkeys(_issuer_codes(record, said, form)))
    pdf = row.text("pdf_sha256", empty=True)
    if pdf and pdf != form.pdf_sha256:
        found[WRONG_PDF] = None
    return found


def _requirement(record: Record, name: str, row: Row) -> GuaranteeRequirement:
    tender, lot = record.tender, record.lots[record.bids[name].text("lot")]
    until, ends = (
        row.day("valid_until"),
        record.deadline + timedelta(days=tender.integer("bid_validity_days")),
    )
    least = ends.astimezone(BEIJING).date()
    if not least <= until <= least + _LONGEST_SHIFT:
        same("投标有效期届满日 valid_until", row.where, until, least)
    return GuaranteeRequirement(
        beneficiary=_party(tender.row("procuring_entity")),
        bidder=_party(record.openings[name].row("bidder")),
        tender=tender.text("number"),
        lot=lot.text("lot"),
        amount=lot.decimal("bond_amount"),
        cap=legal_cap(lot.decimal("estimate"), works=tender.text("category") in ("works", "goods")),
        deadline=record.deadline,
        valid_until=until,
        licensed_issuers=frozenset(tender.texts("licensed_issuers")),
        used=_used(record, name, row),
        currency=tender.text("currency"),
    )


def _used(record: Record, name: str, row: Row) -> Mapping[str, str]:
    """Numbers used elsewhere, as the platform knew them; a number of this tender's other bids is always one."""
    found = {number: str(where) for number, where in row.row("used").value.items()}
    mine = _number(record.inside_of(name).guarantee)
    for other, inside in record.inside.items():
        if other != name and mine and _number(inside.guarantee) == mine:
            found.setdefault(mine, other)
    return found


def _number(form: Any) -> str | None:
    try:
        number = form["statement"]["payload"]["number"]
    except (TypeError, KeyError):
        return None
    return number if isinstance(number, str) else None


def _issuer_codes(record: Record, said: SignatureEvidence, form: GuaranteeForm) -> list[str]:
    if said.leaf is None:
        return [NO_CERTIFICATE]
    if record.trust is None or record.evidence is None:
        raise Refused(NO_TRUST())
    try:
        found = validate(
            said.leaf, said.chain[1:], record.trust, form.issued_at, Purpose.SIGN, record.evidence,
            RevocationPolicy.HARD,
        )  # fmt: skip
    except Refused as refusal:
        return [reason.code for reason in refusal.reasons]
    named = (found.facts.credit_code, found.facts.organization)
    return [] if named == (form.issuer.credit_code, form.issuer.name) else [NOT_BY_ISSUER]


def _party(row: Row) -> Party:
    return Party(row.text("name"), row.text("credit_code"))
