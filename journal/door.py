"""The one door: ``perform(command, actor, …)`` is the only way the world changes.

1 replay an idempotency key · 2 the clock from the database · 3 ``load`` (and lock) what the command
is about · 4 policy · 5 handler · 6 the act · 7 facts into the outbox · 8 commit. A refusal rolls
everything back and is journalled by itself.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, TypeVar

from django.conf import settings
from django.db import IntegrityError, transaction

from journal import after_commit, attempts, clock, constraints
from journal.facts import Fact
from journal.models import Act, OutboxFact, Performed
from kernel.actor import Actor
from kernel.acts import SALT_SIZE, leaf_of
from kernel.canonical_json import canonical
from kernel.clock import iso
from kernel.errors import Kind, Reason, ReasonForm, Refused

KEY_REUSED = ReasonForm(
    "journal.key_reused",
    zh="幂等键「{key}」已用于另一个请求",
    en="the idempotency key {key} was used for another request",
    kind=Kind.CONFLICT,
)
KEY_TOO_LONG = ReasonForm(
    "journal.key_malformed",
    zh="幂等键应为 1 至 200 个字符，不含空字符",
    en="an idempotency key has 1 to 200 characters, none of them NUL",
    kind=Kind.MALFORMED,
)
RACE_LOST = ReasonForm(
    "journal.race_lost",
    zh="与另一个同时进行的操作冲突（{constraint}），请刷新后再试",
    en="another act at the same moment got there first ({constraint}); reload and try again",
    kind=Kind.CONFLICT,
)
NEEDS_CERTIFICATE = ReasonForm(
    "actor.needs_certificate",
    zh="您是用统一身份或电子营业执照登录的，可以查看和准备；这一步有法律效力，请改用数字证书登录后办理",
    en="you came in by unified identity or electronic licence, which is for looking and preparing; this step "
    "binds, so sign in with a certificate for it",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十三条、第十四条",
)

#: Constraint name → the reason it stands for. Apps add theirs: ``CONSTRAINTS["lot_no_once"] = FORM``; a
#: field that is unique by itself is ``<table>_<column>_key``.
CONSTRAINTS: dict[str, ReasonForm] = {}


@dataclass(frozen=True)
class Command:
    """Base of all commands: frozen dataclasses with JSON-able fields and a ``verb`` like ``bid.submit``.

    ``sealed``: the act stands in the log as a commitment only, until its app discloses it.
    ``law``: the article the act rests on. ``prepares``: it binds nobody, so whoever came in without a
    certificate (``Actor.light``) may do it too; everything else is refused to them here, once for all.
    """

    verb: ClassVar[str] = ""
    sealed: ClassVar[bool] = False
    law: ClassVar[str] = ""
    prepares: ClassVar[bool] = False

    def as_json(self) -> dict[str, Any]:
        return _jsonable(dataclasses.asdict(self))  # type: ignore[no-any-return]


@dataclass
class Context:
    """What a handler knows: who, when, through which door. It announces facts here."""

    actor: Actor
    now: datetime
    via: str
    key: str
    act_id: uuid.UUID
    facts: list[Fact] = field(default_factory=list)

    def announce(self, fact: Fact) -> None:
        self.facts.append(fact)


@dataclass
class Done:
    """A handler's answer. ``subject`` names what changed (``tender:<number>``, ``bid:<id>``); ``payload``
    is what the act says (JSON values, no secrets in an open act); ``result`` what the door renders."""

    subject: str
    payload: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What ``perform`` answers. ``replayed``: an earlier answer to the same key."""

    act: uuid.UUID
    result: dict[str, Any]
    replayed: bool = False


C = TypeVar("C", bound=Command)
Load = Callable[[Any], Any]
May = Callable[[Actor, Any], Reason | None]
Handle = Callable[[Any, Context, Any], Done]


@dataclass(frozen=True)
class Handler:
    command: type[Command]
    load: Load
    may: May
    handle: Handle


HANDLERS: dict[type[Command], Handler] = {}


def handler(command: type[C], *, load: Load | None = None, may: May) -> Callable[[Handle], Handle]:
    """Register the handler of a command::

        @handler(PublishNotice, load=tender_for_update, may=policy.may_publish)
        def publish_notice(cmd: PublishNotice, ctx: Context, tender: Tender) -> Done: ...

    ``load(cmd)`` fetches and locks inside the transaction (``Refused`` not_found if there is none);
    ``may(actor, row)`` answers why not, or ``None``.
    """

    def register(handle: Handle) -> Handle:
        if command in HANDLERS or not command.verb:
            raise TypeError(f"{command.__name__} has a handler already, or no verb")
        HANDLERS[command] = Handler(command, load or (lambda cmd: None), may, handle)
        return handle

    return register


def perform(
    command: Command, actor: Actor, *, via: str, key: str = "", arrived: datetime | None = None
) -> Outcome:
    """Carry out ``command`` as ``actor``. ``via``: http, api, ws, cli, task. Raises ``Refused``.

    The same ``key`` by the same actor answers what the first call answered; with another command it
    is ``Refused(journal.key_reused)``. Without a key every call is a new one. ``arrived``: when the door had
    the whole request, by the database's clock, where that is what the law counts (a bid); it is then ``ctx.now``.
    """
    check_key(key)
    try:
        return _carry_out(command, actor, via, key, arrived)
    except Refused as refusal:
        journal_refusal(command, actor, via, refusal)
        raise


def check_key(key: str) -> None:
    """``Refused(journal.key_malformed)`` for a key that cannot be kept."""
    if len(key) > 200 or "\x00" in key:
        raise Refused(KEY_TOO_LONG())


def _carry_out(command: Command, actor: Actor, via: str, key: str, arrived: datetime | None) -> Outcome:
    if actor.light and not command.prepares:
        raise Refused(NEEDS_CERTIFICATE())
    how = HANDLERS[type(command)]
    digest = _digest(command) if key else ""
    try:
        with transaction.atomic():
            if key and (earlier := _replay(actor, key, digest)) is not None:
                return earlier
            row = how.load(command)
            # The clock after the lock: what waited for a lock is as late as it really is.
            ctx = Context(actor, arrived or clock.now(), via, key, uuid.uuid4())
            if (reason := how.may(actor, row)) is not None:
                raise Refused(reason)
            done = how.handle(command, ctx, row)
            act = append_act(command, ctx, done)
            if key:
                Performed.objects.create(
                    actor=actor.key, key=key, command_sha256=digest, act=act, result=done.result
                )
            _put_out(ctx)
            after_commit.plan(facts=bool(ctx.facts))
    except IntegrityError as error:
        if key and (earlier := _replay(actor, key, digest)) is not None:
            return earlier
        raise Refused(reason_of(error)) from error
    return Outcome(act.id, done.result)


def _digest(command: Command) -> str:
    return hashlib.sha256(canonical({"verb": command.verb, "fields": command.as_json()})).hexdigest()


def _replay(actor: Actor, key: str, digest: str) -> Outcome | None:
    row = Performed.objects.filter(actor=actor.key, key=key).first()
    if row is None:
        return None
    if row.command_sha256 != digest:
        raise Refused(KEY_REUSED(key=key))
    return Outcome(row.act_id, row.result, replayed=True)


def append_act(command: Command, ctx: Context, done: Done) -> Act:
    """Write the act, unnumbered: the sequencer gives it its place in the log."""
    document: dict[str, Any] = {
        "v": 1,
        "id": str(ctx.act_id),
        "verb": command.verb,
        "actor": ctx.actor.key,
        "organization": ctx.actor.organization,
        "subject": done.subject,
        "at": iso(ctx.now),
        "via": ctx.via,
        "law": command.law,
        "payload": _jsonable(done.payload),
    }
    if settings.TRAINING:
        document["training"] = True
    return write_act(document, sealed=command.sealed, act_id=ctx.act_id, at=ctx.now)


def write_act(document: dict[str, Any], *, sealed: bool, act_id: uuid.UUID, at: datetime) -> Act:
    salt = os.urandom(SALT_SIZE) if sealed else None
    return Act.objects.create(
        id=act_id,
        verb=document["verb"],
        subject=document["subject"],
        actor=document["actor"],
        at=at,
        document=document,
        salt=salt,
        leaf=leaf_of(document, salt),
    )


def _put_out(ctx: Context) -> None:
    if not ctx.facts:
        return
    OutboxFact.objects.bulk_create(
        OutboxFact(kind=fact.kind, payload=fact.as_json(), at=ctx.now) for fact in ctx.facts
    )


def reason_of(error: IntegrityError) -> Reason:
    """The refusal a broken constraint stands for: the database held the line (law 9)."""
    names = constraints.broken(error)
    for name in names:
        if name in CONSTRAINTS:
            return CONSTRAINTS[name]()
    return RACE_LOST(constraint=names[0] if names else str(error).split("\n")[0][:120])


def journal_refusal(command: Command, actor: Actor, via: str, refusal: Refused) -> None:
    """Refused attempts are acts too, always sealed: even their number may tell something. A flood of them is
    counted, not written one by one (:mod:`journal.attempts`).

    For doors that refuse before ``perform``, after slow checks that belong to no transaction.
    """
    journal_attempt(command.verb, command.as_json(), actor, via, refusal)


def journal_attempt(verb: str, asked: dict[str, Any], actor: Actor, via: str, refusal: Refused) -> None:
    """The same for what is no command: ``verb`` names what was tried, ``asked`` says how."""
    unwritten = attempts.admitted(actor.key, refusal.code)
    if unwritten is None:
        return
    payload: dict[str, Any] = {"codes": [r.code for r in refusal.reasons], "command": _short(asked)}
    if unwritten:
        payload["unwritten"] = dict(sorted(unwritten.items()))
    with transaction.atomic():
        at = clock.now()
        act_id = uuid.uuid4()
        document = {
            "v": 1,
            "id": str(act_id),
            "verb": "attempt.refused",
            "actor": actor.key,
            "organization": actor.organization,
            "subject": verb,
            "at": iso(at),
            "via": via,
            "law": refusal.reasons[0].law,
            "payload": payload,
        }
        write_act(document, sealed=True, act_id=act_id, at=at)
        after_commit.plan(facts=False)


def _short(fields: dict[str, Any]) -> dict[str, Any]:
    """The attempt's fields, long ones as digests: a refusal must not fill the journal."""
    out: dict[str, Any] = {}
    for name, value in fields.items():
        said = canonical(value)
        out[name] = value if len(said) <= 300 else {"sha256": hashlib.sha256(said).hexdigest()}
    return out


def _jsonable(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): _jsonable(v) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_jsonable(v) for v in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, bytes | memoryview):
        return hashlib.sha256(bytes(value)).hexdigest()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        raise TypeError("a float has no place in an act")
    return str(value)
