"""Keeping the demo authorities in a directory: keys in PEM, state in JSON, written atomically.

The keys lie there unencrypted: these are demo authorities, their certificates say so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.demo_ca import keys
from ca_interop.demo_ca.authority import DemoAuthority, Level, Servant, time_stamper
from ca_interop.demo_ca.keys import Key
from ca_interop.demo_ca.specifications import CaSpecification
from kernel.clock import iso, parse_iso


def write_key(path: Path, key: Key) -> None:
    write_atomically(path, keys.to_pem(key), mode=0o600)


def read_key(path: Path) -> Key:
    return keys.from_pem(path.read_bytes())


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    beside = path.with_name(path.name + ".new")
    with open(beside, "wb", opener=lambda name, flags: os.open(name, flags, mode)) as handle:
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
        _write(where, f"ca-{number}", level.certificate, level.key)
        _write(where, f"ocsp-{number}", level.responder, level.responder_key)
    _write(where, "tsa", authority.tsa.certificate, authority.tsa.key)
    if authority.crl_signer is not None:
        _write(where, "crl", authority.crl_signer.certificate, authority.crl_signer.key)
    save_state(folder, authority)
    return authority


def cross(folder: Path, authorities: Mapping[str, DemoAuthority], window: tuple[datetime, datetime]) -> None:
    """Have the pairs certify each other's roots, once; both directions are kept."""
    for one in authorities.values():
        other = authorities.get(one.specification.crossed_with)
        if other is None:
            continue
        path = folder / one.specification.id / f"cross-{other.specification.id}.pem"
        if path.exists():
            one.crossed.append(x509.load_pem_x509_certificate(path.read_bytes()))
        else:
            write_atomically(path, one.cross_certify(other, window).public_bytes(Encoding.PEM))


def _write(where: Path, name: str, certificate: x509.Certificate, key: Key) -> None:
    write_key(where / f"{name}.key", key)
    (where / f"{name}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))


def _read(where: Path, name: str) -> Servant:
    certificate = x509.load_pem_x509_certificate((where / f"{name}.pem").read_bytes())
    return Servant(certificate, read_key(where / f"{name}.key"))


def _load(where: Path, specification: CaSpecification) -> DemoAuthority:
    levels = []
    for number in range(len(specification.levels)):
        ca, responder = _read(where, f"ca-{number}"), _read(where, f"ocsp-{number}")
        levels.append(Level(ca.certificate, ca.key, responder.certificate, responder.key))
    state = json.loads((where / "state.json").read_text("utf-8"))
    if not (where / "tsa.key").exists():  # a directory from before there were time-stamps
        made = levels[-1].certificate
        window = (made.not_valid_before_utc, made.not_valid_after_utc)
        tsa = time_stamper(specification, levels, window)
        _write(where, "tsa", tsa.certificate, tsa.key)
    return DemoAuthority(
        specification,
        levels,
        _read(where, "tsa"),
        _read(where, "crl") if (where / "crl.key").exists() else None,
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
