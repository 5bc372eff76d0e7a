"""A demo certification authority in process: issue, revoke, CRL, OCSP, time-stamps. Tests use this face directly.

Time is an argument everywhere, so a training clock can move weeks ahead and the lists stay fresh.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import NameOID

from ca_interop.demo_ca import assembling, issuing, keys, responding
from ca_interop.demo_ca.assembling import Issuer
from ca_interop.demo_ca.issuing import BAD_REQUEST, Key, Subscriber, SubscriberPublicKey
from ca_interop.demo_ca.specifications import CaSpecification, Revocation
from ca_interop.demo_ca.stamping import Stamper
from ca_interop.rules.trust_list import Authority
from kernel.errors import Kind, ReasonForm, Refused
from kernel.ids import credit_code
from sealing import sm2
from sealing.sm2 import Sm2PrivateKey

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
        common = self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        if isinstance(self.key, Sm2PrivateKey):
            return sm2.dump_pkcs12(self.key, self.full_chain, password.encode(), str(common))
        label = common.encode() if isinstance(common, str) else common
        return pkcs12.serialize_key_and_certificates(
            label, self.key, self.certificate, list(self.chain), BestAvailableEncryption(password.encode())
        )

    def pem(self) -> bytes:
        """Private key (unencrypted, demo only) and certificates."""
        parts = [] if self.key is None else [keys.to_pem(self.key)]
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

    @property
    def as_issuer(self) -> Issuer:
        return Issuer(self.certificate.subject, self.key)


@dataclass
class Servant:
    """A certificate and key of the authority's own machines: time-stamper, CRL signer."""

    certificate: x509.Certificate
    key: Key


@dataclass
class DemoAuthority:
    """A whole hierarchy with its keys in memory. Revocations: serial → (time, reason flag); ``crossed`` are
    another authority's roots as certified by this one's."""

    specification: CaSpecification
    levels: list[Level]
    tsa: Servant
    crl_signer: Servant | None = None
    issued: set[int] = field(default_factory=set)
    revoked: dict[int, tuple[datetime, str]] = field(default_factory=dict)
    crossed: list[x509.Certificate] = field(default_factory=list)
    crl_days: int = 7

    @classmethod
    def create(
        cls, specification: CaSpecification, *, not_before: datetime, not_after: datetime
    ) -> DemoAuthority:
        """Make keys and certificates of every level, valid in the given window."""
        window = (not_before, not_after)
        levels: list[Level] = []
        made = [issuing.generate_key(algorithm) for algorithm in specification.levels]
        for number, key in enumerate(made):
            subject = _level_name(specification, number)
            issuer = levels[-1].as_issuer if levels else Issuer(subject, key)
            more = points(specification) if levels else ()
            # A root of a pair stands above the other's whole hierarchy too.
            below = len(made) - 1 - number + (1 if specification.crossed_with and not levels else 0)
            certificate = issuing.authority_certificate(subject, key, issuer, window, below, more)
            label = f"{specification.name} OCSP 应答者 {number}"
            responder = _servant(specification, label, Issuer(subject, key), window, issuing.RESPONDER)
            levels.append(Level(certificate, key, responder.certificate, responder.key))
        tsa = time_stamper(specification, levels, window)
        signer = None
        if specification.revocation is Revocation.INDIRECT_CRL:
            name = crl_signer_name(specification)
            signer = _servant(specification, name, levels[0].as_issuer, window, issuing.CRL_SIGNER)
        return cls(specification, levels, tsa, signer)

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

    @property
    def serves_lists(self) -> bool:
        return self.specification.revocation is not Revocation.OCSP

    @property
    def serves_ocsp(self) -> bool:
        return self.specification.revocation in (Revocation.OCSP, Revocation.BOTH)

    @property
    def stamper(self) -> Stamper:
        return Stamper(self.tsa.certificate, self.tsa.key, self.intermediates)

    def cross_certify(self, other: DemoAuthority, window: tuple[datetime, datetime]) -> x509.Certificate:
        """The other's root certified by this one's: its subscribers are then ours to judge too."""
        certificate = issuing.authority_certificate(
            other.root.subject,
            other.levels[0].key,
            self.levels[0].as_issuer,
            window,
            len(other.levels) - 1,
            points(self.specification),
        )
        self.crossed.append(certificate)
        return certificate

    def issue(
        self,
        subscriber: Subscriber,
        *,
        not_before: datetime,
        not_after: datetime,
        dual: bool | None = None,
        public_key: SubscriberPublicKey | None = None,
        algorithm: str = "",
    ) -> Subscription:
        """Certificates for ``subscriber``. ``public_key`` (of a CSR) is certified for signing; without it
        the authority makes the keys. ``dual`` and ``algorithm`` override the authority's habit."""
        _check_subscriber(subscriber)
        algorithm = algorithm or self.specification.subscriber
        if algorithm not in self.specification.subscribers:
            raise Refused(BAD_REQUEST(why=f"algorithm {algorithm!r}"))
        two = self.specification.dual if dual is None else dual
        window = (not_before, not_after)
        kept = issuing.generate_key(algorithm) if public_key is None else None
        signing = self._certify(subscriber, "signing" if two else "combined", window, kept or public_key)
        if not two:
            return Subscription(signing, signing)
        return Subscription(
            signing, self._certify(subscriber, "encryption", window, issuing.generate_key(algorithm))
        )

    def _certify(
        self,
        subscriber: Subscriber,
        usage: str,
        window: tuple[datetime, datetime],
        whose: Key | SubscriberPublicKey | None,
    ) -> Issued:
        assert whose is not None  # one of the two is there by construction
        key = whose if isinstance(whose, Key) else None
        public_key: SubscriberPublicKey = whose.public_key() if isinstance(whose, Key) else whose
        profile = self.specification.profile
        wanted = assembling.Wanted(
            issuing.subscriber_name(subscriber, profile, self.specification.names),
            keys.spki(public_key),
            window,
            [
                (x509.BasicConstraints(ca=False, path_length=None), True),
                (issuing.subscriber_usage(usage, public_key), True),
                *points(self.specification),
                *issuing.private_extensions(subscriber, profile),
            ],
        )
        certificate = assembling.certificate(wanted, self.issuer.as_issuer)
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
        """The CRL (DER) of one level as published at ``at``; only the issuing level has entries. An authority
        with an indirect CRL has one for all levels, signed by its CRL signer."""
        start = at.replace(microsecond=0)
        window, number = (start, start + timedelta(days=self.crl_days)), int(start.timestamp())
        if self.crl_signer is not None:
            signer = Issuer(self.crl_signer.certificate.subject, self.crl_signer.key)
            entries = list(self._entries(at, self.issuer.certificate.subject))
            return assembling.crl(signer, window, number, entries, _indirect(self.specification))
        where = self.levels[level]
        listed = list(self._entries(at, None)) if where is self.issuer else []
        return assembling.crl(where.as_issuer, window, number, listed)

    def _entries(self, at: datetime, issuer: x509.Name | None) -> Iterator[assembling.Entry]:
        for serial, (when, reason) in sorted(self.revoked.items()):
            if when <= at:
                yield assembling.Entry(serial, when, _REVOCATION_REASONS[reason], issuer)

    def crls(self, at: datetime) -> tuple[bytes, ...]:
        """The CRLs of every level, issuing CA first: enough for any certificate issued here."""
        if not self.serves_lists:
            return ()
        if self.crl_signer is not None:
            return (self.crl(at),)
        return tuple(self.crl(at, level) for level in reversed(range(len(self.levels))))

    def ocsp(
        self, request: bytes, at: datetime, *, wrong_nonce: bool = False, age: timedelta = timedelta()
    ) -> bytes:
        """Answer an OCSP request (DER). ``wrong_nonce`` and ``age`` are faults for tests."""
        try:
            asked = ocsp.load_der_ocsp_request(request)
            found = self._certificate_asked(asked)
            nonces = [e.value.nonce for e in asked.extensions if isinstance(e.value, x509.OCSPNonce)]
        except (ValueError, TypeError):
            return responding.unsuccessful(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if found is None:
            return responding.unsuccessful(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        level, revoked = found
        start = at.replace(microsecond=0) - age
        nonce = nonces[0] if nonces else None
        if nonce is not None and wrong_nonce:
            nonce = bytes(b ^ 0xFF for b in nonce)
        answer = responding.Answer(revoked, start, start + timedelta(hours=12), nonce)
        return responding.respond(request, answer, level.responder, level.responder_key)

    def _certificate_asked(self, asked: ocsp.OCSPRequest) -> tuple[Level, tuple[datetime, str] | None] | None:
        """The level that issued the certificate asked for, with its revocation; ``None`` if not ours."""
        for number, level in enumerate(self.levels):
            if not responding.speaks_of(asked, level.certificate):
                continue
            if asked.serial_number not in self._certified_by(number):
                return None
            return level, self.revoked.get(asked.serial_number) if level is self.issuer else None
        return None

    def _certified_by(self, number: int) -> set[int]:
        """Serials that a level has issued."""
        mine = {c.certificate.serial_number for c in self.levels[number + 1 : number + 2]}
        if number == 0:
            mine |= {c.serial_number for c in self.crossed}
        if self.levels[number] is self.issuer:
            mine |= self.issued | {self.tsa.certificate.serial_number}
        return mine

    def entry(
        self, *, effective_from: datetime, base_url: str = "", withdrawn_at: datetime | None = None
    ) -> Authority:
        """This authority as a line of a trust list; with ``base_url`` its CRL, OCSP and time-stamp addresses."""
        spec = self.specification
        where = f"{base_url.rstrip('/')}/ca/{spec.id}" if base_url else ""
        signer = () if self.crl_signer is None else (self.crl_signer.certificate,)
        levels = (0,) if self.crl_signer is not None else reversed(range(len(self.levels)))
        lists, answers = where and self.serves_lists, where and self.serves_ocsp
        return Authority(
            id=spec.id,
            name=spec.name,
            profile=spec.profile,
            anchors=(self.root,),
            intermediates=(*self.intermediates, *self.crossed, *signer),
            crl=tuple(f"{where}/crl/{n}" for n in levels) if lists else (),
            ocsp=(f"{where}/ocsp",) if answers else (),
            tsa=(f"{where}/tsa",) if where else (),
            effective_from=effective_from,
            withdrawn_at=withdrawn_at,
        )


def time_stamper(
    specification: CaSpecification, levels: list[Level], window: tuple[datetime, datetime]
) -> Servant:
    label = f"{specification.name} 时间戳"
    return _servant(specification, label, levels[-1].as_issuer, window, issuing.TIME_STAMPER)


def points(specification: CaSpecification) -> list[issuing.Extension]:
    """cRLDistributionPoints of an authority whose lists another entity signs (RFC 5280 §4.2.1.13)."""
    if specification.revocation is not Revocation.INDIRECT_CRL:
        return []
    issuer = [x509.DirectoryName(issuing.name(crl_signer_name(specification)))]
    point = x509.DistributionPoint([_address(specification)], None, None, issuer)
    return [(x509.CRLDistributionPoints([point]), False)]


def _indirect(specification: CaSpecification) -> x509.IssuingDistributionPoint:
    return x509.IssuingDistributionPoint(
        full_name=[_address(specification)],
        relative_name=None,
        only_contains_user_certs=False,
        only_contains_ca_certs=False,
        only_some_reasons=None,
        indirect_crl=True,
        only_contains_attribute_certs=False,
    )


def _address(specification: CaSpecification) -> x509.GeneralName:
    """A name inside the authority's own network, as many real ones: the trust list says where to fetch."""
    return x509.UniformResourceIdentifier(f"http://crl.{specification.id}.example/indirect.crl")


def crl_signer_name(specification: CaSpecification) -> str:
    return f"{specification.name} 吊销列表签发者"


def _servant(
    specification: CaSpecification,
    label: str,
    issuer: Issuer,
    window: tuple[datetime, datetime],
    extensions: tuple[issuing.Extension, ...],
) -> Servant:
    """P-256, or SM2 in an authority that is SM2 throughout."""
    key = issuing.generate_key("sm2" if specification.levels[0] == "sm2" else "p256")
    # A responder carries no-check; the others can be revoked, the list's signer by its own list.
    more = [] if extensions is issuing.RESPONDER else points(specification)
    return Servant(issuing.servant_certificate(label, key, issuer, window, [*extensions, *more]), key)


def _level_name(specification: CaSpecification, number: int) -> x509.Name:
    last = len(specification.levels) - 1
    role = "根证书" if number == 0 else ("签发机构" if number == last else f"中级机构 {number}")
    return issuing.name(f"{specification.name} {role}")


def _check_subscriber(subscriber: Subscriber) -> None:
    if not (subscriber.organization or subscriber.person):
        raise Refused(BAD_REQUEST(why="organization or person"))
    if subscriber.credit_code:
        credit_code(subscriber.credit_code)
    # X.520 upper bounds (RFC 5280 appendix A): names longer than this do not fit a certificate.
    for value in (subscriber.organization, subscriber.person):
        if len(value) > 64 or any(ord(c) < 32 for c in value):
            raise Refused(BAD_REQUEST(why="names: ≤ 64 characters, no control characters"))
