"""Organizations, persons, what persons may do for organizations, and their certificates."""

from __future__ import annotations

import uuid

from django.db import models

from ca_interop.rules.certificates import USAGE_ZH, Usage
from kernel.actor import ROLE_ZH, Role
from kernel.ids import uuid7

_ROLES = [(role.value, ROLE_ZH[role]) for role in Role if role not in (Role.SYSTEM, Role.PUBLIC)]


class Organization(models.Model):
    """A legal entity, known by its unified social credit code (GB 32100)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    credit_code = models.CharField(max_length=18)
    legal_representative = models.CharField(max_length=100, blank=True, default="")
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["credit_code"], name="organization_once")]

    def __str__(self) -> str:
        return self.name


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
    ``usage`` is signing, encryption or combined; ``blocked_at`` is set by a loss report (挂失).
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
    blocked_at = models.DateTimeField(null=True, blank=True)
    blocked_reason = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        ordering = ["bound_at", "id"]
        constraints = [models.UniqueConstraint(fields=["fingerprint"], name="certificate_bound_once")]

    def __str__(self) -> str:
        return self.subject


class UsedChallenge(models.Model):
    """A login challenge that was answered: it cannot be answered again. Swept once it has expired."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    challenge = models.CharField(max_length=128)
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["challenge"], name="challenge_once")]

    def __str__(self) -> str:
        return self.challenge[:16]
