"""The evaluation room's pages."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from ca_interop import document_signing
from documents.serving import serve
from evaluation import files, frames, policy, signing
from evaluation.consumers import audiences
from evaluation.models import Evaluation, Seat
from evaluation.queries import facts, public, rows, view
from evaluation.queries.results import ranking
from evaluation.room import all_seats
from evaluation.rules.exclusions import GROUND_ZH, REPLACEMENT
from evaluation.rules.review import grounds_of
from evaluation.rules.room_moves import label
from evaluation.rules.statuses import ROOM_ENDED, ROOM_ZH, PauseStatus, RoomStatus
from kernel.actor import Actor, Role
from kernel.errors import Kind, ReasonForm, Refused
from kernel.money import Money
from portal import rooms
from portal.consumers import UNKNOWN_VERB
from portal.doors import signed_in, submit

NO_REPORT = ReasonForm(
    "report.not_found", zh="评标报告尚未生成", en="there is no report yet", kind=Kind.NOT_FOUND
)
TASKS = {
    RoomStatus.CONVENED: "现在请您签署保密与回避声明",
    RoomStatus.ELECTING: "现在请您推选组长",
    RoomStatus.REVIEWING: "现在请您逐份初步评审",
    RoomStatus.SCORING: "现在请您独立打分",
    RoomStatus.AWAITING_PRICE: "技术评分已锁定，等待开启报价",
    RoomStatus.PRICE_REVIEWING: "现在请您逐份评审报价",
    RoomStatus.CALCULATED: "正在生成评标报告",
    RoomStatus.SIGNING: "现在请您核对并签署评标报告",
    RoomStatus.FINISHED: "评标已结束",
    RoomStatus.TERMINATED: "本标段已终止，不再评标",
}


def entered(request: HttpRequest, number: str, lot: int) -> tuple[Actor, Evaluation, Seat | None]:
    actor, row = signed_in(request), rows.evaluation(number, lot)
    if (reason := policy.may_enter(actor, row)) is not None:
        raise Refused(reason)
    return actor, row, policy.seat_of(actor, row)


@require_GET
def room(request: HttpRequest, number: str, lot: int) -> HttpResponse:
    actor, row, seat = entered(request, number, lot)
    status = RoomStatus(row.status)
    seen = audiences(seat, staff=policy.is_staff(actor))
    context: dict[str, Any] = {
        "evaluation": row,
        "lot": row.lot,
        "tender": row.lot.tender,
        "own": seat,
        "own_label": view.seat_label(seat),
        "status": status.value,
        "ended": status in ROOM_ENDED,
        "status_zh": ROOM_ZH[status],
        "task": TASKS[status] if seat else f"当前步骤：{ROOM_ZH[status]}",
        "steps": view.steps(row),
        "seats": all_seats(row),
        "paused": row.pause == PauseStatus.PAUSED,
        "is_center": actor.has(Role.TRADING_CENTER),
        "is_chair": seat is not None and row.chair_id == seat.pk,
        "seq": rooms.snapshot(row.room, ()).seq,
        "events": rooms.recent(row.room, seen, 40),
        "grounds": grounds_of(row.lot.tender.evaluation_method),
        "replacement": [(g.value, GROUND_ZH[g]) for g in REPLACEMENT],
        "key": uuid.uuid4(),
        **_step(row, seat, status),
    }
    return render(request, "evaluation/room.html", context)


def _step(row: Evaluation, seat: Seat | None, status: RoomStatus) -> dict[str, Any]:
    """What the present step needs."""
    if status is RoomStatus.CONVENED and seat is not None:
        declared = row.declarations.filter(seat=seat).exists()
        return {"statement": None if declared else signing.declaration_for(row, seat)}
    if status is RoomStatus.ELECTING:
        members = [{"no": s.no, "label": label(s.no)} for s in facts.seats_of(row)]
        return {
            "members": members,
            "voted": seat and row.ballots.filter(seat=seat, question=facts.CHAIR).exists(),
        }
    if status is RoomStatus.AWAITING_PRICE:
        return {"documents": view.documents(row)}
    if status in (RoomStatus.REVIEWING, RoomStatus.PRICE_REVIEWING):
        return {"reviews": view.review_rows(row, seat)}
    if status is RoomStatus.SCORING:
        return {"matrix": view.matrix(row, seat) if seat else None, "documents": view.documents(row)}
    found: dict[str, Any] = {"table": totals_table(row)}
    if status is RoomStatus.SIGNING and seat is not None:
        signed = row.signatures.filter(seat=seat, report_sha256=facts.report_sha256(row)).exists()
        found["statement"] = None if signed else signing.report_for(row)
    return found


def totals_table(row: Evaluation) -> dict[str, Any]:
    """For ``{% comparison_table %}``: means by group, price score, total, rank."""
    found = row.calculation or {}
    answer = {b["id"]: b for b in (found.get("output") or {"bids": []})["bids"]}
    inputs = {b["id"]: b for b in (found.get("input") or {"bids": []})["bids"]}
    groups = list(dict.fromkeys(item.group for item in facts.items(row)))
    alias = {str(b.bid_id): b.alias for b in facts.bids_of(row)}
    rows_ = [
        {
            "cells": [
                str(entry["rank"]),
                alias[entry["bid"]],
                entry["bidder"],
                *[str(inputs[entry["bid"]]["scores"].get(group, "—")) for group in groups],
                str(answer[entry["bid"]]["price_score"] or "—"),
                entry["score"],
            ],
            "best": entry["rank"] == 1,
        }
        for entry in ranking(row)
    ]
    titles = ["名次", "代号", "投标人", *groups, "价格分", "总分"]
    columns = [{"title": t, "number": no not in (1, 2)} for no, t in enumerate(titles)]
    benchmark = (found.get("output") or {}).get("benchmark_price")
    note = f"评标基准价 {Money(Decimal(benchmark)).display()}" if benchmark else ""
    return {"caption": "评分汇总与排名", "columns": columns, "rows": rows_, "note": note}


@require_POST
def act(request: HttpRequest, number: str, lot: int, verb: str) -> HttpResponse:
    """A verb of the room by a form, with the arguments of its frame; back to the room."""
    actor, _, _ = entered(request, number, lot)
    build = frames.VERBS.get(verb)
    if build is None:
        raise Refused(UNKNOWN_VERB(verb=verb[:40]))
    submit(request, build(request.POST.dict(), actor, number, lot))
    away = verb == "recuse"
    return HttpResponseRedirect("/evaluation/" if away else f"/evaluation/{number}/{lot}/")


@require_GET
def document(request: HttpRequest, number: str, lot: int, bid: str, index: int) -> HttpResponse:
    """One file of a bid's opened bundle, as far as the present step shows it."""
    _, row, _ = entered(request, number, lot)
    stored, name = files.extracted(row, rows.bid_in(row, bid), index)
    return serve(request, stored, name, inline=True)  # type: ignore[return-value]


@require_GET
def report(request: HttpRequest, number: str, lot: int) -> HttpResponse:
    """The report's PDF for those in the room, and for everybody once the award is decided. The signatures name
    the members, so before that whoever has no seat gets it as it was made (招标投标法第三十七条)."""
    row = rows.evaluation(number, lot)
    named = policy.is_decided(row) or entered(request, number, lot)[2] is not None
    if row.report is None:
        raise Refused(NO_REPORT())
    file = row.report
    if named and request.GET.get("revision") != "original":
        file = document_signing.latest(file)
    return serve(request, file, f"评标报告-{row.lot.code}.pdf", inline=True)  # type: ignore[return-value]


@require_GET
def result(request: HttpRequest, number: str, lot: int) -> HttpResponse:
    """The public recomputation, once the award is decided."""
    row = rows.evaluation(number, lot)
    record = public.public_record(row.lot) if policy.is_decided(row) else None
    if record is None:
        raise Refused(policy.NO_ROOM())
    context = {
        "evaluation": row,
        "lot": row.lot,
        "tender": row.lot.tender,
        "record": record,
        "table": totals_table(row),
        "rejected": [b for b in facts.bids_of(row) if b.rejected],
        "sha256": facts.report_sha256(row),
    }
    return render(request, "evaluation/result.html", context)
