"""The room as a page and the JSON door show it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, BinaryIO, cast

from documents.models import StoredFile
from evaluation import policy, signing
from evaluation.models import EvaluatedBid, Evaluation, Seat
from evaluation.queries import facts
from evaluation.rules import sheets
from evaluation.rules.documents import ROLE_ZH, shown_roles
from evaluation.rules.review import grounds_of
from evaluation.rules.room_moves import label
from evaluation.rules.statuses import AFTER_LOCK, DUAL_STEPS, ROOM_LAW, ROOM_ZH, RoomStatus
from kernel.actor import Actor
from kernel.bid_rules import PRICE, read_bid_rules
from portal import rooms
from sealing import bundle
from trading.models import Bid


def steps(evaluation: Evaluation) -> list[dict[str, Any]]:
    """For ``{% stepper %}``."""
    ended = evaluation.status == RoomStatus.TERMINATED
    left_out = {RoomStatus.FINISHED if ended else RoomStatus.TERMINATED}
    if not facts.is_dual(evaluation):
        left_out |= DUAL_STEPS
    order = [status for status in RoomStatus if status not in left_out]
    now = order.index(RoomStatus(evaluation.status))
    return [
        {
            "title": ROOM_ZH[status],
            "law": ROOM_LAW[status],
            "key": status.value,
            "state": "done" if place < now else "now" if place == now else "next",
        }
        for place, status in enumerate(order)
    ]


def matrix(evaluation: Evaluation, seat: Seat) -> dict[str, Any]:
    """For ``{% scoring_matrix %}``: the seat's own sheet."""
    items = facts.items(evaluation)
    bids = [b for b in facts.bids_of(evaluation) if not b.rejected]
    sheet = facts.sheet_of(seat, evaluation)
    names = {str(b.pk): b.alias for b in bids}
    blank = sheets.missing(items, names, sheet)
    done = sum(len(row) for row in sheet.values())
    groups: dict[str, list[sheets.Item]] = {}
    for item in items:
        groups.setdefault(item.group, []).append(item)
    return {
        "seat": seat.key,
        "locked": evaluation.locks.filter(seat=seat, returned_at__isnull=True).exists(),
        "done": done,
        "total": len(items) * len(bids),
        "missing": sheets.missing_words(blank),
        "bids": [
            {"id": key, "alias": alias, "subtotal": _subtotal(items, sheet.get(key, {}))}
            for key, alias in names.items()
        ],
        "groups": [
            {
                "title": title,
                "max": sheets.plain(sum((i.max for i in rows), Decimal(0))),
                "items": [_matrix_item(item, names, sheet) for item in rows],
            }
            for title, rows in groups.items()
        ],
    }


def _subtotal(items: tuple[sheets.Item, ...], row: dict[str, str]) -> str:
    if len(row) != len(items):
        return ""
    return f"{sum((Decimal(p) for p in row.values()), Decimal(0)):f}"


def _matrix_item(item: sheets.Item, names: dict[str, str], sheet: sheets.Sheet) -> dict[str, Any]:
    return {
        "no": item.no,
        "id": item.id,
        "title": item.title,
        "max": sheets.plain(item.max),
        "min": sheets.plain(item.min),
        "step": sheets.plain(item.step),
        "objective": item.objective,
        "help": item.help,
        "cells": [
            {"bid": key, "alias": alias, "value": sheet.get(key, {}).get(item.id, ""), "error": ""}
            for key, alias in names.items()
        ],
    }


def documents(evaluation: Evaluation) -> list[dict[str, Any]]:
    """Each bid's documents that this step shows: ``[{bid, alias, documents: [{index, title, role, …}]}]``."""
    number, lot = evaluation.lot.tender.number, evaluation.lot.no
    out = []
    for row in facts.bids_of(evaluation):
        files = [
            {
                "index": index,
                "title": entry.path.rsplit("/", 1)[-1],
                "path": entry.path,
                "role": entry.role,
                "role_zh": ROLE_ZH.get(entry.role, entry.role),
                "format": entry.media_type,
                "size": entry.size,
                "digest": entry.sha256,
                "href": f"/evaluation/{number}/{lot}/documents/{row.pk}/{index}/",
            }
            for index, entry in entries(row, evaluation.status)
        ]
        out.append({"bid": str(row.pk), "alias": row.alias, "rejected": row.rejected, "documents": files})
    return out


#: Where the places of a price part's files begin; a bundle has fewer files than this.
PRICE_PLACE = 100_000


def entries(row: EvaluatedBid, status: str) -> list[tuple[int, bundle.Entry]]:
    """Files of a bid that may be read at this step, with their place: in the bundle, or, from
    :data:`PRICE_PLACE` on, in that of its price part."""
    lot, step = row.evaluation.lot, RoomStatus(status)
    anonymous = read_bid_rules(lot.tender.bid_rules or {}).anonymous
    allowed = shown_roles(
        step, dual=lot.scheme == "dual", anonymous=frozenset(anonymous.roles if anonymous else ())
    )
    out = _places(bundle_of(row), 0, allowed)
    if step in AFTER_LOCK:
        out += _places(bundle_of(row, price=True), PRICE_PLACE, allowed)
    return out


def bundle_of(row: EvaluatedBid, *, price: bool = False) -> StoredFile | None:
    """The opened bundle of a bid, or of its price part."""
    if not price:
        return EvaluatedBid.objects.select_related("bid__bundle").get(pk=row.pk).bid.bundle
    rows = Bid.objects.select_related("bundle").filter(
        lot=row.bid.lot_id, part=PRICE, pseudonym=row.bid.pseudonym
    )
    found = rows.exclude(read_out_at=None).first()
    return found.bundle if found is not None else None


def _places(stored: StoredFile | None, first: int, allowed: frozenset[str]) -> list[tuple[int, bundle.Entry]]:
    if stored is None:
        return []
    with stored.open() as stream:
        found = bundle.read(cast(BinaryIO, stream)).entries
    return [(first + index, entry) for index, entry in enumerate(found) if entry.role in allowed]


def hides_names(evaluation: Evaluation) -> bool:
    """Two envelopes and a 暗标: nothing that could name a bidder is shown until the technical sheets are locked."""
    rules = read_bid_rules(evaluation.lot.tender.bid_rules or {})
    return (
        facts.is_dual(evaluation)
        and rules.anonymous is not None
        and RoomStatus(evaluation.status) not in AFTER_LOCK
    )


def guarantees(evaluation: Evaluation) -> dict[str, dict[str, Any]]:
    """Verdicts on the guarantees as the opening hall recorded them, by the room's bid ids."""
    state = rooms.snapshot(f"hall:{evaluation.lot.tender.number}", ()).state
    # Once second envelopes are opened the first opening's rows stand aside.
    first, now = state.get("first", {}).get("bids", {}), state.get("bids", {})
    hall = {key: {**first.get(key, {}), **now.get(key, {})} for key in {*first, *now}}
    out: dict[str, dict[str, Any]] = {}
    if hides_names(evaluation):
        waiting = {"state": "pending", "say": "暗标：锁定技术评分之后显示"}
        return {str(row.pk): waiting for row in facts.bids_of(evaluation)}
    for row in facts.bids_of(evaluation):
        verdict = hall.get(str(row.bid_id), {}).get("guarantee")
        out[str(row.pk)] = (
            verdict if isinstance(verdict, dict) else {"state": "pending", "say": "未见核验结论"}
        )
    return out


def room_json(evaluation: Evaluation, actor: Actor) -> dict[str, Any]:
    """Everything a client needs to take part: state, items, grounds, what is to be signed now."""
    seat = policy.seat_of(actor, evaluation)
    own = {seat.audience} if seat else set()
    now = rooms.snapshot(evaluation.room, own)
    status = RoomStatus(evaluation.status)
    to_sign = None
    if seat is not None and status is RoomStatus.CONVENED:
        to_sign = signing.declaration_for(evaluation, seat)
    elif seat is not None and status is RoomStatus.SIGNING:
        to_sign = signing.report_for(evaluation)
    return {
        "room": evaluation.room,
        "seat": seat.no if seat else None,
        "seq": now.seq,
        "state": now.state,
        "sign": to_sign,
        "items": [
            {
                "id": i.id, "no": i.no, "title": i.title, "group": i.group, "max": sheets.plain(i.max),
                "min": sheets.plain(i.min), "step": sheets.plain(i.step), "objective": i.objective,
            }
            for i in facts.items(evaluation)
        ],
        "grounds": [
            {"code": g.code, "zh": g.zh, "en": g.en, "law": g.law}
            for g in grounds_of(evaluation.lot.tender.evaluation_method)
        ],
        "guarantees": guarantees(evaluation),
        "documents": documents(evaluation),
    }  # fmt: skip


def review_rows(evaluation: Evaluation, seat: Seat | None) -> list[dict[str, Any]]:
    """For the review's page: each bid with guarantee, own opinion and documents."""
    verdicts = guarantees(evaluation)
    files = {row["bid"]: row["documents"] for row in documents(evaluation)}
    own = {}
    if seat is not None:
        given = seat.reviews.filter(bid__evaluation=evaluation, stage=facts.stage_of(evaluation))
        own = {r.bid_id: r for r in given}
    lot = evaluation.lot
    return [
        {
            "bid": row,
            "guarantee": verdicts[str(row.pk)],
            "opinion": own.get(row.pk),
            "documents": files[str(row.pk)],
            "summary": [] if hides_names(evaluation) else _summary_facts(row, lot.duration_days),
        }
        for row in facts.under_review(evaluation)
    ]


def _summary_facts(row: EvaluatedBid, most_days: int) -> list[tuple[str, str]]:
    """What of the bid summary the review looks at; the price itself stays out of the room until the lock."""
    summary = row.bid.summary or {}
    manager = summary.get("project_manager") or {}
    priced = row.evaluation.status == RoomStatus.PRICE_REVIEWING and row.bid.price is not None
    return [
        *([("投标报价", f"{row.bid.price:,.2f} 元")] if priced else []),
        ("工期", f"{summary.get('duration_days', '—')} 日（招标文件不超过 {most_days} 日）"),
        ("质量", str(summary.get("quality", "—"))),
        ("项目负责人注册证号", str(manager.get("certificate", "—"))),
    ]


def seat_label(seat: Seat | None) -> str:
    return label(seat.no) if seat else ""
