"""Reading the request: JSON without losing a digit, plain decimals, integers, ranges (contract §1, §2)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

from kernel.errors import Refused
from kernel.scoring.reasons import BAD_JSON, bad

_PLAIN = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_INTEGER = re.compile(r"-?[0-9]+")


class Number(str):
    """A JSON number as its own text, so that nothing is lost on the way in."""

    __slots__ = ()


def decode(data: bytes) -> dict[str, Any]:
    """stdin → the request. ``Refused(scoring.bad_json)`` for whatever is not one JSON object in UTF-8."""
    try:
        value = json.loads(
            data.decode("utf-8"),
            parse_int=Number,
            parse_float=Number,
            parse_constant=_no_constant,
            object_pairs_hook=_distinct,
        )
    except (ValueError, RecursionError) as error:
        raise Refused(BAD_JSON(why=str(error)[:200] or type(error).__name__)) from error
    if not isinstance(value, dict):
        raise Refused(BAD_JSON(why=type(value).__name__))
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two values under one name would leave open which one counts."""
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("duplicate key")
    return out


def plain(value: Any) -> Fraction | None:
    """A decimal in plain notation (text, JSON number, int) as an exact number; ``None`` for anything else."""
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return Fraction(Decimal(str(value)))
    return None


def decimal(value: Any, what: str) -> Fraction:
    found = plain(value)
    if found is None:
        raise bad(what, "应为普通记法的十进制数 / must be a decimal in plain notation")
    return found


def integer(value: Any, what: str, low: int, high: int | None = None) -> int:
    """A JSON integer; text is not one."""
    if isinstance(value, Number) and _INTEGER.fullmatch(value):
        # Through Decimal, which has no limit on digits: what is too large is said to be out of range.
        value = int(Decimal(str(value)))
    if type(value) is not int or value < low or (high is not None and value > high):
        span = f"{low}–{high}" if high is not None else f"≥ {low}"
        raise bad(what, f"应为 {span} 的整数 / must be an integer {span}")
    return value


class Reader:
    """The parameters of one run, each read by name; ``null`` is the same as absent."""

    def __init__(self, values: Mapping[str, Any], prefix: str = "") -> None:
        self._values = values
        self._prefix = prefix

    def name(self, key: str) -> str:
        return f"{self._prefix}{key}"

    def get(self, key: str) -> Any:
        return self._values.get(key)

    def has(self, key: str) -> bool:
        return self.get(key) is not None

    def required(self, key: str) -> Any:
        if not self.has(key):
            raise bad(self.name(key), "缺失 / is missing")
        return self.get(key)

    def decimal(self, key: str, default: str | None = None) -> Fraction:
        """Any plain decimal; without ``default`` it is required."""
        value = self.required(key) if default is None else self.get(key)
        return Fraction(default or 0) if value is None else decimal(value, self.name(key))

    def positive(self, key: str, default: str | None = None) -> Fraction:
        value = self.decimal(key, default)
        if value <= 0:
            raise bad(self.name(key), "应 > 0 / must be > 0")
        return value

    def at_least_zero(self, key: str, default: str | None = None) -> Fraction:
        value = self.decimal(key, default)
        if value < 0:
            raise bad(self.name(key), "应 ≥ 0 / must be ≥ 0")
        return value

    def share(self, key: str, default: str | None = None, *, one: bool = True) -> Fraction:
        """In [0, 1], or in [0, 1) when ``one`` is false."""
        value = self.decimal(key, default)
        if not 0 <= value <= 1 or (value == 1 and not one):
            span = "[0, 1]" if one else "[0, 1)"
            raise bad(self.name(key), f"应在 {span} 内 / must be in {span}")
        return value

    def integer(self, key: str, default: int | None, low: int, high: int | None = None) -> int:
        value = self.required(key) if default is None else self.get(key)
        if value is None and default is not None:
            return default
        return integer(value, self.name(key), low, high)

    def decimals(self, key: str, default: int = 2) -> int:
        return self.integer(key, default, 0, 10)

    def choice(self, key: str, options: tuple[str, ...]) -> str:
        """One of ``options``; the first is the default."""
        value = self.get(key)
        if value is None:
            return options[0]
        if isinstance(value, Number) or not isinstance(value, str) or value not in options:
            raise bad(self.name(key), f"应为 {'、'.join(options)} 之一 / must be one of these")
        return value

    def object(self, key: str) -> Reader | None:
        """A nested object, or ``None`` when it is absent."""
        value = self.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise bad(self.name(key), "应为对象 / must be an object")
        return Reader(value, f"{self.name(key)}.")

    def objects(self, key: str) -> list[Reader]:
        """A required list of objects."""
        value = self.required(key)
        if not isinstance(value, list) or not all(isinstance(row, Mapping) for row in value):
            raise bad(self.name(key), "应为对象的列表 / must be a list of objects")
        return [Reader(row, f"{self.name(key)}[{i}].") for i, row in enumerate(value)]
