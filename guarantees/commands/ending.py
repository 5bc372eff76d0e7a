"""How a guarantee ends: released, demanded and paid, or run out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from guarantees import policy, queries
from guarantees.events import GuaranteeReleased, IssuerToBeTold
from guarantees.models import Guarantee
from guarantees.rules.moves import GUARANTEE, GuaranteeStatus
from journal.door import Command, Context, Done, handler
from kernel.canonical_json import digest
from kernel.clock import BEIJING
from kernel.errors import Kind, ReasonForm, Refused
from kernel.guarantee_terms import amount as read_amount
from kernel.guarantee_terms import figure
from trading.models import Award
from trading.rules.statuses import BidStatus

#: The first task may be lost; the issuer is told again after this long.
FIRST_RETRY = timedelta(minutes=1)

NO_FACT = ReasonForm(
    "guarantee.no_fact",
    zh="没有发生该索赔事由所指的事实：{why}",
    en="what this ground speaks of has not happened: {why}",
    kind=Kind.CONFLICT,
    law="招标投标法实施条例第三十五条、第七十四条",
)
DEMAND_TOO_HIGH = ReasonForm(
    "guarantee.demand_too_high",
    zh="索赔金额 {found} 应大于 0 且不超过保函金额 {wanted}",
    en="the demand of {found} must be above 0 and not above the amount of the guarantee {wanted}",
    law="法释〔2016〕24号第六条",
    field="amount",
)
OTHER_NUMBER = ReasonForm(
    "guarantee.other_number",
    zh="索赔声明写的是保函 {found}，应为 {wanted}",
    en="the demand names guarantee {found}; it must be {wanted}",
)
NO_REASON_GIVEN = ReasonForm(
    "guarantee.no_release_ground",
    zh="请写明退还的理由",
    en="say why the guarantee is released",
    kind=Kind.MALFORMED,
    field="ground",
)


@dataclass(frozen=True)
class ReleaseGuarantee(Command):
    """退还. By the system after the contract, failure or cancellation; by the host side with a ground."""

    guarantee: str
    ground: str

    verb = "guarantee.release"
    law = "招标投标法实施条例第三十一条、第三十五条、第五十七条"


@dataclass(frozen=True)
class DemandGuarantee(Command):
    """索赔. ``statement`` is the beneficiary's signed ``mingtang/guarantee-demand``, checked by the door."""

    guarantee: str
    statement: dict[str, Any]

    verb = "guarantee.demand"
    law = "招标投标法实施条例第三十五条、第七十四条"


@dataclass(frozen=True)
class ExpireGuarantee(Command):
    guarantee: str

    verb = "guarantee.expire"
    law = "法释〔2016〕24号第十一条"


def guarantee_for_update(cmd: Any) -> Guarantee:
    row = queries.guarantee(cmd.guarantee)
    Guarantee.objects.select_for_update().get(pk=row.pk)
    return queries.guarantee(cmd.guarantee)


def done(row: Guarantee, **said: Any) -> Done:
    """The act names tender, lot and number: all of it was read out at the opening."""
    lot = row.bid.lot
    payload = {"tender": lot.tender.number, "lot": str(lot.no), "number": row.number, **said}
    result = {"guarantee": str(row.pk), "status": str(row.status)}
    return Done(f"guarantee:{row.pk}", payload, result)


@handler(ReleaseGuarantee, load=guarantee_for_update, may=policy.may_release)
def release_guarantee(cmd: ReleaseGuarantee, ctx: Context, row: Guarantee) -> Done:
    ground = cmd.ground.strip()[:200]
    if not ground:
        raise Refused(NO_REASON_GIVEN())
    today = ctx.now.astimezone(BEIJING).date()
    row.status = GUARANTEE.after("release", GuaranteeStatus(row.status), row.facts(today))
    row.release_ground, row.released_at, row.check_due_at = ground, ctx.now, None
    row.issuer_attempts, row.issuer_answer, row.issuer_answered_at = 0, "", None
    # Without a number there is nobody to tell.
    row.issuer_due_at = ctx.now + FIRST_RETRY if row.number else None
    row.save()
    if row.number:
        ctx.announce(IssuerToBeTold(str(row.pk)))
    lot = row.bid.lot
    ctx.announce(GuaranteeReleased(lot.tender.number, str(lot.no), str(row.pk)))
    return done(row, ground=ground)


@handler(DemandGuarantee, load=guarantee_for_update, may=policy.may_demand)
def demand_guarantee(cmd: DemandGuarantee, ctx: Context, row: Guarantee) -> Done:
    payload = cmd.statement["statement"]["payload"]
    if payload.get("number") != row.number:
        raise Refused(OTHER_NUMBER(found=str(payload.get("number"))[:60], wanted=row.number))
    ground = str(payload.get("ground"))
    today = ctx.now.astimezone(BEIJING).date()
    row.status = GUARANTEE.after("demand", GuaranteeStatus(row.status), row.facts(today, ground=ground))
    claimed = read_amount(str(payload.get("amount")))
    if not 0 < claimed <= (row.amount or Decimal(0)):
        raise Refused(DEMAND_TOO_HIGH(found=figure(claimed), wanted=figure(row.amount or Decimal(0))))
    _happened(row, ground)
    row.demand, row.demand_ground, row.demanded_at = cmd.statement, ground, ctx.now
    row.issuer_attempts, row.issuer_answer, row.issuer_answered_at = 0, "", None
    row.issuer_due_at = ctx.now + FIRST_RETRY
    row.save()
    ctx.announce(IssuerToBeTold(str(row.pk)))
    return done(row, ground=ground, amount=f"{claimed:.2f}", statement_sha256=digest(cmd.statement))


def _happened(row: Guarantee, ground: str) -> None:
    """A demand states a fact that this house knows: the bid was revoked, or it had won."""
    if ground == "bid_revoked":
        if row.bid.status != BidStatus.REVOKED:
            raise Refused(NO_FACT(why="投标未撤销 / the bid is not revoked"))
    elif not Award.objects.filter(bid=row.bid).exists():
        raise Refused(NO_FACT(why="该投标未中标 / the bid has not won"))


@handler(ExpireGuarantee, load=guarantee_for_update, may=policy.only_system)
def expire_guarantee(cmd: ExpireGuarantee, ctx: Context, row: Guarantee) -> Done:
    today = ctx.now.astimezone(BEIJING).date()
    row.status = GUARANTEE.after("expire", GuaranteeStatus(row.status), row.facts(today))
    row.check_due_at = None
    row.save(update_fields=["status", "check_due_at"])
    return done(row, valid_until=str(row.valid_until))
