"""Score sheets: items, one cell, what is missing, the digest that the lock says, objective items."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from evaluation.rules.room_moves import label
from kernel.canonical_json import digest
from kernel.errors import Kind, Reason, ReasonForm, Refused

NOT_A_SCORE = ReasonForm(
    "score.not_a_number",
    zh="「{value}」不是分数。范围 {min}–{max}，步长 {step}。",
    en="{value} is not a score; range {min}–{max}, step {step}",
    field="points",
)
OUT_OF_RANGE = ReasonForm(
    "score.out_of_range",
    zh="{value} 超出本项范围，未保存。范围 {min}–{max}，步长 {step}。",
    en="{value} is outside the item's range {min}–{max} (step {step}); not saved",
    law="招标投标法实施条例第四十九条",
    field="points",
)
OFF_STEP = ReasonForm(
    "score.off_step",
    zh="{value} 不合步长，未保存。范围 {min}–{max}，步长 {step}。",
    en="{value} does not fit the step; range {min}–{max}, step {step}; not saved",
    field="points",
)
UNKNOWN_ITEM = ReasonForm(
    "score.unknown_item",
    zh="评标办法里没有评分项「{item}」",
    en="the evaluation method has no item {item}",
    kind=Kind.NOT_FOUND,
    field="item",
)
INCOMPLETE = ReasonForm(
    "score.sheet_incomplete",
    zh="还差 {count} 项才能锁定：{missing}",
    en="{count} scores are missing: {missing}",
    kind=Kind.CONFLICT,
    field="sheet",
)
#: ``{bid: {item: points as text}}``
Sheet = Mapping[str, Mapping[str, str]]
_POINTS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_MOST_NAMED = 12


@dataclass(frozen=True)
class Item:
    """One scoring item of the frozen evaluation method; ``no`` is its place in the matrix."""

    no: int
    id: str
    title: str
    group: str
    max: Decimal
    min: Decimal
    step: Decimal
    objective: bool
    help: str = ""

    @property
    def places(self) -> int:
        """Decimals of a score of this item: as many as its step, minimum and maximum have."""
        return max(_places(self.step), _places(self.min), _places(self.max))


def items_of(method: Mapping[str, Any]) -> tuple[Item, ...]:
    """The items that members score, in the order of the documents."""
    return tuple(
        Item(
            no=no,
            id=str(entry["id"]),
            title=str(entry["title"]),
            group=str(entry["group"]),
            max=Decimal(str(entry["max"])),
            min=Decimal(str(entry.get("min") or "0")),
            step=Decimal(str(entry.get("step") or "0.1")),
            objective=bool(entry.get("objective")),
            help=str(entry.get("help") or ""),
        )
        for no, entry in enumerate(method.get("items", ()), start=1)
    )


def item_of(items: Iterable[Item], item_id: str) -> Item:
    """The item; ``Refused(score.unknown_item)``."""
    for item in items:
        if item.id == item_id:
            return item
    raise Refused(UNKNOWN_ITEM(item=item_id[:40]))


def points(item: Item, text: str) -> Decimal:
    """A score typed for ``item``, with the item's decimals; ``Refused`` out of range or off its step."""
    rule = {"value": text[:20], "min": plain(item.min), "max": plain(item.max), "step": plain(item.step)}
    if not _POINTS.fullmatch(text):
        raise Refused(NOT_A_SCORE(**rule))
    value = Decimal(text)
    if not item.min <= value <= item.max:
        raise Refused(OUT_OF_RANGE(**rule))
    if item.step > 0 and (value - item.min) % item.step != 0:
        raise Refused(OFF_STEP(**rule))
    return value.quantize(Decimal(1).scaleb(-item.places))


def plain(value: Decimal) -> str:
    """Decimal text without exponent and without trailing zeros after the point."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def missing(items: Sequence[Item], bids: Mapping[str, str], sheet: Sheet) -> dict[str, list[Item]]:
    """Cells without a score: alias → items. ``bids`` maps id → alias, in the order of the matrix."""
    out: dict[str, list[Item]] = {}
    for bid, alias in bids.items():
        blank = [item for item in items if item.id not in sheet.get(bid, {})]
        if blank:
            out[alias] = blank
    return out


def missing_words(blank: Mapping[str, Sequence[Item]]) -> str:
    """``乙 第 3、4 项，丙 第 3 项``."""
    words = [f"{alias} 第 {'、'.join(str(i.no) for i in rows)} 项" for alias, rows in blank.items()]
    return "，".join(words[:_MOST_NAMED]) + ("……" if len(words) > _MOST_NAMED else "")


def incomplete(items: Sequence[Item], bids: Mapping[str, str], sheet: Sheet) -> Reason | None:
    """Why the sheet cannot be locked yet, or ``None``."""
    blank = missing(items, bids, sheet)
    if not blank:
        return None
    return INCOMPLETE(count=sum(len(rows) for rows in blank.values()), missing=missing_words(blank))


def sheet_digest(sheet: Sheet) -> str:
    """Hex SHA-256 of the canonical ``{bid: {item: points}}``: what the act of locking says."""
    return digest({bid: dict(row) for bid, row in sheet.items()})


@dataclass(frozen=True)
class Difference:
    """An objective item of a bid on which the seats do not agree."""

    bid: str
    item: Item
    points: Mapping[int, str]

    def words(self, alias: str) -> str:
        return f"{alias} 第 {self.item.no} 项"


def differences(items: Sequence[Item], sheets: Mapping[int, Sheet], bids: Iterable[str]) -> list[Difference]:
    """Objective items that differ between seats: facts have one value (87号令第六十四条第三项)."""
    out = []
    for bid in bids:
        for item in items:
            if not item.objective:
                continue
            found = {seat: sheet.get(bid, {}).get(item.id, "") for seat, sheet in sheets.items()}
            if len(set(found.values())) > 1:
                out.append(Difference(bid, item, found))
    return out


def objective_points(items: Sequence[Item], sheet: Sheet) -> dict[str, dict[str, str]]:
    """The agreed objective points, from any one sheet once nothing differs."""
    names = {item.id for item in items if item.objective}
    return {bid: {i: p for i, p in row.items() if i in names} for bid, row in sheet.items()}


def seats_words(seats: Iterable[int]) -> str:
    return "、".join(label(seat) for seat in sorted(seats))


def _places(value: Decimal) -> int:
    exponent = value.normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0
