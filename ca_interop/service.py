"""Certificate and signature checks with the trust list in force and fetched revocation evidence.

Call these BEFORE ``perform``: they may ask other machines (OCSP with a nonce first, then the list),
never longer than twice ``REVOCATION_TIMEOUT_SECONDS``. What was fetched is kept and named by digest,
so acts can cite it and anybody can check again years later.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from ca_interop import fetching, queries
from ca_interop.fetching import FRESH, FRESH_AUTHORITY, Fetcher
from ca_interop.rules.certificates import is_authority
from ca_interop.rules.reasons import REVOKED
from ca_interop.rules.revocation import OcspAnswer, RevocationEvidence, check_crl, check_ocsp, load_crl
from ca_interop.rules.trust_list import Authority
from ca_interop.rules.validation import Purpose, RevocationPolicy, Validation, validate
from journal import clock
from kernel.errors import Kind, ReasonForm, Refused
from sealing import statements
from sealing.statements import SignatureEvidence

NO_CERTIFICATE = ReasonForm(
    "statement.no_certificate",
    zh="此签名应由数字证书作出，不能只用公钥",
    en="this signature must be made with a certificate, not a bare key",
    kind=Kind.INVALID,
    law="电子签名法第十三条",
)


#: What rooms above know of a certificate beside its authority's word, e.g. that its loss was reported here:
#: ``ask(fingerprint, at)`` raises ``Refused``. Asked of every leaf that is checked, so no door can forget it.
ALSO_ASK: list[Callable[[str, datetime], None]] = []


@dataclass(frozen=True)
class CheckedChain(Validation):
    """A validation, and the hex SHA-256 of the revocation documents it rests on."""

    revocation_sha256: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        return {**super().as_json(), "revocation_sha256": list(self.revocation_sha256)}


@dataclass(frozen=True)
class Checked:
    """A signature that is valid, by a certificate that may make it."""

    evidence: SignatureEvidence
    validation: CheckedChain
    revocation_sha256: list[str]


def check_signed(
    signed: Any,
    *,
    purpose: str,
    use: Purpose = Purpose.SIGN,
    at: datetime,
    need_credit_code: bool = False,
    policy: RevocationPolicy = RevocationPolicy.HARD,
) -> Checked:
    """Check a signed statement of type ``mingtang/<purpose>`` and its certificate at ``at``.

    Raises ``Refused``: ``statement.*``, ``certificate.*``, ``revocation.*``, ``trust_list.not_in_force``.
    """
    evidence = statements.verify(signed, purpose=purpose)
    if evidence.leaf is None:
        raise Refused(NO_CERTIFICATE())
    validation = check_chain(evidence.chain, use, at, need_credit_code=need_credit_code, policy=policy)
    return Checked(evidence, validation, list(validation.revocation_sha256))


def check_chain(
    chain: Sequence[x509.Certificate],
    purpose: Purpose,
    at: datetime,
    *,
    need_credit_code: bool = False,
    policy: RevocationPolicy = RevocationPolicy.HARD,
    keep: bool = True,
) -> CheckedChain:
    """May the leaf of ``chain`` (leaf first) do ``purpose`` at ``at``? Fetches what is needed.

    ``keep=False`` leaves no trace of whom it was asked about: for bidders before an opening, whose
    certificates are checked once more, with evidence that is kept, when their bids are opened.

    Under ``HARD`` a standing that cannot be found out is ``Refused(certificate.revocation_undecided)``
    (busy: try again); under ``SOFT`` it is accepted and said so in the steps.
    """
    trust = queries.trust_list(at)
    # First without evidence: a chain that leads nowhere costs no request to anybody.
    path_only = validate(
        chain[0],
        chain[1:],
        trust,
        at,
        purpose,
        policy=RevocationPolicy.SOFT,
        need_credit_code=need_credit_code,
    )
    for ask in ALSO_ASK:
        ask(path_only.facts.fingerprint, at)
    authority = next(a for a in trust.authorities if a.id == path_only.authority_id)
    found = _gather(path_only.path.certificates, authority, at, keep)
    done = validate(chain[0], chain[1:], trust, at, purpose, found, policy, need_credit_code=need_credit_code)
    digests = [hashlib.sha256(d).hexdigest() for d in (*(a.der for a in found.ocsp), *found.crls)]
    fields = {name: getattr(done, name) for name in Validation.__dataclass_fields__}
    return CheckedChain(**fields, revocation_sha256=tuple(dict.fromkeys(digests)))


def _gather(
    path: Sequence[x509.Certificate], authority: Authority, at: datetime, keep: bool
) -> RevocationEvidence:
    """Evidence for every certificate below the anchor: what decides, and nothing else."""
    fetcher = Fetcher(clock.now(), keep=keep)
    crls: dict[bytes, None] = {}
    answers: list[OcspAnswer] = []
    for certificate, issuer in itertools.pairwise(path):
        fresh = FRESH_AUTHORITY if is_authority(certificate) else FRESH
        answer = _ocsp(fetcher, authority, certificate, issuer, at, fresh)
        if answer is not None:
            answers.append(answer)
            continue
        crl = _crl(fetcher, authority, certificate, issuer, at, fresh)
        if crl is not None:
            crls[crl] = None
    return RevocationEvidence(tuple(crls), tuple(answers))


def _ocsp(
    fetcher: Fetcher,
    authority: Authority,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
    fresh: timedelta,
) -> OcspAnswer | None:
    """An answer that decides, freshly fetched if possible, else the newest kept one that still does."""
    for url in authority.ocsp:
        answer = fetcher.ocsp(url, certificate, issuer, fresh)
        if answer is not None and _answers(certificate, issuer, answer, at):
            return answer
    return None


def _answers(
    certificate: x509.Certificate, issuer: x509.Certificate, answer: OcspAnswer, at: datetime
) -> bool:
    try:
        check_ocsp(certificate, issuer, answer, at)
    except Refused as refusal:
        return refusal.code == REVOKED.code
    return True


def _crl(
    fetcher: Fetcher,
    authority: Authority,
    certificate: x509.Certificate,
    issuer: x509.Certificate,
    at: datetime,
    fresh: timedelta,
) -> bytes | None:
    """The list that decides: fetched, else the newest kept one whose period still covers ``at``."""
    for url in authority.crl:
        data = fetcher.crl(url, fresh)
        if data is not None and _lists(certificate, issuer, data, at):
            return data
    for url in authority.crl:
        kept = fetching.newest("crl", url)
        if kept is not None and _lists(certificate, issuer, bytes(kept.der), at):
            return bytes(kept.der)
    return None


def _lists(certificate: x509.Certificate, issuer: x509.Certificate, data: bytes, at: datetime) -> bool:
    try:
        check_crl(certificate, issuer, load_crl(data), at)
    except Refused as refusal:
        return refusal.code == REVOKED.code
    return True
