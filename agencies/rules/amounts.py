"""Reading amounts that people type."""

from __future__ import annotations

import re
from decimal import Decimal

from kernel.errors import Kind, ReasonForm, Refused

_AMOUNT = re.compile(r"(0|[1-9][0-9]{0,13})(\.[0-9]{1,2})?")
BAD_AMOUNT = ReasonForm(
    "amount.malformed",
    zh="金额「{value}」不合格：应为元，至多两位小数，如 86000.00",
    en="{value} is not an amount in yuan with at most two decimals",
    kind=Kind.MALFORMED,
    field="amount",
)


def read(text: str, field: str = "amount") -> Decimal:
    """``"86000"`` → ``Decimal("86000.00")``; no sign, no exponent. ``Refused(amount.malformed)``."""
    if not _AMOUNT.fullmatch(text):
        raise Refused(BAD_AMOUNT(value=text[:40], field=field))
    return Decimal(text).quantize(Decimal("0.01"))
