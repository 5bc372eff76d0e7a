"""Reading plain JSON values of a draft: each reader answers the value or refuses, naming the field."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kernel.clock import parse_iso
from kernel.errors import Reason, ReasonForm, Refused
from trading.rules.field_names import FIELD_ZH

BAD = ReasonForm("tender.bad_field", zh="「{field}」{why}", en="{field}: {why}")

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,15})(\.[0-9]{1,2})?")
_DECIMAL = re.compile(r"(0|[1-9][0-9]{0,8})(\.[0-9]{1,4})?")


def bad(field: str, why: str) -> Refused:
    """The refusal of one field; ``why`` says both languages, ``应为… / must be …``."""
    zh, _, en = why.partition(" / ")
    said = BAD(field=field, why=why)
    return Refused(replace(said, zh=f"「{FIELD_ZH.get(field, field)}」{zh}", en=f"{field}: {en or zh}"))


def all_of(*reads: Callable[[], Any]) -> list[Any]:
    """What every reader answers; when some refuse, one ``Refused`` with all their reasons, so that a person
    mends a form once."""
    found: list[Any] = []
    reasons: list[Reason] = []
    for read in reads:
        try:
            found.append(read())
        except Refused as refusal:
            reasons += refusal.reasons
    if reasons:
        raise Refused(*reasons)
    return found


def text(row: Mapping[str, Any], name: str, *, limit: int = 200, optional: bool = False) -> str:
    value = row.get(name, "" if optional else None)
    if not isinstance(value, str) or len(value) > limit or not (value.strip() or optional):
        raise bad(name, f"应为 1–{limit} 字的文本 / text of 1–{limit} characters")
    return value.strip()


def amount(row: Mapping[str, Any], name: str, *, optional: bool = False) -> Decimal | None:
    """Yuan as text with at most two decimals, or an integer; never a float."""
    value = row.get(name)
    if optional and value in (None, ""):
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise bad(name, "应为不带正负号、最多两位小数的金额 / an amount with at most two decimals")
    return Decimal(value).quantize(Decimal("0.01"))


def money(row: Mapping[str, Any], name: str) -> Decimal:
    """A required amount greater than zero."""
    value = amount(row, name)
    if value is None or value <= 0:
        raise bad(name, "应大于 0 / must be greater than 0")
    return value


def decimal(row: Mapping[str, Any], name: str) -> Decimal:
    """A plain decimal ≥ 0 as text with at most four decimals."""
    value = row.get(name)
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        raise bad(name, "应为十进制数的文本 / a plain decimal as text")
    return Decimal(value)


def integer(row: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = row.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise bad(name, f"应为 {least} 至 {most} 的整数 / an integer from {least} to {most}")
    return value


def flag(row: Mapping[str, Any], name: str, default: bool = False) -> bool:
    value = row.get(name, default)
    if not isinstance(value, bool):
        raise bad(name, "应为 true 或 false / true or false")
    return value


def moment(row: Mapping[str, Any], name: str, *, optional: bool = False) -> datetime | None:
    """RFC 3339 with an offset."""
    value = row.get(name)
    if optional and value in (None, ""):
        return None
    try:
        return parse_iso(value if isinstance(value, str) else "")
    except ValueError as error:
        raise bad(name, "应为带时区的时间（RFC 3339）/ an RFC 3339 time with its offset") from error


def day(row: Mapping[str, Any], name: str) -> date:
    """A calendar date ``2026-11-25``."""
    value = row.get(name)
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as error:
        raise bad(name, "应为日期 / a date") from error


def rows(value: Any, name: str, *, most: int, least: int = 0) -> list[Mapping[str, Any]]:
    """A list of objects."""
    if (
        not isinstance(value, list)
        or not least <= len(value) <= most
        or not all(isinstance(r, Mapping) for r in value)
    ):
        raise bad(name, f"应为 {least}–{most} 项的列表 / a list of {least} to {most} objects")
    return value


def fields(value: Any, name: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise bad(name, "应为对象 / must be an object")
    return value
