"""``python -m tests.bench.seal_child DIR MIB``: one bid of MIB through bundle, seal and open, in files under DIR
as ``bidtool`` does it. Prints JSON: seconds of each step and the peak resident memory of this process.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from sealing import bundle, open_body, read_header, seal, unwrap_as_bidder
from tests.bench.measure import timed
from tests.unit.sealing.cast import custodians, signer

BLOCK = 1 << 20


def main() -> None:
    folder, size = Path(sys.argv[1]), int(sys.argv[2]) * BLOCK
    document = folder / "document"
    with document.open("wb") as out:
        for _ in range(size // BLOCK):
            out.write(os.urandom(BLOCK))
    plain, envelope, opened = folder / "bundle", folder / "bid.mtse", folder / "opened"
    said: dict[str, Any] = {"bundle": timed(lambda: _bundle(document, plain))}
    said["seal"] = timed(lambda: said.update(ticket=_seal(plain, envelope)))
    ticket = said.pop("ticket")
    said["open"] = timed(lambda: _open(envelope, opened, ticket))
    said["verify"] = timed(lambda: _verify(opened))
    said["bytes"] = plain.stat().st_size
    said["resident"] = _peak()
    said["bare"] = timed(lambda: _bare(plain, folder / "bare"))
    sys.stdout.write(json.dumps(said) + "\n")


def _peak() -> int:
    """Peak resident bytes of this program. ``ru_maxrss`` would count the parent's memory at the fork."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmHWM")


def _bundle(document: Path, target: Path) -> None:
    source = bundle.Source(
        "technical/a.bin", functools.partial(document.open, "rb"), "text/plain", "technical"
    )
    with target.open("wb") as out:
        bundle.build([source], out)


def _seal(plain: Path, envelope: Path) -> Any:
    with plain.open("rb") as source, envelope.open("wb") as out:
        return seal(
            source,
            out,
            size=plain.stat().st_size,
            tender="T-2026-001",
            lot="1",
            part="whole",
            bidder=signer("投标人"),
            own_key="client",
            custodians=[c.encryption_certificate for c in custodians()],
            threshold=2,
        )


def _open(envelope: Path, opened: Path, ticket: Any) -> None:
    with envelope.open("rb") as source, opened.open("wb") as out:
        header = read_header(source)
        open_body(source, header, unwrap_as_bidder(header, ticket), out)


def _verify(opened: Path) -> None:
    with opened.open("rb") as source:
        bundle.read(source).verify()


def _bare(plain: Path, target: Path) -> None:
    """The limit of seal and open: cipher, one hash and the disk, both ways."""
    cipher, nonce = AESGCM(bytes(32)), bytes(12)
    digest = hashlib.sha256()
    with plain.open("rb") as source, target.open("wb") as out:
        while data := source.read(BLOCK):
            sealed = cipher.encrypt(nonce, data, None)
            digest.update(sealed)
            out.write(sealed)
    with target.open("rb") as source, plain.open("wb") as out:
        while data := source.read(BLOCK + 16):
            out.write(cipher.decrypt(nonce, data, None))


if __name__ == "__main__":
    main()
