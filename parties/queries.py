"""Questions about persons and organizations."""

from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from ca_interop.rules.certificates import Usage
from kernel.actor import Actor, Role
from kernel.clock import beijing
from kernel.errors import Kind, ReasonForm, Refused
from parties.models import CertificateBinding, Membership, Organization, Person, RoleRequest

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


def roles_in(organization: Organization | None) -> frozenset[Role]:
    """All roles that anybody holds for an organization."""
    if organization is None:
        return frozenset()
    rows = Membership.objects.filter(organization=organization, until__isnull=True)
    return frozenset(Role(role) for role in rows.values_list("role", flat=True))


def actor_for(person: Person, organization: Organization | None) -> Actor:
    """The actor of a person for an organization: what the journal will name."""
    return Actor(
        key=f"person:{person.id}",
        name=person.name,
        roles=roles_of(person, organization),
        organization=str(organization.id) if organization is not None else "",
        organization_name=organization.name if organization is not None else "",
        person=str(person.id),
    )


def binding(fingerprint: str) -> CertificateBinding:
    """A registered certificate by its hex SHA-256; ``Refused(certificate.not_registered)``."""
    rows = CertificateBinding.objects.select_related("person", "organization")
    row = rows.filter(fingerprint=fingerprint).first()
    if row is None:
        raise Refused(NO_CERTIFICATE(fingerprint=fingerprint[:64]))
    return row


def refuse_blocked(fingerprint: str) -> None:
    """``Refused(certificate.blocked)`` for a certificate whose loss was reported here; the authority's own
    revocation is :mod:`ca_interop.service`'s question. Ask it wherever a signature is taken."""
    row = CertificateBinding.objects.filter(fingerprint=fingerprint, blocked_at__isnull=False).first()
    if row is not None and row.blocked_at is not None:
        raise Refused(BLOCKED(at=beijing(row.blocked_at)))


def encryption_certificate(organization: Organization) -> CertificateBinding | None:
    """The newest certificate of an organization that key shares can be wrapped to."""
    rows = CertificateBinding.objects.filter(organization=organization, blocked_at__isnull=True)
    usages = (Usage.ENCRYPTION.value, Usage.COMBINED.value)
    return rows.filter(usage__in=usages).order_by("-bound_at", "-id").first()


def certificates_of(actor: Actor) -> QuerySet[CertificateBinding]:
    """A person's own certificates."""
    return CertificateBinding.objects.select_related("organization").filter(person_id=actor.person or None)


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
