"""What a tender asks of a bid beyond its list of files, as data: read by the platform when the tender is
drafted, by the bidder's client before it seals. ::

    {"quality": "合格", "project_manager": true,
     "boq": {"columns": ["项目编码", …], "quantity": "工程量", "unit_price": "综合单价", "amount": "合价",
             "total": "合计"},
     "anonymous": {"roles": ["technical"], "black_only": true, "fonts": ["宋体"], "headers": false,
                   "page_numbers": true, "margin_mm": 20, "page_limit": 100, "page_size": "A4", "images": "gray"}}

Every key may be missing: then nothing is asked of that kind. 暗标 is ``anonymous``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kernel.errors import ReasonForm, Refused

BAD = ReasonForm(
    "bid_rules.bad_field",
    zh="投标要求的「{field}」不合格：{why}",
    en="{field} of the bid rules is wrong: {why}",
)
WHOLE, TECHNICAL, PRICE = "whole", "technical", "price"
#: Schemes of a lot, and the parts of a bid in the order in which they are opened (双信封).
SCHEMES: dict[str, tuple[str, ...]] = {"single": (WHOLE,), "dual": (TECHNICAL, PRICE)}
PART_ZH = {WHOLE: "投标文件", TECHNICAL: "技术部分（第一信封）", PRICE: "报价部分（第二信封）"}
#: Files that tell the price: they lie in the second envelope whatever the tender says.
PRICE_ROLES = frozenset({"boq"})
PAGE_SIZES = {"A4": (210, 297), "A3": (297, 420)}
IMAGES = ("any", "gray", "none")
_TOP = ("quality", "project_manager", "boq", "anonymous")
_BOQ = ("columns", "quantity", "unit_price", "amount", "total")
_ANONYMOUS = ("roles", "black_only", "fonts", "headers", "page_numbers", "margin_mm", "page_limit",
              "page_size", "images")  # fmt: skip


@dataclass(frozen=True)
class BoqRules:
    """Column names of the priced bill. The bid's price is the amount in the row that ``total`` labels, or, when
    that is empty, the sum of all lines."""

    columns: tuple[str, ...]
    quantity: str
    unit_price: str
    amount: str
    total: str


@dataclass(frozen=True)
class AnonymousRules:
    """``headers``: whether text may stand in the margins; ``page_limit`` 0 and ``fonts`` empty: no limit."""

    roles: tuple[str, ...]
    black_only: bool = False
    fonts: tuple[str, ...] = ()
    headers: bool = False
    page_numbers: bool = True
    margin_mm: int = 20
    page_limit: int = 0
    page_size: str = ""
    images: str = "any"

    def as_json(self) -> dict[str, Any]:
        return {name: list(v) if isinstance(v := getattr(self, name), tuple) else v for name in _ANONYMOUS}


@dataclass(frozen=True)
class BidRules:
    quality: str = ""
    project_manager: bool = False
    boq: BoqRules | None = None
    anonymous: AnonymousRules | None = None


def read_bid_rules(value: Any) -> BidRules:
    """The rules of ``value``; ``Refused(bid_rules.bad_field)`` names what is wrong."""
    row = _object(value, "bid_rules", _TOP)
    return BidRules(
        quality=_text(row, "quality", optional=True),
        project_manager=_flag(row, "project_manager", False),
        boq=_boq(row["boq"]) if row.get("boq") is not None else None,
        anonymous=_anonymous(row["anonymous"]) if row.get("anonymous") is not None else None,
    )


def part_of_role(role: str, scheme: str, wanted: str = "") -> str:
    """In which part of a bid the files of a role lie. ``wanted``: what the tender's list says of the role."""
    if scheme != "dual":
        return WHOLE
    return PRICE if role in PRICE_ROLES or wanted == PRICE else TECHNICAL


def _boq(value: Any) -> BoqRules:
    row = _object(value, "boq", _BOQ)
    columns = _texts(row, "columns", most=40)
    names = {key: _text(row, key) for key in ("quantity", "unit_price", "amount")}
    for key, name in names.items():
        if name not in columns:
            raise _bad(key, f"「{name}」不在 columns 中 / is not one of columns")
    return BoqRules(columns, total=_text(row, "total", optional=True), **names)


def _anonymous(value: Any) -> AnonymousRules:
    row = _object(value, "anonymous", _ANONYMOUS)
    size, images = _text(row, "page_size", optional=True), row.get("images", "any")
    if size and size not in PAGE_SIZES:
        raise _bad("page_size", f"应为 / must be one of {', '.join(PAGE_SIZES)}")
    if images not in IMAGES:
        raise _bad("images", f"应为 / must be one of {', '.join(IMAGES)}")
    return AnonymousRules(
        roles=_texts(row, "roles", most=10) if "roles" in row else ("technical",),
        black_only=_flag(row, "black_only", False),
        fonts=_texts(row, "fonts", most=20) if row.get("fonts") else (),
        headers=_flag(row, "headers", False),
        page_numbers=_flag(row, "page_numbers", True),
        margin_mm=_whole(row, "margin_mm", 20, 60),
        page_limit=_whole(row, "page_limit", 0, 5000),
        page_size=size,
        images=images,
    )


def _bad(field: str, why: str) -> Refused:
    return Refused(BAD(field=field, why=why))


def _object(value: Any, field: str, known: tuple[str, ...]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise _bad(field, "应为对象 / must be an object")
    if unknown := sorted(set(value) - set(known)):
        raise _bad(field, f"不认识 / unknown: {str(unknown[0])[:40]}")
    return value


def _text(row: Mapping[str, Any], field: str, *, optional: bool = False) -> str:
    value = row.get(field, "" if optional else None)
    if not isinstance(value, str) or len(value) > 60 or not (value.strip() or optional):
        raise _bad(field, "应为 1–60 字的文本 / text of 1 to 60 characters")
    return value.strip()


def _texts(row: Mapping[str, Any], field: str, *, most: int) -> tuple[str, ...]:
    values = row.get(field)
    if not isinstance(values, list) or not 1 <= len(values) <= most:
        raise _bad(field, f"应为 1–{most} 项文本的列表 / a list of 1 to {most} texts")
    found = tuple(_text({field: value}, field) for value in values)
    if len(set(found)) != len(found):
        raise _bad(field, "有重复 / something stands twice")
    return found


def _flag(row: Mapping[str, Any], field: str, default: bool) -> bool:
    value = row.get(field, default)
    if not isinstance(value, bool):
        raise _bad(field, "应为 true 或 false / true or false")
    return value


def _whole(row: Mapping[str, Any], field: str, default: int, most: int) -> int:
    value = row.get(field, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise _bad(field, f"应为 0 至 {most} 的整数 / an integer from 0 to {most}")
    return value
