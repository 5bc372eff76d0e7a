"""Canonical JSON (RFC 8785), and a strict reader for it.

Hashes and signatures are always taken over :func:`canonical` bytes. Floats have no place in our
acts: decimals travel as text; :func:`parse` still reads them because RFC 8785 has them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import rfc8785

from kernel.errors import Kind, ReasonForm, Refused

BAD_JSON = ReasonForm(
    "json.malformed", zh="不是合格的 JSON：{why}", en="not acceptable JSON: {why}", kind=Kind.MALFORMED
)


def canonical(value: Any) -> bytes:
    """RFC 8785 bytes of a JSON value. ``Refused(json.malformed)`` for what JSON cannot carry."""
    try:
        return rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeError, RecursionError, ValueError) as error:
        raise Refused(BAD_JSON(why=str(error) or type(error).__name__)) from error


def digest(value: Any) -> str:
    """Hex SHA-256 of the canonical bytes."""
    return hashlib.sha256(canonical(value)).hexdigest()


def parse(data: bytes | str, *, parse_int: Callable[[str], Any] = int) -> Any:
    """Read JSON strictly: duplicate keys, NaN, infinities, lone surrogates are ``Refused``.

    ``parse_int`` reads integers, for those who take them as IEEE 754 doubles as RFC 8785 does.
    """
    try:
        text = data.decode("utf-8") if isinstance(data, bytes) else data
        value = json.loads(
            text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant, parse_int=parse_int
        )
        _no_surrogates(value)
    except Refused:
        raise
    except (ValueError, RecursionError) as error:
        raise Refused(BAD_JSON(why=str(error) or type(error).__name__)) from error
    return value


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("duplicate key")
    return out


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _no_surrogates(value: Any) -> None:
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, dict):
        for key, item in value.items():
            _no_surrogates(key)
            _no_surrogates(item)
    elif isinstance(value, list):
        for item in value:
            _no_surrogates(item)
