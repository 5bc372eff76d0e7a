"""Guarantees as presented at the opening, and who may issue them."""

from __future__ import annotations

from datetime import date

from django.db import models

from guarantees.rules.moves import LABELS, GuaranteeFacts, GuaranteeStatus
from kernel.ids import uuid7


class LicensedIssuer(models.Model):
    """An issuer whose guarantees are taken, from ``since`` until ``until``. ``endpoint`` is the address of
    its interface (``gateways/guarantors``); empty: the deployment's default, if there is one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    credit_code = models.CharField(max_length=18)
    endpoint = models.URLField(max_length=300, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"], name="issuer_licensed_once", condition=models.Q(until__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Guarantee(models.Model):
    """What one opened bid presented. Before its bid is open nothing of it is known to the platform, so
    there is no row. ``number`` is empty when nothing readable was presented.

    ``form`` is the signed statement as found; ``reasons`` what speaks against it (``Reason.as_json``);
    ``revocation_sha256`` the evidence the certificate check rests on. ``undecided``: the standing of the
    issuer's certificate could not be found out yet, and is asked again at ``check_due_at``.
    ``issuer_due_at`` is when the issuer is told again of what it has not answered yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    bid = models.OneToOneField("trading.Bid", on_delete=models.PROTECT, related_name="guarantee")
    number = models.CharField(max_length=200, blank=True, db_index=True)
    status = models.CharField(
        max_length=12,
        choices=[(s.value, LABELS[s]) for s in GuaranteeStatus],
        default=GuaranteeStatus.SEALED,
    )
    issuer_name = models.CharField(max_length=200, blank=True)
    issuer_credit_code = models.CharField(max_length=18, blank=True)
    amount = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    valid_from = models.DateField(null=True, blank=True)
    valid_until = models.DateField(null=True, blank=True)
    form = models.JSONField(null=True, blank=True)
    pdf = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    reasons = models.JSONField(default=list, blank=True)
    undecided = models.BooleanField(default=False)
    authority_id = models.CharField(max_length=100, blank=True)
    revocation_sha256 = models.JSONField(default=list, blank=True)
    presented_at = models.DateTimeField()
    checked_at = models.DateTimeField(null=True, blank=True)
    check_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    check_attempts = models.PositiveIntegerField(default=0)
    # -- how it ended
    release_ground = models.CharField(max_length=200, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)
    demand = models.JSONField(null=True, blank=True)
    demand_ground = models.CharField(max_length=30, blank=True)
    demanded_at = models.DateTimeField(null=True, blank=True)
    paid = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    issuer_due_at = models.DateTimeField(null=True, blank=True, db_index=True)
    issuer_attempts = models.PositiveIntegerField(default=0)
    issuer_answer = models.CharField(max_length=300, blank=True)
    issuer_answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["bid__lot__no", "bid__number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount__isnull=True) | models.Q(amount__gte=0),
                name="guarantee_amount_not_negative",
            ),
            models.CheckConstraint(
                condition=models.Q(paid__isnull=True) | models.Q(paid__gt=0), name="guarantee_paid_positive"
            ),
            models.UniqueConstraint(
                fields=["issuer_credit_code", "number"],
                name="guarantee_number_valid_once",
                condition=models.Q(status="valid"),
            ),
        ]

    def __str__(self) -> str:
        return self.number or str(self.pk)

    def facts(self, today: date, *, ground: str = "", checked: bool = False) -> GuaranteeFacts:
        """The bridge to ``rules.moves``; ``today`` is the Beijing date. Without a readable form nothing
        runs out, so its last day counts as today."""
        return GuaranteeFacts(
            today=today,
            valid_until=self.valid_until or today,
            bids_opened=self.bid.opened_at is not None,
            checked=checked,
            checks_failed=len(self.reasons),
            ground=ground,
        )
