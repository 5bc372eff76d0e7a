"""Sealed bids. Until opening a bid is known by its one-time pseudonym only."""

from __future__ import annotations

import uuid

from django.db import models

from trading.rules.statuses import BID_ZH, BidStatus, CauseOfFailure


class Bid(models.Model):
    """One accepted envelope. ``bidder`` and everything below it is empty until the bid is opened.

    ``act`` is the id of the ``bid.submit`` act; ``envelope`` the sealed file; ``receipt`` the signed
    receipt as given out. ``summary`` is the opened bid summary; ``bundle`` the opened ZIP.
    ``number`` is the order of reading within the lot (1…), given at the deadline. A bid in two envelopes is two
    rows of one pseudonym: the technical one stands for the bid (evaluation, award), and has the price once the
    price part is open; the price one has its number from the start of the second opening.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lot = models.ForeignKey("trading.Lot", on_delete=models.PROTECT, related_name="bids")
    part = models.CharField(max_length=20, default="whole")
    #: Hex: 32 bytes of Ed25519, or 33 of SM2 (sealing/pseudonym.py).
    pseudonym = models.CharField(max_length=66)
    envelope = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    envelope_sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    received_at = models.DateTimeField()
    act = models.UUIDField()
    receipt = models.JSONField(null=True, blank=True)
    status = models.CharField(
        max_length=16, choices=[(s.value, BID_ZH[s]) for s in BidStatus], default=BidStatus.SUBMITTED
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawal = models.JSONField(null=True, blank=True)  # the signed statement that took it back
    number = models.PositiveSmallIntegerField(null=True, blank=True)
    # -- from here on only after the deadline
    key_release = models.JSONField(null=True, blank=True)  # the signed mingtang/key-release
    key_released_at = models.DateTimeField(null=True, blank=True)
    quorum_requested_at = models.DateTimeField(null=True, blank=True)
    quorum_reason = models.CharField(max_length=200, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    opened_by = models.CharField(max_length=10, blank=True)  # "bidder" or "quorum"
    content_key = models.BinaryField(null=True, blank=True)
    bidder = models.ForeignKey(
        "parties.Organization", on_delete=models.PROTECT, related_name="bids", null=True, blank=True
    )
    bidder_name = models.CharField(max_length=200, blank=True)
    bidder_credit_code = models.CharField(max_length=18, blank=True)
    summary = models.JSONField(null=True, blank=True)
    price = models.DecimalField(max_digits=18, decimal_places=2, null=True, blank=True)
    bundle = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    read_out_at = models.DateTimeField(null=True, blank=True)
    failure_cause = models.CharField(max_length=10, blank=True, default=CauseOfFailure.NONE)
    failure = models.JSONField(
        null=True, blank=True
    )  # {"code", "zh", "en"}, then {"said", "said_by", "said_at"}

    class Meta:
        ordering = ["lot__no", "number", "received_at"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "part", "pseudonym"], name="bid_pseudonym_once_a_lot"),
            models.UniqueConstraint(fields=["envelope_sha256"], name="bid_envelope_once"),
            models.CheckConstraint(
                condition=models.Q(price__isnull=True) | models.Q(price__gt=0), name="bid_price_positive"
            ),
            models.CheckConstraint(
                condition=models.Q(opened_at__isnull=False) | models.Q(content_key__isnull=True),
                name="bid_content_key_only_when_opened",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class KeyShareRelease(models.Model):
    """One custodian's opened share of one bid: written only while the bid's session is decrypting."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    bid = models.ForeignKey(Bid, on_delete=models.PROTECT, related_name="shares")
    index = models.PositiveSmallIntegerField()
    value = models.BinaryField()
    statement = models.JSONField()
    released_at = models.DateTimeField()

    class Meta:
        ordering = ["index"]
        constraints = [
            models.UniqueConstraint(fields=["bid", "index"], name="key_share_once_a_bid"),
        ]

    def __str__(self) -> str:
        return f"{self.bid_id} #{self.index}"
