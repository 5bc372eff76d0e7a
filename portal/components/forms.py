"""Forms: fields, error summaries, files and keys, pages of a list."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from django.forms import BaseForm, BoundField
from django.template.context import Context
from django.utils.safestring import SafeString

from portal.components.library import PARTIALS, register


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


@register.inclusion_tag(f"{PARTIALS}field.html")
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


@register.inclusion_tag(f"{PARTIALS}form_fields.html")
def form_fields(form: BaseForm) -> dict[str, Any]:
    """Every visible field in order and the hidden ones; put :func:`error_summary` above the form."""
    return {"form": form}


@register.inclusion_tag(f"{PARTIALS}error_summary.html")
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


@register.inclusion_tag(f"{PARTIALS}file_drop.html")
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


@register.inclusion_tag(f"{PARTIALS}key_fields.html", takes_context=True)
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


@register.inclusion_tag(f"{PARTIALS}pagination.html", takes_context=True)
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
