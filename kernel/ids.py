"""Identifiers and check digits.

UUIDv7 (RFC 9562) for primary keys; UUIDv4 where the time is a secret (bids, scores, draw tickets).
"""

from __future__ import annotations

import os
import time
import uuid

from kernel.errors import ReasonForm, Refused

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

BAD_USCC = ReasonForm(
    "ids.bad_credit_code",
    zh="统一社会信用代码「{value}」不合格：应为 18 位且校验位正确",
    en="unified social credit code {value!r} is wrong: 18 characters with a right check digit are needed",
    law="GB 32100-2015",
)


def uuid7() -> uuid.UUID:
    """A time-ordered UUID: 48 bits of Unix milliseconds, then 74 random bits."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = (value & ~(0xF << 76)) | (0x7 << 76)
    value = (value & ~(0x3 << 62)) | (0x2 << 62)
    return uuid.UUID(int=value)


def credit_code_check_digit(body: str) -> str:
    """The 18th character for the first 17 (GB 32100-2015). ``ValueError`` for a foreign character."""
    total = sum(_USCC_ALPHABET.index(c) * w for c, w in zip(body, _USCC_WEIGHTS, strict=True))
    return _USCC_ALPHABET[(31 - total % 31) % 31]


def credit_code(value: str) -> str:
    """The code in upper case, if it is a unified social credit code; else ``Refused``."""
    code = value.strip().upper()
    if (
        len(code) != 18
        or any(c not in _USCC_ALPHABET for c in code)
        or credit_code_check_digit(code[:17]) != code[17]
    ):
        raise Refused(BAD_USCC(value=value))
    return code
