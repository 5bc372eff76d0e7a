"""Check 7: each guarantee's signature, issuer and terms, and the verdict that was published on it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bidtool.record.reasons import NOT_THERE
from bidtool.record.record import OPENED, Presented, Record, same
from bidtool.record.rows import Row
from bidtool.record.steps import Steps
from ca_interop.rules.validation import Purpose, RevocationPolicy, validate
from kernel.clock import BEIJING
from kernel.errors import ReasonForm, Refused
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
_DESIGN_CAP = Decimal("100000.00")
NO_TRUST = ReasonForm(
    "record.no_trust_list", zh="信任列表未通过第 6 项检查，本项无法核对", en="the trust list failed check 6"
)
#: Verdict codes that name the signer; recomputed here without the platform's code.
NO_CERTIFICATE, NOT_BY_ISSUER = "guarantee.no_certificate", "guarantee.not_signed_by_issuer"
WRONG_PDF, MISSING = "guarantee.wrong_pdf", "guarantee.missing"


def check(record: Record, steps: Steps) -> None:
    seen = 0
    for name in record.openings_at(1):
        path = f"bids/{name}/guarantee.json"
        with steps.at(path):
            row = record.optional(path)
            if row is not None:
                seen += 1
                _check_one(record, name, row, steps)
            elif record.bids[name].text("status") == OPENED:
                _check_none(record, name, path)
    if not seen:
        steps.not_yet("保函", "guarantees")


def _check_none(record: Record, name: str, path: str) -> None:
    """No verdict stands only where no bond is asked and nothing lies in the bundle."""
    bond = record.lots[record.bids[name].text("lot")].decimal("bond_amount")
    if bond or record.inside_of(name).guarantee != Presented():
        raise Refused(NOT_THERE(what=path))


def _check_one(record: Record, name: str, row: Row, steps: Steps) -> None:
    presented = record.inside_of(name).guarantee
    same("投标编号 bid", row.where, row.text("bid"), name)
    same("保函表单 form", row.where, row.raw("form"), presented.form)
    same("保函 PDF", row.where, row.text("pdf_sha256", empty=True), presented.pdf_sha256)
    codes = codes_of(row)
    same("结论 valid", row.where, row.flag("valid"), not codes)
    wanted, shown = _verdict(record, name, row, presented)
    same("审查结论 reasons", row.where, codes, sorted(wanted))
    if row.text("act", empty=True):
        record.acts.saying(row.text("act"), row.where, name, "投标编号 bid")
    said = "有效" if not codes else f"不合格（{_in_words(row)}）"
    steps.add(
        "record.guarantee",
        f"投标 {name}：{shown}；结论{said}，与重新核对一致",
        f"bid {name}: the verdict {'valid' if not codes else ', '.join(codes)} equals the recomputed one",
        bid=name,
        codes=codes,
    )


def _in_words(row: Row) -> str:
    """The reasons' codes were recomputed, their Chinese words are the record's own."""
    return "；".join(f"{reason.text('zh')}，代码 {reason.text('code')}" for reason in row.rows("reasons"))


def codes_of(row: Row) -> list[str]:
    return sorted({reason.text("code") for reason in row.rows("reasons")})


def _verdict(record: Record, name: str, row: Row, presented: Presented) -> tuple[set[str], str]:
    """The codes that the guarantee deserves, and its words."""
    if presented.form is None:
        return set(presented.unreadable or (MISSING,)), "未提交保函"
    try:
        said = statements.verify(presented.form, purpose="guarantee")
        form = read_form(dict(said.payload))
    except Refused as refusal:
        return {reason.code for reason in refusal.reasons}, "保函表单不可读"
    found = {reason.code for reason in reasons_against(form, _requirement(record, name, row))}
    found.update(_issuer_codes(record, said, form))
    if presented.pdf_sha256 != form.pdf_sha256:
        found.add(WRONG_PDF)
    shown = f"{form.number}，开立人「{form.issuer.name}」，{form.amount} {form.currency}，有效期至 {form.valid_until}"
    return found, shown


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
        cap=_cap(lot.decimal("estimate"), tender.text("category")),
        deadline=record.deadline,
        valid_until=until,
        licensed_issuers=frozenset(tender.texts("licensed_issuers")),
        used=_used(record, name, row),
        currency=tender.text("currency"),
    )


def _cap(estimate: Decimal, category: str) -> Decimal:
    """招例第二十六条, and for works, goods and design the second limits of 30号令, 27号令 and 2号令."""
    cap = legal_cap(estimate, works=category in ("works", "goods"))
    return min(cap, _DESIGN_CAP) if category == "design" else cap


def _used(record: Record, name: str, row: Row) -> Mapping[str, str]:
    """Numbers used elsewhere, as the platform knew them, and by bids of this tender examined earlier.

    Only what its issuer signed counts: a forgery does not spoil the true one.
    """
    found = {number: str(where) for number, where in row.row("used").value.items()}
    mine, when = _number(record.inside_of(name).guarantee.form), _place(record, row)
    for other, inside in record.inside.items():
        earlier = record.optional(f"bids/{other}/guarantee.json") if other != name else None
        if earlier is None or not mine or _number(inside.guarantee.form) != mine:
            continue
        if _place(record, earlier) < when and NOT_BY_ISSUER not in codes_of(earlier):
            found.setdefault(mine, other)
    return found


def _place(record: Record, row: Row) -> int:
    """Where the verdict's act stands in the log; past its end without one."""
    act = row.text("act", empty=True)
    return record.acts.named(act, row.where).index if act else 1 << 62


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
