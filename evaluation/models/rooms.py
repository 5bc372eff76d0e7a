"""The evaluation of one lot: what each seat declared, voted, reviewed, scored, locked and signed.

Opinions belong to a seat's row; those of a vacated one are void and are never counted (招例第四十八条).
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.db import models

from evaluation.rules.statuses import PAUSE_ZH, ROOM_ZH, PauseStatus, RoomStatus
from kernel.ids import uuid7

if TYPE_CHECKING:
    from evaluation.models.draws import Seat


class Evaluation(models.Model):
    """The evaluation room of a lot: ``evaluation:<tender number>-<lot no>``.

    ``calculation``: ``{"input", "output", "means", "objective", "rejected", "ranking"}`` once computed.
    ``report_payload``: the statement's payload that every member signs.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    committee = models.ForeignKey(
        "evaluation.Committee", on_delete=models.PROTECT, related_name="evaluations"
    )
    lot = models.OneToOneField("trading.Lot", on_delete=models.PROTECT, related_name="evaluation")
    status = models.CharField(
        max_length=20, choices=[(s.value, ROOM_ZH[s]) for s in RoomStatus], default=RoomStatus.CONVENED
    )
    pause = models.CharField(
        max_length=10,
        choices=[(s.value, PAUSE_ZH[s]) for s in PauseStatus],
        default=PauseStatus.RUNNING,
    )
    pause_reason = models.CharField(max_length=300, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    chair = models.ForeignKey(
        "evaluation.Seat", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    competition = models.BooleanField(null=True, blank=True)
    calculation = models.JSONField(null=True, blank=True)
    calculation_sha256 = models.CharField(max_length=64, blank=True)
    calculated_at = models.DateTimeField(null=True, blank=True)
    report = models.ForeignKey(
        "documents.StoredFile", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    report_payload = models.JSONField(null=True, blank=True)
    report_act = models.UUIDField(null=True, blank=True)
    convened_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    #: The seat that acts, found by the policy of the command that loaded this row.
    acting: Seat | None = None

    class Meta:
        ordering = ["convened_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(status="finished") | models.Q(report__isnull=False),
                name="evaluation_finished_with_report",
            ),
        ]

    def __str__(self) -> str:
        return self.room

    @property
    def room(self) -> str:
        return f"evaluation:{self.lot.tender.number}-{self.lot.no}"

    @property
    def subject(self) -> str:
        return self.room


class EvaluatedBid(models.Model):
    """A bid under its alias (甲乙丙…). Its id is a new one, so the room does not tell which bid it is."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="bids")
    bid = models.ForeignKey("trading.Bid", on_delete=models.PROTECT, related_name="+")
    alias = models.CharField(max_length=4)
    position = models.PositiveSmallIntegerField()
    rejected = models.BooleanField(default=False)
    #: 2: rejected when prices were reviewed, after the technical sheets had been locked.
    rejected_stage = models.PositiveSmallIntegerField(default=1)
    ground = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    document = models.CharField(max_length=240, blank=True)
    page = models.PositiveIntegerField(null=True, blank=True)
    rejection_act = models.UUIDField(null=True, blank=True)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "bid"], name="evaluated_bid_once"),
            models.UniqueConstraint(fields=["evaluation", "position"], name="evaluated_bid_position_once"),
            models.CheckConstraint(
                condition=models.Q(rejected=False) | ~models.Q(ground=""), name="rejection_has_a_ground"
            ),
        ]

    def __str__(self) -> str:
        return self.alias


class Declaration(models.Model):
    """保密与回避声明 of a seat, signed with the member's certificate."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="declarations")
    seat = models.ForeignKey("evaluation.Seat", on_delete=models.PROTECT, related_name="declarations")
    statement = models.JSONField()
    at = models.DateTimeField()
    act = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "seat"], name="declaration_once_a_seat"),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.seat_id}"


class Ballot(models.Model):
    """A vote of a seat: ``question`` chair (``choice``: id of a seat) or competition (yes, no)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="ballots")
    seat = models.ForeignKey("evaluation.Seat", on_delete=models.PROTECT, related_name="ballots")
    question = models.CharField(max_length=20)
    choice = models.CharField(max_length=40)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["evaluation", "seat", "question"], name="ballot_once_a_seat"),
        ]

    def __str__(self) -> str:
        return self.question


class Review(models.Model):
    """初步评审 of one bid by one seat; ``stage`` 2 is the review of its price part (双信封)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seat = models.ForeignKey("evaluation.Seat", on_delete=models.PROTECT, related_name="reviews")
    bid = models.ForeignKey(EvaluatedBid, on_delete=models.PROTECT, related_name="reviews")
    stage = models.PositiveSmallIntegerField(default=1)
    passed = models.BooleanField()
    ground = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    document = models.CharField(max_length=240, blank=True)
    page = models.PositiveIntegerField(default=0)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["seat", "bid", "stage"], name="review_once_a_seat"),
            models.CheckConstraint(
                condition=models.Q(passed=True) | ~models.Q(ground=""), name="review_rejection_has_a_ground"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seat_id} {self.bid_id}"


class Score(models.Model):
    """One cell: a seat's points for one item of one bid. Written at once, so a fault loses none."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seat = models.ForeignKey("evaluation.Seat", on_delete=models.PROTECT, related_name="scores")
    bid = models.ForeignKey(EvaluatedBid, on_delete=models.PROTECT, related_name="scores")
    item = models.CharField(max_length=60)
    points = models.CharField(max_length=14)  # decimal text with the item's own places
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["seat", "bid", "item"], name="score_once_a_cell")]

    def __str__(self) -> str:
        return f"{self.bid_id} {self.item}"


class SheetLock(models.Model):
    """A locked sheet. ``sheet``: ``{bid id: {item: points}}`` with the public bid ids; ``sha256`` of its
    canonical form is what the act says. ``returned_items``: cells given back for correction."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="locks")
    seat = models.ForeignKey("evaluation.Seat", on_delete=models.PROTECT, related_name="locks")
    sheet = models.JSONField()
    sha256 = models.CharField(max_length=64)
    at = models.DateTimeField()
    act = models.UUIDField()
    returned_at = models.DateTimeField(null=True, blank=True)
    returned_items = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "seat"],
                name="sheet_locked_once",
                condition=models.Q(returned_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.seat_id}"


class ReportSignature(models.Model):
    """A member under the report: signed, signed with dissent, or counted as agreeing (招例第五十三条)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.PROTECT, related_name="signatures")
    seat = models.ForeignKey("evaluation.Seat", on_delete=models.PROTECT, related_name="signatures")
    report_sha256 = models.CharField(max_length=64)
    statement = models.JSONField(null=True, blank=True)
    dissent = models.TextField(blank=True)
    deemed = models.BooleanField(default=False)
    note = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()
    act = models.UUIDField()

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "seat", "report_sha256"], name="report_signed_once_a_seat"
            ),
            models.CheckConstraint(
                condition=models.Q(deemed=True) | models.Q(statement__isnull=False),
                name="report_signature_has_a_statement",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.seat_id}"


class SeatConnection(models.Model):
    """An open socket of a seat. Presence is a state of the line, not an act: it is not journalled."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    evaluation = models.ForeignKey(Evaluation, on_delete=models.CASCADE, related_name="connections")
    seat = models.ForeignKey("evaluation.Seat", on_delete=models.CASCADE, related_name="connections")
    seen_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.evaluation_id} {self.seat_id}"
