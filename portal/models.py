"""Realtime rooms: ordered event logs with a folded state for each audience."""

from __future__ import annotations

from django.db import models


class Room(models.Model):
    """``key`` like ``hall:<tender>``; ``seq`` of its newest event. Locked while an event is added."""

    key = models.CharField(max_length=120, primary_key=True)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.key


class RoomState(models.Model):
    """The patches of one audience folded together. Audience ``""`` is everybody in the room."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="states")
    audience = models.CharField(max_length=80, blank=True)
    state = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "audience"], name="room_state_once_an_audience")
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.audience}"


class Recall(models.Model):
    """A person whose open sockets are asked again whether they may stay: signed out, a certificate blocked,
    a role ended. Rows are pruned after a few minutes."""

    person = models.CharField(max_length=60)
    at = models.DateTimeField(db_index=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.person


class RoomEvent(models.Model):
    """Event ``seq`` of a room: a sentence and a JSON Merge Patch (RFC 7396) of its audience's state."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="events")
    seq = models.BigIntegerField()
    at = models.DateTimeField()
    kind = models.CharField(max_length=60)
    say = models.TextField(blank=True)
    audience = models.CharField(max_length=80, blank=True)
    patch = models.JSONField(default=dict)

    class Meta:
        ordering = ["seq"]
        constraints = [models.UniqueConstraint(fields=["room", "seq"], name="room_event_seq_once")]

    def __str__(self) -> str:
        return f"{self.room_id} {self.seq}"
