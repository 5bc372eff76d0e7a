"""Checks of one certificate, of one step up, and of a whole path (RFC 5280 §6.1.3–6.1.5)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from ca_interop.rules.rfc5280 import extensions as ext
from ca_interop.rules.rfc5280.certificate import Certificate
from ca_interop.rules.rfc5280.der import integer
from ca_interop.rules.rfc5280.faults import Budget, Fault, Malformed
from ca_interop.rules.rfc5280.policies import PolicyInputs, PolicyState
from ca_interop.rules.rfc5280.signatures import acceptable, dsa_parameters, verify, weak_key, with_parameters
from ca_interop.rules.rfc5280.subtrees import Constraints, check_names

_PROCESSED = {
    ext.SUBJECT_KEY_ID, ext.KEY_USAGE, ext.SUBJECT_ALT_NAME, ext.BASIC_CONSTRAINTS, ext.NAME_CONSTRAINTS,
    ext.CRL_POINTS, ext.POLICIES, ext.POLICY_MAPPINGS, ext.AUTHORITY_KEY_ID, ext.POLICY_CONSTRAINTS,
    ext.EXTENDED_KEY_USAGE, ext.INHIBIT_ANY,
}  # fmt: skip
_USAGES = {"server": "1.3.6.1.5.5.7.3.1", "client": "1.3.6.1.5.5.7.3.2"}


@dataclass(frozen=True)
class Inputs:
    """What §6.1.1 takes, beside the path. ``at`` as YYYYMMDDhhmmss."""

    at: int
    policies: PolicyInputs = field(default_factory=PolicyInputs)
    purpose: str = "any"
    max_path_length: int | None = None
    allow_sha1: bool = True
    #: Only what the platform itself accepts: no small keys, no DSA, no SHA-1.
    strict: bool = False


class Signed(Protocol):
    """A certificate or a CRL: what was signed, and how."""

    @property
    def algorithm(self) -> bytes: ...
    @property
    def signature(self) -> bytes: ...
    @property
    def tbs(self) -> bytes: ...


class Proven:
    """Digests of signatures that were verified with success: never of wrong ones, which anybody can make."""

    def __init__(self, limit: int = 20_000) -> None:
        self._limit = limit
        self._known: dict[bytes, None] = {}

    def has(self, what: Signed, spki: bytes) -> bool:
        return self._digest(what, spki) in self._known

    def add(self, what: Signed, spki: bytes) -> None:
        while len(self._known) >= self._limit:
            self._known.pop(next(iter(self._known)), None)
        self._known[self._digest(what, spki)] = None

    @staticmethod
    def _digest(what: Signed, spki: bytes) -> bytes:
        digest = hashlib.sha256(len(spki).to_bytes(4, "big") + spki)
        for part in (what.algorithm, what.signature, what.tbs):
            digest.update(len(part).to_bytes(4, "big"))
            digest.update(part)
        return digest.digest()


@dataclass
class Signatures:
    """Results of one request's signature checks, so that no pair is computed twice."""

    budget: Budget
    allow_sha1: bool
    known: dict[tuple[Signed, bytes], bool] = field(default_factory=dict)
    #: Signatures found right before in this process; what a signature says does not change.
    proven: Proven | None = None
    #: Refuse keys the platform does not accept, whoever's: of authorities, CRL signers, OCSP responders.
    strict: bool = False

    def signed_by(self, what: Signed, spki: bytes) -> bool:
        """Is the signature on ``what`` right by the key ``spki``? ``Fault`` when its algorithm is not accepted."""
        key = (what, spki)
        if key not in self.known:
            self.known[key] = self._verified(what, spki)
        return self.known[key]

    def _verified(self, what: Signed, spki: bytes) -> bool:
        acceptable(what.algorithm, self.allow_sha1)
        if self.strict and (weak := weak_key(spki)):
            raise Fault("weak_algorithm", f"signed by a key that is not accepted: {weak}")
        if self.proven is not None and self.proven.has(what, spki):
            return True
        self.budget.spend(100)
        right = verify(what.algorithm, spki, what.signature, what.tbs, self.allow_sha1)
        if right and self.proven is not None:
            self.proven.add(what, spki)
        return right


def check_alone(certificate: Certificate, inputs: Inputs, *, anchor: bool = False) -> None:
    """Dates, algorithm, version, critical extensions: what needs no other certificate."""
    start, end = certificate.validity
    if inputs.at < start:
        raise Fault("not_yet_valid", f"certificate {certificate.subject.text!r} is not valid yet")
    if inputs.at > end:
        raise Fault("expired", f"certificate {certificate.subject.text!r} has expired")
    # What does not hang on the time is looked at once for a certificate that is kept between calls.
    how = (inputs.strict, inputs.allow_sha1, anchor)
    if how not in certificate.passed:
        _check_form(certificate, inputs, anchor)
        certificate.passed.add(how)


def _check_form(certificate: Certificate, inputs: Inputs, anchor: bool) -> None:
    for key, extension in certificate.extensions.items():
        if extension.critical and key not in _PROCESSED:
            raise Fault("critical_extension", f"critical extension {key} is not known")
        if extension.critical and key in (ext.SUBJECT_KEY_ID, ext.AUTHORITY_KEY_ID):
            raise Malformed(f"extension {key} must not be critical")
    _touch(certificate)
    if inputs.strict and (weak := weak_key(certificate.spki)):
        raise Fault("weak_algorithm", f"{certificate.subject.text!r} has a key that is not accepted: {weak}")
    if certificate.algorithm != certificate.inner_algorithm:
        raise Malformed("the two signature algorithms of a certificate differ")
    if not certificate.version:
        raise Malformed("a certificate of an unknown version")
    if anchor:
        return
    integer(certificate.serial, "serial number")
    if len(certificate.serial) > 20:
        raise Malformed("a serial number longer than 20 octets")
    if not certificate.issuer.key:
        raise Malformed("a certificate without an issuer's name")
    acceptable(certificate.algorithm, inputs.allow_sha1)


def _touch(certificate: Certificate) -> None:
    """Reads every extension §6 uses: a malformed one refuses even where its content would not matter."""
    _ = certificate.subject, certificate.issuer, certificate.basic_constraints, certificate.key_usage
    _ = certificate.extended_key_usage, certificate.alternative_names, certificate.policies
    _ = certificate.policy_mappings, certificate.policy_constraints, certificate.inhibit_any
    _ = certificate.distribution_points, certificate.authority_key, certificate.subject_key_id
    _ = certificate.access, certificate.signature
    if certificate.name_constraints is not None and not certificate.is_ca:
        raise Malformed("name constraints in a certificate that is no authority's")
    usage = certificate.key_usage
    if (
        usage is not None
        and ext.KEY_CERT_SIGN in usage
        and not certificate.is_ca
        and certificate.version == 3
    ):
        raise Malformed("keyCertSign in a certificate that is no authority's")
    names = certificate.extensions.get(ext.SUBJECT_ALT_NAME)
    if not certificate.subject.key and (names is None or not names.critical):
        raise Malformed("an empty subject without a critical alternative name")


def check_authority(issuer: Certificate, below: int, *, anchor: bool) -> None:
    """May ``issuer`` certify (§6.1.4 k–n)? ``below``: intermediates under it that are not self-issued."""
    name = issuer.subject.text
    constraints = issuer.basic_constraints
    # An anchor is a name and a key; but a certificate of version 3 has to say that it may certify (§4.2.1.9).
    bare = anchor and issuer.version < 3
    if (constraints is None and not bare) or (constraints is not None and not constraints.ca):
        raise Fault("not_a_ca", f"{name!r} is not a certification authority")
    if issuer.key_usage is not None and ext.KEY_CERT_SIGN not in issuer.key_usage:
        raise Fault("key_usage", f"{name!r} may not sign certificates")
    if not issuer.subject.key:
        raise Malformed("an authority without a name")
    if constraints is not None and constraints.path_length is not None and below > constraints.path_length:
        raise Fault(
            "path_length", f"{name!r} allows {constraints.path_length} authorities below, found {below}"
        )


def check_purpose(certificate: Certificate, purpose: str) -> None:
    """extKeyUsage of the leaf; in an authority it restricts what is below, by common practice."""
    wanted, found = _USAGES.get(purpose), certificate.extended_key_usage
    if wanted and found is not None and wanted not in found and ext.ANY_USAGE not in found:
        raise Fault("purpose", f"{certificate.subject.text!r} is not for the purpose {purpose}")


def working_keys(path: Sequence[Certificate]) -> list[bytes]:
    """Key of each certificate, leaf first, DSA parameters inherited from above (§6.1.4 d–f)."""
    keys: list[bytes] = []
    inherited: bytes | None = None
    for certificate in reversed(path):
        spki = certificate.spki
        is_dsa, parameters = dsa_parameters(spki)
        if is_dsa and parameters is None and inherited is not None:
            spki = with_parameters(spki, inherited)
        else:
            inherited = parameters
        keys.append(spki)
    return keys[::-1]


def check_path(path: Sequence[Certificate], inputs: Inputs, signatures: Signatures) -> list[str]:
    """§6.1 on ``path`` (leaf first, anchor last) whose steps were checked alone: keys, names, policies.

    Gives the valid policy set. A path of one is a leaf that is itself the anchor.
    """
    keys, anchor = working_keys(path), path[-1]
    below = list(path[-2::-1]) if len(path) > 1 else [anchor]
    policies = PolicyState(inputs.policies, len(below), signatures.budget)
    above: list[Constraints] = []
    if len(path) > 1:
        policies.anchor(anchor)
        _add(above, anchor)
    certificate = path[0]
    try:
        for certificate in path:
            check_purpose(certificate, inputs.purpose)
        for depth, certificate in enumerate(below):
            last = depth == len(below) - 1
            if len(path) > 1 and not signatures.signed_by(certificate, keys[len(path) - 1 - depth]):
                raise Fault("bad_signature", f"the signature on {certificate.subject.text!r} is wrong")
            signatures.budget.spend()
            if last or not certificate.self_issued:
                check_names(certificate, above)
            policies.process(certificate, last)
            if not last:
                policies.prepare(certificate)
                _add(above, certificate)
        return policies.finish(path[0])
    except Fault as fault:
        raise fault.of(certificate.der) from None


def _add(above: list[Constraints], certificate: Certificate) -> None:
    if certificate.name_constraints is not None:
        above.append(Constraints(certificate.name_constraints))
