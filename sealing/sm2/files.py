"""SM2 keys from files: PEM (SEC 1, PKCS#8, encrypted PKCS#8) and PKCS#12, read and written by libcrypto.

``cryptography`` does not know the curve, so it can read none of them.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.errors import Refused
from sealing.refusals import KEY_FILE_BAD, SM2_FAILED
from sealing.sm2 import library, pbes2
from sealing.sm2.keys import Sm2PrivateKey

_PKCS7_DATA = 21  # NID_pkcs7_data
_ROUNDS = 20_000  # of PBKDF2


@dataclass(frozen=True)
class KeyFile:
    """What a file held: the key, its certificate if the file has it, and other certificates."""

    key: Sm2PrivateKey = field(repr=False)
    certificate: x509.Certificate | None = None
    others: tuple[x509.Certificate, ...] = ()


def load_pem(data: bytes, password: bytes | None = None) -> Sm2PrivateKey:
    """The private key of a PEM file, GmSSL's too; ``Refused(key.file_bad)`` for another kind or a wrong password."""
    info = pbes2.opened(data, password) if password else None
    if info is not None:
        return Sm2PrivateKey.from_pkcs8(info)
    lib = library.library()
    bio = lib.BIO_new_mem_buf(data, len(data))
    try:
        # Without a callback the last argument is the password; never NULL, or OpenSSL asks at the terminal.
        pointer = lib.PEM_read_bio_PrivateKey(bio, None, None, _password(password))
    finally:
        lib.BIO_free(bio)
        lib.ERR_clear_error()
    return _private(pointer, "口令错误或不是 SM2 私钥 / wrong password or not an SM2 key")


def load_pkcs12(data: bytes, password: bytes | None = None) -> KeyFile:
    """Key and certificates of a PKCS#12 file (also of the old RC2 and 3DES ones); ``Refused(key.file_bad)``."""
    lib = library.library()
    store = ctypes.c_void_p(lib.PKCS12_init_ex(_PKCS7_DATA, _legacy_context(), None))
    buffer = ctypes.create_string_buffer(data, len(data))
    place = ctypes.c_void_p(ctypes.addressof(buffer))
    key, certificate, others = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
    why = "口令错误或不是 PKCS#12 / wrong password or not PKCS#12"
    try:
        if not lib.d2i_PKCS12(ctypes.byref(store), ctypes.byref(place), len(data)):
            store = ctypes.c_void_p()  # freed by d2i
            raise Refused(KEY_FILE_BAD(why=why))
        out = ctypes.byref(key), ctypes.byref(certificate), ctypes.byref(others)
        if lib.PKCS12_parse(store, _password(password), *out) != 1:
            raise Refused(KEY_FILE_BAD(why=why))
        private = _private(key.value, "不是 SM2 私钥 / not an SM2 key")
        return KeyFile(private, _certificate(certificate.value), tuple(_stack(others.value)))
    finally:
        lib.PKCS12_free(store)
        lib.X509_free(certificate)
        _free_stack(others.value)
        lib.ERR_clear_error()


def dump_pkcs12(
    key: Sm2PrivateKey, chain: Sequence[x509.Certificate], password: bytes, name: str = ""
) -> bytes:
    """A PKCS#12 file of the key and its chain, leaf first: AES-256-CBC, HMAC-SHA-256, as OpenSSL 3 makes it."""
    lib = library.library()
    owned = [library.read_der("d2i_X509", one.public_bytes(Encoding.DER)) for one in chain]
    others = lib.OPENSSL_sk_new_null()
    try:
        for one in owned[1:]:
            lib.OPENSSL_sk_push(others, one)
        made = lib.PKCS12_create(
            _password(password), name.encode(), key.handle.pointer, owned[0], others, 0, 0, _ROUNDS, 0, 0
        )
        if not made:
            raise Refused(SM2_FAILED(what="PKCS#12"))
        data = library.write_der("i2d_PKCS12", made)
        lib.PKCS12_free(made)
        return data
    finally:
        lib.OPENSSL_sk_free(others)
        for one in owned:
            lib.X509_free(one)
        lib.ERR_clear_error()


@lru_cache(maxsize=1)
def _legacy_context() -> int | None:
    """A library context of our own with the old ciphers of PKCS#12, so that the process's stays as it is."""
    lib = library.library()
    context: int | None = lib.OSSL_LIB_CTX_new()
    for provider in (b"default", b"legacy"):  # without the legacy module only old files fail
        lib.OSSL_PROVIDER_load(context, provider)
    lib.ERR_clear_error()
    return context


def _password(given: bytes | None) -> bytes:
    if b"\0" in (given or b""):
        raise Refused(KEY_FILE_BAD(why="口令含有空字符 / the password has a NUL"))
    return given or b""


def _private(pointer: int | None, why: str) -> Sm2PrivateKey:
    handle = library.sm2_handle(pointer)
    if handle is None:
        raise Refused(KEY_FILE_BAD(why=why))
    return Sm2PrivateKey(int.from_bytes(library.number(handle, b"priv"), "big"))


def _certificate(pointer: int | None) -> x509.Certificate | None:
    if not pointer:
        return None
    try:
        return x509.load_der_x509_certificate(library.write_der("i2d_X509", pointer))
    except ValueError as error:
        raise Refused(KEY_FILE_BAD(why="证书损坏 / a certificate is damaged")) from error


def _stack(pointer: int | None) -> list[x509.Certificate]:
    lib = library.library()
    count = lib.OPENSSL_sk_num(pointer) if pointer else 0
    found = [_certificate(lib.OPENSSL_sk_value(pointer, place)) for place in range(count)]
    return [one for one in found if one is not None]


def _free_stack(pointer: int | None) -> None:
    lib = library.library()
    if pointer:
        for place in range(lib.OPENSSL_sk_num(pointer)):
            lib.X509_free(lib.OPENSSL_sk_value(pointer, place))
        lib.OPENSSL_sk_free(pointer)
