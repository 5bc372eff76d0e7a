"""Versions of the trust list, and the revocation documents that were fetched."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7


class TrustListVersion(models.Model):
    """An imported trust list, as it was signed. ``sha256`` is the digest of the canonical payload,
    ``signer`` the hex SHA-256 of the publisher's certificate. Rows are never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.PositiveIntegerField()
    publisher = models.CharField(max_length=500)
    signer = models.CharField(max_length=64)
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField()
    effective_from = models.DateTimeField(db_index=True)
    signed = models.JSONField()
    imported_at = models.DateTimeField()
    origin = models.CharField(
        max_length=9, choices=[("imported", "导入"), ("published", "本平台发布")], default="imported"
    )

    class Meta:
        ordering = ["version"]
        constraints = [models.UniqueConstraint(fields=["version"], name="trust_list_version_once")]

    def __str__(self) -> str:
        return str(self.version)


class RevocationDocument(models.Model):
    """A CRL or an OCSP answer as it was fetched: kept, because signatures are judged by it later.

    ``about`` finds it again: the source's address for a CRL, the certificate's fingerprint for OCSP.
    ``nonce`` is the nonce of the OCSP request it answered.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=4, choices=[("crl", "吊销列表"), ("ocsp", "OCSP 应答")])
    about = models.CharField(max_length=1000)
    sha256 = models.CharField(max_length=64)
    der = models.BinaryField()
    nonce = models.BinaryField(null=True, blank=True)
    fetched_at = models.DateTimeField()
    valid_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["fetched_at", "id"]
        constraints = [models.UniqueConstraint(fields=["sha256"], name="revocation_document_once")]
        indexes = [models.Index(fields=["kind", "about", "fetched_at"], name="revocation_newest")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sha256[:16]}"
