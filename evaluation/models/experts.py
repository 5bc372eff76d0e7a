"""The expert pool (专家库)."""

from __future__ import annotations

from django.db import models

from evaluation.rules.exclusions import Connections
from kernel.ids import uuid7


class ExpertProfile(models.Model):
    """A registered expert. ``specialties`` are codes; ``relations`` declared ones: credit code → what.

    ``years`` in the trade: at least eight (招法第三十七条). Profiles are not deleted: ``active`` ends.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    person = models.ForeignKey("parties.Person", on_delete=models.PROTECT, related_name="expert_profiles")
    specialties = models.JSONField()
    employer = models.CharField(max_length=200)
    employer_credit_code = models.CharField(max_length=18)
    region = models.CharField(max_length=60)
    site = models.CharField(max_length=40)
    title = models.CharField(max_length=60)
    years = models.PositiveSmallIntegerField()
    relations = models.JSONField(default=dict, blank=True)
    active = models.BooleanField(default=True)
    registered_at = models.DateTimeField()

    class Meta:
        ordering = ["registered_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["person"], name="expert_once_a_person"),
            models.CheckConstraint(condition=models.Q(years__gte=8), name="expert_eight_years"),
        ]

    def __str__(self) -> str:
        return str(self.person_id)

    def connections(self, memberships: frozenset[str]) -> Connections:
        """What the exclusion rule looks at; ``memberships``: credit codes of the person's organizations."""
        return Connections(self.employer_credit_code, memberships, self.relations)
