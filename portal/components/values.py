"""Values as people read them: times, money, digests, sizes, roles."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel import clock
from kernel.actor import ROLE_ZH, Actor, Role
from portal.components.library import register


def aware(value: datetime | str) -> datetime:
    return clock.parse_iso(value) if isinstance(value, str) else value


@register.filter
def beijing(value: datetime | str | None, form: str = "full") -> str:
    """A time in Beijing: ``full`` (with 北京时间), ``ms``, ``minute``, ``day`` or ``clock``; ``—`` for none."""
    if not value:
        return "—"
    at = aware(value)
    if form in ("full", "ms"):
        return clock.beijing(at, fraction=form == "ms")
    local = at.astimezone(clock.BEIJING)
    patterns = {"minute": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "clock": "%H:%M:%S"}
    return local.strftime(patterns[form])


@register.filter
def iso(value: datetime | str | None) -> str:
    """RFC 3339 UTC for ``datetime`` attributes and ES modules; empty for none."""
    return clock.iso(aware(value)) if value else ""


@register.simple_tag
def moment(value: datetime | str | None, form: str = "full") -> SafeString | str:
    """``<time>`` with the machine's time in its attribute and Beijing time as its text."""
    if not value:
        return "—"
    return format_html('<time datetime="{}">{}</time>', iso(value), beijing(value, form))


def decimal(value: Decimal | int | str) -> Decimal:
    if isinstance(value, float):
        raise TypeError("money is never a float")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"not an amount: {value!r}") from error


@register.filter
def money(value: Any) -> str:
    """``¥ 8,750,000.00`` of a Money, Decimal, int or plain decimal text; ``—`` for none."""
    if value is None or value == "":
        return "—"
    if hasattr(value, "display"):
        return str(value.display())
    return f"¥ {decimal(value):,.2f}"


@register.filter
def money_words(value: Any) -> str:
    """人民币大写 of a Money, Decimal, int or plain decimal text; empty for none."""
    if value is None or value == "":
        return ""
    if hasattr(value, "words"):
        return str(value.words())
    from kernel.money import Money

    return Money(decimal(value)).words()


@register.filter
def digest(value: bytes | str | None) -> str:
    """A digest in groups of four hexadecimal digits; ``—`` for none."""
    if not value:
        return "—"
    text = value.hex() if isinstance(value, bytes | memoryview) else str(value).removeprefix("sha256:")
    return " ".join(text[i : i + 4] for i in range(0, len(text), 4))


@register.filter
def file_size(value: int | None) -> str:
    """Bytes in words, with the exact number: ``196.57 MB（206,118,912 字节）``."""
    if value is None:
        return "—"
    exact = f"{value:,} 字节"
    for unit, limit in (("GB", 1 << 30), ("MB", 1 << 20), ("KB", 1 << 10)):
        if value >= limit:
            return f"{Decimal(value) / limit:.2f} {unit}（{exact}）"
    return exact


@register.filter
def role_zh(value: Role | str) -> str:
    """The Chinese word of a role; ``ValueError`` for a role the house does not know."""
    return ROLE_ZH[Role(value)]


@register.filter
def roles_zh(actor: Actor) -> str:
    """All roles of an actor, in the order of the role table."""
    return "、".join(ROLE_ZH[role] for role in Role if role in actor.roles)
