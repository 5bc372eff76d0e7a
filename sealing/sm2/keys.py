"""SM2 keys. A public key is its point, a private key its scalar; libcrypto's objects are made when needed."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from functools import cached_property, lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from kernel.errors import Refused
from sealing import der
from sealing.refusals import KEY_UNSUPPORTED, SM2_FAILED
from sealing.sm2 import ciphertext, library

DEFAULT_ID = b"1234567812345678"
CURVE_OID = "1.2.156.10197.1.301"
SIGNATURE_OID = "1.2.156.10197.1.501"
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123
_ALGORITHM = bytes.fromhex("301306072a8648ce3d020106082a811ccf5501822d")
_SPKI_HEAD = bytes.fromhex("3059") + _ALGORITHM + bytes.fromhex("034200")


class Sm2PublicKey:
    """A point of sm2p256v1: ``point`` is 65 bytes, 04 ‖ x ‖ y. Made by the ``from_`` functions, which check it."""

    def __init__(self, point: bytes, handle: library.Handle) -> None:
        self.point = point
        self._handle = handle

    @classmethod
    def from_spki(cls, spki: bytes) -> Sm2PublicKey:
        """From SubjectPublicKeyInfo in DER; ``Refused(key.unsupported)`` for another kind or a point off the curve."""
        return _public(bytes(spki))

    @classmethod
    def from_point(cls, point: bytes) -> Sm2PublicKey:
        """From a point of SEC 1 §2.3 (GB/T 32918.1 §4.2.9): 65 bytes uncompressed or 33 bytes compressed."""
        head = (
            _SPKI_HEAD if len(point) == 65 else bytes.fromhex("3039") + _ALGORITHM + bytes.fromhex("032200")
        )
        if len(point) not in (33, 65) or point[0] not in ((4,) if len(point) == 65 else (2, 3)):
            raise Refused(KEY_UNSUPPORTED(what="SM2"))
        return _public(head + point)

    @property
    def spki(self) -> bytes:
        """SubjectPublicKeyInfo in DER, the point uncompressed."""
        return _SPKI_HEAD + self.point

    @property
    def compressed(self) -> bytes:
        """The point in 33 bytes: 02 or 03 (the parity of y) ‖ x."""
        return bytes([2 + (self.point[64] & 1)]) + self.point[1:33]

    def is_signature(self, signature: bytes, message: bytes, signer_id: bytes = DEFAULT_ID) -> bool:
        """Is ``signature`` (DER SEQUENCE of r, s) of ``message``, hashed by SM3 after Z_A, by this key?"""
        return library.verify(self._handle, signature, message, signer_id)

    def verify(self, signature: bytes, message: bytes, signer_id: bytes = DEFAULT_ID) -> None:
        """As ``cryptography``'s keys do: ``InvalidSignature`` unless it is right."""
        if not self.is_signature(signature, message, signer_id):
            raise InvalidSignature

    def encrypt(self, plain: bytes) -> bytes:
        """SM2Cipher in DER (GM/T 0009, C1 C3 C2), with SM3."""
        sealed = library.crypt(self._handle, "encrypt", plain)
        if sealed is None:
            raise Refused(SM2_FAILED(what="encrypt"))
        return sealed

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sm2PublicKey) and other.point == self.point

    def __hash__(self) -> int:
        return hash(self.point)


class Sm2PrivateKey:
    """A scalar of 1 … n−2. Never printed."""

    def __init__(self, scalar: int) -> None:
        if not 1 <= scalar <= ORDER - 2:
            raise Refused(KEY_UNSUPPORTED(what="SM2"))
        self._scalar = scalar.to_bytes(32, "big")

    @classmethod
    def generate(cls, random: Callable[[int], bytes]) -> Sm2PrivateKey:
        """From 40 bytes of a random source, so that no scalar is noticeably likelier than another."""
        return cls(int.from_bytes(random(40), "big") % (ORDER - 2) + 1)

    @classmethod
    def from_pkcs8(cls, data: bytes) -> Sm2PrivateKey:
        """From PrivateKeyInfo (RFC 5958) in DER, not encrypted; ``Refused(key.unsupported)`` otherwise."""
        try:
            version, algorithm, key, *_ = der.children(data)
            _, scalar, *_ = der.children(key.need(der.OCTETS).body)
            right = version.raw in (der.integer(0), der.integer(1)) and algorithm.raw == _ALGORITHM
            value = scalar.need(der.OCTETS).body
        except ValueError as error:
            raise Refused(KEY_UNSUPPORTED(what="PKCS#8")) from error
        if not right or len(value) > 32:
            raise Refused(KEY_UNSUPPORTED(what="SM2"))
        return cls(int.from_bytes(value, "big"))

    @property
    def scalar(self) -> bytes:
        return self._scalar

    @cached_property
    def handle(self) -> library.Handle:
        """libcrypto's object of this key."""
        handle = library.sm2_handle(library.read_der("d2i_AutoPrivateKey", self._private_info(b"")))
        if handle is None:
            raise Refused(SM2_FAILED(what="key"))
        return handle

    @cached_property
    def _public(self) -> Sm2PublicKey:
        return Sm2PublicKey.from_spki(library.write_der("i2d_PUBKEY", self.handle.pointer))

    def public_key(self) -> Sm2PublicKey:
        return self._public

    @property
    def pkcs8(self) -> bytes:
        """PrivateKeyInfo in DER, not encrypted, with the public point inside (RFC 5915)."""
        point = der.encode(der.BITS, b"\0", self._public.point)
        return self._private_info(der.encode(0xA1, point))

    def _private_info(self, public: bytes) -> bytes:
        key = der.encode(der.SEQUENCE, der.integer(1), der.encode(der.OCTETS, self._scalar), public)
        return der.encode(der.SEQUENCE, der.integer(0), _ALGORITHM, der.encode(der.OCTETS, key))

    def sign(self, message: bytes, signer_id: bytes = DEFAULT_ID) -> bytes:
        """DER SEQUENCE of r, s over SM3(Z_A ‖ message), GB/T 32918.2 with GM/T 0009's default identifier."""
        signature = library.sign(self.handle, message, signer_id)
        if signature is None:
            raise Refused(SM2_FAILED(what="sign"))
        return signature

    def decrypt(self, sealed: bytes) -> bytes | None:
        """The plaintext of SM2Cipher in its one DER spelling; ``None`` if it was not made for this key."""
        if not ciphertext.is_canonical(sealed):
            return None
        return library.crypt(self.handle, "decrypt", sealed)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sm2PrivateKey) and hmac.compare_digest(other._scalar, self._scalar)

    def __hash__(self) -> int:
        return hash(self._public)


@lru_cache(maxsize=2048)
def _public(spki: bytes) -> Sm2PublicKey:
    handle = library.sm2_handle(library.read_der("d2i_PUBKEY", spki))
    if handle is None:
        raise Refused(KEY_UNSUPPORTED(what="SM2"))
    point = _uncompressed(handle)
    return Sm2PublicKey(point, handle)


def _uncompressed(handle: library.Handle) -> bytes:
    """x and y from the library: what was read may have been compressed."""
    return b"\x04" + library.number(handle, b"qx") + library.number(handle, b"qy")


def verify(spki: bytes, signature: bytes, message: bytes, signer_id: bytes = DEFAULT_ID) -> bool:
    """Is ``signature`` (DER SEQUENCE of r, s) of ``message`` by the key in ``spki`` (DER)?

    False for a wrong signature, a key on another curve, or no library.
    """
    if not library.available():
        return False
    try:
        return Sm2PublicKey.from_spki(spki).is_signature(signature, message, signer_id)
    except Refused:
        return False


def spki_of(certificate: x509.Certificate) -> bytes:
    """A certificate's SubjectPublicKeyInfo in DER, whatever its algorithm (RFC 5280 §4.1)."""
    try:
        fields = der.children(certificate.tbs_certificate_bytes)
        place = 6 if fields[0].tag == 0xA0 else 5
        return fields[place].need(der.SEQUENCE).raw
    except (ValueError, IndexError) as error:
        raise Refused(KEY_UNSUPPORTED(what="X.509")) from error


def is_sm2(spki: bytes) -> bool:
    """Does this SubjectPublicKeyInfo say that its key is of SM2's curve? Needs no library."""
    try:
        return der.children(spki)[0].raw == _ALGORITHM
    except (ValueError, IndexError):
        return False


def public_key_of(certificate: x509.Certificate) -> Sm2PublicKey | None:
    """A certificate's SM2 key, or ``None`` if its key is of another kind."""
    spki = spki_of(certificate)
    return Sm2PublicKey.from_spki(spki) if is_sm2(spki) else None
