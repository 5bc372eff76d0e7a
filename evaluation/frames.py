"""What a client may ask of an evaluation room: one closed table, for sockets and for the JSON door alike.

| verb | arguments | who |
|---|---|---|
| ``declare`` | ``signed`` (mingtang/evaluation-declaration) or ``certificate``, ``signature`` | member |
| ``vote_chair`` | ``seat`` (number) | member |
| ``review`` | ``bid``, ``passed``; against: ``ground``, ``reason``, ``document``, ``page`` | member |
| ``find_competition`` | ``competitive`` (bool) | member |
| ``close_review``, ``reject_all`` | – | chair |
| ``score`` | ``bid``, ``item``, ``points`` (decimal text) | member |
| ``lock`` | – | member |
| ``sign`` | ``signed`` (mingtang/evaluation-report) or ``certificate``, ``signature``; ``dissent``; ``pdf`` | member |
| ``recuse`` | ``reason`` | member |
| ``replace`` | ``seat``, ``ground`` (recused, absent, unfit), ``reason`` | center |
| ``deem_agreed`` | ``seat``, ``note`` | center |
| ``pause`` | ``reason`` | center |
| ``resume`` | – | center |
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from evaluation import commands as verb
from evaluation import policy, signing
from evaluation.models import Seat
from evaluation.queries import rows
from journal.door import Command
from kernel.actor import Actor
from kernel.errors import Refused
from portal.doors import BAD_FIELD, text_field

#: ``build(args, actor, number, lot) -> Command``; ``Refused`` for arguments that are not as in the table.
Build = Callable[[Mapping[str, Any], Actor, str, int], Command]


def _number(args: Mapping[str, Any], name: str, most: int = 99) -> int:
    value = args.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 6:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
        raise Refused(BAD_FIELD(field=name, why=f"应为 0–{most} 的整数 / an integer of 0–{most}"))
    return value


def _flag(args: Mapping[str, Any], name: str) -> bool:
    value = args.get(name)
    if isinstance(value, bool):
        return value
    if value in ("yes", "no"):
        return bool(value == "yes")
    raise Refused(BAD_FIELD(field=name, why="应为 true 或 false / true or false"))


def _text(args: Mapping[str, Any], name: str, limit: int = 200, *, optional: bool = False) -> str:
    return text_field(dict(args), name, limit=limit, optional=optional)


def _declare(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    evaluation = rows.evaluation(number, lot)
    expected = signing.declaration_for(evaluation, policy.seat_of(actor, evaluation))
    by = signing.checked(args, expected)
    return verb.Declare(number, lot, by.signed, by.fingerprint, by.revocation)


def _sign(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    evaluation = rows.evaluation(number, lot)
    by = signing.checked(args, signing.report_for(evaluation))
    dissent = _text(args, "dissent", 4000, optional=True)
    pdf = signing.on_report(args, evaluation, policy.seat_of(actor, evaluation), by.fingerprint)
    return verb.SignReport(number, lot, by.signed, by.fingerprint, by.revocation, dissent, pdf)


def _vote_chair(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.VoteChair(number, lot, _number(args, "seat"))


def _review(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.ReviewBid(
        number,
        lot,
        bid=_text(args, "bid", 40),
        passed=_flag(args, "passed"),
        ground=_text(args, "ground", 40, optional=True),
        reason=_text(args, "reason", 500, optional=True),
        document=_text(args, "document", 240, optional=True),
        page=_number({"page": args.get("page") or 0}, "page", 20_000),
    )


def _find_competition(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.FindCompetition(number, lot, _flag(args, "competitive"))


def _close_review(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.CloseReview(number, lot)


def _reject_all(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.RejectAll(number, lot)


def _score(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    bid, item = _text(args, "bid", 40), _text(args, "item", 60)
    return verb.EnterScore(number, lot, bid, item, _text(args, "points", 20))


def _lock(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.LockSheet(number, lot)


def _own_seat(actor: Actor, number: str, lot: int) -> Seat:
    seat = policy.seat_of(actor, rows.evaluation(number, lot))
    if seat is None:
        raise Refused(policy.NOT_A_MEMBER())
    return seat


def _recuse(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    seat = _own_seat(actor, number, lot)
    return verb.ReplaceMember(number, seat.no, "recused", _text(args, "reason", 300))


def _replace(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    ground, reason = _text(args, "ground", 20), _text(args, "reason", 300)
    return verb.ReplaceMember(number, _number(args, "seat"), ground, reason)


def _deem_agreed(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.DeemAgreed(number, lot, _number(args, "seat"), _text(args, "note", 300))


def _pause(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.PauseRoom(number, lot, _text(args, "reason", 300))


def _resume(args: Mapping[str, Any], actor: Actor, number: str, lot: int) -> Command:
    return verb.ResumeRoom(number, lot)


VERBS: dict[str, Build] = {
    "declare": _declare,
    "vote_chair": _vote_chair,
    "review": _review,
    "find_competition": _find_competition,
    "close_review": _close_review,
    "reject_all": _reject_all,
    "score": _score,
    "lock": _lock,
    "sign": _sign,
    "recuse": _recuse,
    "replace": _replace,
    "deem_agreed": _deem_agreed,
    "pause": _pause,
    "resume": _resume,
}
