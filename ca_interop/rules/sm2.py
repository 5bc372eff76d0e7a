"""SM2-with-SM3 verification (GM/T 0003, GB/T 32918) by the system's libcrypto 3 (docs/adr/0009).

The one place that knows which library does it. ``available()`` is false where there is none: then
certificates signed with SM2 are refused by name, never accepted unchecked.
"""

from __future__ import annotations

import ctypes
import ctypes.util
from functools import lru_cache

DEFAULT_ID = b"1234567812345678"
CURVE_OID = "1.2.156.10197.1.301"
_PROTOTYPES = {
    "EVP_sm3": (ctypes.c_void_p, []),
    "d2i_PUBKEY": (
        ctypes.c_void_p,
        [ctypes.c_void_p, ctypes.POINTER(ctypes.POINTER(ctypes.c_ubyte)), ctypes.c_long],
    ),
    "EVP_PKEY_free": (None, [ctypes.c_void_p]),
    "EVP_PKEY_is_a": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p]),
    "EVP_PKEY_CTX_new": (ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p]),
    "EVP_PKEY_CTX_free": (None, [ctypes.c_void_p]),
    "EVP_PKEY_CTX_set1_id": (ctypes.c_int, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int]),
    "EVP_MD_CTX_new": (ctypes.c_void_p, []),
    "EVP_MD_CTX_free": (None, [ctypes.c_void_p]),
    "EVP_MD_CTX_set_pkey_ctx": (None, [ctypes.c_void_p, ctypes.c_void_p]),
    "EVP_DigestVerifyInit": (ctypes.c_int, [ctypes.c_void_p] * 5),
    "EVP_DigestVerify": (
        ctypes.c_int,
        [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t],
    ),
    "ERR_clear_error": (None, []),
}


@lru_cache(maxsize=1)
def _library() -> ctypes.CDLL | None:
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
    return library if library.EVP_sm3() else None


def available() -> bool:
    """Is there a library that knows SM2 and SM3?"""
    return _library() is not None


def _key(library: ctypes.CDLL, spki: bytes) -> int | None:
    buffer = (ctypes.c_ubyte * len(spki)).from_buffer_copy(spki)
    pointer = ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ubyte))
    key: int | None = library.d2i_PUBKEY(None, ctypes.byref(pointer), len(spki))
    if key and library.EVP_PKEY_is_a(key, b"SM2") != 1:
        library.EVP_PKEY_free(key)
        return None
    return key


def verify(spki: bytes, signature: bytes, message: bytes, signer_id: bytes = DEFAULT_ID) -> bool:
    """Is ``signature`` (DER SEQUENCE of r, s) of ``message`` by the key in ``spki`` (DER)?

    False for a wrong signature, a key on another curve, or no library.
    """
    library = _library()
    if library is None:
        return False
    library.ERR_clear_error()
    key = _key(library, spki)
    if not key:
        return False
    pkey_context = library.EVP_PKEY_CTX_new(key, None)
    context = library.EVP_MD_CTX_new()
    try:
        if not pkey_context or not context:
            return False
        if library.EVP_PKEY_CTX_set1_id(pkey_context, signer_id, len(signer_id)) != 1:
            return False
        library.EVP_MD_CTX_set_pkey_ctx(context, pkey_context)
        if library.EVP_DigestVerifyInit(context, None, library.EVP_sm3(), None, key) != 1:
            return False
        done = library.EVP_DigestVerify(context, signature, len(signature), message, len(message))
        return bool(done == 1)
    finally:
        library.EVP_MD_CTX_free(context)
        library.EVP_PKEY_CTX_free(pkey_context)
        library.EVP_PKEY_free(key)
        library.ERR_clear_error()
