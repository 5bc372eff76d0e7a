"""The page's sealing modules under node: they open the vectors, and Python opens what they seal."""

from __future__ import annotations

import base64
import io
import itertools
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from sealing import (
    Ticket,
    check_identity,
    combine,
    open_body,
    open_identity,
    open_share,
    read_header,
    unwrap_as_bidder,
)
from sealing.fields import b64_bytes
from tests.conftest import missing
from tests.vectors.sealing.cast import HERE, player

ROOT = Path(__file__).resolve().parents[3]
HERE_JS = Path(__file__).resolve().parent / "browser"
KEYS = json.loads((HERE / "keys.json").read_text())
CUSTODIANS = ("center_p256", "authority_rsa", "owner_p256")
TENDER, LOT, PART = "盐城〔2026〕0417号", "1", "whole"
#: Around one chunk and its end: the eight bytes of the length stand before the payload.
SIZES = ((0, 65536), (1, 1024), (65528, 65536), (65529, 65536), (1016, 1024), (1017, 1024), (200_000, 65536))


def node(*arguments: str, said: Any = None) -> str:
    """Run node in the repository; its output."""
    path = shutil.which("node")
    if path is None:
        missing("Node.js", "no such command", "apt-get install nodejs, or make setup.")
    done = subprocess.run(
        [path, *arguments], cwd=ROOT, input=json.dumps(said), capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_node_tests_of_the_modules() -> None:
    assert "\n# fail 0\n" in node(
        "--test", "--test-reporter=tap", *map(str, sorted(HERE_JS.glob("*.test.js")))
    )


def _said(bidder: str, own_key: str, jobs: list[dict[str, Any]]) -> dict[str, Any]:
    who = player(bidder)
    text = KEYS[bidder]["private_key"]
    key = f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
    leaf = base64.b64encode(who.chain[0].public_bytes(Encoding.DER)).decode()
    return {
        "certificate": "".join(c.public_bytes(Encoding.PEM).decode() for c in reversed(who.chain)),
        "key": key,
        "custodians": [KEYS[name]["certificates"][0] for name in CUSTODIANS],
        "threshold": 2,
        "tender": TENDER,
        "lot": LOT,
        "part": PART,
        "own": leaf if own_key == "certificate" else None,
        "jobs": jobs,
    }


@pytest.mark.parametrize("own_key", ["client", "certificate"])
@pytest.mark.parametrize("bidder", ["bidder_p256", "bidder_rsa"])
def test_python_opens_what_the_page_seals(bidder: str, own_key: str, tmp_path: Path) -> None:
    jobs = [
        {
            "size": size,
            "chunk_size": chunk,
            "envelope": str(tmp_path / f"{n}.mtse"),
            "ticket": str(tmp_path / f"{n}.ticket"),
        }
        for n, (size, chunk) in enumerate(SIZES)
    ]
    node(str(HERE_JS / "seal.js"), said=_said(bidder, own_key, jobs))
    for job in jobs:
        ticket = Ticket.from_json(json.loads(Path(job["ticket"]).read_text()))
        data = Path(job["envelope"]).read_bytes()
        assert len(data) == ticket.size
        source, out = io.BytesIO(data), io.BytesIO()
        header = read_header(source)
        key = unwrap_as_bidder(header, ticket if own_key == "client" else player(bidder))
        shares = [open_share(header, player(name)) for name in CUSTODIANS]
        assert [combine(header, two) for two in itertools.combinations(shares, 2)] == [key] * 3
        assert open_body(source, header, key, out) == job["size"]
        assert out.getvalue() == bytes(n % 251 for n in range(job["size"]))
        door = ticket.door_identity()
        leaf = check_identity(header, b64_bytes(door, "salt", limit=32), door["identity"])
        assert leaf == player(bidder).chain[0] == open_identity(header, key).leaf
