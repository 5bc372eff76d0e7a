"""Revocation status from CRLs (RFC 5280 §6.3): complete, delta, indirect, partitioned; no network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from ca_interop.rules.rfc5280 import extensions as ext
from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.checks import Signatures, working_keys
from ca_interop.rules.rfc5280.crl import REMOVE, Crl
from ca_interop.rules.rfc5280.faults import Fault, Malformed, TooComplex
from ca_interop.rules.rfc5280.names import DIRECTORY, GeneralName, NameKey
from ca_interop.rules.rfc5280.signatures import dsa_parameters

Path = tuple[Certificate, ...]
# Paths of a CRL signer to an anchor, best first.
SignerPaths = Callable[[Certificate, Certificate], Iterable[Path]]


class Status(Enum):
    """What the given CRLs say of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNDECIDED = "undecided"


@dataclass(frozen=True)
class _Signed:
    """A CRL with a signer whose path holds, and the signer's key."""

    crl: Crl
    key: bytes


class Revocation:
    """The CRLs of one request at one time."""

    def __init__(
        self,
        crls: Sequence[Crl],
        at: int,
        signatures: Signatures,
        signers: Callable[[NameKey], Sequence[Certificate]],
        signer_paths: SignerPaths,
        require: bool,
    ) -> None:
        self.signatures, self.require = signatures, require
        self.signers, self.signer_paths = signers, signer_paths
        self.by_issuer: dict[NameKey, list[Crl]] = {}
        for crl in {c.der: c for c in crls}.values():
            signatures.budget.spend(5)
            if crl.usable(at):
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
            status = self.status(path, position)
            name = path[position].subject.text
            if status is Status.REVOKED:
                raise Fault("revoked", f"certificate {name!r} is revoked")
            if status is Status.UNDECIDED:
                undecided = undecided or name
        if undecided is not None and self.require:
            raise Fault("revocation_undecided", f"no given CRL decides the status of {undecided!r}")

    def status(self, path: Path, position: int) -> Status:
        """Status of ``path[position]``: all reasons must be covered; one proof of revocation suffices."""
        certificate = path[position]
        covered: frozenset[int] = frozenset()
        implied = ext.DistributionPoint(
            ext.PointName((GeneralName(DIRECTORY, certificate.issuer.key),), None), ext.ALL_REASONS, ()
        )
        for point in (*certificate.distribution_points, implied):
            for crl in self._newest(point, path, position):
                reasons = point.reasons & (crl.crl.point.reasons if crl.crl.point else ext.ALL_REASONS)
                try:
                    listed = self._listed(certificate, crl, path)
                except TooComplex:
                    raise
                except Malformed:
                    continue  # an entry that must be understood is not: the CRL says nothing (§5.3)
                if listed:
                    return Status.REVOKED
                covered |= reasons
        return Status.GOOD if covered == ext.ALL_REASONS else Status.UNDECIDED

    def _newest(self, point: ext.DistributionPoint, path: Path, position: int) -> Iterator[_Signed]:
        """Complete CRLs in the point's scope with a good signer: the newest of each scope."""
        certificate = path[position]
        issuers = [n.value for n in point.issuers if n.kind == DIRECTORY] or [certificate.issuer.key]
        seen = set()
        for issuer in issuers:
            for crl in self.by_issuer.get(issuer, ()) if isinstance(issuer, tuple) else ():
                self.signatures.budget.spend(5)
                if crl.base_number is not None or crl.scope in seen:
                    continue
                if not _in_scope(crl, point, certificate):
                    continue
                key = self._signer_key(crl, path, position)
                if key is not None:
                    seen.add(crl.scope)
                    yield _Signed(crl, key)

    def _listed(self, certificate: Certificate, signed: _Signed, path: Path) -> bool:
        """§6.3.3 i–k: the newest delta that fits speaks first, then the complete CRL."""
        budget, crl = self.signatures.budget, signed.crl
        serial, issuer = certificate.serial, certificate.issuer.key
        for delta in self._deltas(signed):
            entry = delta.find(serial, issuer, budget)
            if entry is not None:
                return entry.reason != REMOVE
            break
        entry = crl.find(serial, issuer, budget)
        return entry is not None and entry.reason != REMOVE

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

    def _right(self, crl: Crl, key: bytes) -> bool:
        try:
            return self.signatures.signed_by(crl, key)
        except TooComplex:
            raise
        except Fault:
            return False

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
