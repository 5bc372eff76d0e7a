"""Encrypted PKCS#8 as GmSSL writes it: PBES2 (RFC 8018) with SM4-CBC and PBKDF2 over HMAC-SM3 (GM/T 0091).

OpenSSL 3.0 knows the cipher but not this derivation, so this one combination is taken apart here.
"""

from __future__ import annotations

import base64
import re

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.padding import PKCS7

from sealing import der

_PBES2 = bytes.fromhex("2a864886f70d01050d")
_PBKDF2 = bytes.fromhex("2a864886f70d01050c")
_HMAC_SM3 = bytes.fromhex("2a811ccf5501831102")
_SM4_CBC = bytes.fromhex("2a811ccf55016802")
#: A hostile file must not keep the machine busy for long: GmSSL takes 65,536 rounds.
_MOST_ROUNDS = 2_000_000
_PEM = re.compile(
    rb"-----BEGIN ENCRYPTED PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END ENCRYPTED PRIVATE KEY-----"
)


def opened(pem: bytes, password: bytes) -> bytes | None:
    """PrivateKeyInfo in DER from a PEM file; ``None`` if it is of another kind or the password is wrong."""
    found = _PEM.search(pem)
    if found is None:
        return None
    try:
        algorithm, sealed = der.children(base64.b64decode(found[1]), der.SEQUENCE, der.OCTETS)
        name, parameters = der.children(algorithm.raw, der.OID, der.SEQUENCE)
        derivation, scheme = der.children(parameters.raw, der.SEQUENCE, der.SEQUENCE)
        if name.body != _PBES2:
            return None
        cipher, iv = der.children(scheme.raw, der.OID, der.OCTETS)
        if cipher.body != _SM4_CBC:
            return None
        return _decrypted(_key(derivation.raw, password), iv.body, sealed.body)
    except (ValueError, IndexError):
        return None


def _key(derivation: bytes, password: bytes) -> bytes:
    name, parameters = der.children(derivation, der.OID, der.SEQUENCE)
    salt, rounds, *more = der.elements(parameters.body)
    # keyLength is optional, prf is not: its default is HMAC-SHA-1.
    prf = der.children(more[-1].raw)[0].need(der.OID).body
    count = der.natural(rounds, 4)
    if name.body != _PBKDF2 or prf != _HMAC_SM3 or not 1 <= count <= _MOST_ROUNDS:
        raise ValueError("another derivation")
    kdf = PBKDF2HMAC(hashes.SM3(), 16, salt.need(der.OCTETS).body, count)
    return kdf.derive(password)


def _decrypted(key: bytes, iv: bytes, sealed: bytes) -> bytes:
    state = Cipher(SM4(key), modes.CBC(iv)).decryptor()
    padding = PKCS7(128).unpadder()
    return padding.update(state.update(sealed) + state.finalize()) + padding.finalize()
