"""SM2EnvelopedKey (GM/T 0009 §7.4): how an authority hands over the encryption key that it made (双证).

``SEQUENCE { symAlgID, symEncryptedKey SM2Cipher, Sm2PublicKey BIT STRING, Sm2EncryptedPrivateKey BIT STRING }``: the
private key under a random SM4 key in ECB (two blocks, as the standard has it), that key under the subscriber's own
signing key. Only who holds the signing key can take it out; the authority knows it all the same.
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import ECB

from kernel.errors import Kind, ReasonForm, Refused
from sealing import der
from sealing.sm2 import Sm2PrivateKey, Sm2PublicKey

BAD = ReasonForm(
    "enveloped_key.bad",
    zh="加密证书的私钥包（SM2EnvelopedKey）打不开：{why}",
    en="the enveloped key (SM2EnvelopedKey) cannot be opened: {why}",
    kind=Kind.MALFORMED,
)
#: SM4-ECB, 1.2.156.10197.1.104.1, with its NULL; read also without it, and as SM4 with no mode (….104).
_SM4_ECB = bytes.fromhex("300c06082a811ccf550168010500")
_SM4_NAMES = (
    _SM4_ECB,
    *map(bytes.fromhex, ("300a06082a811ccf55016801", "300906072a811ccf550168", "300b06072a811ccf5501680500")),
)
MAX = 4096


def envelop(key: Sm2PrivateKey, to: Sm2PublicKey, random: Callable[[int], bytes]) -> bytes:
    """``key`` for the holder of ``to``'s private key."""
    session = random(16)
    cipher = Cipher(SM4(session), ECB()).encryptor()
    sealed = cipher.update(key.scalar) + cipher.finalize()
    return der.encode(
        der.SEQUENCE,
        _SM4_ECB,
        to.encrypt(session),
        der.encode(der.BITS, b"\0", key.public_key().point),
        der.encode(der.BITS, b"\0", sealed),
    )


def take_out(data: bytes, mine: Sm2PrivateKey) -> Sm2PrivateKey:
    """The encryption key, checked against the public key beside it; ``Refused(enveloped_key.bad)``."""
    try:
        if len(data) > MAX:
            raise ValueError(f"> {MAX} bytes")
        algorithm, session, public, sealed = der.children(data)
        if algorithm.raw not in _SM4_NAMES:
            raise ValueError("symAlgID")
        point, body = public.need(der.BITS).body, sealed.need(der.BITS).body
        if point[:1] != b"\0" or body[:1] != b"\0" or len(body) not in (33, 65):
            raise ValueError("lengths")
    except ValueError as error:
        raise Refused(BAD(why=str(error)[:100])) from error
    secret = mine.decrypt(session.raw)
    if secret is None or len(secret) != 16:
        raise Refused(BAD(why="不是给这把签名私钥的 / not for this signing key"))
    cipher = Cipher(SM4(secret), ECB()).decryptor()
    # Some tools pad the scalar to 64 bytes, as the SKF interface's structures do.
    scalar = (cipher.update(body[1:]) + cipher.finalize())[-32:]
    try:
        key = Sm2PrivateKey(int.from_bytes(scalar, "big"))
    except Refused as refusal:
        raise Refused(BAD(why=refusal.reasons[0].zh)) from refusal
    if key.public_key().point != point[1:]:
        raise Refused(BAD(why="私钥与公钥不符 / the private key is not of the public key"))
    return key
