"""Fetching revocation documents from the addresses of the trust list, bounded in time and size.

Only addresses of the signed trust list are called, never those inside a certificate somebody sent us.
The ``Date`` header carries the platform's clock, so that under a training clock the lists stay fresh.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import ssl
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from django.conf import settings

from ca_interop.models import RevocationDocument
from ca_interop.rules.certificates import fingerprint
from ca_interop.rules.revocation import MAX_CRL, MAX_OCSP, OcspAnswer, crl_valid_until, ocsp_valid_until
from ca_interop.rules.rfc5280.certificate import remembered
from ca_interop.rules.rfc5280.ocsp import certificate_id
from kernel.errors import Refused

log = logging.getLogger("mingtang.ca_interop")
NONCE_SIZE = 32
#: How long a document counts as fresh enough not to be fetched again, by the platform's clock.
FRESH = timedelta(seconds=60)
#: Authorities' own certificates are revoked rarely; their documents are asked for less often.
FRESH_AUTHORITY = timedelta(hours=1)


@functools.cache
def http_context() -> ssl.SSLContext:
    """Made once: reading the system's roots takes longer than an answer of a near authority."""
    return httpx.create_ssl_context(trust_env=False)


@dataclass
class Fetcher:
    """One check's fetching: ``now`` by the platform's clock, at most ``budget`` seconds in all.

    An address that failed once is not asked again in the same check. ``keep`` off: nothing that was fetched
    leaves a row, not even about an authority: with its time it would tell whose customer a bidder is.
    """

    now: datetime
    keep: bool = True
    timeout: float = field(default_factory=lambda: settings.REVOCATION_TIMEOUT_SECONDS)
    failed: set[str] = field(default_factory=set)
    _until: float = 0.0

    def __post_init__(self) -> None:
        self._until = time.monotonic() + 2 * self.timeout

    def ocsp(
        self, url: str, certificate: x509.Certificate, issuer: x509.Certificate, fresh: timedelta
    ) -> OcspAnswer | None:
        """An answer about ``certificate``: kept and fresh, or fetched with a new nonce; else ``None``."""
        about = fingerprint(certificate)
        if (kept := newest("ocsp", about)) is not None and self._is_fresh(kept, fresh):
            return answer_of(kept)
        nonce = os.urandom(NONCE_SIZE)
        data = self._fetch(url, MAX_OCSP, _ocsp_request(certificate, issuer, nonce))
        if data is None:
            return None
        try:
            valid_until = ocsp_valid_until(data)
        except Refused as refusal:
            log.warning("ocsp %s: %s", url, refusal)
            return None
        if not self.keep:
            return OcspAnswer(data, nonce)
        return answer_of(keep("ocsp", about, data, self.now, valid_until, nonce))

    def crl(self, url: str, fresh: timedelta) -> bytes | None:
        """The list at ``url``: kept and fresh, or fetched; else ``None``."""
        if (kept := newest("crl", url)) is not None and self._is_fresh(kept, fresh):
            return bytes(kept.der)
        data = self._fetch(url, MAX_CRL)
        if data is None:
            return None
        try:
            valid_until = crl_valid_until(data)
        except Refused as refusal:
            log.warning("crl %s: %s", url, refusal)
            return None
        return bytes(keep("crl", url, data, self.now, valid_until).der) if self.keep else data

    def _is_fresh(self, row: RevocationDocument, fresh: timedelta) -> bool:
        in_time = row.valid_until is not None and self.now <= row.valid_until
        return in_time and timedelta() <= self.now - row.fetched_at <= fresh

    def _fetch(self, url: str, limit: int, body: bytes | None = None) -> bytes | None:
        if url in self.failed or time.monotonic() >= self._until:
            return None
        try:
            return self._read(url, limit, body)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            self.failed.add(url)
            log.warning("%s: %s", url, str(error) or type(error).__name__)
            return None

    def _read(self, url: str, limit: int, body: bytes | None) -> bytes:
        headers = {"Date": format_datetime(self.now.astimezone(UTC), usegmt=True)}
        if body is not None:
            headers["Content-Type"] = "application/ocsp-request"
        end = min(self._until, time.monotonic() + self.timeout)
        method = "POST" if body is not None else "GET"
        left = max(end - time.monotonic(), 0.05)
        # trust_env off: a proxy of the environment has no say in where evidence comes from.
        with (
            httpx.Client(
                timeout=left, follow_redirects=False, trust_env=False, verify=http_context()
            ) as client,
            client.stream(method, url, headers=headers, content=body) as response,
        ):
            if response.status_code != 200:
                raise ValueError(f"HTTP {response.status_code}")
            read = bytearray()
            for part in response.iter_bytes():
                read += part
                if len(read) > limit:
                    raise ValueError(f"more than {limit} bytes")
                if time.monotonic() > end:
                    raise ValueError("too slow")
            return bytes(read)


def _ocsp_request(certificate: x509.Certificate, issuer: x509.Certificate, nonce: bytes) -> bytes:
    """By hashes, not by key: the library cannot read an SM2 issuer's."""
    read, above = (remembered(c.public_bytes(Encoding.DER)) for c in (certificate, issuer))
    name_hash, key_hash = certificate_id(read, above, "sha256")
    builder = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        name_hash, key_hash, certificate.serial_number, hashes.SHA256()
    )
    request = builder.add_extension(x509.OCSPNonce(nonce), critical=False).build()
    return request.public_bytes(Encoding.DER)


def newest(kind: str, about: str) -> RevocationDocument | None:
    """The newest kept document about something."""
    return RevocationDocument.objects.filter(kind=kind, about=about).order_by("-fetched_at", "-id").first()


def answer_of(row: RevocationDocument) -> OcspAnswer:
    return OcspAnswer(bytes(row.der), bytes(row.nonce) if row.nonce else None)


def keep(
    kind: str, about: str, der: bytes, now: datetime, valid_until: datetime | None, nonce: bytes | None = None
) -> RevocationDocument:
    """Keep a document by its digest; the same bytes fetched again only become fresher."""
    row, made = RevocationDocument.objects.get_or_create(
        sha256=hashlib.sha256(der).hexdigest(),
        defaults={
            "kind": kind,
            "about": about,
            "der": der,
            "nonce": nonce,
            "fetched_at": now,
            "valid_until": valid_until,
        },
    )
    if not made and row.fetched_at < now:
        row.fetched_at = now
        row.save(update_fields=["fetched_at"])
    return row
