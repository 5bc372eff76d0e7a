"""The one entry point: may this certificate do this, here, at this time?

Login, signing, sealing and opening all ask :func:`validate`; so does the auditor's offline verifier. Paths,
names, policies and standing are the engine's (``rfc5280/``), with the platform's own algorithms (``strict``).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.rules.certificates import (
    USAGE_ZH,
    CertificateFacts,
    Usage,
    algorithm,
    display_name,
    facts,
    fingerprint,
)
from ca_interop.rules.evidence import Evidence, Trail
from ca_interop.rules.reasons import NO_CREDIT_CODE, TOO_COMPLEX, WRONG_USAGE
from ca_interop.rules.refusing import reason_of, revoked_reason, undecided_reason
from ca_interop.rules.revocation import NOTHING_FETCHED, RevocationEvidence, read_crl, read_ocsp
from ca_interop.rules.rfc5280.certificate import Certificate, remembered
from ca_interop.rules.rfc5280.checks import Inputs, Proven
from ca_interop.rules.rfc5280.crl import Crl
from ca_interop.rules.rfc5280.der import moment_of, time_of
from ca_interop.rules.rfc5280.engine import Engine
from ca_interop.rules.rfc5280.faults import Budget, Fault
from ca_interop.rules.rfc5280.ocsp import Answer
from ca_interop.rules.rfc5280.revocation import Finding, Status
from ca_interop.rules.trust_list import Authority, TrustList
from kernel.clock import beijing, iso
from kernel.errors import Reason, Refused


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
#: At most this many certificates may be brought along; an honest chain has a handful.
MAX_POOL = 100
#: Steps of one validation: a few hundred signatures, whatever it is fed. No clock here: the rules are pure.
_STEPS = 100_000
_PROVEN = Proven()


class RevocationPolicy(StrEnum):
    """HARD: undecided is refused. SOFT: undecided is accepted and said so in the evidence.

    A proof of revocation refuses under both.
    """

    HARD = "hard"
    SOFT = "soft"


@dataclass(frozen=True)
class Path:
    """A valid path, leaf first, anchor last."""

    certificates: tuple[x509.Certificate, ...]

    @property
    def leaf(self) -> x509.Certificate:
        return self.certificates[0]

    @property
    def anchor(self) -> x509.Certificate:
        return self.certificates[-1]


@dataclass(frozen=True)
class Validation:
    """A certificate that may do what was asked. ``revocation`` is ``good`` or ``undecided``; ``undecided`` are the
    fingerprints of certificates nothing decides; ``evidence_sha256`` the documents the verdict rests on."""

    facts: CertificateFacts
    authority_id: str
    authority_name: str
    trust_list_version: int
    purpose: Purpose
    at: datetime
    revocation: str
    path: Path
    steps: tuple[Evidence, ...]
    undecided: frozenset[str] = frozenset()
    evidence_sha256: tuple[str, ...] = ()

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


class _Against(Fault):
    """A path that is right in itself but does not count here, with the platform's reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__("refused", reason.en)
        self.reason = reason


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
) -> Validation:
    """Validate ``leaf`` for ``purpose`` at ``at`` against the list in force then.

    ``intermediates`` may be unordered and hold what does not belong; the list's own are added.
    ``need_credit_code`` refuses certificates without an organization's credit code where the CA's
    profile puts it. Raises ``Refused`` (codes ``certificate.*``, ``revocation.*``).
    """
    judged = _Judged(leaf, intermediates, trust_list, at, purpose, policy, revocation)
    authority = judged.authority
    found = facts(leaf, authority.profile)
    _check_use(found, purpose, authority, need_credit_code)
    trail = Trail()
    _path_steps(trail, judged.path, at)
    trail.add(
        "trust_list.authority",
        f"签发机构「{authority.name}」在 {beijing(at)} 列于信任列表第 {trust_list.version} 版",
        f"{authority.name} is on trust list version {trust_list.version} at {at.isoformat()}",
        authority=authority.id,
        trust_list=trust_list.digest,
    )
    trail.add(
        "certificate.use",
        f"{USAGE_ZH[found.usage]}可用于{PURPOSE_ZH[purpose]}",
        f"a certificate for {found.usage} may {purpose}",
        usage=found.usage.value,
    )
    undecided, proof = _standing(trail, judged, at)
    return Validation(
        found, authority.id, authority.name, trust_list.version, purpose, at,
        "undecided" if undecided else "good", judged.path, trail.steps, undecided, proof,
    )  # fmt: skip


def findings(
    path: Sequence[x509.Certificate], trust_list: TrustList, at: datetime, evidence: RevocationEvidence
) -> tuple[Finding, ...]:
    """How each certificate of a valid ``path`` (leaf first) below its anchor stood at ``at``, by ``evidence``."""
    read = tuple(remembered(c.public_bytes(Encoding.DER)) for c in path)
    engine = _engine(read[:-1], trust_list, at, evidence)
    try:
        return tuple(engine.revocation.finding(read, n) for n in range(len(read) - 1))
    except Fault:  # bounds, or a document that cannot be judged: it decides nothing
        return (Finding(Status.UNDECIDED, why="unusable"),) * (len(read) - 1)


def _engine(
    others: Sequence[Certificate], trust: TrustList, at: datetime, evidence: RevocationEvidence
) -> Engine:
    crls, answers = _documents(evidence)

    def supply() -> tuple[list[Certificate], list[Certificate]]:
        names = [name for c in others for name in (c.subject.key, c.issuer.key)]
        anchors, listed = trust.listed.above([*names, *(c.issuer.key for c in crls)])
        return anchors, [*others, *listed]

    return Engine(
        supply,
        crls,
        Inputs(moment_of(at), allow_sha1=False, strict=True),
        Budget(steps=_STEPS),
        require_revocation=False,
        answers=answers,
        archived=True,
        proven=_PROVEN,
    )


def _documents(evidence: RevocationEvidence) -> tuple[tuple[Crl, ...], tuple[Answer, ...]]:
    """What can be read of the evidence; a document that cannot says nothing."""
    crls, answers = [], []
    for data in evidence.crls:
        with suppress(Refused):
            crls.append(read_crl(data))
    for answer in evidence.ocsp:
        with suppress(Refused):
            answers.append(read_ocsp(answer))
    return tuple(crls), tuple(answers)


class _Judged:
    """The first path whose authority is on the list and that nothing revokes; its findings, leaf first."""

    def __init__(
        self,
        leaf: x509.Certificate,
        intermediates: Sequence[x509.Certificate],
        trust: TrustList,
        at: datetime,
        purpose: Purpose,
        policy: RevocationPolicy,
        evidence: RevocationEvidence,
    ) -> None:
        if len(intermediates) > MAX_POOL:
            raise Refused(TOO_COMPLEX(limit=f"{MAX_POOL} 张证书"))
        self.at, self.purpose, self.policy, self.listed = at, purpose, policy, trust.listed
        self.findings: tuple[Finding, ...] = ()
        self._given: dict[bytes, x509.Certificate] = {}
        subject, *others = (self._read(c) for c in (leaf, *intermediates))
        engine = _engine([subject, *others], trust, at, evidence)
        self._finding = engine.revocation.finding
        key = (subject, *others)
        found = self._walked(key) or self._searched(engine, subject, leaf)
        trust.listed.walked(key, found)
        self.authority = trust.listed.authority_of[found[-1].der]
        self.path = Path(tuple(self._parsed(c.der) for c in found))

    def _walked(self, key: tuple[Certificate, ...]) -> tuple[Certificate, ...] | None:
        """The path found for these certificates before, if it counts at this time, too: only dates, list and
        standing hang on the time; signatures, names and policies do not."""
        path = self.listed.paths.get(key)
        at = moment_of(self.at)
        if path is None or not all(c.validity[0] <= at <= c.validity[1] for c in path):
            return None
        try:
            self._accept(path)
        except Fault:
            return None  # another path may count; the search says why if none does
        return path

    def _searched(
        self, engine: Engine, subject: Certificate, leaf: x509.Certificate
    ) -> tuple[Certificate, ...]:
        try:
            return engine.validate(subject, accept=self._accept).path
        except _Against as against:
            raise Refused(against.reason) from against
        except Fault as fault:
            about = self._parsed(fault.about) if fault.about else leaf
            raise Refused(reason_of(fault, about, self.at)) from fault

    def _read(self, certificate: x509.Certificate) -> Certificate:
        der = certificate.public_bytes(Encoding.DER)
        self._given[der] = certificate
        try:
            return remembered(der)
        except Fault as fault:
            raise Refused(reason_of(fault, certificate, self.at)) from fault

    def _parsed(self, der: bytes) -> x509.Certificate:
        return self._given.get(der) or self.listed.parsed[der]

    def _accept(self, path: tuple[Certificate, ...]) -> None:
        authority = self.listed.authority_of[path[-1].der]
        issued = time_of(path[0].validity[0])
        if (reason := authority.reason_against(self.at, issued)) is not None:
            raise _Against(reason)
        findings = tuple(self._finding(path, n) for n in range(len(path) - 1))
        for certificate, finding in zip(path, findings, strict=False):
            if finding.status is Status.REVOKED:
                raise _Against(revoked_reason(authority.name, finding, PURPOSE_ZH[self.purpose]))
            if finding.status is Status.UNDECIDED and self.policy is RevocationPolicy.HARD:
                raise _Against(undecided_reason(self._parsed(certificate.der), finding))
        self.findings = findings


def _check_use(found: CertificateFacts, purpose: Purpose, authority: Authority, need_code: bool) -> None:
    if found.usage not in _USAGES[purpose]:
        raise Refused(
            WRONG_USAGE(subject=found.common_name, usage=USAGE_ZH[found.usage], purpose=PURPOSE_ZH[purpose])
        )
    if need_code and not found.credit_code:
        raise Refused(NO_CREDIT_CODE(subject=found.common_name, authority=authority.name))


def _path_steps(trail: Trail, path: Path, at: datetime) -> None:
    told, shown = [_told(c) for c in path.certificates], beijing(at)
    trail.add(
        "path.found",
        "证书链：" + " ← ".join(one.name for one in reversed(told)),
        "path: " + " <- ".join(one.name for one in reversed(told)),
        certificates=[one.fingerprint for one in told],
    )
    for one in told[:-1]:
        trail.add(
            "path.certificate",
            f"「{one.name}」的签名、有效期（验证时间 {shown}）、算法（{one.algorithm}）、名称与策略约束均合格",
            f"{one.name}: signature, dates, algorithm ({one.algorithm}), names, policies and constraints are right",
            fingerprint=one.fingerprint,
            not_before=one.not_before,
            not_after=one.not_after,
        )


class _Told(NamedTuple):
    """What the steps say of a certificate."""

    name: str
    algorithm: str
    fingerprint: str
    not_before: str
    not_after: str


@lru_cache(maxsize=2048)
def _told(certificate: x509.Certificate) -> _Told:
    return _Told(
        display_name(certificate),
        algorithm(certificate),
        fingerprint(certificate),
        certificate.not_valid_before_utc.isoformat(),
        certificate.not_valid_after_utc.isoformat(),
    )


@lru_cache(maxsize=2048)
def _said(moment: int) -> tuple[str, str]:
    """A time of a document: in Beijing's words, and in ISO 8601."""
    made = time_of(moment)
    return beijing(made), made.isoformat()


def _standing(trail: Trail, judged: _Judged, at: datetime) -> tuple[frozenset[str], tuple[str, ...]]:
    """Says how each certificate stands. Gives the fingerprints nothing decides, and the documents' digests."""
    undecided, proof = set(), dict[str, None]()
    shown = beijing(at), at.isoformat()
    for certificate, finding in zip(judged.path.certificates, judged.findings, strict=False):
        proof.update(dict.fromkeys(document.sha256 for document in finding.proof))
        if finding.status is Status.UNDECIDED:
            undecided.add(fingerprint(certificate))
            reason = undecided_reason(certificate, finding)
            trail.add(
                reason.code,
                reason.zh + "；按宽松策略接受并记录",
                reason.en + "; accepted under the soft policy and recorded",
            )
            continue
        for document in finding.proof:
            _good(trail, _told(certificate), document, shown)
    return frozenset(undecided), tuple(proof)


def _good(trail: Trail, told: _Told, document: Crl | Answer, shown: tuple[str, str]) -> None:
    if isinstance(document, Crl):
        kind = "增量吊销列表" if document.base_number is not None else "吊销列表"
        made = _said(document.period[0])
        trail.add(
            "revocation.crl",
            f"「{told.name}」在 {shown[0]} 未被吊销：{kind}发布于 {made[0]}",
            f"{told.name} was not revoked at {shown[1]}, says the CRL of {made[1]}",
            sha256=document.sha256,
            certificate=told.fingerprint,
        )
        return
    made = _said(document.produced)
    trail.add(
        "revocation.ocsp",
        f"「{told.name}」在 {shown[0]} 未被吊销：OCSP 应答于 {made[0]}",
        f"{told.name} was not revoked at {shown[1]}, says the OCSP answer of {made[1]}",
        nonce=document.asked.hex() if document.asked else "",
        certificate=told.fingerprint,
        sha256=document.sha256,
    )
