"""Validate a three-level chain with cached revocation evidence, against its bare signature checks.

Bare: the signatures on leaf, issuing authority and both lists, by the library's own calls
(``verify_directly_issued_by``, ``is_signature_valid``; SM2 by ours), and nothing else. Ours: the platform's
``validate`` with all it says and keeps. The line is for RSA-2048, whose signatures cost least, so that its limit is
the hardest; the other algorithms stand in the notes.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ca_interop.demo_ca.authority import DemoAuthority
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.demo_ca.specifications import CA_FOUR, CA_ONE, CA_SIX, CaSpecification
from ca_interop.rules.revocation import RevocationEvidence
from ca_interop.rules.trust_list import TrustList
from ca_interop.rules.validation import Purpose, validate
from sealing import sm2
from tests.bench.measure import Result, in_turn, result

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RUNS, TIMES = 15, 100


def run() -> Result:
    specifications = {"RSA-2048": CA_ONE, "P-256": CA_SIX}
    if sm2.available():
        specifications["SM2"] = CA_FOUR
    found: dict[str, Result] = {}
    for name, specification in specifications.items():
        ours, limit = _works(specification)
        mine, bare = in_turn(ours, limit, RUNS)
        found[name] = result(
            "chain_warm",
            "三级证书链（RSA-2048）连同已缓存的两份吊销列表，给出逐步结论",
            "同一条链上四个签名的裸验证",
            [t / TIMES for t in mine],
            [t / TIMES for t in bare],
        )
    first = found["RSA-2048"]
    first.notes.update({f"{name} 比值": f"{one.ratio:.2f}" for name, one in found.items()})
    return first


def _works(specification: CaSpecification) -> tuple[Callable[[], None], Callable[[], None]]:
    authority = DemoAuthority.create(specification, not_before=NOW - 365 * DAY, not_after=NOW + 365 * DAY)
    trust = TrustList(1, "bench", NOW, NOW, (authority.entry(effective_from=NOW - 30 * DAY),))
    got = authority.issue(Subscriber(person="测量"), not_before=NOW - DAY, not_after=NOW + DAY).signing
    evidence = RevocationEvidence(authority.crls(NOW))
    leaf, issuer, root = got.certificate, authority.intermediates[0], authority.root
    checks = [_check(leaf, issuer), _check(issuer, root)]
    for der, signer in zip(evidence.crls, (issuer, root), strict=True):
        checks.append(_check_list(der, signer))

    def ours() -> None:
        for _ in range(TIMES):
            validate(got.certificate, got.chain, trust, NOW, Purpose.SIGN, evidence)

    def limit() -> None:
        for _ in range(TIMES):
            for check in checks:
                check()

    return ours, limit


def _check(certificate: x509.Certificate, issuer: x509.Certificate) -> Callable[[], object]:
    key = sm2.public_key_of(issuer)
    if key is None:
        return lambda: certificate.verify_directly_issued_by(issuer)
    signature, message = certificate.signature, certificate.tbs_certificate_bytes
    return lambda: key.verify(signature, message)


def _check_list(der: bytes, issuer: x509.Certificate) -> Callable[[], object]:
    crl, sm2_key = x509.load_der_x509_crl(der), sm2.public_key_of(issuer)
    if sm2_key is not None:
        signature, message = crl.signature, crl.tbs_certlist_bytes
        return lambda: sm2_key.verify(signature, message)
    key = issuer.public_key()
    assert isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey)
    return lambda: crl.is_signature_valid(key)
