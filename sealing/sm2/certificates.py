"""Certificates and revocation lists signed with SM2 (GB/T 20518), from drafts made by ``cryptography``.

Its builders know neither the curve nor the signature. A draft is built with any throw-away P-256 keys; here the
subject's key and the signature's algorithm are put in their places and the whole is signed anew.
"""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from sealing import der
from sealing.sm2.keys import Sm2PrivateKey

#: AlgorithmIdentifier of SM2-with-SM3, 1.2.156.10197.1.501, without parameters.
_SM2_SM3 = der.encode(der.SEQUENCE, der.encode(der.OID, bytes.fromhex("2a811ccf55018375")))


def issue(draft: x509.Certificate, key: Sm2PrivateKey, subject: bytes = b"") -> x509.Certificate:
    """The draft signed by the issuer's ``key``; ``subject`` is the certified key's SubjectPublicKeyInfo in DER
    (empty: the draft's own). Key identifiers are the draft's: give it the right ones."""
    parts = [part.raw for part in der.children(draft.tbs_certificate_bytes)]
    parts[2], parts[6] = _SM2_SM3, subject or parts[6]  # version, serial, signature, issuer, …, subject's key
    return x509.load_der_x509_certificate(_signed(parts, key))


def issue_crl(draft: x509.CertificateRevocationList, key: Sm2PrivateKey) -> x509.CertificateRevocationList:
    """The draft list signed by the issuer's ``key``."""
    tbs = der.children(draft.public_bytes(Encoding.DER))[0].raw
    parts = [part.raw for part in der.children(tbs)]
    parts[1] = _SM2_SM3  # version 2, signature, issuer, …
    return x509.load_der_x509_crl(_signed(parts, key))


def _signed(parts: list[bytes], key: Sm2PrivateKey) -> bytes:
    tbs = der.encode(der.SEQUENCE, *parts)
    return der.encode(der.SEQUENCE, tbs, _SM2_SM3, der.encode(der.BITS, b"\0", key.sign(tbs)))
