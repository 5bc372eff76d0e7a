"""Filters and component tags of the shell. Parameters of each are listed in portal/README.md.

Every tag renders one partial of ``portal/components/``; nothing here decides, reads the clock or
touches the database: a page passes what it wants shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django import template
from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from kernel import clock
from kernel.actor import ROLE_ZH, Actor, Role
from portal import badges

register = template.Library()

_PARTIALS = "portal/components/"

#: The shell's navigation: (path prefix, word). A page is current when its path starts with the prefix.
NAV = (
    ("/notices/", "交易公告"),
    ("/halls/", "开标大厅"),
    ("/evaluation/", "评标"),
    ("/agencies/", "中介超市"),
    ("/desk/", "我的工作台"),
    ("/verify/", "如何核验"),
)


# ---------------------------------------------------------------- values


def _aware(value: datetime | str) -> datetime:
    return clock.parse_iso(value) if isinstance(value, str) else value


@register.filter
def beijing(value: datetime | str | None, form: str = "full") -> str:
    """A time in Beijing: ``full`` (with 北京时间), ``ms``, ``minute``, ``day`` or ``clock``; ``—`` for none."""
    if not value:
        return "—"
    at = _aware(value)
    if form in ("full", "ms"):
        return clock.beijing(at, fraction=form == "ms")
    local = at.astimezone(clock.BEIJING)
    patterns = {"minute": "%Y-%m-%d %H:%M", "day": "%Y-%m-%d", "clock": "%H:%M:%S"}
    return local.strftime(patterns[form])


@register.filter
def iso(value: datetime | str | None) -> str:
    """RFC 3339 UTC for ``datetime`` attributes and ES modules; empty for none."""
    return clock.iso(_aware(value)) if value else ""


@register.simple_tag
def moment(value: datetime | str | None, form: str = "full") -> SafeString | str:
    """``<time>`` with the machine's time in its attribute and Beijing time as its text."""
    if not value:
        return "—"
    return format_html('<time datetime="{}">{}</time>', iso(value), beijing(value, form))


def _decimal(value: Decimal | int | str) -> Decimal:
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
    return f"¥ {_decimal(value):,.2f}"


@register.filter
def money_words(value: Any) -> str:
    """人民币大写 of a Money, Decimal, int or plain decimal text; empty for none."""
    if value is None or value == "":
        return ""
    if hasattr(value, "words"):
        return str(value.words())
    from kernel.money import Money

    return Money(_decimal(value)).words()


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


# ---------------------------------------------------------------- the shell


@register.simple_tag(takes_context=True)
def shell(context: Context) -> dict[str, Any]:
    """What base.html needs of the request: navigation, who acts, preferences. Works without a request."""
    request = context.get("request")
    path = request.path if request is not None else ""
    cookies = request.COOKIES if request is not None else {}
    actor = getattr(request, "actor", None)
    theme = cookies.get("theme", "")
    return {
        "nav": [{"href": href, "word": word, "current": path.startswith(href)} for href, word in NAV],
        "actor": actor if actor is not None and not actor.has(Role.PUBLIC) else None,
        "elder": cookies.get("elder") == "1",
        "theme": theme if theme in ("light", "dark") else "",
        "path": request.get_full_path() if request is not None else "/",
        "badges": badges.as_json(),
    }


def _partial(name: str, context: dict[str, Any]) -> SafeString:
    return render_to_string(f"{_PARTIALS}{name}.html", context)


# ---------------------------------------------------------------- badges


@register.inclusion_tag(f"{_PARTIALS}badge.html")
def badge(word: str, tone: str = "plain", icon: str = "") -> dict[str, Any]:
    """A word with a tone (plain, action, done, attention, danger) and an icon of icons.svg."""
    default = {"action": "dot", "done": "tick", "attention": "wait", "danger": "cross"}
    return {"word": word, "tone": tone, "icon": icon or default.get(tone, "")}


@register.inclusion_tag(f"{_PARTIALS}badge.html")
def state_badge(kind: str, value: str) -> dict[str, Any]:
    """The badge of a room state's field (``portal.badges.BADGES``), re-rendered by room modules."""
    return {"kind": kind, "value": value, **badges.badge_for(kind, value)._asdict()}


@register.inclusion_tag(f"{_PARTIALS}proof_badge.html")
def proof_badge(state: str, claim: str = "", evidence_url: str = "") -> dict[str, Any]:
    """``state`` proven, waiting or failed; ``claim`` what is proven; links to the evidence."""
    return {
        "state": state,
        "claim": claim,
        "evidence_url": evidence_url,
        **badges.badge_for("proof", state)._asdict(),
    }


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One symbol of icons.svg; hidden from assistive technology unless it has a label."""
    return _partial("icon", {"name": name, "label": label})


# ---------------------------------------------------------------- blocks with a body


@register.simple_block_tag
def task_card(content: str, title: str, tone: str = "action", id: str = "task") -> SafeString:
    """现在请您…: the one thing to do now. ``tone`` action, waiting, done or danger."""
    return _partial("task_card", {"content": content, "title": title, "tone": tone, "id": id})


@register.simple_block_tag
def card(content: str, title: str = "", note: str = "", id: str = "") -> SafeString:
    """A plain card with a heading and, beside it, a short note."""
    return _partial("card", {"content": content, "title": title, "note": note, "id": id})


@register.simple_block_tag
def empty_state(content: str, title: str, href: str = "", action: str = "") -> SafeString:
    """Nothing here yet: says so, and offers the next useful act."""
    return _partial(
        "empty_state",
        {"content": content, "title": title, "href": href, "action": action},
    )


# ---------------------------------------------------------------- ceremony


@register.inclusion_tag(f"{_PARTIALS}stepper.html")
def stepper(steps: Iterable[Mapping[str, Any]], label: str = "步骤") -> dict[str, Any]:
    """``steps``: mappings with ``title``, ``state`` (done, now, next), ``note`` and ``law`` (optional), ``key``."""
    return {"steps": list(steps), "label": label}


@register.inclusion_tag(f"{_PARTIALS}countdown.html")
def countdown(deadline: datetime | str, now: datetime | str, label: str, own: bool = False) -> dict[str, Any]:
    """Time left on the server's clock. ``own``: the last minute is announced assertively."""
    at, reading = _aware(deadline), _aware(now)
    left = max(0, int((at - reading).total_seconds()))
    days, rest = divmod(left, 86400)
    hms = f"{rest // 3600:02d}:{rest % 3600 // 60:02d}:{rest % 60:02d}"
    level = "over" if left == 0 else "loud" if left <= 60 else "near" if left <= 600 else "calm"
    text = f"{days} 天 {hms}" if days else hms
    return {
        "deadline": at,
        "now": reading,
        "label": label,
        "own": own,
        "left": text,
        "level": level,
    }


@register.inclusion_tag(f"{_PARTIALS}roster.html")
def roster(
    bids: Mapping[str, Mapping[str, Any]],
    own: str = "",
    reading: str = "",
    lots: Iterable[Mapping[str, Any]] = (),
) -> dict[str, Any]:
    """``bids`` as in the hall state document; ``own`` (ids with spaces between) and ``reading`` are bid ids;
    ``lots`` [{name}] in their order, each a group of rows."""
    order = {lot.get("name", ""): place for place, lot in enumerate(lots)}
    mine = own.split()
    rows: list[dict[str, Any]] = [{"id": key, "own": key in mine, **row} for key, row in bids.items()]
    rows.sort(
        key=lambda row: (order.get(row.get("lot", ""), len(order)), row.get("lot", ""), row.get("no") or 0)
    )
    return {"rows": rows, "own": own, "reading": reading, "started": bool(order)}


@register.inclusion_tag(f"{_PARTIALS}read_out.html")
def read_out(
    bid: Mapping[str, Any] | None, no: int = 0, total: int = 0, over: bool = False
) -> dict[str, Any]:
    """The board, projector size: one bid of the hall state document, or ``None`` before the first. ``over``: it
    is the last one, and reading out is done."""
    return {"bid": bid, "no": no, "total": total, "over": over}


@register.inclusion_tag(f"{_PARTIALS}events.html")
def events(items: Iterable[Mapping[str, Any]], total: int = 0, href: str = "") -> dict[str, Any]:
    """Room events, newest first: mappings with ``seq``, ``at``, ``say``."""
    return {"items": list(items), "total": total, "href": href}


@register.inclusion_tag(f"{_PARTIALS}connection.html")
def connection(seq: int = 0, watching: int | None = None) -> dict[str, Any]:
    """State of the room's connection, clock offset, last event, spectators; filled in by room.js."""
    return {
        "seq": seq,
        "watching": watching,
        "state": "connecting",
        **badges.badge_for("connection", "connecting")._asdict(),
    }


@register.inclusion_tag(f"{_PARTIALS}scoring_matrix.html")
def scoring_matrix(matrix: Mapping[str, Any]) -> dict[str, Any]:
    """``matrix``: ``bids`` [{id, alias}], ``groups`` [{title, max, items: [{no, id, title, max, min, step,
    help, cells: [{bid, alias, value, error}]}]}], ``done``, ``total``, ``missing``, ``locked``, ``seat``."""
    return {"matrix": matrix, "columns": len(matrix["bids"]) + 1}


@register.inclusion_tag(f"{_PARTIALS}seats.html")
def seats(rows: Mapping[str, Mapping[str, Any]], own: str = "") -> dict[str, Any]:
    """The evaluation committee: ``seats`` of the evaluation room state; ``own`` is a seat key."""
    return {"rows": [{"key": key, **row} for key, row in rows.items()], "own": own}


@register.inclusion_tag(f"{_PARTIALS}draw_ceremony.html")
def draw_ceremony(draw: Mapping[str, Any]) -> dict[str, Any]:
    """``draw``: ``pool`` {size, recused, digest}, ``commitments`` [{who, digest, at, revealed}], ``result``
    [{place, label, note}], ``seed``, ``method``, ``recompute`` (command line), ``state``."""
    return {"draw": draw}


# ---------------------------------------------------------------- facts and evidence


@register.inclusion_tag(f"{_PARTIALS}facts.html")
def facts(rows: Iterable[Any], columns: int = 1) -> dict[str, Any]:
    """A ``dl``: pairs ``(term, value)`` or mappings with ``term``, ``value``, ``note``, ``href``."""
    shaped = [row if isinstance(row, Mapping) else {"term": row[0], "value": row[1]} for row in rows]
    return {"rows": shaped, "columns": columns}


@register.inclusion_tag(f"{_PARTIALS}amount.html")
def amount(value: Any, words: bool = True) -> dict[str, Any]:
    """An amount that binds: figures with 大写 beneath."""
    return {"value": value, "words": words}


@register.inclusion_tag(f"{_PARTIALS}receipt_card.html")
def receipt_card(receipt: Mapping[str, Any], title: str = "投标回执") -> dict[str, Any]:
    """``receipt``: ``digest``, ``size``, ``received_at``, ``position``, ``log_size``, ``proof`` (proven, waiting,
    failed), ``download_url``, ``verify_url``, ``number`` (optional)."""
    return {"receipt": receipt, "title": title}


@register.inclusion_tag(f"{_PARTIALS}timeline.html")
def timeline(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Acts in order: ``at``, ``title``, ``note``, ``state`` (done, now, next), ``href``, ``actor``."""
    return {"items": list(items)}


@register.inclusion_tag(f"{_PARTIALS}deadline_list.html")
def deadline_list(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """``title``, ``at``, ``left`` (words), ``level`` (calm, near, loud, over), ``href``, ``law``."""
    return {"items": list(items)}


#: Media types as people call them.
_FORMATS = {"application/pdf": "PDF", "text/csv": "CSV", "application/json": "JSON"}


@register.inclusion_tag(f"{_PARTIALS}document_list.html")
def document_list(documents: Iterable[Mapping[str, Any]], beside: bool = False) -> dict[str, Any]:
    """``title``, ``href``, ``size`` (bytes), ``digest``, ``at``, ``format``, ``proof`` (optional). ``beside``:
    opened in a tab of their own, so that the page stays for work."""
    shown = [
        {**row, "format": _FORMATS.get(row.get("format", ""), row.get("format", ""))} for row in documents
    ]
    return {"documents": shown, "beside": beside}


@register.inclusion_tag(f"{_PARTIALS}comparison_table.html")
def comparison_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """``caption``, ``columns`` [{title, number}], ``rows`` [{cells, best, note}], ``note``."""
    return {
        "table": table,
        "rows": [_compared(row, table["columns"]) for row in table["rows"]],
    }


def _compared(row: Mapping[str, Any], columns: list[Mapping[str, Any]]) -> dict[str, Any]:
    cells = [{"text": cell, **column} for cell, column in zip(row["cells"], columns, strict=True)]
    return {"cells": cells, "best": row.get("best", False), "note": row.get("note", "")}


@register.inclusion_tag(f"{_PARTIALS}refusal_panel.html")
def refusal_panel(reasons: Iterable[Any], title: str = "没有办成", way_on: str = "") -> dict[str, Any]:
    """``reasons``: ``kernel.errors.Reason`` values or the same as mappings; ``way_on``: what you can do."""
    return {"reasons": list(reasons), "title": title, "way_on": way_on}


# ---------------------------------------------------------------- forms


def _widget(bound: BoundField) -> SafeString:
    """The widget with its label, help and errors tied to it for assistive technology."""
    described = []
    if bound.help_text:
        described.append(f"{bound.id_for_label or bound.auto_id}-help")
    if bound.errors:
        described.append(f"{bound.id_for_label or bound.auto_id}-error")
    attrs: dict[str, Any] = {}
    if described and not bound.use_fieldset:
        attrs["aria-describedby"] = " ".join(described)
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return bound.as_widget(attrs=attrs)


@register.inclusion_tag(f"{_PARTIALS}field.html")
def field(bound: BoundField, unit: str = "") -> dict[str, Any]:
    """One field of a form: label, help, errors, widget; ``unit`` (元, 天) stands behind the input."""
    kind = getattr(bound.field.widget, "input_type", "")
    return {
        "bound": bound,
        "base": bound.id_for_label or bound.auto_id,
        "widget": _widget(bound),
        "unit": unit,
        "fieldset": bound.use_fieldset,
        "tick": kind == "checkbox" and not bound.use_fieldset,
        "optional": not bound.field.required,
    }


@register.inclusion_tag(f"{_PARTIALS}form_fields.html")
def form_fields(form: BaseForm) -> dict[str, Any]:
    """Every visible field in order and the hidden ones; put :func:`error_summary` above the form."""
    return {"form": form}


@register.inclusion_tag(f"{_PARTIALS}error_summary.html")
def error_summary(form: BaseForm, reasons: Iterable[Any] = ()) -> dict[str, Any]:
    """Top of a page: each error links to its field. ``reasons`` adds refusals of the command."""
    rows = []
    for name, errors in form.errors.items():
        bound = form[name] if name != "__all__" else None
        for error in errors:
            rows.append(
                {
                    "text": error,
                    "label": bound.label if bound else "",
                    "href": f"#{_anchor(bound)}" if bound else "",
                }
            )
    for reason in reasons:
        name = reason.field if not isinstance(reason, Mapping) else reason.get("field", "")
        bound = form[name] if name in form.fields else None
        rows.append({"reason": reason, "href": f"#{_anchor(bound)}" if bound else ""})
    return {"rows": rows}


def _anchor(bound: BoundField) -> str:
    first: str = bound.auto_id
    return f"{first}_0" if bound.use_fieldset else bound.id_for_label or first


@register.inclusion_tag(f"{_PARTIALS}file_drop.html")
def file_drop(
    name: str, label: str, help: str = "", accept: str = "", local: bool = False, multiple: bool = False
) -> dict[str, Any]:
    """A file input that also takes a drop. ``local``: read in the page, never uploaded (input has no name)."""
    suffix = hashlib.sha256(name.encode()).hexdigest()[:6]
    return {
        "name": name,
        "label": label,
        "help": help,
        "accept": accept,
        "local": local,
        "multiple": multiple,
        "id": f"file-{suffix}",
    }


@register.inclusion_tag(f"{_PARTIALS}key_fields.html", takes_context=True)
def key_fields(
    context: Context,
    what: str = "用什么签名",
    certificate: str = "证书文件",
    key: str = "私钥文件",
    agent: bool = True,
) -> dict[str, Any]:
    """With which key: files (.p12, .pfx, PEM) with their password, or the loopback agent. Read in the page by
    ``portal/js/keys/fields.js``; files, password and code have no name, so that no form ever sends them. Several on
    one page are told apart by their labels."""
    request = context.get("request")
    origin = f"{request.scheme}://{request.get_host()}" if request is not None else "https://…"
    suffix = hashlib.sha256(f"{certificate} {key}".encode()).hexdigest()[:6]
    return {
        "what": what,
        "certificate": certificate,
        "key": key,
        "agent": agent,
        "origin": origin,
        "id": f"key-{suffix}",
    }


@register.inclusion_tag(f"{_PARTIALS}pagination.html", takes_context=True)
def pagination(context: Context, page: Any, label: str = "分页") -> dict[str, Any]:
    """Links of a ``django.core.paginator.Page``; keeps the other query parameters."""
    request = context.get("request")
    query = request.GET.copy() if request is not None else None

    def href(number: int) -> str:
        if query is None:
            return f"?page={number}"
        query["page"] = str(number)
        return f"?{query.urlencode()}"

    numbers = [
        {
            "number": n,
            "href": href(n) if isinstance(n, int) else "",
            "current": n == page.number,
        }
        for n in page.paginator.get_elided_page_range(page.number, on_each_side=2, on_ends=1)
    ]
    before = href(page.previous_page_number()) if page.has_previous() else ""
    after = href(page.next_page_number()) if page.has_next() else ""
    return {
        "page": page,
        "numbers": numbers,
        "before": before,
        "after": after,
        "label": label,
    }
