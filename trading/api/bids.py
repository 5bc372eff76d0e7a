"""Bids over JSON: submit, take back, release keys and shares, read envelopes once they are public.

No session is needed by bidders: the one-time key signs, and until opening nobody learns who it is.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.http import require_GET

from documents.serving import serve
from journal.door import Command, journal_refusal, perform
from kernel.actor import PUBLIC, Actor, pseudonym
from kernel.errors import Refused
from portal import problems
from portal.doors import json_door, key_of, object_field, signed_in, text_field
from sealing.header import head_size
from trading import releases, submission
from trading.arrival import arrived
from trading.commands.bids import WithdrawBid
from trading.commands.decryption import ReleaseKey, ReleaseShare, RequestQuorum, RevokeBid
from trading.queries import bids as queries


@json_door("POST")
def submit(request: HttpRequest, body: dict[str, Any], number: str, lot: str) -> HttpResponse:
    """``{"upload", "submission", "door_identity", "examined"?}`` → 201 and the receipt; 200 when it was accepted
    before."""
    asked = _submission(body, number, lot)
    done = submission.submit(asked, key=key_of(request), via="api", arrived=arrived(request))
    return JsonResponse(
        done.receipt, status=200 if done.again else 201, json_dumps_params={"ensure_ascii": False}
    )


@json_door("POST")
def examine(request: HttpRequest, body: dict[str, Any], number: str, lot: str) -> dict[str, Any]:
    """The same body, once the upload is finished → ``{"examined"}``, to be sent along with the submission."""
    return {"examined": submission.examine(_submission(body, number, lot), via="api")}


def _submission(body: dict[str, Any], number: str, lot: str) -> submission.Submission:
    return submission.Submission(
        tender=number,
        lot=lot,
        upload=text_field(body, "upload", limit=60),
        signed=object_field(body, "submission"),
        door_identity=object_field(body, "door_identity"),
        examined=text_field(body, "examined", limit=2000, optional=True),
    )


@json_door("POST")
def withdraw(request: HttpRequest, body: dict[str, Any], bid: str) -> dict[str, Any]:
    """``{"signed": mingtang/bid-withdrawal}`` before the deadline (撤回)."""
    row = queries.bid(bid)
    signed = object_field(body, "signed")
    blank = WithdrawBid(bid, signed)
    with _Journalled(blank, PUBLIC):
        statement = releases.withdrawal(row, signed)
    command = WithdrawBid(str(row.pk), statement)
    return perform(command, pseudonym(row.pseudonym), via="api", key=key_of(request)).result


@json_door("POST")
def revoke(request: HttpRequest, body: dict[str, Any], bid: str) -> dict[str, Any]:
    """The same statement after the deadline (撤销): the bond may be kept."""
    row = queries.bid(bid)
    signed = object_field(body, "signed")
    with _Journalled(RevokeBid(bid, signed), PUBLIC):
        statement = releases.withdrawal(row, signed)
    command = RevokeBid(str(row.pk), statement)
    return perform(command, pseudonym(row.pseudonym), via="api", key=key_of(request)).result


@json_door("POST")
def release_key(request: HttpRequest, body: dict[str, Any], bid: str) -> dict[str, Any]:
    """``{"signed": mingtang/key-release}`` while the session is decrypting."""
    row = queries.bid(bid)
    signed = object_field(body, "signed")
    with _Journalled(ReleaseKey(bid, signed), PUBLIC):
        command = releases.key_release(row, signed)
    return perform(command, pseudonym(row.pseudonym), via="api", key=key_of(request)).result


@json_door("POST")
def state(request: HttpRequest, body: dict[str, Any], bid: str) -> dict[str, Any]:
    """``{"signed": mingtang/bid-state}`` by the bid's one-time key → which parts are in and what is missing."""
    row = queries.bid(bid)
    releases.asks_for_state(row, object_field(body, "signed"))
    return queries.state_of(row)


@json_door("POST")
def key_lost(request: HttpRequest, body: dict[str, Any], bid: str) -> dict[str, Any]:
    """``{"signed": mingtang/key-lost}`` by the pseudonym, or ``{"reason"}`` by the host, signed in."""
    row = queries.bid(bid)
    if "signed" not in body:
        said = RequestQuorum(str(row.pk), text_field(body, "reason"))
        return perform(said, signed_in(request), via="api", key=key_of(request)).result
    signed = object_field(body, "signed")
    with _Journalled(RequestQuorum(bid, ""), PUBLIC):
        command = releases.key_lost(row, signed)
    return perform(command, pseudonym(row.pseudonym), via="api", key=key_of(request)).result


@json_door("POST")
def shares(request: HttpRequest, body: dict[str, Any], bid: str) -> dict[str, Any]:
    """``{"signed": mingtang/share-release}`` by a certificate of the custodian."""
    row = queries.public_bid(bid)
    signed = object_field(body, "signed")
    with _Journalled(ReleaseShare(bid, 0, signed), PUBLIC):
        command, actor = releases.share_release(row, signed)
    return perform(command, actor, via="api", key=key_of(request)).result


@require_GET
def envelope(request: HttpRequest, bid: str) -> HttpResponseBase:
    """The sealed file, once the session has started; lots that are not opened stay unknown."""
    try:
        row = queries.public_bid(bid)
    except Refused as refusal:
        return problems.respond(request, refusal)
    return serve(request, row.envelope, f"{row.pk}.mtse")


@require_GET
def header(request: HttpRequest, bid: str) -> HttpResponseBase:
    """The envelope's head alone (preamble, header, signature): what a custodian needs for its share."""
    try:
        row = queries.public_bid(bid)
    except Refused as refusal:
        return problems.respond(request, refusal)
    size = head_size(releases.header_of(row))
    with row.envelope.open() as source:
        return HttpResponse(source.read(size), content_type="application/octet-stream")


class _Journalled:
    """A door's refusal before ``perform`` is an attempt too."""

    def __init__(self, command: Command, actor: Actor) -> None:
        self.command, self.actor = command, actor

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refused):
            journal_refusal(self.command, self.actor, "api", error)
