"""Who administers an organization's people and certificates, and handing that over."""

from __future__ import annotations

from dataclasses import dataclass

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.errors import Kind, Reason, ReasonForm, Refused
from parties import policy, queries
from parties.models import SIGNS, Administration, Organization, Person
from parties.rules import bindings

NO_HANDS = ReasonForm(
    "administrator.no_certificate",
    zh="「{person}」没有本单位可用的签名证书，不能接任管理员",
    en="{person} has no usable signing certificate of the organization and cannot take over",
    field="person",
    law="电子签名法第十三条",
)
IS_ALREADY = ReasonForm(
    "administrator.is_already",
    zh="「{person}」已经是本单位管理员",
    en="{person} is the administrator already",
    kind=Kind.CONFLICT,
)
RACE = ReasonForm(
    "administrator.just_changed",
    zh="本单位管理员刚刚有变动，请刷新后再试",
    en="the administrator has just changed; reload and try again",
    kind=Kind.CONFLICT,
)
CONSTRAINTS["administrator_once"] = RACE


@dataclass(frozen=True)
class HandOverAdministration(Command):
    """``organization``: id or credit code; ``person``: who takes over. By the administrator, or by the
    trading center when that person is gone."""

    organization: str
    person: str
    reason: str

    verb = "party.hand_over"
    sealed = True
    law = "电子签名法第十五条"


def appoint_first(organization: Organization, person: Person, ctx: Context) -> None:
    """Whoever registers an organization administers it."""
    if not Administration.objects.filter(organization=organization).exists():
        Administration.objects.create(organization=organization, person=person, since=ctx.now)


@handler(HandOverAdministration, load=lambda cmd: queries.organization(cmd.organization), may=policy.may_hand_over)  # fmt: skip
def hand_over(cmd: HandOverAdministration, ctx: Context, organization: Organization) -> Done:
    if reason := _no_reason(cmd.reason):
        raise Refused(reason)
    person = queries.person(cmd.person)
    usable = person.certificates.filter(
        organization=organization, usage__in=SIGNS, blocked_at__isnull=True, not_after__gt=ctx.now
    )
    if not usable.exists():
        raise Refused(NO_HANDS(person=person.name))
    before = Administration.objects.select_for_update().filter(organization=organization, until=None).first()
    if before is not None:
        if before.person_id == person.id:
            raise Refused(IS_ALREADY(person=person.name))
        before.until = ctx.now
        before.save(update_fields=["until"])
    Administration.objects.create(organization=organization, person=person, since=ctx.now)
    said = {
        "from": str(before.person_id) if before else "",
        "to": str(person.id),
        "reason": cmd.reason.strip()[:200],
    }
    return Done(f"organization:{organization.id}", said, {"administrator": str(person.id)})


def _no_reason(text: str) -> Reason | None:
    if 0 < len(text.strip()) <= bindings.REASON_LIMIT:
        return None
    return bindings.NO_REASON(limit=bindings.REASON_LIMIT)
