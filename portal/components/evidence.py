"""Facts, papers and proofs: tables of facts, receipts, timelines, documents, refusals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from portal.components.library import PARTIALS, register


@register.inclusion_tag(f"{PARTIALS}facts.html")
def facts(rows: Iterable[Any], columns: int = 1) -> dict[str, Any]:
    """A ``dl``: pairs ``(term, value)`` or mappings with ``term``, ``value``, ``note``, ``href``."""
    shaped = [row if isinstance(row, Mapping) else {"term": row[0], "value": row[1]} for row in rows]
    return {"rows": shaped, "columns": columns}


@register.inclusion_tag(f"{PARTIALS}amount.html")
def amount(value: Any, words: bool = True) -> dict[str, Any]:
    """An amount that binds: figures with 大写 beneath."""
    return {"value": value, "words": words}


@register.inclusion_tag(f"{PARTIALS}receipt_card.html")
def receipt_card(receipt: Mapping[str, Any], title: str = "投标回执") -> dict[str, Any]:
    """``receipt``: ``digest``, ``size``, ``received_at``, ``position``, ``log_size``, ``proof`` (proven, waiting,
    failed), ``download_url``, ``verify_url``, ``number`` (optional)."""
    return {"receipt": receipt, "title": title}


@register.inclusion_tag(f"{PARTIALS}timeline.html")
def timeline(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Acts in order: ``at``, ``title``, ``note``, ``state`` (done, now, next), ``href``, ``actor``."""
    return {"items": list(items)}


@register.inclusion_tag(f"{PARTIALS}deadline_list.html")
def deadline_list(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """``title``, ``at``, ``left`` (words), ``level`` (calm, near, loud, over), ``href``, ``law``."""
    return {"items": list(items)}


#: Media types as people call them.
_FORMATS = {"application/pdf": "PDF", "text/csv": "CSV", "application/json": "JSON"}


@register.inclusion_tag(f"{PARTIALS}document_list.html")
def document_list(documents: Iterable[Mapping[str, Any]], beside: bool = False) -> dict[str, Any]:
    """``title``, ``href``, ``size`` (bytes), ``digest``, ``at``, ``format``, ``proof`` (optional). ``beside``:
    opened in a tab of their own, so that the page stays for work."""
    shown = [
        {**row, "format": _FORMATS.get(row.get("format", ""), row.get("format", ""))} for row in documents
    ]
    return {"documents": shown, "beside": beside}


@register.inclusion_tag(f"{PARTIALS}comparison_table.html")
def comparison_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """``caption``, ``columns`` [{title, number}], ``rows`` [{cells, best, note}], ``note``."""
    return {
        "table": table,
        "rows": [_compared(row, table["columns"]) for row in table["rows"]],
    }


def _compared(row: Mapping[str, Any], columns: list[Mapping[str, Any]]) -> dict[str, Any]:
    cells = [{"text": cell, **column} for cell, column in zip(row["cells"], columns, strict=True)]
    return {"cells": cells, "best": row.get("best", False), "note": row.get("note", "")}


@register.inclusion_tag(f"{PARTIALS}refusal_panel.html")
def refusal_panel(reasons: Iterable[Any], title: str = "没有办成", way_on: str = "") -> dict[str, Any]:
    """``reasons``: ``kernel.errors.Reason`` values or the same as mappings; ``way_on``: what you can do."""
    return {"reasons": list(reasons), "title": title, "way_on": way_on}
