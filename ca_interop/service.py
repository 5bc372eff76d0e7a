"""Certificate and signature checks with the trust list in force and fetched revocation evidence.

Call these BEFORE ``perform``: they may ask other machines (OCSP with a nonce first, then the list),
never longer than twice ``REVOCATION_TIMEOUT_SECONDS``. What was fetched is kept and named by digest,
so acts can cite it and anybody can check again years later.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from django.conf import settings

from ca_interop import fetching, queries
from ca_interop.commands import NoteUndecided
from ca_interop.fetching import FRESH, FRESH_AUTHORITY, Fetcher
from ca_interop.rules.certificates import fingerprint, is_authority
from ca_interop.rules.reasons import UNDECIDED
from ca_interop.rules.revocation import NOTHING_FETCHED, OcspAnswer, RevocationEvidence
from ca_interop.rules.rfc5280.revocation import Status
from ca_interop.rules.trust_list import Authority, TrustList
from ca_interop.rules.validation import Purpose, RevocationPolicy, Validation, findings, validate
from journal import clock
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.clock import iso
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
    policy: RevocationPolicy | None = None,
) -> Checked:
    """Check a signed statement of type ``mingtang/<purpose>`` and its certificate at ``at``. Without ``policy``
    the deployment's for this purpose counts (:func:`policy_of`).

    Raises ``Refused``: ``statement.*``, ``certificate.*``, ``revocation.*``, ``trust_list.not_in_force``.
    """
    evidence = statements.verify(signed, purpose=purpose)
    if evidence.leaf is None:
        raise Refused(NO_CERTIFICATE())
    validation = check_chain(
        evidence.chain, use, at, need_credit_code=need_credit_code, policy=policy, act=purpose
    )
    return Checked(evidence, validation, list(validation.revocation_sha256))


def check_chain(
    chain: Sequence[x509.Certificate],
    purpose: Purpose,
    at: datetime,
    *,
    need_credit_code: bool = False,
    policy: RevocationPolicy | None = None,
    act: str = "",
    keep: bool = True,
    accepts: bool = True,
) -> CheckedChain:
    """May the leaf of ``chain`` (leaf first) do ``purpose`` at ``at``? Fetches what is needed. ``act`` names what
    it is for (a statement's purpose); without ``policy`` the deployment's for it counts.

    ``keep=False`` leaves no trace of whom it was asked about: for bidders before an opening, whose
    certificates are checked once more, with evidence that is kept, when their bids are opened.

    Under ``HARD`` a standing that cannot be found out is ``Refused(certificate.revocation_undecided)``
    (busy: try again); under ``SOFT`` it is accepted, said so in the steps, and an act of its own, unless
    nothing rests on it (``accepts=False``: a stranger's file that is only judged).
    """
    policy = policy or policy_of(act)
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
    found = _Gathering(path_only.path.certificates, trust, at, keep).evidence
    done = validate(chain[0], chain[1:], trust, at, purpose, found, policy, need_credit_code=need_credit_code)
    fields = {name: getattr(done, name) for name in Validation.__dataclass_fields__}
    if done.undecided and keep and accepts:
        note = NoteUndecided(
            done.facts.fingerprint, done.authority_id, act or purpose.value, iso(at), _why(done)
        )
        perform(note, SYSTEM, via="task", key=f"undecided:{act}:{done.facts.fingerprint}:{iso(at)}")
    return CheckedChain(**fields, revocation_sha256=done.evidence_sha256)


def policy_of(act: str) -> RevocationPolicy:
    """``SOFT`` for the acts of ``REVOCATION_SOFT``, which must not hang on an authority's network; else ``HARD``."""
    return RevocationPolicy.SOFT if act in settings.REVOCATION_SOFT else RevocationPolicy.HARD


def _why(done: Validation) -> str:
    return "；".join(step.zh for step in done.steps if step.code == UNDECIDED.code)


class _Gathering:
    """Evidence for every certificate below the anchor: asks on until it is decided, certificate by certificate."""

    def __init__(self, path: Sequence[x509.Certificate], trust: TrustList, at: datetime, keep: bool) -> None:
        self.path, self.trust, self.at = path, trust, at
        self.evidence = RevocationEvidence()
        self.fetcher = Fetcher(clock.now(), keep=keep)
        for number, (certificate, issuer) in enumerate(itertools.pairwise(path)):
            fresh = FRESH_AUTHORITY if is_authority(certificate) else FRESH
            asked = self._sources(issuer)
            # What was fetched for the one below often speaks of this one, too.
            if not self._decided(number):
                self._ask(number, certificate, issuer, asked, fresh)

    def _ask(
        self,
        number: int,
        certificate: x509.Certificate,
        issuer: x509.Certificate,
        authorities: Sequence[Authority],
        fresh: timedelta,
    ) -> None:
        """OCSP first, with a nonce; then the lists; then what was kept from before and still covers the time."""
        for url in (u for a in authorities for u in a.ocsp):
            if self._told(number, ocsp=self.fetcher.ocsp(url, certificate, issuer, fresh)):
                return
        lists = [u for a in authorities for u in a.crl]
        for url in lists:
            if self._told(number, crl=self.fetcher.crl(url, fresh)):
                return
        answer = fetching.newest("ocsp", fingerprint(certificate))
        if answer is not None and self._told(number, ocsp=fetching.answer_of(answer)):
            return
        for url in lists:
            kept = fetching.newest("crl", url)
            if kept is not None and self._told(number, crl=bytes(kept.der)):
                return

    def _sources(self, issuer: x509.Certificate) -> list[Authority]:
        """Authorities on the list that ``issuer`` belongs to, then the anchor's."""
        own = [a for a in self.trust.authorities if issuer in (*a.anchors, *a.intermediates)]
        top = self.trust.authority_of(self.path[-1])
        return [*own, *([top] if top is not None and top not in own else [])]

    def _told(self, number: int, crl: bytes | None = None, ocsp: OcspAnswer | None = None) -> bool:
        known = self.evidence
        if crl is not None and crl not in known.crls:
            self.evidence = RevocationEvidence((*known.crls, crl), known.ocsp)
        elif ocsp is not None:
            self.evidence = RevocationEvidence(known.crls, (*known.ocsp, ocsp))
        else:
            return False
        return self._decided(number)

    def _decided(self, number: int) -> bool:
        if self.evidence == NOTHING_FETCHED:
            return False
        found = findings(self.path, self.trust, self.at, self.evidence)
        return found[number].status is not Status.UNDECIDED
