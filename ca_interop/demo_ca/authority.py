"""A demo certification authority in process: issue, revoke, CRL, OCSP. Tests use this face directly.

Time is an argument everywhere, so a training clock can move weeks ahead and the lists stay fresh.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from ca_interop.demo_ca import issuing
from ca_interop.demo_ca.issuing import BAD_REQUEST, Key, Subscriber, SubscriberPublicKey
from ca_interop.demo_ca.specifications import CaSpecification
from ca_interop.rules.trust_list import Authority
from kernel.errors import Kind, ReasonForm, Refused
from kernel.ids import credit_code

UNKNOWN_SERIAL = ReasonForm(
    "demo_ca.unknown_serial",
    zh="本机构没有签发过序列号为 {serial} 的证书",
    en="this authority issued no certificate with serial {serial}",
    kind=Kind.NOT_FOUND,
)
_REVOCATION_REASONS = {flag.value: flag for flag in x509.ReasonFlags}


@dataclass(frozen=True)
class Issued:
    """One certificate; ``key`` when the authority made it (demo only), ``chain`` its issuers up to,
    but without, the root."""

    certificate: x509.Certificate
    key: Key | None
    chain: tuple[x509.Certificate, ...]

    @property
    def full_chain(self) -> tuple[x509.Certificate, ...]:
        """Leaf first: what a signed statement carries."""
        return (self.certificate, *self.chain)

    def pkcs12(self, password: str) -> bytes:
        """The key and chain as a PKCS#12 file; ``Refused`` when the subscriber kept the key."""
        if self.key is None:
            raise Refused(BAD_REQUEST(why="the key is the subscriber's"))
        name = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        label = name.encode() if isinstance(name, str) else name
        return pkcs12.serialize_key_and_certificates(
            label, self.key, self.certificate, list(self.chain), BestAvailableEncryption(password.encode())
        )

    def pem(self) -> bytes:
        """Private key (unencrypted, demo only) and certificates."""
        parts = []
        if self.key is not None:
            parts.append(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return b"".join([*parts, *(c.public_bytes(Encoding.PEM) for c in self.full_chain)])


@dataclass(frozen=True)
class Subscription:
    """What a subscriber gets. With one certificate for both uses, ``encryption`` is ``signing``."""

    signing: Issued
    encryption: Issued

    @property
    def dual(self) -> bool:
        return self.encryption is not self.signing


@dataclass
class Level:
    """One CA of the hierarchy: 0 is the root, the last one issues to subscribers."""

    certificate: x509.Certificate
    key: Key
    responder: x509.Certificate
    responder_key: Key


@dataclass
class DemoAuthority:
    """A whole hierarchy with its keys in memory. Revocations: serial → (time, reason flag)."""

    specification: CaSpecification
    levels: list[Level]
    issued: set[int] = field(default_factory=set)
    revoked: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    crl_days: int = 7

    @classmethod
    def create(
        cls, specification: CaSpecification, *, not_before: datetime, not_after: datetime
    ) -> DemoAuthority:
        """Make keys and certificates of every level, valid in the given window."""
        levels: list[Level] = []
        count = len(specification.levels)
        for number, algorithm in enumerate(specification.levels):
            key = issuing.generate_key(algorithm)
            name = _level_name(specification, number)
            above = levels[-1] if levels else None
            certificate = issuing.authority_certificate(
                name,
                key,
                above.certificate.subject if above else name,
                above.key if above else key,
                (not_before, not_after),
                count - 1 - number,
            )
            responder_key = issuing.generate_key("p256")
            label = f"{specification.name} OCSP 应答者 {number}"
            responder = issuing.responder_certificate(_name(label), responder_key, certificate, key)
            levels.append(Level(certificate, key, responder, responder_key))
        return cls(specification, levels)

    @property
    def root(self) -> x509.Certificate:
        return self.levels[0].certificate

    @property
    def issuer(self) -> Level:
        return self.levels[-1]

    @property
    def intermediates(self) -> tuple[x509.Certificate, ...]:
        """The CAs between subscriber and root, issuing CA first, without the root."""
        return tuple(level.certificate for level in reversed(self.levels[1:]))

    def issue(
        self,
        subscriber: Subscriber,
        *,
        not_before: datetime,
        not_after: datetime,
        dual: bool | None = None,
        public_key: SubscriberPublicKey | None = None,
    ) -> Subscription:
        """Certificates for ``subscriber``. ``public_key`` (of a CSR) is certified for signing; without it
        the authority makes the keys. ``dual`` overrides the authority's habit."""
        _check_subscriber(subscriber)
        two = self.specification.dual if dual is None else dual
        window = (not_before, not_after)
        signing = self._certify(subscriber, "signing" if two else "combined", window, public_key)
        encryption = self._certify(subscriber, "encryption", window, None) if two else signing
        return Subscription(signing, encryption)

    def _certify(
        self,
        subscriber: Subscriber,
        usage: str,
        window: tuple[datetime, datetime],
        public_key: SubscriberPublicKey | None,
    ) -> Issued:
        key = None if public_key is not None else issuing.generate_key(self.specification.subscriber)
        subject_key: SubscriberPublicKey | None = key.public_key() if key is not None else public_key
        assert subject_key is not None  # one of the two is there by construction
        profile = self.specification.profile
        issuer = self.issuer
        builder = issuing.builder(
            issuing.subscriber_name(subscriber, profile),
            subject_key,
            issuer.certificate.subject,
            issuer.key,
            window,
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(issuing.subscriber_usage(usage, subject_key), critical=True)
        for extension in issuing.private_extensions(subscriber, profile):
            builder = builder.add_extension(extension, critical=False)
        certificate = builder.sign(issuer.key, hashes.SHA256())
        self.issued.add(certificate.serial_number)
        return Issued(certificate, key, self.intermediates)

    def revoke(self, serial: int, at: datetime, reason: str = "keyCompromise") -> None:
        """Revoke a certificate issued here from ``at`` on; the first revocation stands."""
        if serial not in self.issued:
            raise Refused(UNKNOWN_SERIAL(serial=f"{serial:x}"))
        if reason not in _REVOCATION_REASONS or reason == "removeFromCRL":
            raise Refused(BAD_REQUEST(why=f"reason {reason!r}"))
        self.revoked.setdefault(serial, (at.replace(microsecond=0), reason))

    def crl(self, at: datetime, level: int = -1) -> bytes:
        """The complete CRL (DER) of one level as published at ``at``; only the issuing level has entries."""
        where = self.levels[level]
        start = at.replace(microsecond=0)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(where.certificate.subject)
            .last_update(start)
            .next_update(start + timedelta(days=self.crl_days))
            .add_extension(x509.CRLNumber(int(start.timestamp())), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(where.key.public_key()), critical=False
            )
        )
        if where is self.issuer:
            for serial, (when, reason) in sorted(self.revoked.items()):
                if when <= at:
                    builder = builder.add_revoked_certificate(_entry(serial, when, reason))
        return builder.sign(where.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def crls(self, at: datetime) -> tuple[bytes, ...]:
        """The CRLs of every level, issuing CA first: enough for any certificate issued here."""
        return tuple(self.crl(at, level) for level in reversed(range(len(self.levels))))

    def ocsp(
        self, request: bytes, at: datetime, *, wrong_nonce: bool = False, age: timedelta = timedelta()
    ) -> bytes:
        """Answer an OCSP request (DER). ``wrong_nonce`` and ``age`` are faults for tests."""
        try:
            asked = ocsp.load_der_ocsp_request(request)
            wanted = (asked.issuer_name_hash, asked.issuer_key_hash, asked.serial_number)
        except (ValueError, TypeError):
            return _unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        found = self._certificate_asked(asked)
        if found is None:
            return _unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        level, status = found
        start = at.replace(microsecond=0) - age
        when, reason = status if status is not None else (None, None)
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=wanted[0],
            issuer_key_hash=wanted[1],
            serial_number=wanted[2],
            algorithm=asked.hash_algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if when else ocsp.OCSPCertStatus.GOOD,
            this_update=start,
            next_update=start + timedelta(hours=12),
            revocation_time=when,
            revocation_reason=_REVOCATION_REASONS[reason] if reason else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, level.responder)
        builder = builder.certificates([level.responder])
        for extension in asked.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                nonce = extension.value.nonce
                nonce = bytes(b ^ 0xFF for b in nonce) if wrong_nonce else nonce
                builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(level.responder_key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _certificate_asked(self, asked: Any) -> tuple[Level, tuple[datetime, str] | None] | None:
        """The level that issued the certificate asked for, with its revocation; ``None`` if not ours."""
        for number, level in enumerate(self.levels):
            # The responder's certificate stands for any that this level issued.
            builder = ocsp.OCSPRequestBuilder()
            mine = builder.add_certificate(level.responder, level.certificate, asked.hash_algorithm).build()
            if (
                mine.issuer_key_hash != asked.issuer_key_hash
                or mine.issuer_name_hash != asked.issuer_name_hash
            ):
                continue
            below = {c.certificate.serial_number for c in self.levels[number + 1 : number + 2]}
            ours = self.issued if level is self.issuer else below
            if asked.serial_number not in ours:
                return None
            return level, self.revoked.get(asked.serial_number) if level is self.issuer else None
        return None

    def entry(
        self, *, effective_from: datetime, base_url: str = "", withdrawn_at: datetime | None = None
    ) -> Authority:
        """This authority as a line of a trust list; with ``base_url`` its CRL and OCSP addresses."""
        spec = self.specification
        where = f"{base_url.rstrip('/')}/ca/{spec.id}" if base_url else ""
        return Authority(
            id=spec.id,
            name=spec.name,
            profile=spec.profile,
            anchors=(self.root,),
            intermediates=self.intermediates,
            crl=tuple(f"{where}/crl/{n}" for n in reversed(range(len(self.levels)))) if where else (),
            ocsp=(f"{where}/ocsp",) if where else (),
            effective_from=effective_from,
            withdrawn_at=withdrawn_at,
        )


def _entry(serial: int, when: datetime, reason: str) -> x509.RevokedCertificate:
    return (
        x509.RevokedCertificateBuilder()
        .serial_number(serial)
        .revocation_date(when)
        .add_extension(x509.CRLReason(_REVOCATION_REASONS[reason]), critical=False)
        .build()
    )


def _unsuccessful(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def _level_name(specification: CaSpecification, number: int) -> x509.Name:
    last = len(specification.levels) - 1
    role = "根证书" if number == 0 else ("签发机构" if number == last else f"中级机构 {number}")
    return _name(f"{specification.name} {role}")


def _check_subscriber(subscriber: Subscriber) -> None:
    if not (subscriber.organization or subscriber.person):
        raise Refused(BAD_REQUEST(why="organization or person"))
    if subscriber.credit_code:
        credit_code(subscriber.credit_code)
    # X.520 upper bounds (RFC 5280 appendix A): names longer than this do not fit a certificate.
    for value in (subscriber.organization, subscriber.person):
        if len(value) > 64 or any(ord(c) < 32 for c in value):
            raise Refused(BAD_REQUEST(why="names: ≤ 64 characters, no control characters"))
