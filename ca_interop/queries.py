"""The trust list in force, and the evidence kept."""

from __future__ import annotations

import functools
from datetime import datetime

from django.conf import settings

from ca_interop.models import RevocationDocument, TrustListVersion
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


def known_publishers() -> frozenset[str]:
    """Fingerprints whose lists we take: the newest list's successors, and the settings' that were not retired."""
    return accepted_publishers(history(), frozenset(settings.TRUST_LIST_PUBLISHERS))


def history() -> list[TrustList]:
    """Every version, oldest first."""
    rows = TrustListVersion.objects.order_by("version").values_list("sha256", "signer")
    return [_parsed(sha256, signer) for sha256, signer in rows]


def newest_list() -> TrustList | None:
    """The highest version, in force or not yet."""
    row = TrustListVersion.objects.order_by("-version").first()
    return _parsed(row.sha256, row.signer) if row is not None else None


def list_of(row: TrustListVersion) -> TrustList:
    return _parsed(row.sha256, row.signer)


def version_at(at: datetime) -> TrustListVersion:
    """The version in force at ``at``; ``Refused(trust_list.not_in_force)`` when there is none."""
    row = TrustListVersion.objects.filter(effective_from__lte=at).order_by("-version").first()
    if row is None:
        raise Refused(TRUST_LIST_STALE(at=beijing(at)))
    return row


def trust_list(at: datetime) -> TrustList:
    """The list in force at ``at``."""
    row = version_at(at)
    return _parsed(row.sha256, row.signer)


@functools.lru_cache(maxsize=64)
def _parsed(sha256: str, signer: str) -> TrustList:
    # Versions never change, so a parsed one may be kept; its signature was checked at the import.
    row = TrustListVersion.objects.get(sha256=sha256)
    return read_payload(row.signed["statement"]["payload"], signer)


def versions() -> list[TrustListVersion]:
    """Every version, newest first."""
    return list(TrustListVersion.objects.order_by("-version"))


def evidence(sha256: str) -> bytes:
    """A kept CRL or OCSP answer (DER) by its hex SHA-256; ``Refused(revocation.not_kept)``."""
    row = RevocationDocument.objects.filter(sha256=sha256).first()
    if row is None:
        raise Refused(NO_EVIDENCE(sha256=sha256[:64]))
    return bytes(row.der)
