"""JSON: candidates, objections, award, notification, contract. Shapes are in README.md."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from journal import clock
from portal.doors import actor_of, json_door, key_of, signed_in, text_field
from trading import preparing
from trading.api.tenders import done, file_of
from trading.commands import AnswerObjection, DecideAward, FailLot, ObjectToResult, RegisterContract
from trading.policy.tenders import hosts
from trading.queries import awards as queries
from trading.queries import tenders
from trading.rules import fields
from trading.rules.award import PASSED_OVER
from trading.rules.lot_machine import LOT
from trading.rules.statuses import LotStatus


@json_door("GET")
def result(request: HttpRequest, body: dict[str, Any], number: str, lot: str) -> dict[str, Any]:
    """What is public of the lot's result; the host, by certificate, also sees the report's ranking and open moves: what
    a committee found is secret until candidates are announced (招标投标法第四十四条)."""
    actor = actor_of(request)
    tenders.seen(actor, number)
    row = tenders.lot(number, lot)
    shape = queries.result_json(row)
    shape["objections"] = [
        {"id": str(o.id), "text": o.text, "answer": o.answer, "upheld": o.upheld}
        for o in queries.objections_for(actor, row)
    ]
    if hosts(actor, row.tender.project) and not actor.light:
        report = getattr(row, "evaluation_result", None)
        shape["ranking"] = report.ranking if report else []
        shape["rejected"] = report.rejected if report else []
        shape["grounds"] = PASSED_OVER
        facts = row.facts(clock.now())
        shape["actions"] = [m.verb for m in LOT.open_moves(LotStatus(row.status), facts)]
    return shape


@json_door("POST")
def announce_candidates(
    request: HttpRequest, body: dict[str, Any], number: str, lot: str
) -> HttpResponse | dict[str, Any]:
    """``{"candidates"?: [bid ids in order], "standstill_days"?: n}``"""
    actor = signed_in(request)
    if (answer := preparing.earlier(actor, key_of(request))) is not None:
        return answer
    chosen = body.get("candidates")
    if chosen is not None and not (isinstance(chosen, list) and all(isinstance(b, str) for b in chosen)):
        raise fields.bad("candidates", "应为投标编号的列表 / a list of bid ids")
    days = fields.integer(body, "standstill_days", 0, 60) if "standstill_days" in body else None
    command = preparing.candidates(actor, tenders.lot(number, lot), chosen, days, clock.now(), "api")
    return done(request, command, status=201)


@json_door("POST")
def object_to_result(request: HttpRequest, body: dict[str, Any], number: str, lot: str) -> HttpResponse:
    return done(request, ObjectToResult(number, lot, text_field(body, "text", limit=4000)), status=201)


@json_door("POST")
def answer_objection(request: HttpRequest, body: dict[str, Any], objection: str) -> HttpResponse:
    """``{"answer", "outcome": "dismissed" | "upheld"}``"""
    command = AnswerObjection(
        objection, text_field(body, "answer", limit=10000), text_field(body, "outcome", limit=20)
    )
    return done(request, command)


@json_door("POST")
def decide_award(request: HttpRequest, body: dict[str, Any], number: str, lot: str) -> HttpResponse:
    """``{"bid", "passed_over"?: [{"bid", "ground", "note"}]}``"""
    passed_over = [dict(row) for row in fields.rows(body.get("passed_over", []), "passed_over", most=3)]
    return done(request, DecideAward(number, lot, text_field(body, "bid", limit=40), passed_over))


@json_door("POST")
def notify_result(
    request: HttpRequest, body: dict[str, Any], number: str, lot: str
) -> HttpResponse | dict[str, Any]:
    actor = signed_in(request)
    if (answer := preparing.earlier(actor, key_of(request))) is not None:
        return answer
    return done(request, preparing.notification(actor, tenders.lot(number, lot), clock.now(), "api"))


@json_door("POST")
def register_contract(request: HttpRequest, body: dict[str, Any], number: str, lot: str) -> HttpResponse:
    """``{"number", "price", "signed_on", "upload", "performance_security"?}``"""
    signed_in(request)
    command = RegisterContract(
        tender=number,
        lot=lot,
        number=text_field(body, "number", limit=60),
        price=text_field(body, "price", limit=20),
        signed_on=text_field(body, "signed_on", limit=10),
        file=file_of(body),
        performance_security=text_field(body, "performance_security", limit=20, optional=True),
    )
    return done(request, command, status=201)


@json_door("POST")
def fail_lot(request: HttpRequest, body: dict[str, Any], number: str, lot: str) -> HttpResponse:
    """``{"code", "note"}``"""
    code, note = text_field(body, "code", limit=60), text_field(body, "note", limit=2000)
    return done(request, FailLot(number, lot, code, note))
