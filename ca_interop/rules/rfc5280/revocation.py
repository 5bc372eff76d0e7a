"""Revocation status from CRLs (RFC 5280 §6.3) and OCSP answers (RFC 6960); no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import NamedTuple

from ca_interop.rules.rfc5280 import extensions as ext
from ca_interop.rules.rfc5280 import ocsp
from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.checks import Signatures, working_keys
from ca_interop.rules.rfc5280.crl import REMOVE, Crl, Entry
from ca_interop.rules.rfc5280.der import moment_of, time_of
from ca_interop.rules.rfc5280.faults import Fault, Malformed, TooComplex
from ca_interop.rules.rfc5280.names import DIRECTORY, GeneralName, NameKey
from ca_interop.rules.rfc5280.ocsp import Answer, Single
from ca_interop.rules.rfc5280.signatures import dsa_parameters

Path = tuple[Certificate, ...]
# Paths of a CRL signer to an anchor, best first.
SignerPaths = Callable[[Certificate, Certificate], Iterable[Path]]
#: Clocks of authorities may run ahead of ours by this much, where documents are judged later.
SKEW = timedelta(minutes=5)


class Status(Enum):
    """What the given documents say of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNDECIDED = "undecided"


class Documents(NamedTuple):
    """CRLs and answers, unordered. ``archived``: those made after the time in question count, too."""

    crls: tuple[Crl, ...]
    answers: tuple[Answer, ...] = ()
    archived: bool = False


class Finding(NamedTuple):
    """The status of one certificate, the documents that decide it, and why nothing does.

    ``since``, ``reason``: of a revocation (YYYYMMDDhhmmss, CRLReason). ``why`` names what was wrong with the
    last document that could have spoken: ``stale``, ``signature``, ``nonce``, ``failed``, ``unusable``.
    """

    status: Status
    proof: tuple[Crl | Answer, ...] = ()
    since: int = 0
    reason: int = 0
    why: str = ""


@dataclass(frozen=True)
class _Signed:
    """A CRL with a signer whose path holds, and the signer's key."""

    crl: Crl
    key: bytes


class Revocation:
    """The documents of one request at one time."""

    def __init__(
        self,
        documents: Documents,
        at: int,
        signatures: Signatures,
        signers: Callable[[NameKey], Sequence[Certificate]],
        signer_paths: SignerPaths,
        require: bool,
    ) -> None:
        self.at, self.signatures, self.require = at, signatures, require
        self.signers, self.signer_paths = signers, signer_paths
        self.answers, self.archived = documents.answers, documents.archived
        self.latest = moment_of(time_of(at) + SKEW) if self.archived and at < 99990000000000 else at
        self.by_issuer: dict[NameKey, list[Crl]] = {}
        self._faulty: dict[NameKey, str] = {}
        for crl in {c.der: c for c in documents.crls}.values():
            signatures.budget.spend(5)
            if not crl.understood():
                continue
            if crl.ends_before(at) or (crl.period[0] > self.latest and not self.archived):
                self._faulty[crl.issuer.key] = "stale"
                continue
            self.by_issuer.setdefault(crl.issuer.key, []).append(crl)
        for found in self.by_issuer.values():
            found.sort(key=lambda c: (c.period[0], c.number or 0), reverse=True)
        # Signers under judgement: a CRL that lists its own signer is taken at its word meanwhile.
        self._open: set[tuple[bytes, bytes]] = set()
        self._signed: dict[tuple[bytes, bytes, bytes], bytes | None] = {}

    def check(self, path: Path) -> None:
        """Every certificate below the anchor; ``Fault(revoked | revocation_undecided)``."""
        undecided = None
        for position in range(len(path) - 2, -1, -1):
            status = self.finding(path, position).status
            certificate = path[position]
            if status is Status.REVOKED:
                fault = Fault("revoked", f"certificate {certificate.subject.text!r} is revoked")
                raise fault.of(certificate.der)
            if status is Status.UNDECIDED:
                undecided = undecided or certificate
        if undecided is not None and self.require:
            why = f"no given CRL decides the status of {undecided.subject.text!r}"
            raise Fault("revocation_undecided", why).of(undecided.der)

    def finding(self, path: Path, position: int) -> Finding:
        """Status of ``path[position]``: one proof of revocation suffices, whatever other documents say."""
        answered = self._answered(path, position) if self.answers else Finding(Status.UNDECIDED)
        if answered.status is Status.REVOKED:
            return answered
        listed = self._listing(path, position)
        if listed.status is Status.REVOKED or answered.status is Status.UNDECIDED:
            return listed._replace(why=answered.why or listed.why)
        return answered

    def _listing(self, path: Path, position: int) -> Finding:
        """By CRLs (§6.3.3): all reasons must be covered."""
        certificate = path[position]
        covered: frozenset[int] = frozenset()
        proof: list[Crl | Answer] = []
        implied = ext.DistributionPoint(
            ext.PointName((GeneralName(DIRECTORY, certificate.issuer.key),), None), ext.ALL_REASONS, ()
        )
        why = self._faulty.get(certificate.issuer.key, "")
        for point in (*certificate.distribution_points, implied):
            for signed in self._newest(point, path, position):
                known = signed.crl.point.reasons if signed.crl.point else ext.ALL_REASONS
                try:
                    entry, used = self._entry(certificate, signed)
                except TooComplex:
                    raise
                except Malformed:
                    why = "unusable"  # an entry that must be understood is not: it says nothing (§5.3)
                    continue
                if entry is not None:
                    return Finding(Status.REVOKED, tuple(used), entry.since, entry.reason)
                if not point.reasons & known <= covered:
                    covered |= point.reasons & known
                    proof += used
        if covered == ext.ALL_REASONS:
            return Finding(Status.GOOD, tuple(proof))
        return Finding(Status.UNDECIDED, why=why)

    def _newest(self, point: ext.DistributionPoint, path: Path, position: int) -> Iterator[_Signed]:
        """Complete CRLs in the point's scope with a good signer: the newest of each scope."""
        certificate = path[position]
        issuers = [n.value for n in point.issuers if n.kind == DIRECTORY] or [certificate.issuer.key]
        seen = set()
        for issuer in issuers:
            for crl in self.by_issuer.get(issuer, ()) if isinstance(issuer, tuple) else ():
                self.signatures.budget.spend(5)
                if crl.base_number is not None or crl.scope in seen or not self._speaks_of(crl, certificate):
                    continue
                if not _in_scope(crl, point, certificate):
                    continue
                key = self._signer_key(crl, path, position)
                if key is not None:
                    seen.add(crl.scope)
                    yield _Signed(crl, key)

    def _entry(self, certificate: Certificate, signed: _Signed) -> tuple[Entry | None, list[Crl]]:
        """§6.3.3 i–k: the newest delta that fits speaks first, then the complete CRL. Gives the entry that
        revokes, if one does, and the lists asked."""
        budget, crl = self.signatures.budget, signed.crl
        serial, issuer = certificate.serial, certificate.issuer.key
        used = [crl]
        entry = None
        for delta in self._deltas(signed):
            used.append(delta)
            entry = delta.find(serial, issuer, budget)
            break
        if entry is None:
            entry = crl.find(serial, issuer, budget)
        if entry is None or entry.reason == REMOVE or (self.archived and self.at < entry.since):
            return None, used
        return entry, used

    def _speaks_of(self, crl: Crl, certificate: Certificate) -> bool:
        """A list made after the certificate expired may have dropped it, unless it says that it keeps such."""
        start, expired = crl.period[0], certificate.validity[1]
        return start <= max(self.latest, expired) or (
            crl.keeps_since is not None and crl.keeps_since <= expired
        )

    def _deltas(self, signed: _Signed) -> Iterator[Crl]:
        """§6.3.3 c: deltas for this complete CRL, newest first."""
        crl = signed.crl
        for delta in self.by_issuer.get(crl.issuer.key, ()):
            if delta.base_number is None or delta.number is None or crl.number is None:
                continue
            same = delta.value(ext.ISSUING_POINT) == crl.value(ext.ISSUING_POINT)
            same = same and delta.value(ext.AUTHORITY_KEY_ID) == crl.value(ext.AUTHORITY_KEY_ID)
            if same and delta.base_number <= crl.number < delta.number and self._right(delta, signed.key):
                yield delta

    def _right(self, crl: Crl | Answer, key: bytes) -> bool:
        try:
            return self.signatures.signed_by(crl, key)
        except TooComplex:
            raise
        except Fault:
            return False

    def _answered(self, path: Path, position: int) -> Finding:
        """By OCSP answers: the first that is good, unless one says revoked."""
        certificate, issuer = path[position], path[position + 1]
        good, why = None, ""
        for answer in self.answers:
            self.signatures.budget.spend(5)
            single = answer.about(certificate, issuer)
            if single is None:
                why = why or ("failed" if answer.failure else "")
                continue
            problem = self._against(answer, single, path, position)
            if problem:
                why = problem
            elif single.revoked_at is not None and (not self.archived or self.at >= single.revoked_at):
                return Finding(Status.REVOKED, (answer,), single.revoked_at, single.reason)
            else:
                good = good or Finding(Status.GOOD, (answer,))
        return good or Finding(Status.UNDECIDED, why=why)

    def _against(self, answer: Answer, single: Single, path: Path, position: int) -> str:
        """Why an answer says nothing now, or nothing."""
        if single.status == ocsp.UNKNOWN:
            return "failed"
        if answer.asked is not None and answer.nonce != answer.asked:
            return "nonce"
        expired = path[position].validity[1]
        known = single.start <= max(self.latest, expired) or (
            single.cutoff is not None and single.cutoff <= expired
        )
        if single.end is None or single.end < self.at or not known:
            return "stale"
        return "" if self._signs(answer, path, position) else "signature"

    def _signs(self, answer: Answer, path: Path, position: int) -> bool:
        """The issuer itself, or a responder it certified for that (RFC 6960 §4.2.2.2)."""
        issuer, key = path[position + 1], working_keys(path)[position + 1]
        if answer.names(issuer) and self._right(answer, key):
            return True
        return any(
            answer.names(one)
            and ocsp.may_answer(one)
            and self._certified(one, key, answer.produced)
            and self._right(answer, one.spki)
            and self._not_revoked(one, path[position + 1 :])
            for one in answer.certificates
        )

    def _certified(self, responder: Certificate, key: bytes, produced: int) -> bool:
        """By the issuer's own key; in its period when it answered, and still when the answer is asked for."""
        try:
            start, end = responder.validity
            usage = responder.key_usage
            inner = responder.algorithm == responder.inner_algorithm
            signed = self.signatures.signed_by(responder, key)
        except TooComplex:
            raise
        except Fault:
            return False
        when = max(produced, self.at) if not self.archived else produced
        return inner and signed and start <= when <= end and (usage is None or bool(usage & {0, 1}))

    def _not_revoked(self, responder: Certificate, above: Path) -> bool:
        """Without nocheck its standing counts where CRLs say something of it."""
        if ocsp.never_asked_about(responder):
            return True
        return self._listing((responder, *above), 0).status is not Status.REVOKED

    def _signer_key(self, crl: Crl, path: Path, position: int) -> bytes | None:
        """§6.3.3 f–g: the key that signed, of a certificate with a valid path to the same anchor."""
        known = (crl.der, path[position].der, path[-1].der)
        if known in self._signed:
            return self._signed[known]
        found = self._find_signer(crl, path, position)
        if not self._open:
            self._signed[known] = found
        return found

    def _find_signer(self, crl: Crl, path: Path, position: int) -> bytes | None:
        keys = working_keys(path)
        for above in range(position + 1, len(path)):
            signer = path[above]
            fits = signer.subject.key == crl.issuer.key and _may_sign(signer)
            if fits and self._right(crl, keys[above]):
                return keys[above]
        for signer in self._candidates(crl):
            if (crl.der, signer.der) in self._open:
                return signer.spki
            for signer_path in self.signer_paths(signer, path[-1]):
                key = working_keys(signer_path)[0]
                if self._right(crl, key) and self._standing(crl, signer_path):
                    return key
        return None

    def _candidates(self, crl: Crl) -> list[Certificate]:
        wanted = crl.authority_key.key if crl.authority_key else None
        fitting = [c for c in self.signers(crl.issuer.key) if _may_sign(c)]
        fitting = [c for c in fitting if self._could_be(crl, c)]
        return sorted(fitting, key=lambda c: wanted is not None and c.subject_key_id != wanted)

    def _could_be(self, crl: Crl, signer: Certificate) -> bool:
        """A wrong key is seen before a path is searched for it; a DSA key may lack its parameters."""
        is_dsa, parameters = dsa_parameters(signer.spki)
        return (is_dsa and parameters is None) or self._right(crl, signer.spki)

    def _standing(self, crl: Crl, signer_path: Path) -> bool:
        """A revoked signer's CRL counts for nothing; an undecided one's neither where status is required."""
        mark = (crl.der, signer_path[0].der)
        self._open.add(mark)
        try:
            self.check(signer_path)
        except TooComplex:
            raise
        except Fault:
            return False
        finally:
            self._open.discard(mark)
        return True


def _may_sign(certificate: Certificate) -> bool:
    try:
        usage = certificate.key_usage
    except Malformed:
        return False
    return usage is None or ext.CRL_SIGN in usage


def _in_scope(crl: Crl, point: ext.DistributionPoint, certificate: Certificate) -> bool:
    """§6.3.3 b."""
    issued = crl.point
    if point.issuers and (issued is None or not issued.indirect):
        return False
    if not point.issuers and crl.issuer.key != certificate.issuer.key:
        return False
    if issued is None:
        return True
    if issued.only_attributes or (issued.only_users and certificate.is_ca):
        return False
    if issued.only_authorities and not certificate.is_ca:
        return False
    if issued.name is None:
        return True
    offered = _names(issued.name, crl.issuer.key)
    if point.name is None:
        return bool(offered & set(point.issuers))
    base = next((n.value for n in point.issuers if n.kind == DIRECTORY), certificate.issuer.key)
    return bool(offered & _names(point.name, base if isinstance(base, tuple) else ()))


def _names(name: ext.PointName, issuer: NameKey) -> set[GeneralName]:
    if name.relative is not None:
        return {GeneralName(DIRECTORY, (*issuer, name.relative))}
    return set(name.full)
