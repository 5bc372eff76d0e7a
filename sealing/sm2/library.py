"""The system's libcrypto 3 by ctypes: the one place that knows which library does SM2 (docs/adr/0009).

Calls release the interpreter's lock. Every pointer is owned by one :class:`Handle` or freed where it is made.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from kernel.errors import Refused
from sealing.refusals import SM2_FAILED, SM2_NO_LIBRARY

T = TypeVar("T")
_P, _INT, _TEXT, _SIZE = ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t
_OUT, _SIZE_OUT = ctypes.POINTER(ctypes.c_void_p), ctypes.POINTER(ctypes.c_size_t)
#: Function → (result, arguments), as in OpenSSL 3.0's headers.
_PROTOTYPES: dict[str, tuple[object, list[object]]] = {
    "ERR_clear_error": (None, []),
    "EVP_sm3": (_P, []),
    "EVP_PKEY_CTX_new_from_name": (_P, [_P, _TEXT, _TEXT]),
    "EVP_PKEY_CTX_new": (_P, [_P, _P]),
    "EVP_PKEY_CTX_free": (None, [_P]),
    "EVP_PKEY_CTX_set1_id": (_INT, [_P, _TEXT, _INT]),
    "EVP_PKEY_free": (None, [_P]),
    "EVP_PKEY_is_a": (_INT, [_P, _TEXT]),
    "EVP_PKEY_get_bn_param": (_INT, [_P, _TEXT, _OUT]),
    "BN_bn2binpad": (_INT, [_P, _TEXT, _INT]),
    "BN_clear_free": (None, [_P]),
    "EVP_MD_CTX_new": (_P, []),
    "EVP_MD_CTX_free": (None, [_P]),
    "EVP_MD_CTX_set_pkey_ctx": (None, [_P, _P]),
    "EVP_DigestVerifyInit": (_INT, [_P] * 5),
    "EVP_DigestVerify": (_INT, [_P, _TEXT, _SIZE, _TEXT, _SIZE]),
    "EVP_DigestSignInit": (_INT, [_P] * 5),
    "EVP_DigestSign": (_INT, [_P, _TEXT, _SIZE_OUT, _TEXT, _SIZE]),
    "EVP_PKEY_encrypt_init": (_INT, [_P]),
    "EVP_PKEY_encrypt": (_INT, [_P, _TEXT, _SIZE_OUT, _TEXT, _SIZE]),
    "EVP_PKEY_decrypt_init": (_INT, [_P]),
    "EVP_PKEY_decrypt": (_INT, [_P, _TEXT, _SIZE_OUT, _TEXT, _SIZE]),
    "d2i_PUBKEY": (_P, [_P, _OUT, ctypes.c_long]),
    "i2d_PUBKEY": (_INT, [_P, _OUT]),
    "d2i_AutoPrivateKey": (_P, [_P, _OUT, ctypes.c_long]),
    "BIO_new_mem_buf": (_P, [_TEXT, _INT]),
    "BIO_free": (_INT, [_P]),
    "PEM_read_bio_PrivateKey": (_P, [_P, _P, _P, _TEXT]),
    "OSSL_LIB_CTX_new": (_P, []),
    "OSSL_PROVIDER_load": (_P, [_P, _TEXT]),
    "PKCS12_init_ex": (_P, [_INT, _P, _TEXT]),
    "d2i_PKCS12": (_P, [_OUT, _OUT, ctypes.c_long]),
    "PKCS12_parse": (_INT, [_P, _TEXT, _OUT, _OUT, _OUT]),
    "PKCS12_create": (_P, [_TEXT, _TEXT, _P, _P, _P, *[_INT] * 5]),
    "PKCS12_free": (None, [_P]),
    "i2d_PKCS12": (_INT, [_P, _OUT]),
    "d2i_X509": (_P, [_P, _OUT, ctypes.c_long]),
    "i2d_X509": (_INT, [_P, _OUT]),
    "X509_free": (None, [_P]),
    "OPENSSL_sk_new_null": (_P, []),
    "OPENSSL_sk_push": (_INT, [_P, _P]),
    "OPENSSL_sk_num": (_INT, [_P]),
    "OPENSSL_sk_value": (_P, [_P, _INT]),
    "OPENSSL_sk_free": (None, [_P]),
    "CRYPTO_free": (None, [_P, _TEXT, _INT]),
}


@lru_cache(maxsize=1)
def _load() -> ctypes.CDLL | None:
    name = ctypes.util.find_library("crypto")
    if name is None:
        return None
    try:
        library = ctypes.CDLL(name)
        for function, (result, arguments) in _PROTOTYPES.items():
            entry = getattr(library, function)
            entry.restype, entry.argtypes = result, arguments
    except (OSError, AttributeError):  # no such file, or an OpenSSL before 3.0
        return None
    # Some distributions build OpenSSL without SM2; then the name is unknown.
    context = library.EVP_PKEY_CTX_new_from_name(None, b"SM2", None)
    library.EVP_PKEY_CTX_free(context)
    library.ERR_clear_error()
    return library if context and library.EVP_sm3() else None


def available() -> bool:
    """Is there a library that knows SM2 and SM3?"""
    return _load() is not None


def library() -> ctypes.CDLL:
    """The library, its last errors forgotten; ``Refused(sm2.no_library)`` where there is none."""
    found = _load()
    if found is None:
        raise Refused(SM2_NO_LIBRARY())
    found.ERR_clear_error()
    return found


class Handle:
    """An EVP_PKEY of an SM2 key, freed with this object."""

    def __init__(self, pointer: int) -> None:
        self._lib = library()
        self.pointer = pointer

    def __del__(self) -> None:
        self._lib.EVP_PKEY_free(self.pointer)


def sm2_handle(pointer: int | None) -> Handle | None:
    """Take over an EVP_PKEY; ``None`` (and freed) if it is of another kind."""
    if not pointer:
        return None
    handle = Handle(pointer)
    return handle if library().EVP_PKEY_is_a(pointer, b"SM2") == 1 else None


def read_der(function: str, der: bytes) -> int | None:
    """``d2i_…`` of the bytes: the object's pointer, or ``None``."""
    lib = library()
    buffer = ctypes.create_string_buffer(der, len(der))
    place = ctypes.c_void_p(ctypes.addressof(buffer))
    pointer: int | None = getattr(lib, function)(None, ctypes.byref(place), len(der))
    lib.ERR_clear_error()
    return pointer


def write_der(function: str, pointer: int) -> bytes:
    """``i2d_…`` of an object."""
    lib, write = library(), getattr(library(), function)
    place = ctypes.c_void_p()
    size = write(pointer, ctypes.byref(place))
    if size <= 0 or not place.value:
        return b""
    try:
        return ctypes.string_at(place.value, size)
    finally:
        lib.CRYPTO_free(place, b"", 0)


def number(handle: Handle, name: bytes) -> bytes:
    """A number of the key in 32 bytes: ``qx``, ``qy`` or ``priv``."""
    lib, place = library(), ctypes.c_void_p()
    out = ctypes.create_string_buffer(32)
    if lib.EVP_PKEY_get_bn_param(handle.pointer, name, ctypes.byref(place)) != 1:
        raise Refused(SM2_FAILED(what=name.decode()))
    lib.BN_bn2binpad(place, out, 32)
    lib.BN_clear_free(place)
    return out.raw


def sign(handle: Handle, message: bytes, signer_id: bytes) -> bytes | None:
    """DER signature, or ``None`` where the library fails."""

    def run(lib: ctypes.CDLL, context: int) -> bytes | None:
        if lib.EVP_DigestSignInit(context, None, lib.EVP_sm3(), None, handle.pointer) != 1:
            return None
        size, out = ctypes.c_size_t(128), ctypes.create_string_buffer(128)
        done = lib.EVP_DigestSign(context, out, ctypes.byref(size), message, len(message))
        return out.raw[: size.value] if done == 1 else None

    return _with_digest(handle, signer_id, run)


def verify(handle: Handle, signature: bytes, message: bytes, signer_id: bytes) -> bool:
    """Is the DER signature right?"""

    def run(lib: ctypes.CDLL, context: int) -> bool:
        if lib.EVP_DigestVerifyInit(context, None, lib.EVP_sm3(), None, handle.pointer) != 1:
            return False
        done = lib.EVP_DigestVerify(context, signature, len(signature), message, len(message))
        return bool(done == 1)

    return bool(_with_digest(handle, signer_id, run))


def _with_digest(handle: Handle, signer_id: bytes, run: Callable[[ctypes.CDLL, int], T]) -> T | None:
    lib = library()
    key_context = lib.EVP_PKEY_CTX_new(handle.pointer, None)
    context = lib.EVP_MD_CTX_new()
    try:
        if not key_context or not context:
            return None
        if lib.EVP_PKEY_CTX_set1_id(key_context, signer_id, len(signer_id)) != 1:
            return None
        lib.EVP_MD_CTX_set_pkey_ctx(context, key_context)
        return run(lib, context)
    finally:
        lib.EVP_MD_CTX_free(context)
        lib.EVP_PKEY_CTX_free(key_context)
        lib.ERR_clear_error()


def crypt(handle: Handle, what: str, data: bytes) -> bytes | None:
    """``what`` is ``encrypt`` or ``decrypt``; ASN.1 SM2Cipher on the sealed side. ``None`` on failure."""
    lib = library()
    context = lib.EVP_PKEY_CTX_new(handle.pointer, None)
    try:
        if not context or getattr(lib, f"EVP_PKEY_{what}_init")(context) != 1:
            return None
        room = len(data) + 256
        size, out = ctypes.c_size_t(room), ctypes.create_string_buffer(room)
        done = getattr(lib, f"EVP_PKEY_{what}")(context, out, ctypes.byref(size), data, len(data))
        return out.raw[: size.value] if done == 1 else None
    finally:
        lib.EVP_PKEY_CTX_free(context)
        lib.ERR_clear_error()
