"""The engine: pool in, first path that holds out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ca_interop.rules.rfc5280.building import Pool, Search
from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.checks import Inputs, Signatures, check_path
from ca_interop.rules.rfc5280.crl import Crl
from ca_interop.rules.rfc5280.faults import Budget, Fault, TooComplex
from ca_interop.rules.rfc5280.peers import check_peer
from ca_interop.rules.rfc5280.policies import PolicyInputs
from ca_interop.rules.rfc5280.revocation import Revocation


@dataclass(frozen=True)
class Verdict:
    """A path that holds, leaf first, anchor last, and the valid policy set."""

    path: tuple[Certificate, ...]
    policies: list[str]


class Engine:
    """Certificates and CRLs of one request; ``validate`` asks for one leaf."""

    def __init__(
        self,
        anchors: Sequence[Certificate],
        others: Sequence[Certificate],
        crls: Sequence[Crl],
        inputs: Inputs,
        budget: Budget,
        *,
        require_revocation: bool,
    ) -> None:
        self.inputs = inputs
        self.signatures = Signatures(budget, inputs.allow_sha1)
        self.pool = Pool(anchors, others, self.signatures)
        # A CRL signer's path is judged without policies, purpose or a limit of its own.
        self.plain = replace(inputs, policies=PolicyInputs(), purpose="any", max_path_length=None)
        self.revocation = Revocation(
            crls,
            inputs.at,
            self.signatures,
            lambda name: self.pool.by_subject.get(name, ()),
            self._signer_paths,
            require_revocation,
        )

    def validate(self, leaf: Certificate, peer: tuple[int, str | bytes] | None = None) -> Verdict:
        """The first path that holds. ``Fault`` with the reason met farthest, ``TooComplex`` at the bounds."""
        search = Search(self.pool, self.inputs)
        whole: Fault | None = None
        for path in search.paths(leaf):
            try:
                policies = check_path(path, self.inputs, self.signatures)
                check_peer(leaf, peer)
                self.revocation.check(path)
            except TooComplex:
                raise
            except Fault as fault:
                whole = whole or fault
                continue
            return Verdict(path, policies)
        if whole is not None:
            raise whole
        if search.best is not None:
            raise search.best[1]
        raise Fault("no_path", f"no path leads from {leaf.subject.text!r} to a trust anchor")

    def _signer_paths(self, signer: Certificate, anchor: Certificate) -> Iterator[tuple[Certificate, ...]]:
        for path in self._paths(signer):
            if path[-1] == anchor and self._holds(path):
                yield path

    def _paths(self, signer: Certificate) -> Iterator[tuple[Certificate, ...]]:
        try:
            yield from Search(self.pool, self.plain).paths(signer)
        except TooComplex:
            raise
        except Fault:
            return

    def _holds(self, path: tuple[Certificate, ...]) -> bool:
        try:
            check_path(path, self.plain, self.signatures)
        except TooComplex:
            raise
        except Fault:
            return False
        return True
