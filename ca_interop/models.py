"""Versions of the trust list, and the revocation documents that were fetched."""

from __future__ import annotations

import uuid

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


class PreparedSignature(models.Model):
    """A revision of a PDF waiting for its signature: operational data, like an upload. The id is the
    capability; ``increment`` is what the revision adds to ``based_on``. ``finished``: what came of it.

    Old ones that came to nothing are swept; nothing is stated by preparing.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    document = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    based_on = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    increment = models.BinaryField()
    byte_range = models.JSONField()
    digest = models.CharField(max_length=64)
    chain = models.JSONField()
    alg = models.CharField(max_length=40)
    signer = models.CharField(max_length=200)
    prepared_at = models.DateTimeField(db_index=True)
    finished = models.JSONField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.document_id} {self.number}"


class DocumentSignature(models.Model):
    """A signature on a document of the house: ``document`` is the file as it was made, ``file`` its revision
    with this signature and all before it (``pades``), or the detached message beside it (``gbt35275``,
    ``cms``). Rows are never changed. ``details``: authority, algorithm, time-stamp, revocation evidence."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    document = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(
        max_length=10, choices=[("pades", "PDF 签名"), ("gbt35275", "GB/T 35275"), ("cms", "CMS")]
    )
    number = models.PositiveIntegerField()
    file = models.ForeignKey("documents.StoredFile", on_delete=models.PROTECT, related_name="+")
    signer = models.CharField(max_length=200)
    certificate = models.CharField(max_length=64)
    details = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["document", "kind", "number"]
        constraints = [
            models.UniqueConstraint(fields=["document", "kind", "number"], name="document_signed_in_turn"),
        ]

    def __str__(self) -> str:
        return f"{self.document_id} {self.kind} {self.number}"


class MatrixRun(models.Model):
    """One run of the interoperability matrix: ``cells`` as ``rules.matrix.Cell.as_json`` gives them. Rows are
    never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(db_index=True)
    asked_by = models.CharField(max_length=100)
    trust_list_version = models.PositiveIntegerField()
    cells = models.JSONField()
    failed = models.PositiveIntegerField()

    class Meta:
        ordering = ["finished_at", "id"]

    def __str__(self) -> str:
        return f"{self.finished_at:%Y-%m-%d %H:%M} {self.failed}"

    @property
    def tried(self) -> int:
        """How many authorities the run tried: it may have been asked for one only."""
        return len({cell["authority"] for cell in self.cells})
