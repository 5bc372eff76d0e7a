"""The library that every component registers with, and the folder of their templates."""

from __future__ import annotations

from typing import Any

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

register = template.Library()
PARTIALS = "portal/components/"


def partial(name: str, context: dict[str, Any]) -> SafeString:
    return render_to_string(f"{PARTIALS}{name}.html", context)
