"""Organizations, persons, what persons may do for organizations, and their certificates."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models

from ca_interop.rules.certificates import USAGE_ZH, Usage
from kernel.actor import ROLE_ZH, Actor, Role
from kernel.ids import uuid7
from parties.rules.accounts import METHOD_ZH, REGISTRATION_ZH, STANDS, Method
from parties.rules.bindings import (
    BINDING_ZH,
    REQUEST_ZH,
    BindingFacts,
    BindingStatus,
    RequestFacts,
    RequestStatus,
)

_ROLES = [(role.value, ROLE_ZH[role]) for role in Role if role not in (Role.SYSTEM, Role.PUBLIC)]
SIGNS = (Usage.SIGNING.value, Usage.COMBINED.value)


class Organization(models.Model):
    """A legal entity, known by its unified social credit code (GB 32100)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    credit_code = models.CharField(max_length=18)
    legal_representative = models.CharField(max_length=100, blank=True, default="")
    #: What the register of legal persons said when it was last asked, and when that was.
    registration = models.CharField(max_length=20, blank=True, default="")
    registered_name = models.CharField(max_length=200, blank=True, default="")
    registration_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["credit_code"], name="organization_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def registration_zh(self) -> str:
        return REGISTRATION_ZH.get(self.registration, "")

    @property
    def stands(self) -> bool:
        return self.registration in STANDS


class Person(models.Model):
    """A natural person. Known by certificates; one person may have several."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=100)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """What a person may do for an organization, from ``since`` until ``until``. Without an organization
    for those who act in their own name (experts)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="memberships", null=True, blank=True
    )
    role = models.CharField(max_length=30, choices=_ROLES)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "organization", "role"],
                name="membership_once",
                condition=models.Q(until__isnull=True),
            ),
            # NULLs are distinct in a unique index: those who act in their own name need one of their own.
            models.UniqueConstraint(
                fields=["person", "role"],
                name="membership_own_name_once",
                condition=models.Q(until__isnull=True, organization__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"


class RoleRequest(models.Model):
    """A role asked for at registration that only the trading center may grant."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="role_requests")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="role_requests", null=True, blank=True
    )
    role = models.CharField(max_length=30, choices=_ROLES)
    asked_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.person_id} {self.role}"


class CertificateBinding(models.Model):
    """A certificate that was proven to be a person's, and the organization it speaks for.

    ``der`` is the leaf, ``chain`` its issuers (base64 DER, leaf excluded) as they were presented.
    ``usage`` is signing, encryption or combined; ``blocked_at`` is set while a loss is reported (挂失), or
    the certificate is retired (停用): whoever reads it needs no other field.
    """

    fingerprint = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="certificates")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="certificates", null=True, blank=True
    )
    authority_id = models.CharField(max_length=100)
    usage = models.CharField(max_length=16, choices=[(u.value, USAGE_ZH[u]) for u in Usage])
    subject = models.CharField(max_length=500)
    not_after = models.DateTimeField()
    der = models.BinaryField()
    chain = models.JSONField(default=list, blank=True)
    bound_at = models.DateTimeField()
    status = models.CharField(
        max_length=16,
        choices=[(s.value, BINDING_ZH[s]) for s in BindingStatus],
        default=BindingStatus.ACTIVE.value,
    )
    blocked_at = models.DateTimeField(null=True, blank=True)
    blocked_reason = models.CharField(max_length=200, blank=True, default="")
    #: When its last outage was over: sessions from before do not come back to life.
    restored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["bound_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["fingerprint"], name="certificate_bound_once"),
            models.CheckConstraint(
                condition=models.Q(status=BindingStatus.ACTIVE.value, blocked_at__isnull=True)
                | (~models.Q(status=BindingStatus.ACTIVE.value) & models.Q(blocked_at__isnull=False)),
                name="certificate_blocked_since",
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    def facts(self, now: datetime, actor: Actor, reason: str, reporter: str, others: int) -> BindingFacts:
        """The bridge to :mod:`parties.rules.bindings`. ``reporter``: who reported the loss that stands;
        ``others``: the holder's other usable signing certificates for the same organization."""
        return BindingFacts(
            now=now,
            not_after=self.not_after,
            actor=actor.person,
            holder=str(self.person_id),
            person=self.person.name,
            reporter=reporter,
            reason=reason,
            others=others,
            signs=self.usage in SIGNS,
            own=actor.person == str(self.person_id),
        )

    def usable(self, now: datetime) -> bool:
        """Good for signing in and signing now."""
        return self.status == BindingStatus.ACTIVE.value and self.usage in SIGNS and self.not_after > now

    def beside(self, other: CertificateBinding) -> bool:
        """Another certificate of the same person for the same organization."""
        mine = (self.person_id, self.organization_id)
        return self.pk != other.pk and mine == (other.person_id, other.organization_id)


class Outage(models.Model):
    """A time in which a certificate counted for nothing here: from a loss report until it was lifted, or
    since it was retired. What was signed before ``since`` keeps its force (电子签名法第二十七条)."""

    binding = models.ForeignKey(CertificateBinding, on_delete=models.PROTECT, related_name="outages")
    since = models.DateTimeField()
    by = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=200)
    until = models.DateTimeField(null=True, blank=True)
    lifted_by = models.CharField(max_length=60, blank=True, default="")
    lifted_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["binding"], name="certificate_outage_once", condition=models.Q(until__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.binding_id} {self.since}"


class CertificateRequest(models.Model):
    """A certificate whose names are those of a person who is registered already: it waits until that
    person, by another certificate, the organization's administrator or the trading center says whose it is.
    Without an organization for personal certificates (experts): several people may bear the name, so it is
    the trading center that decides, and ``person`` is only the likeliest.

    ``found``: what was validated at the door, signing certificate first (``CertificateFound`` fields).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    fingerprint = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="certificate_requests")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="certificate_requests", null=True, blank=True
    )
    authority_id = models.CharField(max_length=100)
    subject = models.CharField(max_length=500)
    not_after = models.DateTimeField()
    found = models.JSONField()
    role = models.CharField(max_length=30, blank=True, default="")
    asked_at = models.DateTimeField()
    status = models.CharField(
        max_length=16,
        choices=[(s.value, REQUEST_ZH[s]) for s in RequestStatus],
        default=RequestStatus.WAITING.value,
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=60, blank=True, default="")
    reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["asked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint"],
                name="certificate_request_once",
                condition=models.Q(status=RequestStatus.WAITING.value),
            )
        ]

    def __str__(self) -> str:
        return self.subject

    def facts(self, now: datetime, reason: str) -> RequestFacts:
        return RequestFacts(now, self.not_after, reason)


class Administration(models.Model):
    """Who administers an organization's people and certificates here (单位管理员), one at a time."""

    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="administrations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="administrations")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization"], name="administrator_once", condition=models.Q(until__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.person_id}"


class ExternalAccount(models.Model):
    """An account elsewhere by which a person may look and prepare here: at a provider of unified identity,
    or an electronic licence's holder. ``subject`` is the provider's own name for it; linked by the person
    with a certificate. ``sessions_end_at``: the provider ended its sessions (back-channel logout)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    method = models.CharField(max_length=16, choices=[(m.value, METHOD_ZH[m]) for m in Method])
    provider = models.CharField(max_length=200)
    subject = models.CharField(max_length=200)
    label = models.CharField(max_length=200)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="accounts")
    organization = models.ForeignKey(
        Organization, on_delete=models.PROTECT, related_name="accounts", null=True, blank=True
    )
    linked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    sessions_end_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["linked_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["method", "provider", "subject"],
                name="account_linked_once",
                condition=models.Q(ended_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.label}"


class UsedChallenge(models.Model):
    """A login challenge that was answered: it cannot be answered again. Swept once it has expired."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    challenge = models.CharField(max_length=128)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["challenge"], name="challenge_once")]

    def __str__(self) -> str:
        return self.challenge[:16]
