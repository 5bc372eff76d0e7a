"""Reading fields of untrusted JSON: each function answers the typed value or refuses by field."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from typing import Any

from kernel.errors import Refused
from sealing.refusals import BAD_FIELD


def mapping(value: Any, field: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise bad(field, "应为对象 / must be an object")
    return value


def exact_keys(
    obj: Any, field: str, required: Collection[str], optional: Collection[str] = ()
) -> dict[str, Any]:
    """The object itself, if it has every required key and no unknown one."""
    found = dict(mapping(obj, field))
    for key in required:
        if key not in found:
            raise bad(f"{field}.{key}" if field else key, "缺失 / is missing")
    unknown = set(found) - set(required) - set(optional)
    if unknown:
        raise bad(f"{field}.{min(unknown)}" if field else min(unknown), "未知字段 / is unknown")
    return found


def text(obj: Mapping[str, Any], key: str, *, limit: int = 200, empty: bool = False) -> str:
    value = obj.get(key)
    if not isinstance(value, str) or len(value) > limit or not (value or empty):
        raise bad(key, f"应为不超过 {limit} 字的文本 / must be text of at most {limit} characters")
    if any(ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 for c in value):
        raise bad(key, "含控制字符 / has control characters")
    return value


def integer(obj: Mapping[str, Any], key: str, low: int, high: int) -> int:
    value = obj.get(key)
    if type(value) is not int or not low <= value <= high:
        raise bad(key, f"应为 {low} 至 {high} 的整数 / must be an integer from {low} to {high}")
    return value


def hex_bytes(obj: Mapping[str, Any], key: str, size: int) -> bytes:
    value = obj.get(key)
    if isinstance(value, str) and len(value) == 2 * size and set(value) <= set("0123456789abcdef"):
        return bytes.fromhex(value)
    raise bad(key, f"应为 {size} 字节的小写十六进制 / must be {size} bytes in lower-case hex")


def b64_bytes(obj: Mapping[str, Any], key: str, *, limit: int, low: int = 1) -> bytes:
    """Standard base64 with padding, in its one canonical spelling."""
    value = obj.get(key)
    if isinstance(value, str) and len(value) <= 4 * (limit // 3 + 1):
        try:
            data = base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            data = b""
        if low <= len(data) <= limit and b64(data) == value:
            return data
    raise bad(key, f"应为 {low} 至 {limit} 字节的 base64 / must be base64 of {low} to {limit} bytes")


def items(obj: Mapping[str, Any], key: str, low: int, high: int) -> list[Any]:
    value = obj.get(key)
    if not isinstance(value, list) or not low <= len(value) <= high:
        raise bad(key, f"应为 {low} 至 {high} 项的列表 / must be a list of {low} to {high} items")
    return value


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def bad(field: str, why: str) -> Refused:
    return Refused(BAD_FIELD(field=field, why=why))
