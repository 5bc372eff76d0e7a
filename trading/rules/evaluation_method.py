"""评标办法 as data: read, checked, and frozen when the tender is announced.

Only what is printed in the documents may score (招例第四十九条), so the method is complete or refused.
Shape: ``{"kind": "comprehensive_scoring", "items": [{"id", "title", "group", "max", "min", "step",
"objective", "help"}], "price": {"method", "parameters"}, "price_full_score", "expert_mean", "tie_break"}``;
scores are decimal text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kernel.errors import ReasonForm, Refused
from kernel.scoring.parameters import read_method as read_scoring_method
from kernel.scoring.parameters import read_parameters
from trading.rules import fields

SUM_WRONG = ReasonForm(
    "method.sum_wrong",
    zh="各项满分合计 {found} 分（评分项 {items} ＋ 报价 {price}），应为 100 分",
    en="the full marks sum up to {found} (items {items} + price {price}); 100 are needed",
    law="招标投标法实施条例第四十九条；12号令第三十五条",
    field="evaluation_method",
)
ITEM_WRONG = ReasonForm(
    "method.item_wrong",
    zh="评分项「{item}」{why}",
    en="scoring item {item}: {why}",
    law="招标投标法实施条例第四十九条",
    field="evaluation_method",
)
PRICE_WRONG = ReasonForm(
    "method.price_wrong",
    zh="价格分设置不合格：{why}",
    en="the price score is not acceptable: {why}",
    law="招标投标法实施条例第四十九条",
    field="evaluation_method",
)

KIND_ZH = {"comprehensive_scoring": "综合评估法"}
EXPERT_MEANS = {"mean": "算术平均", "drop_extremes": "去掉一个最高分和一个最低分后平均"}
_ID = re.compile(r"[a-z][a-z0-9-]{0,39}")
HUNDRED = Decimal(100)


@dataclass(frozen=True)
class Item:
    """One scoring item: marks from ``least`` to ``most`` in steps of ``step``. ``objective``: all members
    must agree on it (formulas.md §8)."""

    id: str
    title: str
    group: str
    most: Decimal
    least: Decimal
    step: Decimal
    objective: bool
    help: str

    def allows(self, score: Decimal) -> bool:
        """Within the range and on a step counted from ``least``."""
        return self.least <= score <= self.most and (score - self.least) % self.step == 0


@dataclass(frozen=True)
class Method:
    kind: str
    items: tuple[Item, ...]
    price_method: str
    price_parameters: Mapping[str, Any]
    price_full_score: Decimal
    expert_mean: str
    tie_break: tuple[str, ...]

    @property
    def items_total(self) -> Decimal:
        return sum((item.most for item in self.items), Decimal(0))


def parse(value: Any) -> Method:
    """The method of a draft or a frozen tender; ``Refused`` with the item or parameter that is wrong."""
    row = fields.fields(value, "evaluation_method")
    if row.get("kind") not in KIND_ZH:
        raise fields.bad("kind", f"应为 {'、'.join(KIND_ZH)} 之一 / one of {', '.join(KIND_ZH)}")
    items = tuple(_item(one) for one in fields.rows(row.get("items"), "items", least=1, most=200))
    twice = [item.id for n, item in enumerate(items) if item.id in {other.id for other in items[:n]}]
    if twice:
        raise Refused(ITEM_WRONG(item=twice[0], why="重复 / stands twice"))
    price = fields.fields(row.get("price"), "price")
    method = Method(
        kind=str(row["kind"]),
        items=items,
        price_method=fields.text(price, "method", limit=40),
        price_parameters=dict(fields.fields(price.get("parameters"), "parameters")),
        price_full_score=fields.decimal(row, "price_full_score"),
        expert_mean=str(row.get("expert_mean", "mean")),
        tie_break=_tie_break(row.get("tie_break", ["price"])),
    )
    _check(method)
    return method


def read_method(value: Any) -> dict[str, Any]:
    """The JSON to keep, after :func:`parse` accepted it."""
    parse(value)
    keep = ("kind", "items", "price", "price_full_score", "expert_mean", "tie_break")
    return {name: value[name] for name in keep if name in value}


def _item(row: Mapping[str, Any]) -> Item:
    name = fields.text(row, "id", limit=40)
    if not _ID.fullmatch(name):
        raise Refused(
            ITEM_WRONG(item=name, why="编号应为小写字母、数字和连字符 / an id of a–z, 0–9 and hyphens")
        )
    item = Item(
        id=name,
        title=fields.text(row, "title"),
        group=fields.text(row, "group", limit=100),
        most=fields.decimal(row, "max"),
        least=fields.decimal(row, "min"),
        step=fields.decimal(row, "step"),
        objective=fields.flag(row, "objective"),
        help=fields.text(row, "help", limit=1000, optional=True),
    )
    if not item.least < item.most:
        raise Refused(ITEM_WRONG(item=item.title, why="最低分应小于满分 / min must be under max"))
    if item.step <= 0 or (item.most - item.least) % item.step != 0:
        raise Refused(
            ITEM_WRONG(item=item.title, why="分档应大于 0 并整除分值范围 / the step must divide the range")
        )
    return item


def _tie_break(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(key, str) for key in value) or len(value) > 10:
        raise fields.bad("tie_break", "应为文本列表 / a list of texts")
    return tuple(value)


def _check(method: Method) -> None:
    total = method.items_total + method.price_full_score
    if total != HUNDRED:
        raise Refused(SUM_WRONG(found=total, items=method.items_total, price=method.price_full_score))
    if method.expert_mean not in EXPERT_MEANS:
        raise fields.bad(
            "expert_mean", f"应为 {'、'.join(EXPERT_MEANS)} 之一 / one of {', '.join(EXPERT_MEANS)}"
        )
    if "ceiling" in method.price_parameters:
        raise Refused(
            PRICE_WRONG(
                why="最高投标限价取自标段，不在评标办法中重复 / the ceiling is the lot's, not the method's"
            )
        )
    _check_price(method)


def _check_price(method: Method) -> None:
    """The scoring contract must accept the parameters; a stand-in ceiling, since that is the lot's."""
    full = method.price_parameters.get("full_score")
    if full is not None and fields.decimal(method.price_parameters, "full_score") != method.price_full_score:
        raise Refused(
            PRICE_WRONG(why="full_score 应等于 price_full_score / full_score must equal price_full_score")
        )
    given = {
        "full_score": str(method.price_full_score),
        "tie_break": list(method.tie_break),
        "ceiling": "1000000",
    }
    read_parameters(read_scoring_method(method.price_method), {**given, **method.price_parameters})
