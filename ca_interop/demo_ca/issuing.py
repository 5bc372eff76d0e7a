"""Building certificates: names, extensions, keys. Used by :mod:`ca_interop.demo_ca.authority` only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ca_interop.rules.profiles import Place, Profile
from kernel.errors import Kind, ReasonForm, Refused

Key: TypeAlias = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey
SubscriberPublicKey: TypeAlias = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey

BAD_REQUEST = ReasonForm(
    "demo_ca.bad_request",
    zh="证书申请不合格：{why}",
    en="the certificate request is not acceptable: {why}",
    kind=Kind.MALFORMED,
)

_KEYS: dict[str, Callable[[], Key]] = {
    "rsa-2048": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
    "rsa-4096": lambda: rsa.generate_private_key(public_exponent=65537, key_size=4096),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
}


@dataclass(frozen=True)
class Subscriber:
    """Who gets a certificate: an organization with its agent, or (no organization) a person."""

    organization: str = ""
    credit_code: str = ""
    person: str = ""


def generate_key(algorithm: str) -> Key:
    """A fresh key: ``rsa-2048``, ``rsa-4096`` or ``p256``; ``Refused`` for another name."""
    if algorithm not in _KEYS:
        raise Refused(BAD_REQUEST(why=f"algorithm {algorithm!r}"))
    return _KEYS[algorithm]()


def key_usage(*on: str) -> x509.KeyUsage:
    names = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    return x509.KeyUsage(**{name: name in on for name in names})


def subscriber_usage(usage: str, public_key: SubscriberPublicKey) -> x509.KeyUsage:
    """keyUsage of a ``signing``, ``encryption`` or ``combined`` certificate for this kind of key."""
    signing = ("digital_signature", "content_commitment")
    is_rsa = isinstance(public_key, rsa.RSAPublicKey)
    encryption = ("key_encipherment", "data_encipherment") if is_rsa else ("key_agreement",)
    return key_usage(*{"signing": signing, "encryption": encryption, "combined": signing + encryption}[usage])


def subscriber_name(subscriber: Subscriber, profile: Profile) -> x509.Name:
    """The subject, with credit code and person where the authority's profile wants them."""
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if subscriber.organization:
        attributes.append(_attribute(NameOID.ORGANIZATION_NAME, subscriber.organization))
    for place, value in _placed(subscriber, profile):
        if place.kind == "subject":
            attributes.append(_attribute(x509.ObjectIdentifier(place.oid), place.prefix + value))
    attributes.append(_attribute(NameOID.COMMON_NAME, subscriber.organization or subscriber.person))
    return x509.Name(attributes)


def _attribute(oid: x509.ObjectIdentifier, value: str) -> x509.NameAttribute:
    """X.520 bounds names in characters (the caller has checked); the library counts UTF-8 bytes, which
    would refuse every Chinese name of more than 21 characters."""
    return x509.NameAttribute(oid, value, _validate=False)


def private_extensions(subscriber: Subscriber, profile: Profile) -> list[x509.UnrecognizedExtension]:
    return [
        x509.UnrecognizedExtension(x509.ObjectIdentifier(place.oid), _utf8_string(place.prefix + value))
        for place, value in _placed(subscriber, profile)
        if place.kind == "extension"
    ]


def _placed(subscriber: Subscriber, profile: Profile) -> list[tuple[Place, str]]:
    pairs = [(profile.credit_code[0], subscriber.credit_code), (profile.person[0], subscriber.person)]
    return [(place, value) for place, value in pairs if value]


def _utf8_string(text: str) -> bytes:
    data = text.encode()
    head = bytes([0x0C, len(data)]) if len(data) < 0x80 else bytes([0x0C, 0x81, len(data)])
    return head + data


def builder(
    subject: x509.Name,
    public_key: SubscriberPublicKey,
    issuer_subject: x509.Name,
    issuer_key: Key,
    window: tuple[datetime, datetime],
) -> x509.CertificateBuilder:
    """What every certificate here has: names, random serial, dates, key identifiers."""
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer_subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(window[0])
        .not_valid_after(window[1])
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
        )
    )


def authority_certificate(
    name: x509.Name,
    key: Key,
    issuer_name: x509.Name,
    issuer_key: Key,
    window: tuple[datetime, datetime],
    path_length: int,
) -> x509.Certificate:
    return (
        builder(name, key.public_key(), issuer_name, issuer_key, window)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(key_usage("key_cert_sign", "crl_sign", "digital_signature"), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


def responder_certificate(
    name: x509.Name, key: Key, issuer: x509.Certificate, issuer_key: Key
) -> x509.Certificate:
    """A delegated OCSP responder (RFC 6960 §4.2.2.2), living as long as its issuer."""
    window = (issuer.not_valid_before_utc, issuer.not_valid_after_utc)
    return (
        builder(name, key.public_key(), issuer.subject, issuer_key, window)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage("digital_signature"), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=False)
        .add_extension(x509.OCSPNoCheck(), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
