"""The engine: pool in, first path that holds out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from ca_interop.rules.rfc5280.building import Pool, Search
from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.checks import Inputs, Proven, Signatures, check_path
from ca_interop.rules.rfc5280.crl import Crl
from ca_interop.rules.rfc5280.faults import Budget, Fault, TooComplex
from ca_interop.rules.rfc5280.ocsp import Answer
from ca_interop.rules.rfc5280.peers import check_peer
from ca_interop.rules.rfc5280.policies import PolicyInputs
from ca_interop.rules.rfc5280.revocation import Documents, Path, Revocation


@dataclass(frozen=True)
class Verdict:
    """A path that holds, leaf first, anchor last, and the valid policy set."""

    path: Path
    policies: list[str]


class Engine:
    """Certificates and revocation documents of one request; ``validate`` asks for one leaf.

    ``supply`` gives (anchors, other certificates) when they are needed: to build a path, or to find the signer of
    a list that no certificate of the path has signed.
    ``archived``: documents made later may speak about ``inputs.at``, and a revocation counts from its time on;
    otherwise, as RFC 5280 has it, lists must be in force at that time and whatever they list is revoked.
    """

    def __init__(
        self,
        supply: Callable[[], tuple[Sequence[Certificate], Sequence[Certificate]]],
        crls: Sequence[Crl],
        inputs: Inputs,
        budget: Budget,
        *,
        require_revocation: bool,
        answers: Sequence[Answer] = (),
        archived: bool = False,
        proven: Proven | None = None,
    ) -> None:
        self.inputs = inputs
        self.signatures = Signatures(budget, inputs.allow_sha1, proven=proven, strict=inputs.strict)
        self._supply = supply
        self.revocation = Revocation(
            Documents(tuple(crls), tuple(answers), archived),
            inputs.at,
            self.signatures,
            lambda name: self.pool.by_subject.get(name, ()),
            self._signer_paths,
            require_revocation,
        )

    @cached_property
    def pool(self) -> Pool:
        return Pool(*self._supply(), self.signatures)

    @cached_property
    def plain(self) -> Inputs:
        """A CRL signer's path is judged without policies, purpose or a limit of its own."""
        return replace(self.inputs, policies=PolicyInputs(), purpose="any", max_path_length=None)

    def validate(
        self,
        leaf: Certificate,
        peer: tuple[int, str | bytes] | None = None,
        accept: Callable[[Path], None] | None = None,
    ) -> Verdict:
        """The first path that holds. ``Fault`` with the reason met farthest, ``TooComplex`` at the bounds.

        ``accept`` has the last word on a path (a ``Fault`` of its own); usually its revocation is checked.
        """
        accept = accept or self.revocation.check
        search = Search(self.pool, self.inputs)
        whole: Fault | None = None
        for path in search.paths(leaf):
            try:
                policies = check_path(path, self.inputs, self.signatures)
                check_peer(leaf, peer)
                accept(path)
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
        raise Fault("no_path", f"no path leads from {leaf.subject.text!r} to a trust anchor").of(leaf.der)

    def _signer_paths(self, signer: Certificate, anchor: Certificate) -> Iterator[Path]:
        for path in self._paths(signer):
            if path[-1] == anchor and self._holds(path):
                yield path

    def _paths(self, signer: Certificate) -> Iterator[Path]:
        try:
            yield from Search(self.pool, self.plain).paths(signer)
        except TooComplex:
            raise
        except Fault:
            return

    def _holds(self, path: Path) -> bool:
        try:
            check_path(path, self.plain, self.signatures)
        except TooComplex:
            raise
        except Fault:
            return False
        return True
