"""Path building and validation after RFC 5280 §6, at a stated time, within bounds.

Depth first from the leaf to any anchor, every candidate issuer by name (and key identifier first).
Name constraints, policy constraints and inhibit-any-policy are not evaluated yet, so a certificate
that carries one is refused, never waved through (RFC 5280 §4.2: unprocessed critical extensions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtensionOID

from ca_interop.rules.certificates import algorithm, display_name, fingerprint, is_authority, issuer_name
from ca_interop.rules.evidence import Evidence, Trail
from ca_interop.rules.reasons import (
    BAD_SIGNATURE,
    CRITICAL_EXTENSION,
    EXPIRED,
    NO_PATH,
    NOT_A_CA,
    NOT_YET_VALID,
    PATH_LENGTH,
    TOO_COMPLEX,
    WEAK_ALGORITHM,
)
from kernel.clock import beijing
from kernel.errors import Reason, Refused

_PROCESSED = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
    # Any policy is acceptable to us and no explicit policy is asked for, so §6.1.3 d–f cannot fail.
    ExtensionOID.CERTIFICATE_POLICIES,
}
_NOT_EVALUATED = {
    ExtensionOID.NAME_CONSTRAINTS,
    ExtensionOID.POLICY_CONSTRAINTS,
    ExtensionOID.INHIBIT_ANY_POLICY,
}
_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
_HASHES = {"sha256", "sha384", "sha512"}
_MAX_RSA = 8192


@dataclass(frozen=True)
class Bounds:
    """What one search may cost, whatever it is fed."""

    depth: int = 8
    pool: int = 100
    signatures: int = 64


USUAL_BOUNDS = Bounds()


@dataclass(frozen=True)
class Path:
    """A valid path, leaf first, anchor last, and what was checked."""

    certificates: tuple[x509.Certificate, ...]
    steps: tuple[Evidence, ...]

    @property
    def leaf(self) -> x509.Certificate:
        return self.certificates[0]

    @property
    def anchor(self) -> x509.Certificate:
        return self.certificates[-1]


class _Search:
    def __init__(
        self,
        pool: Sequence[x509.Certificate],
        anchors: Sequence[x509.Certificate],
        at: datetime,
        bounds: Bounds,
    ) -> None:
        if len(pool) > bounds.pool:
            raise Refused(TOO_COMPLEX(limit=f"{bounds.pool} 张证书"))
        self.at, self.bounds, self.signatures = at, bounds, 0
        self.anchors = {fingerprint(a): a for a in anchors}
        self.by_subject: dict[bytes, list[x509.Certificate]] = {}
        unique = {**{fingerprint(c): c for c in pool}, **self.anchors}
        for certificate in unique.values():
            self.by_subject.setdefault(certificate.subject.public_bytes(), []).append(certificate)
        # The reason met farthest from the leaf says most about what is wrong.
        self.best: tuple[int, Reason] | None = None

    def note(self, depth: int, reason: Reason) -> None:
        if self.best is None or depth > self.best[0]:
            self.best = (depth, reason)

    def climb(self, path: list[x509.Certificate]) -> tuple[x509.Certificate, ...] | None:
        current, depth = path[-1], len(path)
        if (reason := _own_reason(current, self.at)) is not None:
            self.note(depth, reason)
            return None
        if fingerprint(current) in self.anchors and depth > 1:
            return tuple(path)
        if depth >= self.bounds.depth:
            raise Refused(TOO_COMPLEX(limit=f"{self.bounds.depth} 级"))
        for issuer in self._candidates(current):
            if issuer in path:
                continue
            reason = _issuer_reason(issuer, path) or self._signature_reason(current, issuer)
            if reason is not None:
                self.note(depth, reason)
                continue
            found = self.climb([*path, issuer])
            if found is not None:
                return found
        return None

    def _candidates(self, certificate: x509.Certificate) -> list[x509.Certificate]:
        found = self.by_subject.get(certificate.issuer.public_bytes(), [])
        wanted = _authority_key(certificate)
        return sorted(
            found,
            key=lambda c: (fingerprint(c) not in self.anchors, wanted is None or _subject_key(c) != wanted),
        )

    def _signature_reason(self, certificate: x509.Certificate, issuer: x509.Certificate) -> Reason | None:
        self.signatures += 1
        if self.signatures > self.bounds.signatures:
            raise Refused(TOO_COMPLEX(limit=f"{self.bounds.signatures} 次签名验证"))
        try:
            certificate.verify_directly_issued_by(issuer)
        except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
            return BAD_SIGNATURE(subject=display_name(certificate), issuer=issuer_name(certificate))
        return None


def find_path(
    leaf: x509.Certificate,
    pool: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    at: datetime,
    bounds: Bounds = USUAL_BOUNDS,
) -> Path:
    """The first valid path from ``leaf`` over ``pool`` (unordered) to one of ``anchors`` at ``at``.

    Anchors are certificates whose name, key, dates and constraints count. Raises ``Refused`` with
    the reason met farthest up, ``certificate.no_path`` when no issuer is known at all, or
    ``certificate.too_complex`` at the bounds.
    """
    search = _Search(pool, anchors, at, bounds)
    found = search.climb([leaf])
    if found is None:
        no_path = NO_PATH(subject=display_name(leaf), issuer=issuer_name(leaf))
        raise Refused(search.best[1] if search.best else no_path)
    return Path(found, _steps(found, at))


def _own_reason(certificate: x509.Certificate, at: datetime) -> Reason | None:
    """What is wrong with a certificate by itself: dates, algorithms, extensions."""
    name = display_name(certificate)
    if at < certificate.not_valid_before_utc:
        return NOT_YET_VALID(subject=name, start=beijing(certificate.not_valid_before_utc), at=beijing(at))
    if at > certificate.not_valid_after_utc:
        return EXPIRED(subject=name, end=beijing(certificate.not_valid_after_utc), at=beijing(at))
    if (weak := weak_algorithm(certificate)) is not None:
        return WEAK_ALGORITHM(subject=name, algorithm=weak)
    for extension in certificate.extensions:
        if extension.oid in _NOT_EVALUATED or (extension.critical and extension.oid not in _PROCESSED):
            return CRITICAL_EXTENSION(subject=name, oid=extension.oid.dotted_string)
    return None


def weak_algorithm(certificate: x509.Certificate) -> str | None:
    """The name of an algorithm the platform does not accept, or ``None``."""
    key = certificate.public_key()
    good = (
        (isinstance(key, rsa.RSAPublicKey) and 2048 <= key.key_size <= _MAX_RSA)
        or (isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name in _CURVES)
        or isinstance(key, ed25519.Ed25519PublicKey)
    )
    if not good:
        return algorithm(certificate)
    try:
        hash_algorithm = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return certificate.signature_algorithm_oid.dotted_string
    if hash_algorithm is not None and hash_algorithm.name not in _HASHES:
        return hash_algorithm.name
    return None


def _issuer_reason(issuer: x509.Certificate, path: list[x509.Certificate]) -> Reason | None:
    """May ``issuer`` stand above ``path`` (RFC 5280 §6.1.4 k–n)?"""
    name = display_name(issuer)
    if not is_authority(issuer):
        return NOT_A_CA(subject=name)
    try:
        if not issuer.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign:
            return NOT_A_CA(subject=name)
    except x509.ExtensionNotFound:
        pass
    limit = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value.path_length
    below = sum(1 for c in path[1:] if c.subject != c.issuer)  # self-issued ones do not count
    if limit is not None and below > limit:
        return PATH_LENGTH(subject=name, limit=limit, found=below)
    return None


def _authority_key(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(
            x509.AuthorityKeyIdentifier
        ).value.key_identifier
    except x509.ExtensionNotFound:
        return None


def _subject_key(certificate: x509.Certificate) -> bytes | None:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    except x509.ExtensionNotFound:
        return None


def _steps(path: tuple[x509.Certificate, ...], at: datetime) -> tuple[Evidence, ...]:
    trail = Trail()
    names = [display_name(c) for c in path]
    trail.add(
        "path.found",
        "证书链：" + " ← ".join(reversed(names)),
        "path: " + " <- ".join(reversed(names)),
        certificates=[fingerprint(c) for c in path],
    )
    for certificate, name in zip(path[:-1], names[:-1], strict=True):
        trail.add(
            "path.certificate",
            f"「{name}」的签名、有效期（验证时间 {beijing(at)}）、算法（{algorithm(certificate)}）与用途约束均合格",
            f"{name}: signature, dates, algorithm ({algorithm(certificate)}) and constraints are right",
            fingerprint=fingerprint(certificate),
            not_before=certificate.not_valid_before_utc.isoformat(),
            not_after=certificate.not_valid_after_utc.isoformat(),
        )
    return trail.steps
