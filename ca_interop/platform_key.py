"""The platform's own Ed25519 key: it signs receipts and public records, as a bare key in statements."""

from __future__ import annotations

import functools
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings

from journal import key_files


@functools.cache
def platform_signer() -> Ed25519PrivateKey:
    """The key in ``PLATFORM_KEY_FILE`` (PEM, mode 0600), made there on first use."""
    key = load_pem_private_key(key_files.once(Path(settings.PLATFORM_KEY_FILE), _fresh_key), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("PLATFORM_KEY_FILE holds no Ed25519 key")
    return key


def _fresh_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def platform_public_key() -> str:
    """The raw public key in hex: how statements name it."""
    return platform_signer().public_key().public_bytes_raw().hex()
