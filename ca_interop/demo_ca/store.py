"""Keeping the demo authorities in a directory: keys in PEM, state in JSON, written atomically.

The keys lie there unencrypted: these are demo authorities, their certificates say so.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from ca_interop.demo_ca.authority import DemoAuthority, Level
from ca_interop.demo_ca.issuing import Key
from ca_interop.demo_ca.specifications import CaSpecification
from kernel.clock import iso, parse_iso


def write_key(path: Path, key: Key) -> None:
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_atomically(path, data, mode=0o600)


def read_key(path: Path) -> Key:
    return cast(Key, load_pem_private_key(path.read_bytes(), None))


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Write beside and rename, so a crash leaves the old or the new file, never half of one."""
    beside = path.with_suffix(path.suffix + ".new")
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(beside, path)


def open_authority(
    folder: Path, specification: CaSpecification, not_before: datetime, not_after: datetime
) -> DemoAuthority:
    """The authority kept under ``folder/<id>``; made there with the given window on first use."""
    where = folder / specification.id
    if (where / "state.json").exists():
        return _load(where, specification)
    where.mkdir(parents=True, exist_ok=True)
    authority = DemoAuthority.create(specification, not_before=not_before, not_after=not_after)
    for number, level in enumerate(authority.levels):
        write_key(where / f"ca-{number}.key", level.key)
        write_key(where / f"ocsp-{number}.key", level.responder_key)
        (where / f"ca-{number}.pem").write_bytes(level.certificate.public_bytes(Encoding.PEM))
        (where / f"ocsp-{number}.pem").write_bytes(level.responder.public_bytes(Encoding.PEM))
    save_state(folder, authority)
    return authority


def _load(where: Path, specification: CaSpecification) -> DemoAuthority:
    levels = [
        Level(
            x509.load_pem_x509_certificate((where / f"ca-{number}.pem").read_bytes()),
            read_key(where / f"ca-{number}.key"),
            x509.load_pem_x509_certificate((where / f"ocsp-{number}.pem").read_bytes()),
            read_key(where / f"ocsp-{number}.key"),
        )
        for number in range(len(specification.levels))
    ]
    state = json.loads((where / "state.json").read_text("utf-8"))
    return DemoAuthority(
        specification,
        levels,
        issued={int(serial, 16) for serial in state["issued"]},
        revoked={int(s, 16): (parse_iso(when), reason) for s, (when, reason) in state["revoked"].items()},
    )


def save_state(folder: Path, authority: DemoAuthority) -> None:
    """Write what was issued and revoked."""
    state = {
        "issued": sorted(f"{serial:x}" for serial in authority.issued),
        "revoked": {f"{s:x}": [iso(when), reason] for s, (when, reason) in authority.revoked.items()},
    }
    path = folder / authority.specification.id / "state.json"
    write_atomically(path, json.dumps(state, ensure_ascii=False, indent=1).encode())
