"""Who a certificate belongs to, read before any authority has been asked: for filling in, never for trust."""

from __future__ import annotations

from cryptography import x509

from ca_interop.rules.certificates import facts
from ca_interop.rules.profiles import GENERIC


def bidder_of(certificate: x509.Certificate) -> dict[str, str]:
    """``{"name", "credit_code"}``; empty texts when the certificate has them in an unknown place."""
    found = facts(certificate, GENERIC)
    return {"name": found.organization, "credit_code": found.credit_code}
