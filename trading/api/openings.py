"""The opening over JSON: its state, and the hall's verbs for clients without a socket."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from journal import clock
from journal.door import perform
from portal.consumers import Entry
from portal.doors import actor_of, json_door, key_of, signed_in
from trading import releases
from trading.frames import builder
from trading.queries import openings


@json_door("GET")
def opening(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any]:
    """Before the start the times only; then the bids; then the record to sign."""
    return openings.opening_json(number, actor_of(request), clock.now())


@json_door("POST")
def prepare_signature(request: HttpRequest, body: dict[str, Any], number: str) -> dict[str, Any]:
    """``POST …/opening/prepare-signature`` ``{certificates, alg}``: the record's next revision, for this party
    to sign; what comes back goes into ``sign_record`` as ``pdf``."""
    actor = signed_in(request)
    return releases.prepare_record_signature(openings.hall(number, actor), actor, body)


@json_door("POST")
def act(request: HttpRequest, body: dict[str, Any], number: str, verb: str) -> dict[str, Any]:
    """``POST …/opening/<verb>`` with the arguments of the socket's verb, as the person signed in."""
    build = builder(verb)
    actor = signed_in(request)
    command = build(body, Entry(f"hall:{number}", actor), {"number": number})
    return perform(command, actor, via="api", key=key_of(request)).result
