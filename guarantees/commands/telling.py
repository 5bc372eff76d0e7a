"""Telling the issuer, again if need be, and recording what it answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from guarantees import policy
from guarantees.commands.ending import done, guarantee_for_update
from guarantees.events import GuaranteeForfeited, IssuerToBeTold
from guarantees.models import Guarantee
from guarantees.rules.moves import GUARANTEE, GuaranteeStatus
from journal.door import Command, Context, Done, handler
from kernel.clock import BEIJING

_LAW = "招标投标法实施条例第五十七条、第七十四条"


@dataclass(frozen=True)
class TellIssuerAgain(Command):
    """The issuer has not answered: ask once more, and again later."""

    guarantee: str

    verb = "guarantee.tell_issuer"
    law = _LAW


@dataclass(frozen=True)
class RecordIssuerAnswer(Command):
    """What the issuer said of a release or a demand. ``status``: released, paid, expired, refused or
    unconnected (it has no interface and is told on paper); ``paid`` is decimal text."""

    guarantee: str
    action: str
    status: str
    paid: str = ""
    said: str = ""

    verb = "guarantee.issuer_answered"
    law = _LAW


@handler(TellIssuerAgain, load=guarantee_for_update, may=policy.only_system)
def tell_issuer_again(cmd: TellIssuerAgain, ctx: Context, row: Guarantee) -> Done:
    if row.issuer_due_at is None:
        return done(row, attempt=row.issuer_attempts, answered=True)
    row.issuer_attempts += 1
    row.issuer_due_at = ctx.now + timedelta(minutes=min(60, 2 ** min(row.issuer_attempts, 6)))
    row.save(update_fields=["issuer_attempts", "issuer_due_at"])
    ctx.announce(IssuerToBeTold(str(row.pk)))
    return done(row, attempt=row.issuer_attempts)


@handler(RecordIssuerAnswer, load=guarantee_for_update, may=policy.only_system)
def record_issuer_answer(cmd: RecordIssuerAnswer, ctx: Context, row: Guarantee) -> Done:
    row.issuer_due_at, row.issuer_answered_at = None, ctx.now
    row.issuer_answer = (cmd.said or cmd.status)[:300]
    if cmd.action == "demand" and cmd.status == "paid":
        today = ctx.now.astimezone(BEIJING).date()
        row.status = GUARANTEE.after("forfeit", GuaranteeStatus(row.status), row.facts(today))
        row.paid = Decimal(cmd.paid)
        lot = row.bid.lot
        ctx.announce(GuaranteeForfeited(lot.tender.number, str(lot.no), str(row.pk), cmd.paid))
    row.save()
    return done(row, action=cmd.action, answer=cmd.status, paid=cmd.paid, said=cmd.said[:300])
