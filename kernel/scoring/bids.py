"""The bids of a request and their screening (contract §3, §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kernel.errors import Refused
from kernel.money import half_up
from kernel.scoring.reading import Number, decimal, plain
from kernel.scoring.reasons import DUPLICATE_ID, bad


@dataclass(frozen=True)
class Bid:
    """One bid as asked about. ``price`` is ``None`` when it is absent or no plain decimal."""

    id: str
    price: Fraction | None
    valid: bool
    deduction: Fraction
    adjustment: Fraction
    scores: Mapping[str, Fraction]


@dataclass(frozen=True)
class ValidBid:
    """有效投标: ``price`` as read out at the opening, ``evaluated`` 评标价."""

    bid: Bid
    price: Fraction
    evaluated: Decimal

    @property
    def e(self) -> Fraction:
        return Fraction(self.evaluated)


@dataclass(frozen=True)
class Screened:
    """Valid bids and reasons of rejection by id, in the request's order."""

    valid: tuple[ValidBid, ...]
    rejected: Mapping[str, str]


def read_bids(rows: Any) -> tuple[Bid, ...]:
    """Every bid's fields; ids must be unique. Unknown fields are ignored."""
    if not isinstance(rows, list):
        raise bad("bids", "应为列表 / must be a list")
    bids = tuple(_read(row, f"bids[{i}]") for i, row in enumerate(rows))
    seen: set[str] = set()
    for bid in bids:
        if bid.id in seen:
            raise Refused(DUPLICATE_ID(id=bid.id))
        seen.add(bid.id)
    return bids


def _read(row: Any, where: str) -> Bid:
    if not isinstance(row, Mapping):
        raise bad(where, "应为对象 / must be an object")
    name = row.get("id")
    if not isinstance(name, str) or isinstance(name, Number):
        raise bad(f"{where}.id", "应为文本 / must be text")
    valid = row.get("valid")
    if valid is not None and not isinstance(valid, bool):
        raise bad(f"{where}.valid", "应为 true 或 false / must be true or false")
    deduction = _or_zero(row, "deduction", where)
    if not 0 <= deduction < 1:
        raise bad(f"{where}.deduction", "应在 [0, 1) 内 / must be in [0, 1)")
    return Bid(
        id=name,
        price=plain(row.get("price")),
        valid=valid is not False,
        deduction=deduction,
        adjustment=_or_zero(row, "adjustment", where),
        scores=_scores(row.get("scores"), f"{where}.scores"),
    )


def _or_zero(row: Mapping[str, Any], key: str, where: str) -> Fraction:
    value = row.get(key)
    return Fraction(0) if value is None else decimal(value, f"{where}.{key}")


def _scores(value: Any, where: str) -> dict[str, Fraction]:
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise bad(where, "应为对象 / must be an object")
    return {name: decimal(points, f"{where}.{name}") for name, points in value.items()}


def screen(bids: Sequence[Bid], ceiling: Fraction | None, price_decimals: int) -> Screened:
    """Screening in the contract's order; the first hit is the reason."""
    valid: list[ValidBid] = []
    rejected: dict[str, str] = {}
    for bid in bids:
        found = _judge(bid, ceiling, price_decimals)
        if isinstance(found, str):
            rejected[bid.id] = found
        else:
            valid.append(found)
    return Screened(tuple(valid), rejected)


def _judge(bid: Bid, ceiling: Fraction | None, price_decimals: int) -> ValidBid | str:
    if not bid.valid:
        return "disqualified"
    if bid.price is None:
        return "invalid_price"
    if bid.price <= 0:
        return "not_positive"
    if ceiling is not None and bid.price > ceiling:
        return "over_ceiling"
    evaluated = half_up(bid.price * (1 - bid.deduction) + bid.adjustment, price_decimals)
    return ValidBid(bid, bid.price, evaluated) if evaluated > 0 else "not_positive"
