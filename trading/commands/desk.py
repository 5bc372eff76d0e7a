"""The hall's desk: people who come to the trading center are signed in by its staff, by their person code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from journal.door import Command, Context, Done, handler
from kernel.clock import iso
from kernel.errors import Refused, refuse_if
from parties import queries as parties
from trading.commands.openings import arrive, session_of
from trading.models import OpeningSession
from trading.policy import openings as policy
from trading.rules import openings as rules
from trading.rules.bids import NO_DEADLINE


@dataclass(frozen=True)
class SignInAtDesk(Command):
    """``person`` and ``organization`` are whom the code resolved to and the desk has compared with the card;
    ``code`` names the code's answer (it is used once: it is the act's key)."""

    tender: str
    person: str
    organization: str
    code: str

    verb = "opening.sign_in_at_desk"
    sealed = True
    law = "招标投标法第三十五条"


@handler(SignInAtDesk, load=session_of, may=policy.may_host)
def sign_in_at_desk(cmd: SignInAtDesk, ctx: Context, session: OpeningSession) -> Done:
    deadline = session.tender.submission_deadline
    if deadline is None:
        raise Refused(NO_DEADLINE())
    refuse_if([rules.desk_reason(ctx.now, deadline)])
    actor = parties.actor_for(parties.person(cmd.person), parties.organization(cmd.organization))
    refuse_if([policy.may_sign_in(actor, session)])
    row = arrive(session, actor, ctx)
    said: dict[str, Any] = {"organization": actor.organization, "capacity": row.capacity, "at_desk": True}
    return Done(
        f"tender:{session.tender.number}",
        said,
        {
            "signed_in_at": iso(ctx.now),
            "capacity": row.capacity,
            "organization_name": actor.organization_name,
        },
    )
