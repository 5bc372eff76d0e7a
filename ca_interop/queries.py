"""The trust list in force, and the evidence kept."""

from __future__ import annotations

import functools
import uuid
from datetime import datetime

from django.conf import settings

from ca_interop.models import MatrixRun, RevocationDocument, TrustListVersion
from ca_interop.rules.matrix import Cell, Row, rows
from ca_interop.rules.reasons import TRUST_LIST_STALE
from ca_interop.rules.trust_list import TrustList, accepted_publishers, read_payload
from kernel.clock import beijing
from kernel.errors import Kind, ReasonForm, Refused

NO_EVIDENCE = ReasonForm(
    "revocation.not_kept",
    zh="没有保存摘要为 {sha256} 的吊销证据",
    en="no revocation evidence with digest {sha256} is kept",
    kind=Kind.NOT_FOUND,
)
NO_RUN = ReasonForm(
    "matrix.no_run", zh="没有这次互认矩阵的结果", en="there is no such run of the matrix", kind=Kind.NOT_FOUND
)


def known_publishers() -> frozenset[str]:
    """Fingerprints whose lists we take: the newest list's successors, and the settings' that were not retired."""
    return accepted_publishers(history(), frozenset(settings.TRUST_LIST_PUBLISHERS))


def history() -> list[TrustList]:
    """Every version, oldest first."""
    versions = TrustListVersion.objects.order_by("version").values_list("sha256", "signer")
    return [_parsed(sha256, signer) for sha256, signer in versions]


def newest_list() -> TrustList | None:
    """The highest version, in force or not yet."""
    named = TrustListVersion.objects.order_by("-version").values_list("sha256", "signer").first()
    return _parsed(*named) if named is not None else None


def list_of(row: TrustListVersion) -> TrustList:
    return _parsed(row.sha256, row.signer)


def version_at(at: datetime) -> TrustListVersion:
    """The version in force at ``at``; ``Refused(trust_list.not_in_force)`` when there is none."""
    row = TrustListVersion.objects.filter(effective_from__lte=at).order_by("-version").first()
    if row is None:
        raise Refused(TRUST_LIST_STALE(at=beijing(at)))
    return row


def trust_list(at: datetime) -> TrustList:
    """The list in force at ``at``; ``Refused(trust_list.not_in_force)`` when there is none."""
    # Asked at every check: only the digest is read, not the signed list with all its certificates.
    found = TrustListVersion.objects.filter(effective_from__lte=at).order_by("-version")
    named = found.values_list("sha256", "signer").first()
    if named is None:
        raise Refused(TRUST_LIST_STALE(at=beijing(at)))
    return _parsed(*named)


@functools.lru_cache(maxsize=64)
def _parsed(sha256: str, signer: str) -> TrustList:
    # Versions never change, so a parsed one may be kept; its signature was checked at the import.
    row = TrustListVersion.objects.get(sha256=sha256)
    return read_payload(row.signed["statement"]["payload"], signer)


def versions() -> list[TrustListVersion]:
    """Every version, newest first, without the signed lists themselves."""
    return list(TrustListVersion.objects.order_by("-version").defer("signed"))


def evidence(sha256: str) -> bytes:
    """A kept CRL or OCSP answer (DER) by its hex SHA-256; ``Refused(revocation.not_kept)``."""
    row = RevocationDocument.objects.filter(sha256=sha256).first()
    if row is None:
        raise Refused(NO_EVIDENCE(sha256=sha256[:64]))
    return bytes(row.der)


def matrix_runs(limit: int = 20) -> list[MatrixRun]:
    """The newest runs of the matrix, newest first, without their cells."""
    return list(MatrixRun.objects.order_by("-finished_at", "-id").defer("cells")[:limit])


def matrix_run(run: str = "") -> MatrixRun:
    """One run, or the newest; ``Refused(matrix.no_run)``."""
    runs = MatrixRun.objects.order_by("-finished_at", "-id")
    try:
        found = (runs.filter(pk=uuid.UUID(run)) if run else runs).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused(NO_RUN())
    return found


def matrix_rows(run: MatrixRun) -> tuple[Row, ...]:
    return rows([Cell(**cell) for cell in run.cells])
