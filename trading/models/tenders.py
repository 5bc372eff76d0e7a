"""Projects, tenders, lots and what is published about them."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import models

from kernel.ids import uuid7
from trading.rules.lot_machine import LotFacts
from trading.rules.parts import SECOND
from trading.rules.rulebook import rulebook
from trading.rules.statuses import LOT_ZH, TENDER_ZH, LotStatus, SessionStatus, TenderStatus
from trading.rules.tender_machine import TenderFacts


class Project(models.Model):
    """招标项目. ``number`` is public; ``regime`` chooses the rulebook family."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    regime = models.CharField(max_length=40, default="tendering_law")
    category = models.CharField(max_length=20, default="works")
    procuring_entity = models.ForeignKey(
        "parties.Organization", on_delete=models.PROTECT, related_name="projects"
    )
    agent = models.ForeignKey(
        "parties.Organization", on_delete=models.PROTECT, related_name="agent_projects", null=True, blank=True
    )
    #: The written commission of the agent (招例第十四条).
    agent_commission = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    state_funded = models.BooleanField(default=True)
    estimate = models.DecimalField(max_digits=18, decimal_places=2)
    location = models.CharField(max_length=100, blank=True)
    approval = models.CharField(max_length=100, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(estimate__gte=0), name="project_estimate_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


class Tender(models.Model):
    """招标（一次）. Times are UTC; what only the clock decides is computed by ``rules``.

    ``evaluation_method`` is the frozen JSON of ``rules.evaluation_method``; ``requirements`` what a bid
    bundle must hold: ``[{"role", "title", "required": bool, "media_types": [...], "max_mb"?, "part"?}]``.
    ``part`` is the part of lots with one envelope; lots with two have their own (``Lot.scheme``).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(max_length=40, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="tenders")
    title = models.CharField(max_length=200)
    status = models.CharField(
        max_length=20, choices=[(s.value, TENDER_ZH[s]) for s in TenderStatus], default=TenderStatus.DRAFT
    )
    rulebook = models.CharField(max_length=60)
    evaluation_method = models.JSONField(default=dict)
    requirements = models.JSONField(default=list)
    #: What is asked beyond the list of files (``kernel.bid_rules``): bill of quantities, 暗标, quality, manager.
    bid_rules = models.JSONField(default=dict)
    notice_text = models.TextField(blank=True)
    currency = models.CharField(max_length=3, default="CNY")
    part = models.CharField(max_length=20, default="whole")
    bid_validity_days = models.PositiveIntegerField(default=90)
    decryption_minutes = models.PositiveIntegerField(default=60)
    share_threshold = models.PositiveSmallIntegerField(default=2)
    announced_at = models.DateTimeField(null=True, blank=True)
    documents_from = models.DateTimeField(null=True, blank=True)
    documents_until = models.DateTimeField(null=True, blank=True)
    enquiry_deadline = models.DateTimeField(null=True, blank=True)
    submission_deadline = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(share_threshold__gte=2), name="tender_share_threshold_at_least_two"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.title}"

    @property
    def rulebook_title(self) -> str:
        """The frozen rulebook in words; empty for a draft."""
        return rulebook(self.rulebook).title if self.rulebook else ""

    def facts(self, now: datetime) -> TenderFacts:
        """What the tender machine judges on."""
        open_objections = self.enquiries.filter(kind="objection", answered_at__isnull=True).count()
        lots = tuple((str(no), LotStatus(status)) for no, status in self.lots.values_list("no", "status"))
        return TenderFacts(now, self.submission_deadline, open_objections, lots)


class Lot(models.Model):
    """标段. ``no`` counts from 1; in envelopes and guarantees the lot is ``str(no)``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="lots")
    no = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    scope = models.TextField(blank=True)
    estimate = models.DecimalField(max_digits=18, decimal_places=2)
    ceiling_price = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    bond_amount = models.DecimalField(max_digits=18, decimal_places=2)
    duration_days = models.PositiveIntegerField()
    #: ``single``: one envelope; ``dual``: technical part first, price part for those who passed (双信封).
    scheme = models.CharField(max_length=10, default="single")
    status = models.CharField(
        max_length=24, choices=[(s.value, LOT_ZH[s]) for s in LotStatus], default=LotStatus.PENDING
    )
    #: Two envelopes: who passed the technical evaluation, ``{"passed": [bid ids], "rejected": [{bid, ground, …}]}``.
    technical_result = models.JSONField(null=True, blank=True)
    #: Why it failed: a refusal code or a ground; empty otherwise.
    failure_code = models.CharField(max_length=60, blank=True)
    #: Since when open objections pause the standstill (招例第五十四条).
    paused_since = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    #: The failed lot of an earlier tender that this one is tendered again from (重新招标).
    tendered_again_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, related_name="tendered_again_as", null=True, blank=True
    )

    class Meta:
        ordering = ["no"]
        constraints = [
            models.UniqueConstraint(fields=["tender", "no"], name="lot_no_once_a_tender"),
            models.UniqueConstraint(fields=["tendered_again_from"], name="lot_tendered_again_once"),
            models.CheckConstraint(condition=models.Q(estimate__gte=0), name="lot_estimate_not_negative"),
            models.CheckConstraint(
                condition=models.Q(ceiling_price__isnull=True) | models.Q(ceiling_price__gt=0),
                name="lot_ceiling_price_positive",
            ),
            models.CheckConstraint(condition=models.Q(bond_amount__gte=0), name="lot_bond_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.tender.number}-{self.no:02d}"

    @property
    def code(self) -> str:
        """Public number: the tender's and two digits."""
        return f"{self.tender.number}-{self.no:02d}"

    def facts(self, now: datetime) -> LotFacts:
        """What the lot machine judges on."""
        first = self.candidates.first()
        award = self.award if hasattr(self, "award") else None
        objections = self.objections.filter(settled_at__isnull=True)
        return LotFacts(
            now=now,
            standstill_until=first.standstill_until if first else None,
            open_objections=objections.filter(answered_at__isnull=True).count(),
            upheld=objections.filter(upheld=True).count(),
            notified_at=award.notified_at if award else None,
            second_begun=self.tender.opening_sessions.filter(stage=SECOND)
            .exclude(status=SessionStatus.SIGN_IN)
            .exists(),
        )


class Custodian(models.Model):
    """A holder of key shares of one tender: 1…n. ``certificate`` is DER of the encryption certificate."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="custodians")
    index = models.PositiveSmallIntegerField()
    organization = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    certificate = models.BinaryField()
    fingerprint = models.CharField(max_length=64)

    class Meta:
        ordering = ["index"]
        constraints = [
            models.UniqueConstraint(fields=["tender", "index"], name="custodian_index_once_a_tender"),
            models.UniqueConstraint(fields=["tender", "fingerprint"], name="custodian_once_a_tender"),
        ]

    def __str__(self) -> str:
        return f"{self.tender.number} #{self.index}"


class TenderDocument(models.Model):
    """A document of a tender or of one lot. ``kind``: notice, bidding_documents, boq, clarification,
    opening_record, signed_record, evaluation_report, signed_report, candidate_notice, award_notice, acceptance_notice, result_letter,
    contract, other. ``public``: anybody may read it; otherwise the app's policy decides."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="documents")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="documents", null=True, blank=True)
    kind = models.CharField(max_length=30)
    title = models.CharField(max_length=200)
    file = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    public = models.BooleanField(default=True)
    #: The only organization beside the host that may read it (acceptance notice, result letter).
    recipient = models.ForeignKey(
        "parties.Organization", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["published_at", "id"]

    def __str__(self) -> str:
        return self.title


class DocumentDownload(models.Model):
    """Who took the bidding documents: secret until the deadline (20号令第二十一条), never shown to staff."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="downloads")
    organization = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    #: Clarifications and answers up to this time are confirmed as received.
    confirmed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tender", "organization"], name="download_once_an_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.tender_id} {self.at}"


class Enquiry(models.Model):
    """A question before the deadline; the asker is never shown. ``kind``: enquiry or objection (异议)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    tender = models.ForeignKey(Tender, on_delete=models.PROTECT, related_name="enquiries")
    kind = models.CharField(max_length=20, default="enquiry")
    text = models.TextField()
    asked_by = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["asked_at"]

    def __str__(self) -> str:
        return self.text[:40]
