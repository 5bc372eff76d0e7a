"""Sealing a short secret to a public key: RSA-OAEP-SHA256 (RFC 8017), ECIES on P-256, SM2 (SPEC.md §6).

``context`` is the 32-byte digest that ties a wrap to its envelope. It stands inside the sealed
bytes and, with ECIES, in the derivation too; OAEP's label stays empty because tokens lack it. SM2's own C3
authenticates what it seals.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from kernel.errors import Refused
from sealing.keys import RecipientPrivateKey, RecipientPublicKey
from sealing.refusals import KEY_UNSUPPORTED, SUITE_MISMATCH, WRAP_BAD
from sealing.shamir import Random
from sealing.sm2 import Sm2PrivateKey, Sm2PublicKey
from sealing.suites import SUITES, Suite

RSA_OAEP = "rsa-oaep-sha256"
ECIES_P256 = "ecies-p256"
SM2_CIPHER = "sm2-c1c3c2"
MAX_SEALED = 1024
_POINT = 65
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)

KEY_TAG, SHARE_TAG = b"K", b"S"


def recipient_key(key: object) -> RecipientPublicKey:
    """The key, if we can seal to it: RSA of 2048 to 8192 bits, P-256 or SM2; else ``Refused``."""
    if isinstance(key, Sm2PublicKey):
        return key
    if isinstance(key, rsa.RSAPublicKey):
        if 2048 <= key.key_size <= 8192:
            return key
        raise Refused(KEY_UNSUPPORTED(what=f"RSA {key.key_size}"))
    if isinstance(key, ec.EllipticCurvePublicKey):
        if isinstance(key.curve, ec.SECP256R1):
            return key
        raise Refused(KEY_UNSUPPORTED(what=key.curve.name))
    raise Refused(KEY_UNSUPPORTED(what=type(key).__name__.strip("_")))


def alg_for(public: RecipientPublicKey) -> str:
    """How something is sealed to this key."""
    if isinstance(public, Sm2PublicKey):
        return SM2_CIPHER
    return RSA_OAEP if isinstance(public, rsa.RSAPublicKey) else ECIES_P256


def suite_for(keys: Sequence[RecipientPublicKey]) -> Suite:
    """The one suite that seals to all these keys; ``Refused(envelope.suite_mismatch)`` if there is none."""
    algs = {alg_for(key) for key in keys}
    for suite in SUITES.values():
        if algs <= suite.recipient_algs:
            return suite
    what = "托管人的证书有的是 SM2，有的不是 / some custodians' keys are SM2, some are not"
    raise Refused(SUITE_MISMATCH(what=what))


def key_in_suite(suite: Suite, key: object) -> RecipientPublicKey:
    """A key that this suite seals to; ``Refused(envelope.suite_mismatch)`` for another suite's."""
    public = recipient_key(key)
    if alg_for(public) not in suite.recipient_algs:
        raise Refused(SUITE_MISMATCH(what=f"{suite.name}, {alg_for(public)}"))
    return public


def wrap(
    public: RecipientPublicKey, tag: bytes, index: int, secret: bytes, context: bytes, random: Random
) -> tuple[str, bytes]:
    """``(alg, sealed)`` of ``tag(1) | index(1) | secret(32) | context(32)``."""
    plain = tag + bytes([index]) + secret + context
    if isinstance(public, Sm2PublicKey):
        return SM2_CIPHER, public.encrypt(plain)
    if isinstance(public, rsa.RSAPublicKey):
        return RSA_OAEP, public.encrypt(plain, _OAEP)
    scalar = int.from_bytes(random(40), "big") % (_ORDER - 1) + 1
    ephemeral = ec.derive_private_key(scalar, ec.SECP256R1())
    point = point_bytes(ephemeral.public_key())
    key = _ecies_key(ephemeral.exchange(ec.ECDH(), public), point, point_bytes(public), context)
    return ECIES_P256, point + AESGCM(key).encrypt(bytes(12), plain, context)


def read_wrap(plain: bytes, tag: bytes, context: bytes) -> tuple[int, bytes]:
    """``(index, secret)`` of unsealed wrap bytes; ``Refused(envelope.wrap_bad)`` if made for elsewhere."""
    if len(plain) != 66 or plain[:1] != tag or not hmac.compare_digest(plain[34:], context):
        raise Refused(WRAP_BAD())
    return plain[1], plain[2:34]


def unseal(private: RecipientPrivateKey, alg: str, sealed: bytes, context: bytes) -> bytes:
    """The inverse of :func:`wrap` with a key in memory; ``Refused(envelope.wrap_bad)``."""
    if alg == RSA_OAEP and isinstance(private, rsa.RSAPrivateKey):
        try:
            return private.decrypt(sealed, _OAEP)
        except ValueError as error:
            raise Refused(WRAP_BAD()) from error
    if alg == SM2_CIPHER and isinstance(private, Sm2PrivateKey):
        opened = private.decrypt(sealed)
        if opened is None:
            raise Refused(WRAP_BAD())
        return opened
    if alg == ECIES_P256 and isinstance(private, ec.EllipticCurvePrivateKey):
        shared = agree(private, sealed)
        return ecies_open(shared, sealed, point_bytes(private.public_key()), context)
    raise Refused(WRAP_BAD())


def agree(private: ec.EllipticCurvePrivateKey, sealed: bytes) -> bytes:
    """ECDH with the ephemeral point at the head of ``sealed``; a token does this step inside."""
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), ephemeral_point(sealed))
    return private.exchange(ec.ECDH(), point)


def ephemeral_point(sealed: bytes) -> bytes:
    """The point at the head of ECIES bytes, 65 bytes, on the curve; else ``Refused(envelope.wrap_bad)``.

    Whoever hands it to a token checks it here first: points of other curves give keys away.
    """
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sealed[:_POINT])
    except ValueError as error:
        raise Refused(WRAP_BAD()) from error
    return sealed[:_POINT]


def ecies_open(shared: bytes, sealed: bytes, recipient_point: bytes, context: bytes) -> bytes:
    """Open ECIES bytes from the shared secret (32-byte x coordinate)."""
    key = _ecies_key(shared, sealed[:_POINT], recipient_point, context)
    try:
        return AESGCM(key).decrypt(bytes(12), sealed[_POINT:], context)
    except (InvalidTag, ValueError) as error:
        raise Refused(WRAP_BAD()) from error


def point_bytes(public: ec.EllipticCurvePublicKey) -> bytes:
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _ecies_key(shared: bytes, ephemeral: bytes, recipient: bytes, context: bytes) -> bytes:
    # One key per ephemeral point, so the all-zero nonce is used once.
    info = b"mingtang ecies v1\n" + ephemeral + recipient + context
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(shared)
