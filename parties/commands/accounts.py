"""Ways in without a certificate: linking an account elsewhere, ending that, and entering by it.

What the provider said was checked by the door (:mod:`parties.accounts`) before ``perform``; here it is
judged by the act's own time and used up.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.clock import parse_iso
from kernel.errors import Refused, refuse_if
from parties import policy, queries
from parties.commands.certificates import who
from parties.commands.proofs import REPLAYED, sweep
from parties.models import ExternalAccount, UsedChallenge
from parties.rules import accounts
from parties.rules.accounts import Claimed, Method
from portal import rooms

CONSTRAINTS["account_linked_once"] = accounts.LINKED_ELSEWHERE


@dataclass(frozen=True)
class Answer:
    """What a provider's signed answer said, as a command carries it. ``once`` names the answer: it is used
    up; ``started`` is when this login began here (RFC 3339)."""

    method: str
    provider: str
    subject: str
    person: str
    organization: str
    credit_code: str
    registration: str
    authorized: bool
    authorized_until: str
    once: str
    started: str

    def claimed(self) -> Claimed:
        return Claimed(
            Method(self.method),
            self.provider,
            self.subject,
            self.person,
            self.organization,
            self.credit_code,
            self.registration,
            self.authorized,
            self.authorized_until,
        )


@dataclass(frozen=True)
class LinkAccount(Command):
    """The person who is signed in by certificate links an account of the same person and organization."""

    answer: Answer

    verb = "account.link"
    sealed = True
    law = "电子签名法第二十条"


@dataclass(frozen=True)
class UnlinkAccount(Command):
    """End a way in; its sessions end too."""

    account: str

    verb = "account.unlink"
    sealed = True
    # Closing a door binds nobody; it is what one does when a phone is lost.
    prepares = True


@dataclass(frozen=True)
class EnterByAccount(Command):
    """Come in by a linked account, to look and to prepare."""

    account: str
    answer: Answer

    verb = "session.enter_by_account"
    sealed = True
    law = "电子签名法第十四条"
    prepares = True


@dataclass(frozen=True)
class EndAccountSessions(Command):
    """The provider says that the account's sessions are over (back-channel logout)."""

    account: str

    verb = "session.end_by_provider"
    sealed = True
    prepares = True


def _use_up(answer: Answer, ctx: Context) -> None:
    refuse_if([accounts.reason_against_time(parse_iso(answer.started), ctx.now)])
    sweep(ctx.now)
    mark = hashlib.sha256(f"{answer.method} {answer.provider} {answer.once}".encode()).hexdigest()
    if UsedChallenge.objects.filter(challenge=mark).exists():
        raise Refused(REPLAYED())
    # Kept longer than any answer is taken.
    UsedChallenge.objects.create(challenge=mark, expires_at=ctx.now + accounts.PATIENCE + timedelta(days=1))


@handler(LinkAccount, may=policy.may_link)
def link_account(cmd: LinkAccount, ctx: Context, row: None) -> Done:
    _use_up(cmd.answer, ctx)
    claimed = cmd.answer.claimed()
    person = queries.person(ctx.actor.person)
    acts_for = queries.organization(ctx.actor.organization) if ctx.actor.organization else None
    code = acts_for.credit_code if acts_for else ""
    refuse_if(
        [
            accounts.reason_against_standing(claimed),
            accounts.reason_against_link(claimed, person.name, acts_for.name if acts_for else "", code),
        ]
    )
    key = {"method": claimed.method.value, "provider": claimed.provider, "subject": claimed.subject}
    known = ExternalAccount.objects.filter(**key, ended_at__isnull=True).first()
    if known is not None and (known.person_id, known.organization_id) != (
        person.id,
        acts_for and acts_for.id,
    ):
        raise Refused(accounts.LINKED_ELSEWHERE())
    row_ = known or ExternalAccount.objects.create(
        **key, label=claimed.label[:200], person=person, organization=acts_for, linked_at=ctx.now
    )
    said: dict[str, Any] = {"account": str(row_.id), "method": claimed.method.value}
    return Done(ctx.actor.key, said, said)


@handler(UnlinkAccount, load=lambda cmd: queries.account(cmd.account), may=policy.may_unlink)
def unlink_account(cmd: UnlinkAccount, ctx: Context, row: ExternalAccount) -> Done:
    row.ended_at = ctx.now
    row.save(update_fields=["ended_at"])
    rooms.recall(str(row.person_id))
    return Done(f"person:{row.person_id}", {"account": str(row.id)}, {"account": str(row.id)})


@handler(EnterByAccount, load=lambda cmd: queries.account(cmd.account), may=policy.may_enter_by_account)
def enter_by_account(cmd: EnterByAccount, ctx: Context, row: ExternalAccount) -> Done:
    _use_up(cmd.answer, ctx)
    refuse_if([accounts.reason_against_standing(cmd.answer.claimed())])
    said = {"account": str(row.id), "method": row.method}
    return Done(ctx.actor.key, said, {**who(ctx.actor), "light": True})


@handler(EndAccountSessions, load=lambda cmd: queries.account(cmd.account), may=policy.may_end_account_sessions)  # fmt: skip
def end_account_sessions(cmd: EndAccountSessions, ctx: Context, row: ExternalAccount) -> Done:
    row.sessions_end_at = ctx.now
    row.save(update_fields=["sessions_end_at"])
    rooms.recall(str(row.person_id))
    return Done(f"person:{row.person_id}", {"account": str(row.id)}, {"account": str(row.id)})
