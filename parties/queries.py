"""Questions about persons and organizations."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from ca_interop.rules.certificates import Usage
from kernel.actor import Actor, Role
from kernel.clock import beijing
from kernel.errors import Kind, ReasonForm, Refused
from parties import policy
from parties.models import (
    Administration,
    CertificateBinding,
    CertificateRequest,
    ExternalAccount,
    Membership,
    Organization,
    Outage,
    Person,
    RoleRequest,
)
from parties.rules.accounts import LIGHT_ROLES
from parties.rules.bindings import BINDING, BindingFacts, BindingStatus, RequestStatus, warning

NO_ORGANIZATION = ReasonForm(
    "organization.not_found",
    zh="没有登记代码或编号为「{key}」的单位",
    en="no organization with code or id {key} is registered",
    kind=Kind.NOT_FOUND,
    field="organization",
)
NO_PERSON = ReasonForm(
    "person.not_found",
    zh="没有登记编号为「{key}」的人员",
    en="no person with id {key} is registered",
    kind=Kind.NOT_FOUND,
    field="person",
)
NO_CERTIFICATE = ReasonForm(
    "certificate.not_registered",
    zh="证书（指纹 {fingerprint}）没有在本平台登记",
    en="certificate {fingerprint} is not registered here",
    kind=Kind.NOT_FOUND,
)

BLOCKED = ReasonForm(
    "certificate.blocked",
    zh="这张证书已于 {at} 挂失，不能再使用。请使用另一张证书。",
    en="this certificate was reported lost on {at}; use another",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十五条",
)
RETIRED = ReasonForm(
    "certificate.retired",
    zh="这张证书已于 {at} 停用，请使用新证书。",
    en="this certificate was retired on {at}; use the new one",
    kind=Kind.FORBIDDEN,
    law="电子签名法第十六条",
)
WAITING = ReasonForm(
    "certificate.waiting",
    zh="这张证书在等待确认：请用您已登记的证书登录后在「我的证书」里确认，或由本单位管理员、交易中心窗口确认",
    en="this certificate waits to be confirmed: by you with your registered one, by your organization's "
    "administrator, or at the trading center's desk",
    kind=Kind.FORBIDDEN,
    law="电子签名法第二十条",
)
NO_REQUEST = ReasonForm(
    "certificate.request_not_found",
    zh="没有这项新证书申请",
    en="there is no such request for a new certificate",
    kind=Kind.NOT_FOUND,
)
NO_ACCOUNT = ReasonForm(
    "account.not_found",
    zh="没有这个登录方式，或它已经解除绑定",
    en="there is no such way of signing in, or it was ended",
    kind=Kind.NOT_FOUND,
)


def as_uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def organization(key: str | uuid.UUID) -> Organization:
    """By id or unified social credit code; ``Refused(organization.not_found)``."""
    text = str(key)
    known = as_uuid(text)
    found = Q(id=known) if known is not None else Q(credit_code=text.strip().upper())
    row = Organization.objects.filter(found).first()
    if row is None:
        raise Refused(NO_ORGANIZATION(key=text[:60]))
    return row


def person(key: str | uuid.UUID) -> Person:
    """By id; ``Refused(person.not_found)``."""
    known = as_uuid(str(key))
    row = Person.objects.filter(id=known).first() if known is not None else None
    if row is None:
        raise Refused(NO_PERSON(key=str(key)[:60]))
    return row


def roles_of(person: Person, organization: Organization | None) -> frozenset[Role]:
    """What a person may do for an organization; roles in one's own name go everywhere."""
    where = Q(organization__isnull=True) | Q(organization=organization)
    rows = Membership.objects.filter(where, person=person, until__isnull=True)
    return frozenset(Role(role) for role in rows.values_list("role", flat=True))


def roles_since(
    person: Person, organization: Organization | None, opened: datetime
) -> frozenset[Role] | None:
    """The same for a session opened then; ``None`` when a role has ended since: the session ends with it."""
    where = Q(organization__isnull=True) | Q(organization=organization)
    rows = Membership.objects.filter(where, person=person).values_list("role", "until")
    roles = []
    for role, until in rows:
        if until is None:
            roles.append(Role(role))
        elif until >= opened:
            return None
    return frozenset(roles)


def roles_in(organization: Organization | None) -> frozenset[Role]:
    """All roles that anybody holds for an organization."""
    if organization is None:
        return frozenset()
    rows = Membership.objects.filter(organization=organization, until__isnull=True)
    return frozenset(Role(role) for role in rows.values_list("role", flat=True))


def actor_for(person: Person, organization: Organization | None) -> Actor:
    """The actor of a person for an organization: what the journal will name."""
    return as_actor(person, organization, roles_of(person, organization))


def as_actor(
    person: Person, organization: Organization | None, roles: frozenset[Role], *, light: bool = False
) -> Actor:
    return Actor(
        key=f"person:{person.id}",
        name=person.name,
        roles=roles & LIGHT_ROLES if light else roles,
        light=light,
        organization=str(organization.id) if organization is not None else "",
        organization_name=organization.name if organization is not None else "",
        person=str(person.id),
    )


def binding(fingerprint: str) -> CertificateBinding:
    """A registered certificate by its hex SHA-256; ``Refused(certificate.not_registered)``."""
    rows = CertificateBinding.objects.select_related("person", "organization")
    row = rows.filter(fingerprint=fingerprint).first()
    if row is None:
        waits = CertificateRequest.objects.filter(fingerprint=fingerprint, status=RequestStatus.WAITING.value)
        if waits.exists():
            raise Refused(WAITING())
        raise Refused(NO_CERTIFICATE(fingerprint=fingerprint[:64]))
    return row


def binding_for_update(fingerprint: str) -> CertificateBinding:
    """The same under its lock: two reports, or a report and its lifting, come one after the other."""
    CertificateBinding.objects.select_for_update().filter(fingerprint=fingerprint).first()
    return binding(fingerprint)


def refuse_blocked(fingerprint: str, at: datetime | None = None) -> None:
    """``Refused(certificate.blocked | certificate.retired)`` for a certificate that counts for nothing here,
    now or ``at`` a time: what was signed before the report keeps its force. The authority's own revocation
    is :mod:`ca_interop.service`'s question, which asks this of every certificate it checks."""
    where = Q(until__isnull=True)
    if at is not None:
        where = Q(since__lte=at) & (Q(until__isnull=True) | Q(until__gt=at))
    rows = Outage.objects.select_related("binding").filter(where, binding__fingerprint=fingerprint)
    row = rows.first()
    if row is not None:
        form = RETIRED if row.binding.status == BindingStatus.RETIRED.value else BLOCKED
        raise Refused(form(at=beijing(row.since)))


def certificate_request(key: str) -> CertificateRequest:
    """A request for a new certificate by its id, locked; ``Refused(certificate.request_not_found)``."""
    known = as_uuid(key)
    rows = CertificateRequest.objects.select_for_update(of=("self",))
    row = rows.select_related("person", "organization").filter(id=known).first() if known else None
    if row is None:
        raise Refused(NO_REQUEST())
    return row


def namesakes(name: str, organization: Organization | None) -> list[Person]:
    """People of that name who have certificates of the organization (or personal ones), the newest first."""
    rows = CertificateBinding.objects.select_related("person").filter(person__name=name)
    rows = rows.filter(organization=organization).order_by("-bound_at", "-id")
    return list({row.person_id: row.person for row in rows}.values())


def people(text: str) -> list[CertificateBinding]:
    """All certificates of people by their name, for the center's desk; nothing for an empty text."""
    text = text.strip()
    if not text:
        return []
    found = Person.objects.filter(name=text).order_by("id")[:50]
    rows = CertificateBinding.objects.select_related("person", "organization")
    return list(rows.filter(person__in=list(found)).order_by("person_id", "bound_at"))


def administrator(organization: Organization) -> Person | None:
    """Who administers the organization's people and certificates now."""
    row = Administration.objects.select_related("person").filter(organization=organization, until=None)
    found = row.first()
    return found.person if found else None


def requests_for(actor: Actor) -> QuerySet[CertificateRequest]:
    """The new certificates that this actor may confirm: own ones, the organization's for its administrator,
    all for the trading center."""
    rows = CertificateRequest.objects.select_related("person", "organization")
    rows = rows.filter(status=RequestStatus.WAITING.value)
    if actor.has(Role.TRADING_CENTER):
        return rows
    mine = Q(person_id=actor.person or None, organization__isnull=False)
    if actor.organization and policy.administers(actor, actor.organization):
        mine |= Q(organization_id=actor.organization)
    return rows.filter(mine)


def account(key: str) -> ExternalAccount:
    """A linked account by its id; ``Refused(account.not_found)``."""
    known = as_uuid(key)
    rows = ExternalAccount.objects.select_related("person", "organization")
    row = rows.filter(id=known, ended_at__isnull=True).first() if known else None
    if row is None:
        raise Refused(NO_ACCOUNT())
    return row


def accounts_of(actor: Actor) -> QuerySet[ExternalAccount]:
    """A person's other ways of signing in."""
    rows = ExternalAccount.objects.select_related("organization")
    return rows.filter(person_id=actor.person or None, ended_at__isnull=True)


@dataclass(frozen=True)
class Standing:
    """A certificate, the moves that this actor may make with it now if a reason is given, and
    ``(days left, tone)`` when its end is near and nothing has replaced it."""

    row: CertificateBinding
    moves: frozenset[str]
    warning: tuple[int, str] | None


def facts_of(row: CertificateBinding, now: datetime, actor: Actor, reason: str) -> BindingFacts:
    """What the machine judges a move of this certificate by."""
    report = Outage.objects.filter(binding=row, until__isnull=True).first()
    beside = CertificateBinding.objects.filter(person=row.person, organization=row.organization)
    others = sum(one.usable(now) for one in beside if row.beside(one))
    return row.facts(now, actor, reason, report.by if report else "", others)


def standings(rows: Iterable[CertificateBinding], actor: Actor, now: datetime) -> list[Standing]:
    """The same for several, in two queries. ``rows`` are all certificates of a person, or of an
    organization: what stands beside one is looked for among them."""
    found = list(rows)
    reports = Outage.objects.filter(binding__in=found, until__isnull=True)
    reporters = dict(reports.values_list("binding_id", "by"))
    center = actor.has(Role.TRADING_CENTER)
    administers = policy.administers(actor, actor.organization)
    out = []
    for row in found:
        others = sum(one.usable(now) for one in found if row.beside(one))
        facts = row.facts(now, actor, "—", reporters.get(row.pk, ""), others)
        over = center or (administers and str(row.organization_id) == actor.organization)
        mine = actor.person != "" and actor.person == str(row.person_id)
        may = {"block": mine or over, "retire": mine or over, "lift": over}
        if actor.light:
            may = {"block": mine}
        moves = BINDING.open_moves(BindingStatus(row.status), facts)
        verbs = frozenset(m.verb for m in moves if may.get(m.verb))
        out.append(Standing(row, verbs, _warning(row, found, now)))
    return out


def _warning(
    row: CertificateBinding, among: list[CertificateBinding], now: datetime
) -> tuple[int, str] | None:
    found = warning(row.not_after, now)
    if found is None or row.status != BindingStatus.ACTIVE.value:
        return None
    later = (
        one.usage == row.usage and one.blocked_at is None and one.not_after > row.not_after
        for one in among
        if row.beside(one)
    )
    return None if any(later) else found


def encryption_certificate(organization: Organization) -> CertificateBinding | None:
    """The newest certificate of an organization that key shares can be wrapped to."""
    rows = CertificateBinding.objects.filter(organization=organization, blocked_at__isnull=True)
    usages = (Usage.ENCRYPTION.value, Usage.COMBINED.value)
    return rows.filter(usage__in=usages).order_by("-bound_at", "-id").first()


def certificates_of(actor: Actor) -> QuerySet[CertificateBinding]:
    """A person's own certificates."""
    return CertificateBinding.objects.select_related("person", "organization").filter(
        person_id=actor.person or None
    )


def holders(organization: Organization, role: Role) -> list[Person]:
    """The persons who hold a role for an organization now."""
    rows = Membership.objects.filter(organization=organization, role=role.value, until__isnull=True)
    return [row.person for row in rows.select_related("person")]


def waiting_requests() -> QuerySet[RoleRequest]:
    """Role requests the trading center has not decided yet."""
    rows = RoleRequest.objects.filter(decided_at__isnull=True)
    return rows.select_related("person", "organization").order_by("asked_at", "id")


def search(text: str) -> QuerySet[Organization]:
    """Organizations by part of the name or code; all when ``text`` is empty. For the center's page."""
    rows = Organization.objects.order_by("name", "id")
    text = text.strip()
    return rows.filter(Q(name__icontains=text) | Q(credit_code__istartswith=text)) if text else rows


def memberships_of(organization: Organization) -> QuerySet[Membership]:
    """Present and past roles of an organization's people."""
    rows = Membership.objects.filter(organization=organization).select_related("person")
    return rows.order_by("until", "person__name", "role")
