"""Reading fields of a record's JSON: every access answers a typed value or refuses by file and field."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bidtool.record.reasons import FIELD
from kernel.clock import parse_iso
from kernel.errors import Refused
from sealing import fields

_DECIMAL = re.compile(r"-?[0-9]{1,24}(\.[0-9]{1,12})?")


@dataclass(frozen=True)
class Row:
    """A JSON object of the file ``where``."""

    value: Mapping[str, Any]
    where: str

    def bad(self, field: str, why: str) -> Refused:
        return Refused(FIELD(where=self.where, field=field, why=why))

    def raw(self, key: str) -> Any:
        if key not in self.value:
            raise self.bad(key, "缺失 / is missing")
        return self.value[key]

    def text(self, key: str, *, empty: bool = False) -> str:
        found = self.raw(key)
        if not isinstance(found, str) or not (found or empty):
            raise self.bad(key, "应为文本 / must be text")
        return found

    def integer(self, key: str) -> int:
        found = self.raw(key)
        if type(found) is not int or not 0 <= found < 1 << 53:
            raise self.bad(key, "应为非负整数 / must be an integer ≥ 0")
        return found

    def flag(self, key: str) -> bool:
        found = self.raw(key)
        if not isinstance(found, bool):
            raise self.bad(key, "应为 true 或 false / must be true or false")
        return found

    def time(self, key: str) -> datetime:
        try:
            return parse_iso(self.text(key))
        except ValueError as error:
            raise self.bad(key, "应为 RFC 3339 时间 / must be an RFC 3339 time") from error

    def time_or_none(self, key: str) -> datetime | None:
        return self.time(key) if self.raw(key) is not None else None

    def day(self, key: str) -> date:
        try:
            return date.fromisoformat(self.text(key))
        except ValueError as error:
            raise self.bad(key, "应为日期 / must be a date") from error

    def decimal(self, key: str) -> Decimal:
        found = self.text(key)
        if not _DECIMAL.fullmatch(found):
            raise self.bad(key, "应为十进制数文本 / must be decimal text")
        return Decimal(found)

    def decimal_or_none(self, key: str) -> Decimal | None:
        return self.decimal(key) if self.raw(key) is not None else None

    def hex(self, key: str, size: int) -> str:
        return fields.hex_bytes(self.value, key, size).hex()

    def uuid(self, key: str) -> str:
        found = self.text(key)
        try:
            right = str(uuid.UUID(found)) == found
        except ValueError:
            right = False
        if not right:
            raise self.bad(key, "应为 UUID / must be a UUID")
        return found

    def row(self, key: str) -> Row:
        found = self.raw(key)
        if not isinstance(found, dict):
            raise self.bad(key, "应为对象 / must be an object")
        return Row(found, f"{self.where}#{key}")

    def row_or_none(self, key: str) -> Row | None:
        return self.row(key) if self.raw(key) is not None else None

    def rows(self, key: str) -> list[Row]:
        found = self.items(key)
        if not all(isinstance(item, dict) for item in found):
            raise self.bad(key, "应为对象的列表 / must be a list of objects")
        return [Row(item, f"{self.where}#{key}[{number}]") for number, item in enumerate(found)]

    def items(self, key: str) -> list[Any]:
        found = self.raw(key)
        if not isinstance(found, list):
            raise self.bad(key, "应为列表 / must be a list")
        return found

    def texts(self, key: str) -> list[str]:
        found = self.items(key)
        if not all(isinstance(item, str) and item for item in found):
            raise self.bad(key, "应为文本的列表 / must be a list of texts")
        return found


def strings_in(value: Any) -> set[str]:
    """Every text that stands anywhere in a JSON value, keys left out."""
    found: set[str] = set()
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            found.add(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
    return found
