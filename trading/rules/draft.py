"""Reading the sections of a tender's draft. What is not lawful yet may stand in a draft; what cannot be
read may not. The law is asked when the tender is announced (:mod:`trading.rules.announcement`)."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from kernel.bid_rules import SCHEMES, read_bid_rules
from trading.rules import fields
from trading.rules.evaluation_method import read_method

SECTIONS = ("title", "lots", "schedule", "terms", "evaluation_method", "requirements", "bid_rules",
            "notice_text")  # fmt: skip
SCHEDULE = ("documents_from", "documents_until", "enquiry_deadline", "submission_deadline")
_ROLE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_NUMBER = re.compile(r"[A-Z0-9][A-Z0-9-]{3,38}[A-Z0-9]")


@dataclass(frozen=True)
class LotPlan:
    name: str
    scope: str
    estimate: Decimal
    ceiling_price: Decimal | None
    bond_amount: Decimal
    duration_days: int
    scheme: str = "single"


def read_number(row: Mapping[str, Any], name: str = "number") -> str:
    """A public number: capitals, digits and hyphens (it stands in addresses)."""
    value = fields.text(row, name, limit=40)
    if not _NUMBER.fullmatch(value):
        raise fields.bad(name, "应为 5–40 位大写字母、数字和连字符 / 5 to 40 capitals, digits and hyphens")
    return value


def read_lots(value: Any) -> tuple[LotPlan, ...]:
    """``[{"name", "scope"?, "estimate", "ceiling_price"?, "bond_amount", "duration_days", "scheme"?}]``, 1 to 50.
    ``scheme``: ``single`` or ``dual`` (双信封)."""
    rows = fields.rows(value, "lots", least=1, most=50)
    return tuple(fields.all_of(*(functools.partial(_read_lot, row) for row in rows)))


def _read_lot(row: Mapping[str, Any]) -> LotPlan:
    name, scope, estimate, ceiling, bond, days, scheme = fields.all_of(
        lambda: fields.text(row, "name"),
        lambda: fields.text(row, "scope", limit=4000, optional=True),
        lambda: fields.money(row, "estimate"),
        lambda: fields.amount(row, "ceiling_price", optional=True),
        lambda: fields.amount(row, "bond_amount", optional=True),
        lambda: fields.integer(row, "duration_days", 1, 10000),
        lambda: _scheme(row),
    )
    return LotPlan(name, scope, estimate, ceiling, bond or Decimal("0.00"), days, scheme)


def _scheme(row: Mapping[str, Any]) -> str:
    scheme = fields.text(row, "scheme", limit=10, optional=True) or "single"
    if scheme not in SCHEMES:
        raise fields.bad("scheme", "应为 single 或 dual / must be single or dual")
    return scheme


def read_schedule(value: Any) -> dict[str, datetime]:
    """The times of :data:`SCHEDULE` that are given, UTC."""
    row = fields.fields(value, "schedule")
    found = fields.all_of(*(functools.partial(fields.moment, row, name, optional=True) for name in SCHEDULE))
    return {name: at for name, at in zip(SCHEDULE, found, strict=True) if at is not None}


def read_terms(value: Any) -> dict[str, Any]:
    """``bid_validity_days``, ``decryption_minutes``, ``share_threshold``: those that are given."""
    row = fields.fields(value, "terms")
    bounds = {"bid_validity_days": (1, 365), "decryption_minutes": (5, 240), "share_threshold": (2, 32)}
    given = [name for name in bounds if name in row]
    found = fields.all_of(*(functools.partial(fields.integer, row, name, *bounds[name]) for name in given))
    return dict(zip(given, found, strict=True))


#: What a works tender usually asks for: where an empty list begins. Lines are taken out or added by the host.
USUAL_REQUIREMENTS: tuple[dict[str, Any], ...] = (
    {"role": "bid_summary", "title": "开标一览表", "required": True, "media_types": ["application/json"]},
    {
        "role": "bid_summary_signature",
        "title": "开标一览表电子签名",
        "required": True,
        "media_types": ["application/json"],
    },
    {"role": "boq", "title": "已标价工程量清单", "required": True, "media_types": ["text/csv"]},
    {
        "role": "guarantee",
        "title": "投标担保（电子保函）",
        "required": True,
        "media_types": ["application/json", "application/pdf"],
    },
    {"role": "technical", "title": "施工组织设计", "required": True, "media_types": ["application/pdf"]},
    {"role": "qualification", "title": "资格审查资料", "required": True, "media_types": ["application/pdf"]},
)


def read_requirements(value: Any) -> list[dict[str, Any]]:
    """``[{"role", "title", "required", "media_types", "max_mb"?, "part"?}]``: what a bid bundle must hold. ``part``:
    in which of two envelopes (``technical`` or ``price``)."""
    out, seen = [], set()
    for row in fields.rows(value, "requirements", most=60):
        role, kinds = fields.text(row, "role", limit=40), row.get("media_types", [])
        if not _ROLE.fullmatch(role) or role in seen:
            raise fields.bad(
                "requirements", f"角色 {role} 不合格或重复 / role {role} is malformed or stands twice"
            )
        if not isinstance(kinds, list) or not all(
            isinstance(k, str) and "/" in k and len(k) < 100 for k in kinds
        ):
            raise fields.bad("requirements", f"{role} 的文件类型不合格 / media types of {role} are malformed")
        seen.add(role)
        required = fields.flag(row, "required", True)
        out.append(
            {
                "role": role,
                "title": fields.text(row, "title"),
                "required": required,
                "media_types": list(kinds),
                **_more(row),
            }
        )
    return out


def _more(row: Mapping[str, Any]) -> dict[str, Any]:
    """What a line of the list may say besides."""
    out: dict[str, Any] = {}
    if row.get("max_mb"):
        out["max_mb"] = fields.integer(row, "max_mb", 1, 100_000)
    if row.get("part"):
        out["part"] = fields.text(row, "part", limit=20)
        if out["part"] not in SCHEMES["dual"]:
            raise fields.bad("part", "应为 technical 或 price / must be technical or price")
    return out


def read_rules(value: Any) -> dict[str, Any]:
    """The bid rules as given, once :mod:`kernel.bid_rules` can read them."""
    read_bid_rules(value)
    return dict(value)


def read_changes(value: Any) -> dict[str, Any]:
    """The sections that are given, read: values are what the rows take (lots as :class:`LotPlan`)."""
    row = fields.fields(value, "changes")
    unknown = sorted(set(row) - set(SECTIONS))
    if unknown:
        raise fields.bad(unknown[0], "不是招标草案的内容 / is no section of a draft")
    out: dict[str, Any] = {}
    if "title" in row:
        out["title"] = fields.text(row, "title")
    if "notice_text" in row:
        out["notice_text"] = fields.text(row, "notice_text", limit=20000, optional=True)
    readers = {
        "lots": read_lots,
        "schedule": read_schedule,
        "terms": read_terms,
        "evaluation_method": read_method,
        "requirements": read_requirements,
        "bid_rules": read_rules,
    }
    out.update({name: read(row[name]) for name, read in readers.items() if name in row})
    return out
