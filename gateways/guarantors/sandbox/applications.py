"""Reading an application: what the applicant signed, field by field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from gateways.guarantors.sandbox.reasons import BAD_APPLICATION
from kernel.clock import iso, parse_iso
from kernel.errors import Refused
from kernel.guarantee_terms import GROUNDS, Party, amount
from kernel.ids import credit_code
from sealing import fields

PURPOSE = "guarantee-application"
_REQUIRED = ("v", "applicant", "beneficiary", "tender", "lot", "amount", "currency", "valid_from", "valid_until", "requested_at")  # fmt: skip
_CLOCKS_MAY_DIFFER = timedelta(days=1)


@dataclass(frozen=True)
class Application:
    applicant: Party
    beneficiary: Party
    tender: str
    lot: str
    amount: Decimal
    currency: str
    valid_from: date
    valid_until: date
    payable_on: tuple[str, ...]


def read_application(payload: Any, now: datetime) -> Application:
    """``Refused(guarantor.bad_application)`` or ``sealing.bad_field`` says which field is wrong."""
    got = fields.exact_keys(payload, "payload", _REQUIRED, ("payable_on",))
    fields.integer(got, "v", 1, 1)
    asked = parse_time(fields.text(got, "requested_at", limit=40))
    if abs(asked - now) > _CLOCKS_MAY_DIFFER:
        raise Refused(BAD_APPLICATION(why=f"requested_at {iso(asked)} ≠ {iso(now)}"))
    application = Application(
        applicant=_party(got["applicant"], "applicant"),
        beneficiary=_party(got["beneficiary"], "beneficiary"),
        tender=fields.text(got, "tender"),
        lot=fields.text(got, "lot", limit=20),
        amount=amount(fields.text(got, "amount", limit=20)),
        currency=fields.text(got, "currency", limit=3),
        valid_from=_date(got, "valid_from"),
        valid_until=_date(got, "valid_until"),
        payable_on=_grounds(got),
    )
    if application.amount <= 0 or application.valid_until < application.valid_from:
        raise Refused(BAD_APPLICATION(why="amount, valid_until"))
    return application


def _party(value: Any, name: str) -> Party:
    got = fields.exact_keys(value, name, ("name", "credit_code"))
    return Party(fields.text(got, "name"), credit_code(fields.text(got, "credit_code", limit=18)))


def _date(got: Mapping[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(fields.text(got, name, limit=10))
    except ValueError as error:
        raise Refused(BAD_APPLICATION(why=name)) from error


def parse_time(text: str) -> datetime:
    try:
        return parse_iso(text)
    except ValueError as error:
        raise Refused(BAD_APPLICATION(why=f"{text!r}")) from error


def _grounds(got: Mapping[str, Any]) -> tuple[str, ...]:
    if "payable_on" not in got:
        return tuple(GROUNDS)
    asked = fields.items(got, "payable_on", 1, len(GROUNDS))
    if any(not isinstance(g, str) or g not in GROUNDS for g in asked) or len(set(asked)) != len(asked):
        raise Refused(BAD_APPLICATION(why="payable_on"))
    return tuple(asked)
