"""What an act's entry in the log is, for its writer and for everybody who checks it.

An open act stands there itself, as canonical JSON (RFC 8785). Of a sealed act there is only
``{"v": 1, "sealed": hex SHA-256(salt ‖ canonical act)}``; whoever is shown act and salt can check it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from kernel.canonical_json import canonical

SALT_SIZE = 32
#: A log entry's length is 16 bits (C2SP tlog-tiles).
MAX_ACT = 0xFFFF


def leaf_of(document: Mapping[str, Any], salt: bytes | None = None) -> bytes:
    """The log entry of an act: open without ``salt``, a commitment with it (32 random bytes)."""
    said = canonical(dict(document))
    if len(said) > MAX_ACT:
        raise ValueError(f"an act of {len(said)} bytes; large things go in by digest")
    if salt is None:
        return said
    if len(salt) != SALT_SIZE:
        raise ValueError("a salt has 32 bytes")
    return canonical({"v": 1, "sealed": hashlib.sha256(salt + said).hexdigest()})
