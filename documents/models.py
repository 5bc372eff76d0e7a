"""Files by digest, and uploads on their way in."""

from __future__ import annotations

import uuid
from typing import IO

from django.core.files.storage import storages
from django.db import models

from kernel.ids import uuid7


class StoredFile(models.Model):
    """A file the house keeps: its bytes never change, its SHA-256 (64 hex digits) names it.

    ``name`` and ``media_type`` are those of the first who brought it; what a reader sees is said by the
    row that refers to it. ``size`` in bytes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=100)
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(size__gte=0), name="stored_file_size_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:8]}"

    @property
    def path(self) -> str:
        """Its name in the storage: ``files/ab/cd/abcd…``."""
        return path_of(self.sha256)

    def open(self) -> IO[bytes]:
        """A binary stream from the start; the caller closes it. ``FileNotFoundError`` if the disk lost it."""
        return storages["default"].open(self.path, "rb")


def path_of(sha256: str) -> str:
    return f"files/{sha256[:2]}/{sha256[2:4]}/{sha256}"


class Upload(models.Model):
    """A file on its way in. Operational like a session: no act, swept when forgotten.

    The id is the capability: whoever knows it may go on with it, so it is random (UUIDv4). No address
    and no person is kept: before a deadline even who uploads is a secret.
    ``verified_at``: all bytes are there and their digest is the promised one. ``refused``: the code why
    it never can be finished. ``stored``: it was claimed (:func:`documents.uploads.finished`).
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    size = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=255)
    media_type = models.CharField(max_length=100)
    offset = models.BigIntegerField(default=0)
    created_at = models.DateTimeField()
    touched_at = models.DateTimeField(db_index=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    refused = models.CharField(max_length=60, blank=True)
    stored = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offset__gte=0) & models.Q(offset__lte=models.F("size")),
                name="upload_offset_within_size",
            )
        ]

    def __str__(self) -> str:
        return f"{self.offset}/{self.size}"
