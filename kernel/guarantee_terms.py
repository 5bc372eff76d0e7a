"""The terms of a bid guarantee against what the tender asks: arithmetic and names, no signatures.

Used at the opening and by the auditor's offline verifier, so the two cannot differ. Dates count as
Beijing dates. ``Refused`` only for a form that cannot be read; terms that fail are reasons.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kernel.clock import BEIJING, parse_iso
from kernel.errors import Kind, Reason, ReasonForm, Refused
from kernel.ids import credit_code

_DEFECT = "12号令第二十五条"
_BID_BOND = "招标投标法实施条例第二十六条"
_CAP = "招标投标法实施条例第二十六条；30号令第三十七条"

BAD_FORM = ReasonForm(
    "guarantee.malformed", zh="保函表单不合格：{what}", en="the guarantee form is not acceptable: {what}",
    kind=Kind.MALFORMED,
)  # fmt: skip
UNLICENSED = ReasonForm(
    "guarantee.unlicensed_issuer",
    zh="开立人「{issuer}」（{code}）不在有资格的开立人名单上",
    en="the issuer {issuer} ({code}) is not on the list of licensed issuers",
    law=_DEFECT,
)
WRONG_BENEFICIARY = ReasonForm(
    "guarantee.wrong_beneficiary",
    zh="受益人为「{found}」（{found_code}），应为招标人「{wanted}」（{wanted_code}）",
    en="the beneficiary is {found} ({found_code}); it must be {wanted} ({wanted_code})",
    law=_DEFECT,
)
WRONG_APPLICANT = ReasonForm(
    "guarantee.wrong_applicant",
    zh="申请人为「{found}」（{found_code}），应为投标人「{wanted}」（{wanted_code}）",
    en="the applicant is {found} ({found_code}); it must be the bidder {wanted} ({wanted_code})",
    law=_DEFECT,
)
WRONG_TENDER = ReasonForm(
    "guarantee.wrong_tender",
    zh="保函用于招标「{found}」标段「{found_lot}」，应为「{wanted}」标段「{wanted_lot}」",
    en="the guarantee is for tender {found} lot {found_lot}; it must be {wanted} lot {wanted_lot}",
    law=_DEFECT,
)
WRONG_CURRENCY = ReasonForm(
    "guarantee.wrong_currency",
    zh="保函币种为 {found}，应为 {wanted}",
    en="the currency is {found}; it must be {wanted}",
    law=_DEFECT,
)
TOO_SMALL = ReasonForm(
    "guarantee.amount_too_small",
    zh="保函金额 {found}，应 ≥ {wanted}",
    en="the amount is {found}; it must be ≥ {wanted}",
    law=_BID_BOND,
)
OVER_CAP = ReasonForm(
    "guarantee.amount_over_cap",
    zh="保函金额 {found}，超过法定上限 {cap}",
    en="the amount is {found}, above the legal cap {cap}",
    law=_CAP,
)
STARTS_LATE = ReasonForm(
    "guarantee.starts_late",
    zh="保函自 {found} 起有效，应不晚于投标截止日 {wanted}",
    en="the guarantee starts {found}; it must start no later than the submission deadline {wanted}",
    law=_BID_BOND,
)
ENDS_EARLY = ReasonForm(
    "guarantee.ends_early",
    zh="保函有效期至 {found}，应不早于投标有效期届满日 {wanted}",
    en="the guarantee ends {found}; it must last to the end of the bid validity period {wanted}",
    law=_BID_BOND,
)
REVOCABLE = ReasonForm(
    "guarantee.revocable",
    zh="保函未载明不可撤销",
    en="the guarantee does not say that it is irrevocable",
    law="法释〔2016〕24号第四条",
)
NO_GROUND = ReasonForm(
    "guarantee.missing_ground",
    zh="保函未载明付款事由：{missing}",
    en="the guarantee does not name these grounds for payment: {missing}",
    law="招标投标法实施条例第三十五条、第七十四条",
)
USED_ELSEWHERE = ReasonForm(
    "guarantee.used_elsewhere",
    zh="保函 {number} 已用于另一投标（{where}）",
    en="guarantee {number} is already used for another bid ({where})",
    law=_DEFECT,
)

#: Grounds for payment a bid guarantee names, and their Chinese words.
GROUNDS = {
    "bid_revoked": "投标截止后撤销投标",
    "contract_refused": "中标后无正当理由不订立合同",
    "conditions_added": "订立合同时提出附加条件",
    "no_performance_security": "不按要求提交履约保证金",
}
_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,15})\.[0-9]{2}")


@dataclass(frozen=True)
class Party:
    """Name and unified social credit code."""

    name: str
    credit_code: str


@dataclass(frozen=True)
class GuaranteeForm:
    """The structured form: payload of a signed statement ``mingtang/guarantee``."""

    number: str
    issuer: Party
    applicant: Party
    beneficiary: Party
    tender: str
    lot: str
    amount: Decimal
    currency: str
    valid_from: date
    valid_until: date
    irrevocable: bool
    payable_on: tuple[str, ...]
    issued_at: datetime
    pdf_sha256: str


@dataclass(frozen=True)
class GuaranteeRequirement:
    """What the bidding documents ask. ``amount`` required, ``cap`` legal upper limit (same currency);
    ``deadline`` is D, ``valid_until`` the Beijing date on which the bid validity period ends;
    ``licensed_issuers`` credit codes; ``used`` other bids by guarantee number → where."""

    beneficiary: Party
    bidder: Party
    tender: str
    lot: str
    amount: Decimal
    cap: Decimal
    deadline: datetime
    valid_until: date
    licensed_issuers: Collection[str]
    used: Mapping[str, str]
    currency: str = "CNY"
    grounds: tuple[str, ...] = tuple(GROUNDS)


def legal_cap(estimate: Decimal, *, works: bool) -> Decimal:
    """Most a bid bond may be: 2 % of the lot's estimate, rounded down to fen (招例 art. 26), and for works and
    goods not over ¥800,000 (30号令 art. 37, 27号令 art. 27); ``works`` adds that second limit."""
    share = (estimate * Decimal("0.02")).quantize(Decimal("0.01"), rounding="ROUND_DOWN")
    return min(share, Decimal("800000.00")) if works else share


def read_form(payload: Any) -> GuaranteeForm:
    """Read a form from JSON; ``Refused(guarantee.malformed)`` names the field that is wrong."""
    if not isinstance(payload, Mapping):
        raise Refused(BAD_FORM(what="JSON"))
    grounds = payload.get("payable_on")
    if not isinstance(grounds, list) or not all(isinstance(g, str) for g in grounds) or len(grounds) > 20:
        raise Refused(BAD_FORM(what="payable_on"))
    irrevocable = payload.get("irrevocable")
    if not isinstance(irrevocable, bool):
        raise Refused(BAD_FORM(what="irrevocable"))
    return GuaranteeForm(
        number=_text(payload, "number"),
        issuer=_party(payload, "issuer"),
        applicant=_party(payload, "applicant"),
        beneficiary=_party(payload, "beneficiary"),
        tender=_text(payload, "tender"),
        lot=_text(payload, "lot"),
        amount=amount(_text(payload, "amount")),
        currency=_text(payload, "currency"),
        valid_from=_date(payload, "valid_from"),
        valid_until=_date(payload, "valid_until"),
        irrevocable=irrevocable,
        payable_on=tuple(grounds),
        issued_at=_time(payload, "issued_at"),
        pdf_sha256=_hex(payload, "pdf_sha256"),
    )


def amount(text: str) -> Decimal:
    """``"120000.00"`` → Decimal; two decimals, no sign, no exponent."""
    if not _AMOUNT.fullmatch(text):
        raise Refused(BAD_FORM(what=f"amount {text[:40]!r}"))
    return Decimal(text)


def figure(value: Decimal, currency: str = "CNY") -> str:
    """``¥ 120,000.00`` for people."""
    return f"¥ {value:,.2f}" if currency == "CNY" else f"{currency} {value:,.2f}"


def reasons_against(form: GuaranteeForm, asked: GuaranteeRequirement) -> tuple[Reason, ...]:
    """Every term that fails, with its values and article; empty when all are right."""
    found = (*_parties(form, asked), *_amounts(form, asked), *_periods(form, asked))
    return tuple(reason for reason in found if reason is not None)


def _parties(form: GuaranteeForm, asked: GuaranteeRequirement) -> tuple[Reason | None, ...]:
    issuer, lot = form.issuer, (form.tender, form.lot) == (asked.tender, asked.lot)
    licensed = issuer.credit_code in asked.licensed_issuers
    return (
        None if licensed else UNLICENSED(issuer=issuer.name, code=issuer.credit_code),
        _other(WRONG_BENEFICIARY, form.beneficiary, asked.beneficiary),
        _other(WRONG_APPLICANT, form.applicant, asked.bidder),
        None
        if lot
        else WRONG_TENDER(found=form.tender, found_lot=form.lot, wanted=asked.tender, wanted_lot=asked.lot),
        USED_ELSEWHERE(number=form.number, where=asked.used[form.number])
        if form.number in asked.used
        else None,
    )


def _other(reason: ReasonForm, found: Party, wanted: Party) -> Reason | None:
    if found == wanted:
        return None
    return reason(
        found=found.name, found_code=found.credit_code, wanted=wanted.name, wanted_code=wanted.credit_code
    )


def _amounts(form: GuaranteeForm, asked: GuaranteeRequirement) -> tuple[Reason | None, ...]:
    if form.currency != asked.currency:
        return (WRONG_CURRENCY(found=form.currency, wanted=asked.currency),)
    shown = figure(form.amount, form.currency)
    return (
        TOO_SMALL(found=shown, wanted=figure(asked.amount)) if form.amount < asked.amount else None,
        OVER_CAP(found=shown, cap=figure(asked.cap)) if form.amount > asked.cap else None,
    )


def _periods(form: GuaranteeForm, asked: GuaranteeRequirement) -> tuple[Reason | None, ...]:
    deadline = asked.deadline.astimezone(BEIJING).date()
    missing = [GROUNDS.get(g, g) for g in asked.grounds if g not in form.payable_on]
    return (
        STARTS_LATE(found=form.valid_from, wanted=deadline) if form.valid_from > deadline else None,
        ENDS_EARLY(found=form.valid_until, wanted=asked.valid_until)
        if form.valid_until < asked.valid_until
        else None,
        None if form.irrevocable else REVOCABLE(),
        NO_GROUND(missing="、".join(missing)) if missing else None,
    )


def _text(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > 200:
        raise Refused(BAD_FORM(what=name))
    return value


def _party(row: Mapping[str, Any], name: str) -> Party:
    value = row.get(name)
    if not isinstance(value, Mapping):
        raise Refused(BAD_FORM(what=name))
    return Party(_text(value, "name"), credit_code(_text(value, "credit_code")))


def _date(row: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(_text(row, name))
    except ValueError as error:
        raise Refused(BAD_FORM(what=name)) from error


def _time(row: Mapping[str, Any], name: str) -> datetime:
    try:
        return parse_iso(_text(row, name))
    except ValueError as error:
        raise Refused(BAD_FORM(what=name)) from error


def _hex(row: Mapping[str, Any], name: str) -> str:
    value = _text(row, name)
    if not re.fullmatch(r"[0-9a-f]{64}", value):
        raise Refused(BAD_FORM(what=name))
    return value
