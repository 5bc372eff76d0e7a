"""A thousand signatures of an archive judged again, against their bare signature checks.

Bare: the signature on each statement and those on its certificate and issuing authority, by the library's own
calls (a verifier that remembers nothing does these for every statement). Ours: reading the archive's JSON, path,
standing at the time of signing, names, a report line each, with progress. Forty signers of three authorities
(RSA-2048, P-256, SM2 where the machine has it), five years after the signing.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ca_interop.demo_ca.authority import DemoAuthority
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.demo_ca.specifications import CA_FOUR, CA_ONE, CA_SIX
from ca_interop.reverify import reverify
from ca_interop.rules.trust_list import PURPOSE, TrustList
from kernel.clock import iso
from sealing import sm2, statements
from sealing.keys import public_key_of
from sealing.signer import PSS, SoftwareSigner
from tests.bench.measure import Result, in_turn, result

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)
COUNT, SIGNERS, RUNS = 1000, 40, 5


def run() -> Result:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        checks = _archive(folder)

        def ours() -> None:
            assert reverify(folder, frozenset(), folder / "report.jsonl", io.StringIO(), io.StringIO()) == 0

        def limit() -> None:
            for check in checks:
                check()

        mine, bare = in_turn(ours, limit, RUNS)
    return result(
        "archive_1000",
        "归档五年后复核 1,000 个签名（含证书链、当时的吊销状态、逐条报告与进度）",
        "同样 1,000 个签名及其证书链的裸验证",
        mine,
        bare,
        signatures=COUNT,
    )


def _archive(folder: Path) -> list[Callable[[], object]]:
    """Writes it; gives the bare checks."""
    specifications = [CA_ONE, CA_SIX, *([CA_FOUR] if sm2.available() else [])]
    window = {"not_before": NOW - 365 * DAY, "not_after": NOW + 3650 * DAY}
    authorities = [DemoAuthority.create(s, **window) for s in specifications]
    since = NOW - 90 * DAY
    trust = TrustList(1, "bench", since, since, tuple(a.entry(effective_from=since) for a in authorities))
    signers = []
    for number in range(SIGNERS):
        authority = authorities[number % len(authorities)]
        got = authority.issue(
            Subscriber(person=f"签名人{number}"), not_before=NOW - DAY, not_after=NOW + 2000 * DAY
        )
        signers.append((authority, SoftwareSigner(got.signing.key, got.signing.full_chain)))
    (folder / "evidence").mkdir()
    (folder / "signatures").mkdir()
    listed = statements.sign(statements.statement(PURPOSE, trust.as_payload()), signers[0][1])
    (folder / "trust-list.json").write_text(json.dumps(listed))
    for number, authority in enumerate(authorities):
        for level, der in enumerate(authority.crls(NOW + 1825 * DAY)):
            (folder / "evidence" / f"{number}-{level}.der").write_bytes(der)
    checks: list[Callable[[], object]] = []
    with (folder / "signatures" / "all.jsonl").open("w") as rows:
        for number in range(COUNT):
            authority, signer = signers[number % SIGNERS]
            said = statements.statement("opening-record", {"n": number, "text": "开标记录" * 40})
            signed = statements.sign(said, signer)
            rows.write(json.dumps({"signed": signed, "at": iso(NOW), "purpose": "opening-record"}) + "\n")
            checks.append(_statement_check(signer, statements.signing_bytes(said)))
            issuer = authority.intermediates[0]
            checks += [_issued(signer.chain[0], issuer), _issued(issuer, authority.root)]
    return checks


def _statement_check(signer: SoftwareSigner, data: bytes) -> Callable[[], object]:
    key, value = public_key_of(signer.chain[0]), signer.sign(data)
    if isinstance(key, rsa.RSAPublicKey):
        return lambda: key.verify(value, data, PSS, hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePublicKey):
        return lambda: key.verify(value, data, ec.ECDSA(hashes.SHA256()))
    assert isinstance(key, sm2.Sm2PublicKey | ed25519.Ed25519PublicKey)
    return lambda: key.verify(value, data)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> Callable[[], object]:
    key = sm2.public_key_of(issuer)
    if key is None:
        return lambda: certificate.verify_directly_issued_by(issuer)
    signature, message = certificate.signature, certificate.tbs_certificate_bytes
    return lambda: key.verify(signature, message)
