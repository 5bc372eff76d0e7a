"""Rooms and ceremonies: steps, countdowns, the roster, seats, the matrix, the draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from portal import badges
from portal.components.library import PARTIALS, register
from portal.components.values import aware


@register.inclusion_tag(f"{PARTIALS}stepper.html")
def stepper(steps: Iterable[Mapping[str, Any]], label: str = "步骤") -> dict[str, Any]:
    """``steps``: mappings with ``title``, ``state`` (done, now, next), ``note`` and ``law`` (optional), ``key``."""
    return {"steps": list(steps), "label": label}


@register.inclusion_tag(f"{PARTIALS}countdown.html")
def countdown(deadline: datetime | str, now: datetime | str, label: str, own: bool = False) -> dict[str, Any]:
    """Time left on the server's clock. ``own``: the last minute is announced assertively."""
    at, reading = aware(deadline), aware(now)
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


@register.inclusion_tag(f"{PARTIALS}roster.html")
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


@register.inclusion_tag(f"{PARTIALS}read_out.html")
def read_out(
    bid: Mapping[str, Any] | None, no: int = 0, total: int = 0, over: bool = False
) -> dict[str, Any]:
    """The board, projector size: one bid of the hall state document, or ``None`` before the first. ``over``: it
    is the last one, and reading out is done."""
    return {"bid": bid, "no": no, "total": total, "over": over}


@register.inclusion_tag(f"{PARTIALS}events.html")
def events(items: Iterable[Mapping[str, Any]], total: int = 0, href: str = "") -> dict[str, Any]:
    """Room events, newest first: mappings with ``seq``, ``at``, ``say``."""
    return {"items": list(items), "total": total, "href": href}


@register.inclusion_tag(f"{PARTIALS}connection.html")
def connection(seq: int = 0, watching: int | None = None) -> dict[str, Any]:
    """State of the room's connection, clock offset, last event, spectators; filled in by room.js."""
    return {
        "seq": seq,
        "watching": watching,
        "state": "connecting",
        **badges.badge_for("connection", "connecting")._asdict(),
    }


@register.inclusion_tag(f"{PARTIALS}scoring_matrix.html")
def scoring_matrix(matrix: Mapping[str, Any]) -> dict[str, Any]:
    """``matrix``: ``bids`` [{id, alias}], ``groups`` [{title, max, items: [{no, id, title, max, min, step,
    help, cells: [{bid, alias, value, error}]}]}], ``done``, ``total``, ``missing``, ``locked``, ``seat``."""
    return {"matrix": matrix, "columns": len(matrix["bids"]) + 1}


@register.inclusion_tag(f"{PARTIALS}seats.html")
def seats(rows: Mapping[str, Mapping[str, Any]], own: str = "") -> dict[str, Any]:
    """The evaluation committee: ``seats`` of the evaluation room state; ``own`` is a seat key."""
    return {"rows": [{"key": key, **row} for key, row in rows.items()], "own": own}


@register.inclusion_tag(f"{PARTIALS}draw_ceremony.html")
def draw_ceremony(draw: Mapping[str, Any]) -> dict[str, Any]:
    """``draw``: ``pool`` {size, recused, digest}, ``commitments`` [{who, digest, at, revealed}], ``result``
    [{place, label, note}], ``seed``, ``method``, ``recompute`` (command line), ``state``."""
    return {"draw": draw}
