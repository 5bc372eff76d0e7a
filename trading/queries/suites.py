"""Which algorithms a tender's bids are sealed with: those of its custodians' keys (sealing/SPEC.md §3)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from cryptography import x509

from sealing.keys import public_key_of
from sealing.recipients import recipient_key, suite_for
from sealing.suites import AES_SHA2, Suite
from trading.models import Custodian, Tender


def suite_of(tender: Tender) -> Suite:
    """The one suite of the tender's custodians; ``SetCustodians`` took no two."""
    return suite_among(tender.custodians.order_by("index"))


def suite_among(custodians: Iterable[Custodian]) -> Suite:
    """The same for rows at hand; suite 1 while there are none."""
    return _suite(tuple(bytes(one.certificate) for one in custodians))


@lru_cache(maxsize=256)
def _suite(certificates: tuple[bytes, ...]) -> Suite:
    if not certificates:
        return AES_SHA2
    loaded = [x509.load_der_x509_certificate(der) for der in certificates]
    return suite_for([recipient_key(public_key_of(one)) for one in loaded])
