"""Helpers of every HTTP door: the idempotency key, JSON in and out. They decide nothing."""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from journal.door import KEY_TOO_LONG as KEY_MALFORMED
from journal.door import Command, Outcome, perform
from kernel.actor import PUBLIC, Actor
from kernel.canonical_json import parse
from kernel.errors import Kind, ReasonForm, Refused
from portal import problems

NOT_JSON = ReasonForm(
    "request.not_json",
    zh="请求应为 application/json 的 JSON 对象",
    en="a JSON object with content type application/json is needed",
    kind=Kind.MALFORMED,
)
BAD_FIELD = ReasonForm(
    "request.bad_field", zh="字段「{field}」{why}", en="field {field}: {why}", kind=Kind.MALFORMED
)
NOT_PLAIN = ReasonForm(
    "request.not_plain",
    zh="请求中有浮点数或空字符（U+0000）；小数请写成文本",
    en="the request holds a float or the character U+0000; write decimals as text",
    kind=Kind.MALFORMED,
)
WRONG_METHOD = ReasonForm(
    "request.wrong_method",
    zh="此地址不接受 {method} 请求",
    en="{method} is not possible here",
    kind=Kind.MALFORMED,
)
NOT_SIGNED_IN = ReasonForm(
    "actor.not_signed_in",
    zh="请先用数字证书登录",
    en="sign in with a certificate first",
    kind=Kind.UNAUTHENTICATED,
)
MAX_JSON = 2 * 1024 * 1024


def actor_of(request: HttpRequest) -> Actor:
    """Who acts; the public when nobody is signed in."""
    return getattr(request, "actor", PUBLIC)


def signed_in(request: HttpRequest) -> Actor:
    """Who acts; ``Refused(actor.not_signed_in)`` for the public."""
    actor = actor_of(request)
    if actor.key == PUBLIC.key:
        raise Refused(NOT_SIGNED_IN())
    return actor


def key_of(request: HttpRequest) -> str:
    """The idempotency key: the header's, the form's ``_key``, else a new one."""
    key = request.headers.get("Idempotency-Key") or request.POST.get("_key") or str(uuid.uuid4())
    if "\x00" in key:
        raise Refused(KEY_MALFORMED())
    return key


def submit(request: HttpRequest, command: Command) -> Outcome:
    """Perform a form's command as the request's actor."""
    return perform(command, actor_of(request), via="http", key=key_of(request))


JsonDoor = Callable[..., dict[str, Any] | HttpResponse]


def json_door(*methods: str) -> Callable[[JsonDoor], Callable[..., HttpResponse]]:
    """A JSON endpoint under ``/api/``: ``def view(request, body, **path) -> dict``.

    ``body`` is the parsed object of a POST, ``{}`` of a GET. Refusals become problem documents. No CSRF
    token: only ``application/json`` is read, which a foreign page cannot send without our consent.
    """
    allowed = methods or ("GET",)

    def decorate(view: JsonDoor) -> Callable[..., HttpResponse]:
        @csrf_exempt
        @functools.wraps(view)
        def door(request: HttpRequest, **path: Any) -> HttpResponse:
            try:
                if request.method not in allowed:
                    raise Refused(WRONG_METHOD(method=request.method))
                answer = view(request, _body(request), **path)
            except Refused as refusal:
                return problems.respond(request, refusal)
            if isinstance(answer, HttpResponse):
                return answer
            return JsonResponse(answer, json_dumps_params={"ensure_ascii": False})

        return door

    return decorate


def _body(request: HttpRequest) -> dict[str, Any]:
    if request.method in ("GET", "HEAD"):
        return {}
    if request.content_type != "application/json" or len(request.body) > MAX_JSON:
        raise Refused(NOT_JSON())
    value = parse(request.body)
    if not isinstance(value, dict):
        raise Refused(NOT_JSON())
    plain(value)
    return value


def plain(value: Any) -> None:
    """What an act can say and a row can hold: no floats, no NUL. ``Refused(request.not_plain)``, named once
    here for bodies and frames, instead of an exception of the journal's or of PostgreSQL's further in."""
    if isinstance(value, dict):
        for name, item in value.items():
            plain(name)
            plain(item)
    elif isinstance(value, list):
        for item in value:
            plain(item)
    elif isinstance(value, float) or (isinstance(value, str) and "\x00" in value):
        raise Refused(NOT_PLAIN())


def text_field(body: dict[str, Any], name: str, *, limit: int = 200, optional: bool = False) -> str:
    """A text of a JSON body or a frame; ``Refused(request.bad_field)`` otherwise."""
    value = body.get(name, "" if optional else None)
    if not isinstance(value, str) or len(value) > limit or not (value.strip() or optional):
        raise Refused(BAD_FIELD(field=name, why=f"应为 1–{limit} 字的文本 / text of 1–{limit} characters"))
    return value


def object_field(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    if not isinstance(value, dict):
        raise Refused(BAD_FIELD(field=name, why="应为对象 / must be an object"))
    return value
