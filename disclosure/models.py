"""The records that have been published."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7


class PublishedRecord(models.Model):
    """One published version of a tender's public record, as a ZIP file.

    ``occasion`` says how far the tender had come, so that doubled and simultaneous tasks publish once.
    The newest one counts; earlier ones stay, since their digests stand in the log.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    tender = models.ForeignKey("trading.Tender", on_delete=models.PROTECT, related_name="+")
    file = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    occasion = models.CharField(max_length=120)
    published_at = models.DateTimeField()

    class Meta:
        ordering = ["published_at", "id"]
        constraints = [models.UniqueConstraint(fields=["occasion"], name="public_record_once_an_occasion")]

    def __str__(self) -> str:
        return f"{self.tender_id} {self.published_at}"
