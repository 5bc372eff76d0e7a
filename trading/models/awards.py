"""From the evaluation report to the contract. Evaluation calls down; nothing here knows it."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7


class EvaluationResult(models.Model):
    """What the committee reported on one lot. ``ranking``: ``[{"bid", "bidder", "credit_code", "price",
    "score", "rank"}]`` best first; ``rejected``: ``[{"bid", "bidder", "ground", "law"}]``;
    ``report_sha256`` the signed report's digest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lot = models.OneToOneField("trading.Lot", on_delete=models.PROTECT, related_name="evaluation_result")
    ranking = models.JSONField()
    rejected = models.JSONField(default=list)
    report = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.lot_id)


class Candidate(models.Model):
    """中标候选人, 1 to 3 (招例第五十三条), shown from ``announced_at`` to ``standstill_until`` of the lot."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lot = models.ForeignKey("trading.Lot", on_delete=models.PROTECT, related_name="candidates")
    rank = models.PositiveSmallIntegerField()
    bid = models.ForeignKey("trading.Bid", on_delete=models.PROTECT, related_name="+")
    price = models.DecimalField(max_digits=18, decimal_places=2)
    score = models.DecimalField(max_digits=9, decimal_places=2, null=True, blank=True)
    announced_at = models.DateTimeField()
    standstill_until = models.DateTimeField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "rank"], name="candidate_rank_once_a_lot"),
            models.UniqueConstraint(fields=["lot", "bid"], name="candidate_bid_once_a_lot"),
            models.CheckConstraint(
                condition=models.Q(rank__gte=1) & models.Q(rank__lte=3), name="candidate_rank_one_to_three"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.rank}"


class ResultObjection(models.Model):
    """异议 to the result while the candidates are on show (招例第五十四条). ``settled_at``: dismissed, or the
    result was corrected after it was upheld."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lot = models.ForeignKey("trading.Lot", on_delete=models.PROTECT, related_name="objections")
    organization = models.ForeignKey("parties.Organization", on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    raised_at = models.DateTimeField()
    answer = models.TextField(blank=True)
    upheld = models.BooleanField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["raised_at"]

    def __str__(self) -> str:
        return self.text[:40]


class Award(models.Model):
    """中标. ``ground``: ``rank:ground`` of every better candidate that was passed over, comma-separated
    (招例第五十五条). ``notified_at``: acceptance notice and the result to all losers, at the same time (招法第四十五条)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    lot = models.OneToOneField("trading.Lot", on_delete=models.PROTECT, related_name="award")
    bid = models.ForeignKey("trading.Bid", on_delete=models.PROTECT, related_name="+")
    ground = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.lot_id)


class Contract(models.Model):
    """合同, within 30 days of the notice (招法第四十六条)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    award = models.OneToOneField(Award, on_delete=models.PROTECT, related_name="contract")
    number = models.CharField(max_length=60, unique=True)
    price = models.DecimalField(max_digits=18, decimal_places=2)
    signed_on = models.DateField()
    file = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    registered_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number
