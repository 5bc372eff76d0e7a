"""JSON: challenge, login, registration, certificates, roles. Shapes are in README.md."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse

from journal import clock
from journal.door import Command, perform
from kernel.actor import Actor, Role
from kernel.clock import iso
from kernel.errors import Kind, ReasonForm, Refused
from parties import login, policy, queries
from parties.commands import (
    BlockCertificate,
    ConfirmCertificate,
    DeclineCertificate,
    EndRole,
    GrantRole,
    HandOverAdministration,
    LiftBlock,
    RetireCertificate,
)
from parties.commands.certificates import who
from portal.doors import BAD_FIELD, json_door, key_of, object_field, signed_in, text_field

NO_SUCH_ACT = ReasonForm(
    "certificate.no_such_act",
    zh="证书没有「{act}」这项办理",
    en="there is no act {act} on certificates",
    kind=Kind.NOT_FOUND,
)


@json_door("POST")
def challenge(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    response = JsonResponse(login.new_challenge(), json_dumps_params={"ensure_ascii": False})
    response["Cache-Control"] = "no-store"
    return response


@json_door("POST")
def sign_in(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    return login.sign_in(request, object_field(body, "signed"), via="api").result


@json_door("POST")
def register(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    done = login.register(
        request,
        object_field(body, "signed"),
        role=text_field(body, "role", limit=40, optional=True),
        person_name=text_field(body, "person_name", limit=100, optional=True),
        encryption=_texts(body, "encryption"),
        renews=body.get("renews") is True,
        via="api",
    )
    status = 202 if done.result.get("waiting") else 201
    return JsonResponse(done.result, status=status, json_dumps_params={"ensure_ascii": False})


@json_door("POST")
def sign_out(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    login.close_session(request)
    return {}


@json_door("GET")
def me(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    actor, now = signed_in(request), clock.now()
    certificates = [
        {
            "fingerprint": one.row.fingerprint,
            "subject": one.row.subject,
            "usage": one.row.usage,
            "authority": one.row.authority_id,
            "not_after": iso(one.row.not_after),
            "status": one.row.status,
            "days_left": one.warning[0] if one.warning else None,
            "blocked_at": iso(one.row.blocked_at) if one.row.blocked_at else None,
        }
        for one in queries.standings(queries.certificates_of(actor), actor, now)
    ]
    return {**who(actor), "light": actor.light, "certificates": certificates}


@json_door("POST")
def certificates(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """``{"signed"}`` for a signing certificate, ``{"encryption": [b64 DER, leaf first]}`` for the other."""
    actor = signed_in(request)
    pair = _texts(body, "encryption")
    if pair:
        done = login.bind_encryption(actor, pair, via="api", key=key_of(request))
    else:
        done = login.bind(actor, object_field(body, "signed"), via="api", key=key_of(request))
    return JsonResponse(done.result, status=201)


_ACTS: dict[str, Callable[[dict[str, Any]], Command]] = {
    "block": lambda body: BlockCertificate(_certificate(body), text_field(body, "reason")),
    "lift": lambda body: LiftBlock(_certificate(body), text_field(body, "reason")),
    "retire": lambda body: RetireCertificate(_certificate(body), text_field(body, "reason")),
    "confirm": lambda body: ConfirmCertificate(
        text_field(body, "request", limit=60),
        text_field(body, "reason"),
        body.get("somebody_new") is True,
        text_field(body, "person", limit=60, optional=True),
    ),
    "decline": lambda body: DeclineCertificate(
        text_field(body, "request", limit=60), text_field(body, "reason")
    ),
}


def _certificate(body: dict[str, Any]) -> str:
    return text_field(body, "certificate", limit=64)


@json_door("POST")
def certificate_act(request: HttpRequest, body: dict[str, Any], act: str) -> dict[str, Any]:
    """``block``, ``lift``, ``retire`` ``{certificate, reason}``; ``confirm``, ``decline`` ``{request, reason}``."""
    if act not in _ACTS:
        raise Refused(NO_SUCH_ACT(act=act[:40]))
    return perform(_ACTS[act](body), signed_in(request), via="api", key=key_of(request)).result


@json_door("GET")
def certificate_requests(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """New certificates that wait for this person, administrator or the center to say whose they are."""
    rows = queries.requests_for(signed_in(request))
    return {
        "requests": [
            {
                "request": str(row.id),
                "certificate": row.fingerprint,
                "subject": row.subject,
                "authority": row.authority_id,
                "person": str(row.person_id),
                "name": row.person.name,
                "organization": str(row.organization_id or ""),
                "asked_at": iso(row.asked_at),
            }
            for row in rows[:200]
        ]
    }


@json_door("POST")
def administrator(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """``{organization, person, reason}``: hand over the administration."""
    command = HandOverAdministration(
        text_field(body, "organization", limit=60),
        text_field(body, "person", limit=60),
        text_field(body, "reason"),
    )
    return perform(command, signed_in(request), via="api", key=key_of(request)).result


@json_door("GET")
def requests(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    _center(request)
    return {
        "requests": [
            {
                "person": str(row.person_id),
                "name": row.person.name,
                "organization": str(row.organization_id or ""),
                "organization_name": row.organization.name if row.organization else "",
                "role": row.role,
                "asked_at": iso(row.asked_at),
            }
            for row in queries.waiting_requests()
        ]
    }


@json_door("GET")
def organizations(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """``?q=``: the first 100."""
    _center(request)
    rows = queries.search(request.GET.get("q", "")[:100])[:100]
    return {"organizations": [{"id": str(r.id), "name": r.name, "credit_code": r.credit_code} for r in rows]}


@json_door("POST")
def grant(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    command = GrantRole(
        person=text_field(body, "person", limit=60),
        role=text_field(body, "role", limit=40),
        organization=text_field(body, "organization", limit=60, optional=True),
    )
    return perform(command, signed_in(request), via="api", key=key_of(request)).result


@json_door("POST")
def end(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    command = EndRole(text_field(body, "membership", limit=60), text_field(body, "reason"))
    return perform(command, signed_in(request), via="api", key=key_of(request)).result


def _center(request: HttpRequest) -> Actor:
    actor = signed_in(request)
    if not actor.has(Role.TRADING_CENTER):
        raise Refused(policy.ONLY_CENTER())
    return actor


def _texts(body: dict[str, Any], name: str) -> list[str]:
    value = body.get(name, [])
    if not isinstance(value, list) or len(value) > 8 or not all(isinstance(v, str) for v in value):
        raise Refused(BAD_FIELD(field=name, why="应为 base64 文本列表 / a list of base64 texts"))
    return value
