"""Who signs and unwraps: the :class:`Signer` protocol and its form for keys in files.

A PKCS#11 token or a loopback agent is another class with the same four members.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12

from kernel.errors import Refused
from sealing import sm2
from sealing.keys import PrivateKey, PublicKey, known_private, public_key_of, spki
from sealing.recipients import unseal
from sealing.refusals import KEY_FILE_BAD, KEY_NOT_OF_CERTIFICATE, KEY_UNSUPPORTED, WRAP_BAD

RSA_PSS, RSA_PKCS1 = "rsa-pss-sha256", "rsa-pkcs1-sha256"
ECDSA_P256, ED25519, SM2_SM3 = "ecdsa-p256-sha256", "ed25519", "sm2-sm3"
__all__ = ["ECDSA_P256", "ED25519", "PSS", "RSA_PKCS1", "RSA_PSS", "SM2_SM3", "PrivateKey", "PublicKey", "Signer",
           "SoftwareSigner", "algorithm_of", "fingerprint", "from_pem", "from_pkcs12", "ordered_chain",
           "public_key_of", "sign_with", "spki"]  # fmt: skip
PSS = padding.PSS(mgf=padding.MGF1(hashes.SHA256()), salt_length=32)


class Signer(Protocol):
    """A holder of certificates and keys (双证: the two certificates may be one and the same)."""

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        """The signing certificate, then its issuers."""

    @property
    def encryption_certificate(self) -> x509.Certificate:
        """The certificate to wrap content keys or shares to."""

    @property
    def alg(self) -> str:
        """The signature algorithm of :meth:`sign`."""

    def sign(self, data: bytes) -> bytes:
        """Signature over the data itself (hashing is part of the algorithm)."""

    def unwrap(self, alg: str, sealed: bytes, context: bytes) -> bytes:
        """Open bytes sealed to the encryption certificate; ``Refused(envelope.wrap_bad)``."""


class SoftwareSigner:
    """Keys in memory, from PKCS#12 or PEM. ``encryption`` is the second pair of 双证, if there is one."""

    def __init__(
        self,
        key: PrivateKey,
        chain: Sequence[x509.Certificate],
        encryption: tuple[PrivateKey, x509.Certificate] | None = None,
        alg: str = "",
    ) -> None:
        if not chain:
            raise Refused(KEY_FILE_BAD(why="没有证书 / no certificate"))
        self._chain = tuple(chain)
        self._key = key
        self._decryption_key, self._encryption_certificate = encryption or (key, self._chain[0])
        self._alg = alg or algorithm_of(key)
        _match(key, self._chain[0])
        _match(self._decryption_key, self._encryption_certificate)

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        return self._chain

    @property
    def encryption_certificate(self) -> x509.Certificate:
        return self._encryption_certificate

    @property
    def alg(self) -> str:
        return self._alg

    @property
    def private_key(self) -> PrivateKey:
        """The signing key itself: a key in a file can be asked for, one in a token cannot."""
        return self._key

    def sign(self, data: bytes) -> bytes:
        return sign_with(self._key, self._alg, data)

    def unwrap(self, alg: str, sealed: bytes, context: bytes) -> bytes:
        if isinstance(self._decryption_key, ed25519.Ed25519PrivateKey):
            raise Refused(WRAP_BAD())
        return unseal(self._decryption_key, alg, sealed, context)


@dataclass(frozen=True)
class PairedSigner:
    """双证: one holder signs, the other one opens."""

    signing: Signer
    encryption: Signer

    @property
    def chain(self) -> Sequence[x509.Certificate]:
        return self.signing.chain

    @property
    def encryption_certificate(self) -> x509.Certificate:
        return self.encryption.encryption_certificate

    @property
    def alg(self) -> str:
        return self.signing.alg

    def sign(self, data: bytes) -> bytes:
        return self.signing.sign(data)

    def unwrap(self, alg: str, sealed: bytes, context: bytes) -> bytes:
        return self.encryption.unwrap(alg, sealed, context)


def sign_with(key: PrivateKey, alg: str, data: bytes) -> bytes:
    """Sign with a key in memory. ECDSA is deterministic (RFC 6979); it and SM2 are DER-encoded."""
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(data, padding.PKCS1v15() if alg == RSA_PKCS1 else PSS, hashes.SHA256())
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return key.sign(data)


def algorithm_of(key: PrivateKey) -> str:
    """The signature algorithm we choose for a private key, or ``Refused(key.unsupported)``."""
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return ED25519
    if isinstance(key, sm2.Sm2PrivateKey):
        return SM2_SM3
    if isinstance(key, rsa.RSAPrivateKey) and 2048 <= key.key_size <= 8192:
        return RSA_PSS
    if isinstance(key, ec.EllipticCurvePrivateKey) and isinstance(key.curve, ec.SECP256R1):
        return ECDSA_P256
    raise Refused(KEY_UNSUPPORTED(what=type(key).__name__.strip("_")))


def fingerprint(certificate: x509.Certificate) -> str:
    """Lower-case hex SHA-256 of the certificate's DER."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def from_pkcs12(data: bytes, password: bytes | None) -> SoftwareSigner:
    """Key and chain of a PKCS#12 file; ``Refused(key.file_bad)`` for a wrong password or file."""
    held = _pkcs12(data, password)
    if held.certificate is None:
        raise Refused(KEY_FILE_BAD(why="缺少私钥或证书 / key or certificate is missing"))
    return SoftwareSigner(held.key, ordered_chain(held.certificate, held.others))


@dataclass(frozen=True)
class _Held:
    key: PrivateKey
    certificate: x509.Certificate | None
    others: Sequence[x509.Certificate]


def _pkcs12(data: bytes, password: bytes | None) -> _Held:
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(data, password)
    except UnsupportedAlgorithm:  # a curve (SM2) or a cipher (SM4) that only libcrypto knows
        held = sm2.load_pkcs12(data, password)
        return _Held(held.key, held.certificate, held.others)
    except (ValueError, TypeError, UnicodeError) as error:
        raise Refused(KEY_FILE_BAD(why="口令错误或不是 PKCS#12 / wrong password or not PKCS#12")) from error
    if key is None:
        raise Refused(KEY_FILE_BAD(why="缺少私钥或证书 / key or certificate is missing"))
    return _Held(known_private(key), certificate, others)


def from_pem(data: bytes, password: bytes | None = None) -> SoftwareSigner:
    """One private key and its certificates (any order) in PEM; ``Refused(key.file_bad)``."""
    try:
        key = _pem_key(data, password)
        certificates = x509.load_pem_x509_certificates(data)
    except (ValueError, TypeError) as error:
        raise Refused(KEY_FILE_BAD(why="口令错误或不是 PEM 私钥和证书 / wrong password or PEM")) from error
    mine = [c for c in certificates if public_key_of(c) == key.public_key()]
    if not mine:
        raise Refused(KEY_NOT_OF_CERTIFICATE())
    return SoftwareSigner(key, ordered_chain(mine[0], [c for c in certificates if c is not mine[0]]))


def _pem_key(data: bytes, password: bytes | None) -> PrivateKey:
    try:
        return known_private(serialization.load_pem_private_key(data, password))
    except UnsupportedAlgorithm:
        return sm2.load_pem(data, password)
    except ValueError:
        # OpenSSL's label of SEC 1 with this curve; or encrypted in a way that only sm2 may know.
        if b"BEGIN SM2 PRIVATE KEY" in data or (password and sm2.available()):
            with suppress(Refused):
                return sm2.load_pem(data, password)
        raise


def ordered_chain(leaf: x509.Certificate, others: Sequence[x509.Certificate]) -> list[x509.Certificate]:
    """The leaf, then its issuers as far as they are among ``others``."""
    chain = [leaf]
    while chain[-1].issuer != chain[-1].subject:
        above = next((c for c in others if c.subject == chain[-1].issuer and c not in chain), None)
        if above is None:
            break
        chain.append(above)
    return chain


def _match(key: PrivateKey, certificate: x509.Certificate) -> None:
    if key.public_key() != public_key_of(certificate):
        raise Refused(KEY_NOT_OF_CERTIFICATE())
