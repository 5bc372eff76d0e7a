"""The platform's own Ed25519 key: it signs receipts and public records, as a bare key in statements."""

from __future__ import annotations

import functools
import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from django.conf import settings


@functools.cache
def platform_signer() -> Ed25519PrivateKey:
    """The key in ``PLATFORM_KEY_FILE`` (PEM, mode 0600), made there on first use."""
    path = Path(settings.PLATFORM_KEY_FILE)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        # Written aside and linked: another process never reads half a key, and the first one counts.
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        with open(draft, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as handle:
            handle.write(fresh)
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    key = load_pem_private_key(path.read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError("PLATFORM_KEY_FILE holds no Ed25519 key")
    return key


def platform_public_key() -> str:
    """The raw public key in hex: how statements name it."""
    return platform_signer().public_key().public_bytes_raw().hex()
