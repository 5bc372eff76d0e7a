"""Granting and ending roles."""

from __future__ import annotations

from dataclasses import dataclass

from journal.door import CONSTRAINTS, Command, Context, Done, handler
from kernel.actor import ROLE_ZH, Role
from kernel.errors import Kind, ReasonForm, Refused
from parties import policy, queries
from parties.events import RoleEnded, RoleGranted
from parties.models import Membership, Organization, Person, RoleRequest
from parties.rules import accounts, roles
from portal import rooms

GRANTED_BEFORE = ReasonForm(
    "role.granted_before",
    zh="{person}已有「{role}」身份",
    en="{person} holds role {role} already",
    kind=Kind.CONFLICT,
)
GRANTED_TWICE = ReasonForm(
    "role.granted_twice",
    zh="这一身份刚刚已经授予",
    en="this role has just been granted",
    kind=Kind.CONFLICT,
)
NO_MEMBERSHIP = ReasonForm(
    "role.not_found",
    zh="没有这一项身份，或它已经结束",
    en="there is no such role, or it has ended",
    kind=Kind.NOT_FOUND,
)
NOT_A_MEMBER = ReasonForm(
    "role.not_a_member",
    zh="{person}没有登记过「{organization}」的证书",
    en="{person} has registered no certificate of {organization}",
    field="organization",
)
CONSTRAINTS["membership_once"] = GRANTED_TWICE
CONSTRAINTS["membership_own_name_once"] = GRANTED_TWICE


@dataclass(frozen=True)
class GrantRole(Command):
    """``organization``: id or credit code; empty for a role in one's own name (expert)."""

    person: str
    role: str
    organization: str = ""

    verb = "role.grant"


@dataclass(frozen=True)
class EndRole(Command):
    """End a membership by its id; what was done under it stays done."""

    membership: str
    reason: str

    verb = "role.end"


def give(person: Person, organization: Organization | None, role: Role, ctx: Context) -> Membership:
    """Make the membership, or the one there is; closes requests for it. ``Refused`` for what excludes it."""
    where = None if role in roles.OWN_NAME else organization
    held = queries.roles_in(where)
    if reason := roles.reason_against(role, held, has_organization=where is not None):
        raise Refused(reason)
    row, made = Membership.objects.get_or_create(
        person=person, organization=where, role=role.value, until=None, defaults={"since": ctx.now}
    )
    RoleRequest.objects.filter(
        person=person, organization=where, role=role.value, decided_at__isnull=True
    ).update(decided_at=ctx.now)
    if made:
        ctx.announce(RoleGranted(str(person.id), str(where.id) if where else "", role.value))
    return row


@handler(GrantRole, may=policy.may_grant)
def grant_role(cmd: GrantRole, ctx: Context, row: None) -> Done:
    role = roles.role_of(cmd.role)
    if role is None:
        raise Refused(roles.UNKNOWN_ROLE(role=cmd.role[:40]))
    person = queries.person(cmd.person)
    organization = None
    if role not in roles.OWN_NAME:
        if not cmd.organization:
            raise Refused(roles.NEEDS_ORGANIZATION(role=ROLE_ZH[role]))
        organization = queries.organization(cmd.organization)
        if reason := accounts.reason_against_organization(organization.name, organization.registration):
            raise Refused(reason)
        if not person.certificates.filter(organization=organization).exists():
            raise Refused(NOT_A_MEMBER(person=person.name, organization=organization.name))
    if Membership.objects.filter(person=person, organization=organization, role=role, until=None).exists():
        raise Refused(GRANTED_BEFORE(person=person.name, role=ROLE_ZH[role]))
    given = give(person, organization, role, ctx)
    said = {
        "membership": str(given.id),
        "person": str(person.id),
        "organization": str(organization.id) if organization else "",
        "role": role.value,
    }
    return Done(f"person:{person.id}", said, said)


def _open_membership(cmd: EndRole) -> Membership:
    known = queries.as_uuid(cmd.membership)
    rows = Membership.objects.select_for_update(of=("self",)).select_related("person")
    row = rows.filter(id=known, until__isnull=True).first() if known else None
    if row is None:
        raise Refused(NO_MEMBERSHIP())
    return row


@handler(EndRole, load=_open_membership, may=policy.may_end)
def end_role(cmd: EndRole, ctx: Context, row: Membership) -> Done:
    row.until = ctx.now
    row.save(update_fields=["until"])
    # Sessions and sockets of the person for this organization end with it (login.actor_of_session).
    rooms.recall(str(row.person_id))
    organization = str(row.organization_id or "")
    ctx.announce(RoleEnded(str(row.person_id), organization, row.role))
    said = {
        "membership": str(row.id),
        "organization": organization,
        "role": row.role,
        "reason": cmd.reason[:200],
    }
    return Done(f"person:{row.person_id}", said, said)
