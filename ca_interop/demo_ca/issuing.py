"""What stands in certificates: names, uses, private extensions. Used by :mod:`ca_interop.demo_ca.authority` only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ca_interop.demo_ca import assembling, keys
from ca_interop.demo_ca.assembling import Issuer, Wanted
from ca_interop.demo_ca.keys import BAD_REQUEST, Key, SubscriberPublicKey, generate_key
from ca_interop.rules.profiles import Place, Profile
from sealing import der

__all__ = ["BAD_REQUEST", "Key", "SubscriberPublicKey", "Subscriber", "generate_key"]

Extension = tuple[x509.ExtensionType, bool]


@dataclass(frozen=True)
class Subscriber:
    """Who gets a certificate: an organization with its agent, or (no organization) a person."""

    organization: str = ""
    credit_code: str = ""
    person: str = ""


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
    """keyUsage of a ``signing``, ``encryption`` or ``combined`` certificate for this kind of key. SM2
    enciphers keys and data as RSA does (GB/T 20518), P-256 only agrees on them."""
    signing = ("digital_signature", "content_commitment")
    encryption: tuple[str, ...] = ("key_agreement",)
    if isinstance(public_key, rsa.RSAPublicKey | keys.Sm2PublicKey):
        encryption = ("key_encipherment", "data_encipherment")
    return key_usage(*{"signing": signing, "encryption": encryption, "combined": signing + encryption}[usage])


def name(common: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"), x509.NameAttribute(NameOID.COMMON_NAME, common)]
    )


def subscriber_name(subscriber: Subscriber, profile: Profile, names: str = "utf8") -> x509.Name:
    """The subject, with credit code and person where the authority's profile wants them; ``names`` says how it is
    encoded (``utf8``, ``bmp``)."""
    attributes = [x509.NameAttribute(NameOID.COUNTRY_NAME, "CN")]
    if subscriber.organization:
        attributes.append(_attribute(NameOID.ORGANIZATION_NAME, subscriber.organization, names))
    for place, value in _placed(subscriber, profile):
        if place.kind == "subject":
            attributes.append(_attribute(x509.ObjectIdentifier(place.oid), place.written(value), names))
    if not any(a.oid == NameOID.COMMON_NAME for a in attributes):
        attributes.append(
            _attribute(NameOID.COMMON_NAME, subscriber.organization or subscriber.person, names)
        )
    return x509.Name(attributes)


def _attribute(oid: x509.ObjectIdentifier, value: str, names: str) -> x509.NameAttribute:
    """X.520 bounds names in characters (the caller has checked); the library counts UTF-8 bytes, which
    would refuse every Chinese name of more than 21 characters."""
    kind = _ASN1Type.BMPString if names == "bmp" else None
    return x509.NameAttribute(oid, value, kind, _validate=False)


def private_extensions(subscriber: Subscriber, profile: Profile) -> list[Extension]:
    """What the profile wants outside the subject: private extensions, and otherNames of one SAN."""
    out: list[Extension] = []
    names: list[x509.GeneralName] = []
    for place, value in _placed(subscriber, profile):
        oid, text = x509.ObjectIdentifier(place.oid), _utf8_string(place.written(value))
        if place.kind == "extension":
            out.append((x509.UnrecognizedExtension(oid, text), False))
        elif place.kind == "san":
            names.append(x509.OtherName(oid, text))
    return [*out, (x509.SubjectAlternativeName(names), False)] if names else out


def _placed(subscriber: Subscriber, profile: Profile) -> list[tuple[Place, str]]:
    pairs = [(profile.credit_code[0], subscriber.credit_code), (profile.person[0], subscriber.person)]
    return [(place, value) for place, value in pairs if value]


def _utf8_string(text: str) -> bytes:
    return der.encode(0x0C, text.encode())


def authority_certificate(
    subject: x509.Name,
    key: Key,
    issuer: Issuer,
    window: tuple[datetime, datetime],
    path_length: int,
    more: Sequence[Extension] = (),
) -> x509.Certificate:
    return assembling.certificate(
        Wanted(
            subject,
            keys.spki(key.public_key()),
            window,
            [
                (x509.BasicConstraints(ca=True, path_length=path_length), True),
                (key_usage("key_cert_sign", "crl_sign", "digital_signature"), True),
                *more,
            ],
        ),
        issuer,
    )


def servant_certificate(
    label: str, key: Key, issuer: Issuer, window: tuple[datetime, datetime], extensions: Sequence[Extension]
) -> x509.Certificate:
    """A certificate of the authority's own machines, as long as its issuer's."""
    basic: Extension = (x509.BasicConstraints(ca=False, path_length=None), True)
    wanted = Wanted(name(label), keys.spki(key.public_key()), window, [basic, *extensions])
    return assembling.certificate(wanted, issuer)


#: A delegated OCSP responder (RFC 6960 §4.2.2.2).
RESPONDER: tuple[Extension, ...] = (
    (key_usage("digital_signature"), True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
    (x509.OCSPNoCheck(), False),
)
#: A time-stamp authority (RFC 3161 §2.3): the extended key usage stands alone and is critical.
TIME_STAMPER: tuple[Extension, ...] = (
    (key_usage("digital_signature", "content_commitment"), True),
    (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
)
#: A signer of indirect CRLs (RFC 5280 §4.2.1.13 cRLIssuer).
CRL_SIGNER: tuple[Extension, ...] = ((key_usage("crl_sign"), True),)
