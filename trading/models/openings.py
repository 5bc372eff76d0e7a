"""The opening session of a tender: who was there, what was objected, who signed the record."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7
from trading.rules.statuses import SESSION_ZH, SessionStatus


class OpeningSession(models.Model):
    """开标会. One a tender, or two where a lot has second envelopes (``stage`` 2, which begins at ``opens_at``); the
    room of both is ``hall:<tender number>``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tender = models.ForeignKey("trading.Tender", on_delete=models.PROTECT, related_name="opening_sessions")
    stage = models.PositiveSmallIntegerField(default=1)
    opens_at = models.DateTimeField(null=True, blank=True)
    status = models.CharField(
        max_length=16,
        choices=[(s.value, SESSION_ZH[s]) for s in SessionStatus],
        default=SessionStatus.SIGN_IN,
    )
    host = models.ForeignKey(
        "parties.Person", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    started_at = models.DateTimeField(null=True, blank=True)
    decryption_until = models.DateTimeField(null=True, blank=True)
    record = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    record_payload = models.JSONField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, db_index=True)

    class Meta:
        ordering = ["stage"]
        constraints = [
            models.UniqueConstraint(fields=["tender", "stage"], name="opening_session_once_a_stage"),
            models.CheckConstraint(
                condition=models.Q(stage=1) | models.Q(opens_at__isnull=False),
                name="second_opening_has_a_time",
            ),
        ]

    def __str__(self) -> str:
        return f"hall:{self.tender.number}"


class SignIn(models.Model):
    """签到. Before the deadline nobody but the signer sees it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(OpeningSession, on_delete=models.PROTECT, related_name="sign_ins")
    organization = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("parties.Person", on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=30)
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["session", "organization"], name="sign_in_once_an_organization"),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.at}"


class OpeningObjection(models.Model):
    """异议 on the spot, answered on the spot (招例第四十四条)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(OpeningSession, on_delete=models.PROTECT, related_name="objections")
    organization = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    raised_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["raised_at"]

    def __str__(self) -> str:
        return self.text[:40]


class RecordSignature(models.Model):
    """One signature under the opening record: a statement ``mingtang/opening-record``."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(OpeningSession, on_delete=models.PROTECT, related_name="signatures")
    organization = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    capacity = models.CharField(max_length=30)
    statement = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "organization"], name="record_signed_once_an_organization"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} {self.at}"
