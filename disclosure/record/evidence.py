"""The trust list in force and the revocation evidence that a record's certificates rest on."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from cryptography import x509
from django.db.models import Q

from ca_interop.models import RevocationDocument
from ca_interop.queries import version_at
from disclosure.record.folder import Folder
from kernel.errors import Refused

#: Names of lists of certificates: of signatures, and of authorities in a trust list.
_LISTS = frozenset({"certificates", "anchors", "intermediates"})


def write_evidence(folder: Folder, values: Iterable[Any], since: datetime, now: datetime) -> None:
    """``trust-list.json`` and ``evidence/``: what is kept about the certificates found in ``values``.

    ``since``: evidence that ended before it cannot speak about this tender.
    """
    try:
        trusted = version_at(now).signed
    except Refused:
        return  # a deployment without recognized CAs has nothing that was signed by certificate
    folder.json("trust-list.json", trusted)
    # The list's own authorities too: whether an intermediate stood is part of every path.
    fingerprints, issuers = _named(certificates_in([*values, trusted]))
    kept = RevocationDocument.objects.filter(Q(valid_until=None) | Q(valid_until__gte=since))
    for row in kept.filter(kind="ocsp", about__in=fingerprints).iterator():
        _write(folder, bytes(row.der), row.sha256)
    for row in kept.filter(kind="crl").iterator():
        data = bytes(row.der)
        if x509.load_der_x509_crl(data).issuer.public_bytes() in issuers:
            _write(folder, data, row.sha256)


def _write(folder: Folder, data: bytes, sha256: str) -> None:
    path = f"evidence/{sha256}.der"
    if not folder.has(path):
        folder.data(path, data)


def certificates_in(values: Iterable[Any]) -> dict[str, x509.Certificate]:
    """fingerprint → certificate, of every list in these JSON values that holds certificates, at any depth."""
    found: dict[str, x509.Certificate] = {}
    for value in values:
        for text in _texts(value):
            der = base64.b64decode(text)
            key = hashlib.sha256(der).hexdigest()
            if key not in found:
                found[key] = x509.load_der_x509_certificate(der)
    return found


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in _LISTS and isinstance(inner, list):
                yield from (one for one in inner if isinstance(one, str))
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _named(found: dict[str, x509.Certificate]) -> tuple[set[str], set[bytes]]:
    names = {one.issuer.public_bytes() for one in found.values()}
    return set(found), names | {one.subject.public_bytes() for one in found.values()}
