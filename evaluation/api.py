"""JSON doors of evaluation under /api/v1/. The verbs of a room are those of ``frames.VERBS``."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from evaluation import commands, frames, policy, signing
from evaluation.commands.experts import expert_json
from evaluation.models import Evaluation, ExpertProfile
from evaluation.queries import ceremony, public, rows, view
from journal.door import perform
from kernel.clock import iso
from kernel.errors import Refused
from portal.consumers import UNKNOWN_VERB
from portal.doors import BAD_FIELD, json_door, key_of, signed_in, text_field


def _do(request: HttpRequest, command: Any) -> dict[str, Any]:
    done = perform(command, signed_in(request), via="api", key=key_of(request))
    return {**done.result, "act": str(done.act)}


def _integer(body: dict[str, Any], name: str, default: int | None = None) -> int:
    value = body.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused(BAD_FIELD(field=name, why="应为整数 / an integer"))
    return value


def _texts(body: dict[str, Any], name: str) -> tuple[str, ...]:
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise Refused(BAD_FIELD(field=name, why="应为文本列表 / a list of texts"))
    return tuple(value)


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name)
    if not isinstance(value, bool):
        raise Refused(BAD_FIELD(field=name, why="true / false"))
    return value


def profile_fields(body: dict[str, Any]) -> dict[str, Any]:
    relations = body.get("relations", {})
    if not isinstance(relations, dict) or not all(isinstance(v, str) for v in relations.values()):
        raise Refused(BAD_FIELD(field="relations", why="应为 {代码: 关系} / {code: relation}"))
    names = ("employer", "employer_credit_code", "region", "site", "title")
    return {
        **{name: text_field(body, name) for name in names},
        "specialties": _texts(body, "specialties"),
        "years": _integer(body, "years"),
        "relations": relations,
    }


@json_door("GET", "POST")
def experts(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """The pool; register one."""
    actor = signed_in(request)
    if request.method == "POST":
        return _do(
            request, commands.RegisterExpert(person=text_field(body, "person"), **profile_fields(body))
        )
    if (reason := policy.may_manage_pool(actor, None)) is not None:
        raise Refused(reason)
    return {"experts": [expert_json(row) for row in ExpertProfile.objects.select_related("person")]}


@json_door("PUT", "POST")
def expert(request: HttpRequest, body: dict[str, Any], expert_id: str) -> dict[str, Any]:
    """PUT: the profile anew. POST ``{active, reason}``: end or resume."""
    if request.method == "PUT":
        return _do(request, commands.UpdateExpert(expert=expert_id, **profile_fields(body)))
    command = commands.SetExpertActive(
        expert_id, _flag(body, "active"), text_field(body, "reason", limit=300)
    )
    return _do(request, command)


@json_door("GET", "POST")
def draw(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any]:
    """The newest draw; freeze one."""
    actor = signed_in(request)
    if request.method == "POST":
        sites = body.get("sites", [])
        if not isinstance(sites, list):
            raise Refused(BAD_FIELD(field="sites", why="[{site, seats}]"))
        command = commands.FreezeDraw(
            number,
            _integer(body, "number"),
            _texts(body, "specialties"),
            tuple(sites),
            _integer(body, "reserves", 0),
            _integer(body, "reply_minutes", 30),
        )
        return _do(request, command)
    row = rows.draw(number)
    if not policy.may_see_ceremony(actor, row.committee.tender):
        raise Refused(policy.NO_DRAW())
    return ceremony.draw_json(row)


@json_door("POST")
def commitments(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any]:
    who = _who(request, body, number)
    return _do(request, commands.CommitDraw(number, who, text_field(body, "commitment", limit=64)))


@json_door("POST")
def reveals(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any]:
    who = _who(request, body, number)
    return _do(request, commands.RevealDraw(number, who, text_field(body, "nonce", limit=64)))


def _who(request: HttpRequest, body: dict[str, Any], number: str) -> str:
    given = text_field(body, "who", limit=30, optional=True)
    return given or policy.party_of(signed_in(request), rows.tender(number)) or "trading_center"


@json_door("POST")
def void(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any]:
    return _do(request, commands.VoidDraw(number, text_field(body, "reason", limit=300)))


@json_door("POST")
def replacement(request: HttpRequest, body: dict[str, Any], number: str, seat: int) -> dict[str, Any]:
    """A member does not come, or recuses himself, also before any room is open."""
    ground, reason = text_field(body, "ground", limit=20), text_field(body, "reason", limit=300)
    return _do(request, commands.ReplaceMember(number, seat, ground, reason))


@json_door("GET")
def invitations(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """One's own open invitations; the tender is not named before the answer."""
    found = ceremony.invitations_of(signed_in(request))
    return {
        "invitations": [
            {"ticket": str(t.pk), "site": t.site, "reply_until": iso(t.reply_until) if t.reply_until else ""}
            for t in found
        ]
    }


@json_door("POST")
def invitation(request: HttpRequest, body: dict[str, Any], ticket: str) -> dict[str, Any]:
    reason = text_field(body, "reason", limit=300, optional=True)
    return _do(request, commands.AnswerInvitation(ticket, _flag(body, "accept"), reason))


@json_door("GET")
def rooms(request: HttpRequest, body: dict[str, Any]) -> dict[str, Any]:
    """The rooms one may enter."""
    actor = signed_in(request)
    found = Evaluation.objects.filter(policy.visible_rooms(actor)).select_related("lot__tender", "committee")
    return {
        "rooms": [
            {
                "tender": row.lot.tender.number,
                "lot": row.lot.no,
                "step": row.status,
                "seat": view.seat_label(policy.seat_of(actor, row)),
                "href": f"/evaluation/{row.lot.tender.number}/{row.lot.no}/",
                "ws": f"/ws/evaluation/{row.lot.tender.number}/{row.lot.no}/",
            }
            for row in found.distinct()
        ]
    }


@json_door("GET")
def room(request: HttpRequest, body: dict[str, Any], number: str, lot: int) -> dict[str, Any]:
    actor, row = signed_in(request), rows.evaluation(number, lot)
    if (reason := policy.may_enter(actor, row)) is not None:
        raise Refused(reason)
    return view.room_json(row, actor)


@json_door("POST")
def prepare_signature(request: HttpRequest, body: dict[str, Any], number: str, lot: int) -> dict[str, Any]:
    """``{certificates, alg}``: the report's next revision, for this member to sign; the answer's signature goes
    into ``sign`` as ``pdf``."""
    actor, row = signed_in(request), rows.evaluation(number, lot)
    if (reason := policy.may_enter(actor, row)) is not None:
        raise Refused(reason)
    return signing.prepare_report(body, row, policy.seat_of(actor, row))


@json_door("POST")
def act(request: HttpRequest, body: dict[str, Any], number: str, lot: int, verb: str) -> dict[str, Any]:
    """A verb of the room, arguments as in its frame."""
    build = frames.VERBS.get(verb)
    if build is None:
        raise Refused(UNKNOWN_VERB(verb=verb[:40]))
    actor, row = signed_in(request), rows.evaluation(number, lot)
    if (reason := policy.may_enter(actor, row)) is not None:
        raise Refused(reason)
    return _do(request, build(body, actor, number, lot))


@json_door("GET")
def result(request: HttpRequest, body: dict[str, Any], number: str, lot: int) -> dict[str, Any]:
    """The public record of the evaluation, once the award is decided."""
    row = rows.evaluation(number, lot)
    if not policy.is_decided(row):
        raise Refused(policy.NO_ROOM())
    return {"evaluation": public.public_record(row.lot), "draws": public.public_draws(row.lot.tender)}
