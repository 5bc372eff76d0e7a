"""Service items, admissions, assignments, applications, the draw's commitments."""

from __future__ import annotations

import uuid
from datetime import datetime
from decimal import Decimal

from django.db import models

from agencies.rules.moves import (
    ADMISSION_ZH,
    ASSIGNMENT_ZH,
    LEAST_POOL,
    AdmissionStatus,
    AssignmentFacts,
    AssignmentStatus,
)
from kernel.ids import uuid7


class ServiceItem(models.Model):
    """中介服务事项: what kind of service may be chosen here, and on what basis."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    code = models.SlugField(max_length=40)
    name = models.CharField(max_length=100)
    basis = models.CharField(max_length=300)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(fields=["code"], name="service_item_once")]

    def __str__(self) -> str:
        return self.name


class Admission(models.Model):
    """入驻 of an agency for an item. ``commitment`` is the signed statement (承诺书); ``head`` and
    ``controllers`` (credit codes) are what it declares there for recusal."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "parties.Organization", on_delete=models.PROTECT, related_name="admissions"
    )
    item = models.ForeignKey(ServiceItem, on_delete=models.PROTECT, related_name="admissions")
    status = models.CharField(
        max_length=16,
        choices=[(s.value, ADMISSION_ZH[s]) for s in AdmissionStatus],
        default=AdmissionStatus.APPLIED,
    )
    head = models.CharField(max_length=100)
    controllers = models.JSONField(default=list)
    qualification = models.CharField(max_length=500)
    commitment = models.JSONField()
    commitment_sha256 = models.CharField(max_length=64)
    applied_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["applied_at", "id"]
        constraints = [models.UniqueConstraint(fields=["organization", "item"], name="admission_once")]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.item_id}"


class Assignment(models.Model):
    """委托项目. After closing ``pool`` is frozen: ``[{credit_code, name}]`` sorted; ``barred`` says who was
    recused and why. ``recused``: credit codes named in the announcement."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40)
    client = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="assignments")
    item = models.ForeignKey(ServiceItem, on_delete=models.PROTECT, related_name="assignments")
    title = models.CharField(max_length=200)
    project = models.CharField(max_length=200)
    need = models.TextField()
    budget = models.DecimalField(max_digits=18, decimal_places=2)
    least = models.PositiveSmallIntegerField(default=LEAST_POOL)
    head = models.CharField(max_length=100)
    controllers = models.JSONField(default=list)
    recused = models.JSONField(default=list)
    status = models.CharField(
        max_length=16,
        choices=[(s.value, ASSIGNMENT_ZH[s]) for s in AssignmentStatus],
        default=AssignmentStatus.OPEN,
    )
    published_at = models.DateTimeField()
    closing_at = models.DateTimeField(db_index=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    pool = models.JSONField(default=list)
    pool_digest = models.CharField(max_length=64, blank=True, default="")
    barred = models.JSONField(default=list)
    round = models.PositiveSmallIntegerField(default=1)
    seed = models.CharField(max_length=64, blank=True, default="")
    order = models.JSONField(default=list)
    selected = models.ForeignKey(
        "parties.Organization",
        on_delete=models.PROTECT,
        related_name="won_assignments",
        null=True,
        blank=True,
    )
    selected_at = models.DateTimeField(null=True, blank=True)
    notice_until = models.DateTimeField(null=True, blank=True)
    contract = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    contract_amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    contracted_at = models.DateTimeField(null=True, blank=True)
    end_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["number"], name="assignment_number_once"),
            models.CheckConstraint(condition=models.Q(budget__gt=0), name="assignment_budget_positive"),
        ]

    def __str__(self) -> str:
        return self.number

    def facts(
        self, now: datetime, *, revealed: bool = False, amount: Decimal = Decimal("0.00")
    ) -> AssignmentFacts:
        """The bridge to the rules."""
        return AssignmentFacts(
            now=now,
            closing_at=self.closing_at,
            pool=len(self.pool),
            least=self.least,
            revealed=revealed,
            notice_until=self.notice_until,
            budget=self.budget,
            amount=amount,
        )


class Application(models.Model):
    """报名, sealed until closing: a random id, because even the time of one tells something."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="applications")
    organization = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("parties.Person", on_delete=models.PROTECT, related_name="+")
    interest = models.CharField(max_length=300, blank=True, default="")
    commitment = models.JSONField()
    commitment_sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["assignment", "organization"],
                name="application_once",
                condition=models.Q(withdrawn_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class DrawCommitment(models.Model):
    """A party's commitment in one round of a draw, and what it revealed (hex)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="draw_commitments")
    round = models.PositiveSmallIntegerField()
    who = models.CharField(max_length=20, choices=[("client", "项目业主"), ("trading_center", "交易中心")])
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()
    nonce = models.CharField(max_length=64, blank=True, default="")
    revealed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["round", "who"]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "round", "who"], name="agency_draw_commitment_once")
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id} {self.round} {self.who}"
