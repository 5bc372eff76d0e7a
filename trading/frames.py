"""What people send to an opening hall, over its socket and in its forms: one closed table.

``build(args, entry, kwargs) -> Command``; slow checks (a certificate's) are made here, before ``perform``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from journal.door import Command
from kernel.clock import BEIJING, iso
from kernel.errors import Kind, ReasonForm, Refused
from parties.signing import signed_from
from portal.consumers import Entry
from portal.doors import BAD_FIELD, object_field, text_field
from trading import releases
from trading.commands.decryption import DecideCause, RequestQuorum
from trading.commands.openings import ExtendDecryption, SignInToOpening, StartOpening
from trading.commands.reading import AnswerOpeningObjection, CloseObjections, RaiseOpeningObjection, ReadOut
from trading.commands.records import CloseOpening
from trading.commands.second import ConveneSecondOpening
from trading.queries import bids, openings
from trading.rules.openings import RECORD_NOT_READY

UNKNOWN = ReasonForm(
    "opening.unknown_verb",
    zh="开标大厅没有「{verb}」这个动作",
    en="the hall has no act {verb}",
    kind=Kind.NOT_FOUND,
)
Args = dict[str, Any]
Build = Callable[[Args, Entry, Args], Command]


def _sign_in(args: Args, entry: Entry, path: Args) -> Command:
    return SignInToOpening(path["number"])


def _start(args: Args, entry: Entry, path: Args) -> Command:
    return StartOpening(path["number"])


def _convene_second(args: Args, entry: Entry, path: Args) -> Command:
    return ConveneSecondOpening(path["number"], opening_moment(args))


def opening_moment(args: Args) -> str:
    """``opens_at`` as RFC 3339, or as a form writes it (``2026-12-20T09:30``, Beijing)."""
    text = text_field(args, "opens_at", limit=40)
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refused(BAD_FIELD(field="opens_at", why="应为时间 / must be a time")) from error
    return iso(at if at.tzinfo else at.replace(tzinfo=BEIJING))


def _extend(args: Args, entry: Entry, path: Args) -> Command:
    text = args.get("minutes")
    if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 5:
        text = int(text)
    if type(text) is not int:
        raise Refused(BAD_FIELD(field="minutes", why="应为整数 / must be an integer"))
    return ExtendDecryption(path["number"], text, text_field(args, "reason"))


def _release_key(args: Args, entry: Entry, path: Args) -> Command:
    """Signed by the bid's one-time key, which is then who acts, whoever's socket it came through."""
    signed = object_field(args, "signed")
    return releases.key_release(bids.public_bid(text_field(args, "bid", limit=36)), signed)


def _request_quorum(args: Args, entry: Entry, path: Args) -> Command:
    row = bids.public_bid(text_field(args, "bid", limit=36))
    return RequestQuorum(str(row.pk), text_field(args, "reason"))


def _decide_cause(args: Args, entry: Entry, path: Args) -> Command:
    row = bids.public_bid(text_field(args, "bid", limit=36))
    return DecideCause(
        str(row.pk), text_field(args, "cause", limit=10), text_field(args, "reason", limit=500)
    )


def _read_out(args: Args, entry: Entry, path: Args) -> Command:
    return ReadOut(path["number"], text_field(args, "bid", limit=36))


def _raise_objection(args: Args, entry: Entry, path: Args) -> Command:
    return RaiseOpeningObjection(path["number"], text_field(args, "text", limit=1000))


def _answer_objection(args: Args, entry: Entry, path: Args) -> Command:
    objection = text_field(args, "objection", limit=36)
    return AnswerOpeningObjection(path["number"], objection, text_field(args, "answer", limit=1000))


def _close_objections(args: Args, entry: Entry, path: Args) -> Command:
    return CloseObjections(path["number"])


def _sign_record(args: Args, entry: Entry, path: Args) -> Command:
    view = openings.hall(path["number"], entry.actor)
    if view.session is None or view.session.record_payload is None:
        raise Refused(RECORD_NOT_READY())
    signed = signed_from(args, openings.record_statement(view.session))
    if view.session.record is None:
        raise Refused(RECORD_NOT_READY())
    return releases.record_signature(path["number"], signed, entry.actor, view.session.record, args)


def _close(args: Args, entry: Entry, path: Args) -> Command:
    return CloseOpening(path["number"], text_field(args, "reason", limit=500, optional=True))


VERBS: dict[str, Build] = {
    "sign_in": _sign_in,
    "start": _start,
    "convene_second": _convene_second,
    "extend": _extend,
    "release_key": _release_key,
    "request_quorum": _request_quorum,
    "decide_cause": _decide_cause,
    "read_out": _read_out,
    "raise_objection": _raise_objection,
    "answer_objection": _answer_objection,
    "close_objections": _close_objections,
    "sign_record": _sign_record,
    "close": _close,
}


def builder(verb: str) -> Build:
    """The builder of a verb as it stands in a path (``read-out``); ``Refused(opening.unknown_verb)``."""
    build = VERBS.get(verb.replace("-", "_"))
    if build is None:
        raise Refused(UNKNOWN(verb=verb[:40]))
    return build
