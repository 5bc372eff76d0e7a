"""Signature verification: which algorithms count, and the keys they need (RFC 3279, 4055, 5758, 8410)."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import NamedTuple

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from ca_interop.rules import sm2
from ca_interop.rules.rfc5280.der import INTEGER, OID, SEQUENCE, item_at, oid, small, whole
from ca_interop.rules.rfc5280.faults import Fault, Malformed

_RSA = "1.2.840.113549.1.1."
_EC = "1.2.840.10045.4."
_PSS_KEY = _RSA + "10"
_HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
    "sm3": hashes.SM3(),
}
_ALGORITHMS = {
    _RSA + "5": ("rsa", "sha1"),
    "1.3.14.3.2.29": ("rsa", "sha1"),
    _RSA + "14": ("rsa", "sha224"),
    _RSA + "11": ("rsa", "sha256"),
    _RSA + "12": ("rsa", "sha384"),
    _RSA + "13": ("rsa", "sha512"),
    _EC + "1": ("ecdsa", "sha1"),
    _EC + "3.1": ("ecdsa", "sha224"),
    _EC + "3.2": ("ecdsa", "sha256"),
    _EC + "3.3": ("ecdsa", "sha384"),
    _EC + "3.4": ("ecdsa", "sha512"),
    "1.2.840.10040.4.3": ("dsa", "sha1"),
    "1.3.14.3.2.27": ("dsa", "sha1"),
    "2.16.840.1.101.3.4.3.1": ("dsa", "sha224"),
    "2.16.840.1.101.3.4.3.2": ("dsa", "sha256"),
    "1.3.101.112": ("ed25519", ""),
    "1.2.156.10197.1.501": ("sm2", "sm3"),
    _PSS_KEY: ("pss", ""),
}
_HASH_OIDS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_CURVES = {"secp256r1", "secp384r1", "secp521r1"}
_DSA_KEY = "1.2.840.10040.4.1"
_MGF1 = _RSA + "8"
_MAX_BITS = 16384  # a greater modulus only costs time
_STRONG_RSA = (2048, 8192)
_MAX_KEY = 8192  # bytes of a SubjectPublicKeyInfo: twice what those bits need

PublicKey = rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | dsa.DSAPublicKey


def identifier(raw: bytes, what: str) -> tuple[str, bytes | None]:
    """(OID, parameters' DER or None) of an AlgorithmIdentifier."""
    return _usual(raw, what) if len(raw) <= 128 else _identifier(raw, what)


@lru_cache(maxsize=512)
def _usual(raw: bytes, what: str) -> tuple[str, bytes | None]:
    return _identifier(raw, what)


def _identifier(raw: bytes, what: str) -> tuple[str, bytes | None]:
    parts = whole(raw, SEQUENCE, what).children()
    if not 1 <= len(parts) <= 2:
        raise Malformed(f"{what}: not an algorithm identifier")
    return oid(parts[0].need(OID, what).body), parts[1].raw if len(parts) == 2 else None


def dsa_parameters(spki: bytes) -> tuple[bool, bytes | None]:
    """(is a DSA key, its parameters). Without parameters it inherits the issuer's (RFC 3279 §2.3.2)."""
    return _usual_key(spki) if len(spki) <= 1024 else _dsa_parameters(spki)


@lru_cache(maxsize=2048)
def _usual_key(spki: bytes) -> tuple[bool, bytes | None]:
    return _dsa_parameters(spki)


def _dsa_parameters(spki: bytes) -> tuple[bool, bytes | None]:
    algorithm = item_at(spki, 0, len(spki)).children()
    if len(algorithm) != 2:
        raise Malformed("public key: not an algorithm and a key")
    key, parameters = identifier(algorithm[0].raw, "public key algorithm")
    if key != _DSA_KEY:
        return False, None
    return True, parameters if parameters and parameters[:1] == b"\x30" else None


def with_parameters(spki: bytes, parameters: bytes) -> bytes:
    """A DSA key's SubjectPublicKeyInfo with ``parameters`` put in."""
    key = item_at(spki, 0, len(spki)).children()
    name = key[0].children()[0].raw
    return _sequence(_sequence(name + parameters) + key[1].raw)


def _sequence(body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return bytes([SEQUENCE, size]) + body
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([SEQUENCE, 0x80 | len(octets)]) + octets + body


def _load(spki: bytes) -> PublicKey | None:
    return _loaded(spki) if len(spki) <= _MAX_KEY else None


@lru_cache(maxsize=2048)
def _loaded(spki: bytes) -> PublicKey | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # small keys of old suites are the caller's business
            key = load_der_public_key(spki)
    except (ValueError, TypeError, UnsupportedAlgorithm, OverflowError):
        return None
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size > _MAX_BITS:
        return None
    if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name not in _CURVES:
        return None
    if isinstance(
        key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | dsa.DSAPublicKey
    ):
        return key
    return None


class Pss(NamedTuple):
    """Names of the hashes of message and mask, octets of salt."""

    digest: str
    mask: str
    salt: int


@lru_cache(maxsize=2048)
def weak_key(spki: bytes) -> str:
    """Why the platform does not accept this key, or nothing: RSA of 2048 to 8192 bits, the three NIST curves,
    Ed25519 and SM2 are good."""
    if sm2.is_sm2(spki):
        return "" if sm2.available() else "SM2, for which this machine has no library"
    key = _load(spki)
    if isinstance(key, rsa.RSAPublicKey):
        good = _STRONG_RSA[0] <= key.key_size <= _STRONG_RSA[1]
        return "" if good else f"RSA-{key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey):
        return ""
    return "DSA" if isinstance(key, dsa.DSAPublicKey) else "unknown"


def _pss(parameters: bytes | None, weak: bool) -> Pss:
    """RFC 4055 §3.1: hash, mask generation, salt length, trailer; the defaults are SHA-1 and 20."""
    digest, mask, salt = "sha1", "sha1", 20
    for field in whole(parameters or b"\x30\x00", SEQUENCE, "PSS parameters").each():
        inner = item_at(field.data, field.start, field.stop)
        if field.tag == 0xA0:
            digest = _HASH_OIDS.get(identifier(inner.raw, "PSS hash")[0], "")
        elif field.tag == 0xA1:
            name, argument = identifier(inner.raw, "PSS mask generation")
            found = _HASH_OIDS.get(identifier(argument or b"", "PSS mask hash")[0], "")
            mask = found if name == _MGF1 else ""
        elif field.tag == 0xA2:
            salt = small(inner.need(INTEGER, "salt length"), "PSS salt length")
        elif field.tag != 0xA3 or inner.body != b"\x01":
            raise Malformed("PSS parameters: unknown field")
    if not digest or not mask or salt > 1024:
        raise Fault("weak_algorithm", "PSS with an unknown hash")
    if "sha1" in (digest, mask) and not weak:
        raise Fault("weak_algorithm", "a SHA-1 signature is not accepted")
    return Pss(digest, mask, salt)


def _key_allows(spki: bytes, pss: Pss | None) -> bool:
    """RFC 4055 §1.2, §3.3: a key marked for PSS signs nothing else, and only with its own parameters."""
    key = item_at(spki, 0, len(spki)).children()
    if not key:
        raise Malformed("public key: empty")
    name, parameters = identifier(key[0].raw, "public key algorithm")
    if name != _PSS_KEY:
        return True
    if pss is None:
        return False
    if parameters is None:
        return True
    wanted = _pss(parameters, True)
    return wanted[:2] == pss[:2] and pss.salt >= wanted.salt


def acceptable(algorithm: bytes, allow_sha1: bool) -> tuple[str, str, bytes | None]:
    """(family, hash, parameters) of a signature's AlgorithmIdentifier, or ``Fault(weak_algorithm)``."""
    name, parameters = identifier(algorithm, "signature algorithm")
    family, digest = _ALGORITHMS.get(name, ("", ""))
    if not family:
        raise Fault("weak_algorithm", f"signature algorithm {name} is not accepted")
    if digest == "sha1" and not allow_sha1:
        raise Fault("weak_algorithm", "a SHA-1 signature is not accepted")
    if family == "sm2" and not sm2.available():
        raise Fault("weak_algorithm", "this machine has no library for SM2")
    return family, digest, parameters


def verify(algorithm: bytes, spki: bytes, signature: bytes, message: bytes, allow_sha1: bool) -> bool:
    """Is ``signature`` of ``message`` right? ``Fault`` when the algorithm is not accepted."""
    family, digest, parameters = acceptable(algorithm, allow_sha1)
    if family == "sm2":
        return sm2.verify(spki, signature, message)
    pss = _pss(parameters, allow_sha1) if family == "pss" else None
    key = _load(spki)
    if isinstance(key, rsa.RSAPublicKey) and not _key_allows(spki, pss):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey) and pss is not None:
            mask = padding.PSS(padding.MGF1(_HASHES[pss.mask]), pss.salt)
            key.verify(signature, message, mask, _HASHES[pss.digest])
        elif isinstance(key, rsa.RSAPublicKey) and family == "rsa":
            key.verify(signature, message, padding.PKCS1v15(), _HASHES[digest])
        elif isinstance(key, ec.EllipticCurvePublicKey) and family == "ecdsa":
            key.verify(signature, message, ec.ECDSA(_HASHES[digest]))
        elif isinstance(key, dsa.DSAPublicKey) and family == "dsa":
            key.verify(signature, message, _HASHES[digest])
        elif isinstance(key, ed25519.Ed25519PublicKey) and family == "ed25519":
            key.verify(signature, message)
        else:
            return False
    except (InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True
