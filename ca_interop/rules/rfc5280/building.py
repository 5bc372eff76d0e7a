"""Path building (RFC 4158 in spirit): depth first from the leaf, pruned by names, dates and signatures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.checks import Inputs, Signatures, check_alone, check_authority
from ca_interop.rules.rfc5280.der import OCTET_STRING
from ca_interop.rules.rfc5280.faults import Fault, Malformed, TooComplex
from ca_interop.rules.rfc5280.names import NameKey
from ca_interop.rules.rfc5280.signatures import dsa_parameters

MAX_DEPTH = 64


class Pool:
    """Anchors and other certificates, indexed by subject, each once. Distances count names only."""

    def __init__(self, anchors: Sequence[Certificate], others: Sequence[Certificate], signatures: Signatures):
        self.signatures = signatures
        self.anchors = dict.fromkeys(anchors)
        self.by_subject: dict[NameKey, list[Certificate]] = {}
        by_issuer: dict[NameKey, list[NameKey]] = {}
        for certificate in dict.fromkeys([*anchors, *others]):
            signatures.budget.spend(10)
            try:
                subject, issuer = certificate.subject.key, certificate.issuer.key
            except Malformed:
                continue  # one that cannot be read cannot stand in a path
            self.by_subject.setdefault(subject, []).append(certificate)
            by_issuer.setdefault(issuer, []).append(subject)
        self.distance: dict[NameKey, int] = {}
        level = [a.subject.key for a in self.anchors if _readable(a)]
        depth = 0
        while level:
            new = [n for n in dict.fromkeys(level) if n not in self.distance]
            self.distance.update(dict.fromkeys(new, depth))
            level = [below for name in new for below in by_issuer.get(name, ())]
            depth += 1

    def issuers(self, certificate: Certificate) -> list[Certificate]:
        """Candidates by name: those whose key identifier fits first, then anchors, then the nearest."""
        found = self.by_subject.get(certificate.issuer.key, [])
        if len(found) < 2:
            return found
        hint = certificate.authority_key
        wanted = hint.key if hint else None
        serial = hint.serial if hint else None
        # Looked for as bytes: a pool of thousands of one name is ordered before any of them is read.
        mark = bytes([OCTET_STRING, len(wanted)]) + wanted if wanted and len(wanted) < 128 else None

        def rank(candidate: Certificate) -> tuple[bool, bool, bool, int]:
            return (
                mark is not None and mark not in candidate.der,
                candidate not in self.anchors,
                serial is not None and candidate.serial != serial,
                self.distance.get(candidate.issuer.key, MAX_DEPTH),
            )

        self.signatures.budget.spend(len(found))
        return sorted(found, key=rank)


def _readable(certificate: Certificate) -> bool:
    try:
        return certificate.subject is not None
    except Malformed:
        return False


class Search:
    """All paths from ``leaf`` to an anchor whose steps hold, best candidates first."""

    def __init__(self, pool: Pool, inputs: Inputs) -> None:
        self.pool, self.inputs = pool, inputs
        self.alone: dict[Certificate, Fault | None] = {}
        # The reason met farthest from the leaf says most about what is wrong.
        self.best: tuple[int, Fault] | None = None

    def note(self, depth: int, fault: Fault) -> None:
        known = self.best
        # A wrong signature may only mean that another certificate of that name signed.
        if known is None or depth > known[0] or (depth == known[0] and known[1].code == "bad_signature"):
            self.best = (depth, fault)

    def paths(self, leaf: Certificate) -> Iterator[tuple[Certificate, ...]]:
        self._check_alone(leaf, leaf in self.pool.anchors)
        if leaf in self.pool.anchors:
            yield (leaf,)
            return
        path, walks, below = [leaf], [iter(self.pool.issuers(leaf))], [0]
        above: list[tuple[NameKey, bytes]] = []
        while walks:
            issuer = next(walks[-1], None)
            if issuer is None:
                path.pop(), walks.pop(), below.pop()
                del above[-1:]
                continue
            self.pool.signatures.budget.spend(5)
            # An authority (name and key) that comes twice adds nothing but a loop (RFC 4158 §2.4.2).
            if issuer == leaf or issuer.entity in above or not self._fits(issuer, path, below[-1]):
                continue
            if issuer in self.pool.anchors:
                yield (*path, issuer)
                continue
            if len(path) >= MAX_DEPTH:
                self.note(len(path), Fault("too_complex", f"a path of more than {MAX_DEPTH} certificates"))
                continue
            path.append(issuer)
            above.append(issuer.entity)
            walks.append(iter(self.pool.issuers(issuer)))
            below.append(below[-1] + (not issuer.self_issued))

    def _fits(self, issuer: Certificate, path: list[Certificate], below: int) -> bool:
        anchor = issuer in self.pool.anchors
        if not anchor and issuer.issuer.key not in self.pool.distance:
            return False
        limit = self.inputs.max_path_length
        try:
            self._check_alone(issuer, anchor)
            check_authority(issuer, below, anchor=anchor)
            if limit is not None and len(path) - 1 + (not anchor) > limit:
                raise Fault("path_length", f"more than {limit} intermediates")
            is_dsa, parameters = dsa_parameters(issuer.spki)
            # A DSA key that inherits its parameters is checked when the path is whole.
            if not (is_dsa and parameters is None) and not self.pool.signatures.signed_by(
                path[-1], issuer.spki
            ):
                raise Fault("bad_signature", f"the signature on {path[-1].subject.text!r} is wrong")
        except TooComplex:
            raise
        except Fault as fault:
            about = path[-1] if fault.code == "bad_signature" else issuer
            self.note(len(path), fault.of(about.der))
            return False
        return True

    def _check_alone(self, certificate: Certificate, anchor: bool) -> None:
        if certificate not in self.alone:
            try:
                check_alone(certificate, self.inputs, anchor=anchor)
                self.pool.signatures.budget.names(certificate.names)
                self.alone[certificate] = None
            except TooComplex:
                raise
            except Fault as fault:
                self.alone[certificate] = fault.of(certificate.der)
        known = self.alone[certificate]
        if known is not None:
            raise known
