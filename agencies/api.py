"""JSON of the marketplace: each step beside its page. Shapes are in README.md."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from agencies import commands, doors, policy, queries
from documents import uploads
from journal.door import Command, perform
from kernel.actor import Role
from kernel.clock import iso
from kernel.errors import Refused
from parties.signing import text_of
from portal.doors import BAD_FIELD, json_door, key_of, object_field, signed_in, text_field

Body = dict[str, Any]


def _do(request: HttpRequest, command: Command) -> dict[str, Any]:
    return perform(command, signed_in(request), via="api", key=key_of(request)).result


def _codes(body: Body, name: str) -> tuple[str, ...]:
    value = body.get(name, [])
    if not isinstance(value, list) or len(value) > 200 or not all(isinstance(v, str) for v in value):
        raise Refused(BAD_FIELD(field=name, why="应为统一社会信用代码列表 / a list of credit codes"))
    return tuple(value)


def _created(answer: dict[str, Any]) -> HttpResponse:
    return JsonResponse(answer, status=201, json_dumps_params={"ensure_ascii": False})


@json_door("GET", "POST")
def items(request: HttpRequest, body: Body) -> dict[str, Any] | HttpResponse:
    if request.method == "POST":
        texts = {name: text_field(body, name, limit=300) for name in ("code", "name", "basis")}
        return _created(_do(request, commands.DefineItem(**texts)))
    return {"items": [{"code": i.code, "name": i.name, "basis": i.basis} for i in queries.items()]}


@json_door("POST")
def admission_statement(request: HttpRequest, body: Body) -> dict[str, Any]:
    said = doors.admission_statement(
        signed_in(request), text_field(body, "item"), text_field(body, "head"), _codes(body, "controllers")
    )
    return {"statement": said, "text": text_of(said)}


@json_door("GET", "POST")
def admissions(request: HttpRequest, body: Body) -> dict[str, Any] | HttpResponse:
    """GET: the center sees all that wait, an agency its own, the public the admitted."""
    if request.method == "POST":
        signed_in(request)
        command = doors.seek_admission(
            text_field(body, "item"),
            text_field(body, "head", limit=100),
            _codes(body, "controllers"),
            text_field(body, "qualification", limit=500),
            object_field(body, "signed"),
        )
        return _created(_do(request, command))
    wanted = request.GET.get("status", "admitted")
    rows = queries.admitted()
    if wanted == "applied":
        if reason := policy.may_run(signed_in(request), None):
            raise Refused(reason)
        rows = queries.waiting_admissions()
    elif wanted == "own":
        rows = queries.own_admissions(signed_in(request))
    return {"admissions": [_admission(row) for row in rows]}


def _admission(row: Any) -> dict[str, Any]:
    return {
        "id": str(row.id),
        "name": row.organization.name,
        "credit_code": row.organization.credit_code,
        "item": row.item.code,
        "status": row.status,
        "qualification": row.qualification,
        "commitment_sha256": row.commitment_sha256,
        "applied_at": iso(row.applied_at),
    }


@json_door("POST")
def admit(request: HttpRequest, body: Body, key: str) -> dict[str, Any]:
    return _do(request, commands.AdmitAgency(key, text_field(body, "note", limit=300, optional=True)))


@json_door("POST")
def return_admission(request: HttpRequest, body: Body, key: str) -> dict[str, Any]:
    return _do(request, commands.ReturnAdmission(key, text_field(body, "reason", limit=300)))


@json_door("POST")
def leave(request: HttpRequest, body: Body, key: str) -> dict[str, Any]:
    return _do(request, commands.LeaveItem(key, text_field(body, "reason", limit=300)))


@json_door("GET", "POST")
def assignments(request: HttpRequest, body: Body) -> dict[str, Any] | HttpResponse:
    if request.method == "POST":
        least = body.get("least", 3)
        if type(least) is not int:
            raise Refused(BAD_FIELD(field="least", why="应为整数 / an integer"))
        texts = {n: text_field(body, n) for n in ("item", "title", "project", "budget", "closing_at", "head")}
        command = commands.PublishAssignment(
            **texts,
            need=text_field(body, "need", limit=10000),
            controllers=_codes(body, "controllers"),
            recused=_codes(body, "recused"),
            least=least,
        )
        return _created(_do(request, command))
    return {
        "assignments": [
            {
                "number": row.number,
                "title": row.title,
                "client": row.client.name,
                "item": row.item.code,
                "status": row.status,
                "closing_at": iso(row.closing_at),
            }
            for row in queries.assignments()[:200]
        ]
    }


@json_door("GET")
def assignment(request: HttpRequest, body: Body, number: str) -> dict[str, Any]:
    return queries.public_record(number)


@json_door("POST")
def cancel(request: HttpRequest, body: Body, number: str) -> dict[str, Any]:
    return _do(request, commands.CancelAssignment(number, text_field(body, "reason", limit=300)))


@json_door("POST")
def application_statement(request: HttpRequest, body: Body, number: str) -> dict[str, Any]:
    interest = text_field(body, "interest", limit=300, optional=True)
    said = doors.application_statement(signed_in(request), queries.assignment(number).number, interest)
    return {"statement": said, "text": text_of(said)}


@json_door("POST")
def apply(request: HttpRequest, body: Body, number: str) -> HttpResponse:
    signed_in(request)
    interest = text_field(body, "interest", limit=300, optional=True)
    return _created(_do(request, doors.apply(number, interest, object_field(body, "signed"))))


@json_door("POST")
def withdraw(request: HttpRequest, body: Body, number: str) -> dict[str, Any]:
    return _do(request, commands.WithdrawApplication(number))


@json_door("POST")
def close(request: HttpRequest, body: Body, number: str) -> dict[str, Any]:
    return _do(request, commands.CloseSignUp(number))


@json_door("POST")
def commit(request: HttpRequest, body: Body, number: str) -> HttpResponse:
    return _created(_do(request, commands.CommitDraw(number, text_field(body, "digest", limit=64))))


@json_door("POST")
def reveal(request: HttpRequest, body: Body, number: str) -> dict[str, Any]:
    return _do(request, commands.RevealDraw(number, text_field(body, "nonce", limit=64)))


@json_door("POST")
def restart(request: HttpRequest, body: Body, number: str) -> dict[str, Any]:
    return _do(request, commands.RestartDraw(number))


@json_door("POST")
def contract(request: HttpRequest, body: Body, number: str) -> HttpResponse:
    """``upload``: an upload of ``POST /api/v1/uploads`` that is finished."""
    actor = signed_in(request)
    if not actor.has(Role.PROCURING_ENTITY, Role.AGENCY):
        raise Refused(policy.ONLY_CONTRACTOR())
    amount = text_field(body, "amount", limit=30)
    file = uploads.finished(text_field(body, "upload", limit=60))
    return _created(_do(request, commands.FileContract(number, file.sha256, amount)))
