"""The committee of a tender, the draws that fill it, its seats. Who sits where is secret until the award."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models

from evaluation.rules.conditions import Conditions
from evaluation.rules.conditions import read as read_conditions
from evaluation.rules.draw_moves import DrawFacts
from evaluation.rules.statuses import DRAW_ZH, INVITATION_ZH, DrawStatus, InvitationStatus
from kernel.ids import uuid7

if TYPE_CHECKING:
    from django.db.models import QuerySet


class Committee(models.Model):
    """评标委员会 of one tender; it evaluates every lot of it. ``size`` is odd and at least five."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tender = models.OneToOneField("trading.Tender", on_delete=models.PROTECT, related_name="committee")
    size = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField()
    formed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gte=5), name="committee_at_least_five"),
        ]

    def __str__(self) -> str:
        return str(self.tender_id)

    def occupied(self) -> QuerySet[Seat]:
        """The seats that are taken now, by number."""
        return self.seats.filter(vacated_at__isnull=True).order_by("no")

    @property
    def vacant(self) -> int:
        return self.size - self.occupied().count()


class ExpertDraw(models.Model):
    """One draw. ``code`` names it in commitments; ``conditions`` and ``pool_digest`` are frozen with it.

    ``seed`` (hex) is empty until every party has revealed. A draw in which a party fell silent is void;
    the next one has the same pool and asks all parties for new commitments.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="draws")
    round = models.PositiveSmallIntegerField()
    purpose = models.CharField(max_length=20, default="committee")
    status = models.CharField(
        max_length=12, choices=[(s.value, DRAW_ZH[s]) for s in DrawStatus], default=DrawStatus.COMMITTING
    )
    conditions = models.JSONField()
    pool_digest = models.CharField(max_length=64)
    excluded = models.PositiveIntegerField(default=0)
    seed = models.CharField(max_length=64, blank=True)
    frozen_at = models.DateTimeField()
    drawn_at = models.DateTimeField(null=True, blank=True)
    void_reason = models.CharField(max_length=300, blank=True)
    freeze_act = models.UUIDField()

    class Meta:
        ordering = ["round"]
        constraints = [
            models.UniqueConstraint(fields=["committee", "round"], name="draw_round_once"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def code(self) -> str:
        """``YC2026-SZ-0417/committee/1``: what commitments are bound to."""
        return f"{self.committee.tender.number}/committee/{self.round}"

    def rules(self) -> Conditions:
        return read_conditions(self.conditions)

    def facts(self) -> DrawFacts:
        rows = list(self.commitments.all())
        return DrawFacts(
            committed=frozenset(row.who for row in rows),
            revealed=frozenset(row.who for row in rows if row.nonce),
            vacant=self.committee.vacant,
        )


class DrawCommitment(models.Model):
    """What one party committed to and, later, revealed (hex). Acts carry both."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    draw = models.ForeignKey(ExpertDraw, on_delete=models.PROTECT, related_name="commitments")
    who = models.CharField(max_length=30)
    commitment = models.CharField(max_length=64)
    at = models.DateTimeField()
    act = models.UUIDField()
    nonce = models.CharField(max_length=64, blank=True)
    revealed_at = models.DateTimeField(null=True, blank=True)
    reveal_act = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["who"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "who"], name="draw_commitment_once_a_party"),
        ]

    def __str__(self) -> str:
        return f"{self.draw_id} {self.who}"


class DrawTicket(models.Model):
    """An expert in a pool under a pseudonym. ``entry`` is what is drawn: ticket and site.

    ``ground`` says why the expert was left out of the pool, or does not sit although drawn.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    draw = models.ForeignKey(ExpertDraw, on_delete=models.PROTECT, related_name="tickets")
    expert = models.ForeignKey("evaluation.ExpertProfile", on_delete=models.PROTECT, related_name="tickets")
    site = models.CharField(max_length=40)
    pooled = models.BooleanField()
    ground = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True)
    place = models.PositiveIntegerField(null=True, blank=True)
    status = models.CharField(
        max_length=10,
        choices=[(s.value, INVITATION_ZH[s]) for s in InvitationStatus],
        default=InvitationStatus.WAITING,
    )
    invited_at = models.DateTimeField(null=True, blank=True)
    reply_until = models.DateTimeField(null=True, blank=True, db_index=True)
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["place", "id"]
        constraints = [
            models.UniqueConstraint(fields=["draw", "expert"], name="ticket_once_an_expert"),
            models.UniqueConstraint(
                fields=["draw", "place"], name="ticket_place_once", condition=models.Q(place__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return self.entry

    @property
    def entry(self) -> str:
        """What stands in the pool: the site is part of it, so the digest binds the site rule too."""
        return f"{self.id}@{self.site}"


class Seat(models.Model):
    """席位 ``no`` of a committee. A replaced member's row stays with ``vacated_at``; the next one on the
    same number has the next ``generation``, so what the first one wrote is nobody else's to read."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    committee = models.ForeignKey(Committee, on_delete=models.PROTECT, related_name="seats")
    no = models.PositiveSmallIntegerField()
    generation = models.PositiveSmallIntegerField(default=1)
    ticket = models.OneToOneField(DrawTicket, on_delete=models.PROTECT, related_name="seat")
    since = models.DateTimeField()
    vacated_at = models.DateTimeField(null=True, blank=True)
    vacated_ground = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["no", "generation"]
        constraints = [
            models.UniqueConstraint(
                fields=["committee", "no"],
                name="seat_no_once_at_a_time",
                condition=models.Q(vacated_at__isnull=True),
            ),
            models.UniqueConstraint(fields=["committee", "no", "generation"], name="seat_generation_once"),
        ]

    def __str__(self) -> str:
        return f"{self.committee_id} #{self.no}"

    @property
    def audience(self) -> str:
        return f"seat:{self.no}" if self.generation == 1 else f"seat:{self.no}.{self.generation}"

    @property
    def key(self) -> str:
        """Key of ``seats`` in the room's state."""
        return str(self.no)
