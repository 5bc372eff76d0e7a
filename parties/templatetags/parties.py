"""Tags for signing in a page with a certificate. Pages that use them load ``portal/js/login.js``."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from django import template
from django.template.context import RequestContext

from ca_interop import queries
from parties import signing

register = template.Library()


@register.inclusion_tag("parties/sign_form.html", takes_context=True)
def sign_form(
    context: RequestContext,
    statement: Mapping[str, Any],
    action: str = "",
    button: str = "签名",
    mode: str = "post",
    document: str = "",
    original: str = "",
    **hidden: Any,
) -> dict[str, Any]:
    """A form whose fields ``certificate`` and ``signature`` answer ``statement``; other keyword arguments
    become hidden fields. ``document``: path of the JSON door whose document is signed on itself too,
    ``original`` of the file as it was made. ``mode="room"``: it is not sent; the form fires ``signed`` with
    ``{certificate, signature}`` in ``detail`` for a room's module."""
    return {
        "statement": statement,
        "action": action,
        "button": button,
        "mode": mode,
        "document": document,
        "original": original,
        "hidden": hidden,
        "csrf_token": context.get("csrf_token"),
        "request": context.get("request"),
    }


@register.inclusion_tag("parties/sign_fields.html", takes_context=True)
def sign_fields(context: RequestContext, statement: Mapping[str, Any]) -> dict[str, Any]:
    """The fields alone, for ``<form class="form" method="post" data-sign="post">`` with fields of its own."""
    return {"text": signing.text_of(statement), "key": uuid.uuid4(), "request": context.get("request")}


@register.simple_tag
def authority_names() -> dict[str, str]:
    """Names of authorities by id, as the newest trust list has them: asked once a page, not once a row."""
    newest = queries.newest_list()
    return {one.id: one.name for one in newest.authorities} if newest is not None else {}


@register.filter
def authority_name(authority_id: str, named: dict[str, str]) -> str:
    """The authority's name; the id of one that no list names any more."""
    return named.get(authority_id, authority_id)
