"""The one entry point: may this certificate do this, here, at this time?

Login, signing, sealing and opening all ask :func:`validate`; so does the auditor's offline verifier.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509

from ca_interop.rules.certificates import USAGE_ZH, CertificateFacts, Usage, display_name, facts
from ca_interop.rules.evidence import Evidence, Trail
from ca_interop.rules.paths import USUAL_BOUNDS, Bounds, Path, find_path
from ca_interop.rules.reasons import NO_CREDIT_CODE, NO_PATH, REVOKED, UNDECIDED, WRONG_USAGE
from ca_interop.rules.revocation import NOTHING_FETCHED, RevocationEvidence, check_standing
from ca_interop.rules.trust_list import Authority, TrustList
from kernel.clock import beijing, iso
from kernel.errors import Refused


class Purpose(StrEnum):
    """What the certificate is to be used for."""

    LOGIN = "login"
    SIGN = "sign"
    SEAL = "seal"
    OPEN = "open"


PURPOSE_ZH = {
    Purpose.LOGIN: "登录",
    Purpose.SIGN: "签名",
    Purpose.SEAL: "加密投标文件",
    Purpose.OPEN: "解密投标文件",
}
_SIGNING = {Usage.SIGNING, Usage.COMBINED}
_ENCRYPTION = {Usage.ENCRYPTION, Usage.COMBINED}
_USAGES = {
    Purpose.LOGIN: _SIGNING,
    Purpose.SIGN: _SIGNING,
    Purpose.SEAL: _ENCRYPTION,
    Purpose.OPEN: _ENCRYPTION,
}


class RevocationPolicy(StrEnum):
    """HARD: undecided is refused. SOFT: undecided is accepted and said so in the evidence.

    A proof of revocation refuses under both.
    """

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True)
class Validation:
    """A certificate that may do what was asked. ``revocation`` is ``good`` or ``undecided``."""

    facts: CertificateFacts
    authority_id: str
    authority_name: str
    trust_list_version: int
    purpose: Purpose
    at: datetime
    revocation: str
    path: Path
    steps: tuple[Evidence, ...]

    def as_json(self) -> dict[str, Any]:
        """What is journalled and shown: no keys, no personal data beyond the certificate's names."""
        return {
            "certificate": self.facts.fingerprint,
            "subject": self.facts.subject,
            "organization": self.facts.organization,
            "credit_code": self.facts.credit_code,
            "authority": self.authority_id,
            "trust_list_version": self.trust_list_version,
            "purpose": self.purpose.value,
            "at": iso(self.at),
            "revocation": self.revocation,
            "steps": [step.as_json() for step in self.steps],
        }


def validate(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    trust_list: TrustList,
    at: datetime,
    purpose: Purpose,
    revocation: RevocationEvidence = NOTHING_FETCHED,
    policy: RevocationPolicy = RevocationPolicy.HARD,
    *,
    need_credit_code: bool = False,
    bounds: Bounds = USUAL_BOUNDS,
) -> Validation:
    """Validate ``leaf`` for ``purpose`` at ``at`` against the list in force then.

    ``intermediates`` may be unordered and hold what does not belong; the list's own are added.
    ``need_credit_code`` refuses certificates without an organization's credit code where the CA's
    profile puts it. Raises ``Refused`` (codes ``certificate.*``, ``revocation.*``).
    """
    trail = Trail()
    path, authority = _path(leaf, intermediates, trust_list, at, bounds)
    trail.extend(path.steps)
    trail.add(
        "trust_list.authority",
        f"签发机构「{authority.name}」在 {beijing(at)} 列于信任列表第 {trust_list.version} 版",
        f"{authority.name} is on trust list version {trust_list.version} at {at.isoformat()}",
        authority=authority.id,
        trust_list=trust_list.digest,
    )
    found = facts(leaf, authority.profile)
    _check_use(found, purpose, authority, need_credit_code)
    trail.add(
        "certificate.use",
        f"{USAGE_ZH[found.usage]}可用于{PURPOSE_ZH[purpose]}",
        f"a certificate for {found.usage} may {purpose}",
        usage=found.usage.value,
    )
    standing = _standing(path, authority, revocation, at, purpose, policy, trail)
    return Validation(
        found, authority.id, authority.name, trust_list.version, purpose, at, standing, path, trail.steps
    )


def _path(
    leaf: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    trust_list: TrustList,
    at: datetime,
    bounds: Bounds,
) -> tuple[Path, Authority]:
    pool = [*intermediates, *_related(trust_list, leaf, intermediates)]
    path = find_path(leaf, pool, trust_list.anchors, at, bounds)
    authority = trust_list.authority_of(path.anchor)
    if authority is None:
        raise Refused(NO_PATH(subject=display_name(leaf), issuer=display_name(path.anchor)))
    if (reason := authority.reason_against(at)) is not None:
        raise Refused(reason)
    return path, authority


def _related(
    trust_list: TrustList, leaf: x509.Certificate, given: Sequence[x509.Certificate]
) -> list[x509.Certificate]:
    """The list's intermediates that can be reached by name from the leaf: keeps the pool small."""
    wanted = {leaf.issuer.public_bytes(), *(c.issuer.public_bytes() for c in given)}
    left, found = list(trust_list.intermediates), []
    while more := [c for c in left if c.subject.public_bytes() in wanted]:
        found += more
        left = [c for c in left if c not in more]
        wanted = {c.issuer.public_bytes() for c in more}
    return found


def _check_use(found: CertificateFacts, purpose: Purpose, authority: Authority, need_code: bool) -> None:
    if found.usage not in _USAGES[purpose]:
        raise Refused(
            WRONG_USAGE(subject=found.common_name, usage=USAGE_ZH[found.usage], purpose=PURPOSE_ZH[purpose])
        )
    if need_code and not found.credit_code:
        raise Refused(NO_CREDIT_CODE(subject=found.common_name, authority=authority.name))


def _standing(
    path: Path,
    authority: Authority,
    evidence: RevocationEvidence,
    at: datetime,
    purpose: Purpose,
    policy: RevocationPolicy,
    trail: Trail,
) -> str:
    """``good`` when every certificate below the anchor is proven good; else by ``policy``."""
    verdict = "good"
    for certificate, issuer in zip(path.certificates[:-1], path.certificates[1:], strict=True):
        try:
            standing = check_standing(
                certificate, issuer, evidence, at, authority=authority.name, purpose=PURPOSE_ZH[purpose]
            )
        except Refused as refusal:
            if refusal.code == REVOKED.code or policy is RevocationPolicy.HARD:
                raise
            verdict = "undecided"
            trail.add(
                UNDECIDED.code,
                refusal.reasons[0].zh + "；按宽松策略接受并记录",
                refusal.reasons[0].en + "; accepted under the soft policy and recorded",
            )
            continue
        trail.extend(standing.steps)
    return verdict
