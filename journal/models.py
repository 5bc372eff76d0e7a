"""Acts, the log's nodes and checkpoints, the outbox, what has been performed, the training clock."""

from __future__ import annotations

import uuid

from django.db import models

from kernel.ids import uuid7


class Act(models.Model):
    """One act (行为记录). ``document`` is its JSON; ``leaf`` the log entry's bytes: the canonical document
    of an open act, or of a sealed one ``{"v": 1, "sealed": SHA-256(salt ‖ canonical document)}``.

    ``index`` is its place in the log, empty until the sequencer has given it one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    verb = models.CharField(max_length=60, db_index=True)
    subject = models.CharField(max_length=120, db_index=True, blank=True)
    actor = models.CharField(max_length=120, db_index=True)
    at = models.DateTimeField(db_index=True)
    document = models.JSONField()
    salt = models.BinaryField(null=True, blank=True)
    leaf = models.BinaryField()
    index = models.BigIntegerField(null=True, blank=True, unique=True)

    class Meta:
        ordering = ["at", "id"]
        indexes = [
            models.Index(fields=["at", "id"], name="act_unnumbered", condition=models.Q(index__isnull=True))
        ]

    def __str__(self) -> str:
        return f"{self.verb} {self.subject}"

    @property
    def sealed(self) -> bool:
        return self.salt is not None


class LogNode(models.Model):
    """A complete subtree of the log: ``(level, index)`` and its hash. Rows are never changed."""

    level = models.PositiveSmallIntegerField()
    index = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["level", "index"], name="log_node_once")]

    def __str__(self) -> str:
        return f"{self.level}/{self.index}"


class Checkpoint(models.Model):
    """A signed tree head; one row a batch."""

    size = models.BigIntegerField(unique=True)
    root = models.BinaryField()
    note = models.TextField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["size"]

    def __str__(self) -> str:
        return str(self.size)


class Performed(models.Model):
    """A command that was carried out: asked again with its key it answers the same."""

    actor = models.CharField(max_length=120)
    key = models.CharField(max_length=200)
    command_sha256 = models.CharField(max_length=64)
    act = models.ForeignKey(Act, on_delete=models.PROTECT, related_name="+")
    result = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="performed_once")]

    def __str__(self) -> str:
        return self.key


class OutboxFact(models.Model):
    """A fact waiting for its reactions; ``done_at`` when all have run."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=120)
    payload = models.JSONField()
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    retry_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [
            models.Index(fields=["id"], name="outbox_waiting", condition=models.Q(done_at__isnull=True))
        ]

    def __str__(self) -> str:
        return self.kind


class ReactionDone(models.Model):
    """One reaction has seen one fact."""

    fact = models.ForeignKey(OutboxFact, on_delete=models.CASCADE, related_name="reactions")
    reaction = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["fact", "reaction"], name="reaction_once_a_fact")]

    def __str__(self) -> str:
        return self.reaction


class TrainingClock(models.Model):
    """How far the training clock (演练时钟) is ahead. One row; only in a training deployment."""

    offset = models.DurationField()

    def __str__(self) -> str:
        return str(self.offset)
