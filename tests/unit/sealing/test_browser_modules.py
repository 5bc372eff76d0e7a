"""The page's sealing modules under node: they open the vectors, and Python opens what they seal."""

from __future__ import annotations

import base64
import functools
import io
import itertools
import json
import os
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from kernel.errors import Refused
from kernel.ids import credit_code
from kernel.money import words
from sealing import (
    Ticket,
    bid_summary,
    bundle,
    check_identity,
    combine,
    open_body,
    open_identity,
    open_share,
    read_header,
    unwrap_as_bidder,
)
from sealing.bundle import Source
from sealing.fields import b64_bytes
from tests.conftest import missing
from tests.vectors.sealing.cast import HERE, player

ROOT = Path(__file__).resolve().parents[3]
HERE_JS = Path(__file__).resolve().parent / "browser"
KEYS = json.loads((HERE / "keys.json").read_text())
CUSTODIANS = ("center_p256", "authority_rsa", "owner_p256")
NATIONAL = ("center_sm2", "authority_sm2", "owner_sm2")
TENDER, LOT, PART = "盐城〔2026〕0417号", "1", "whole"
#: Around one chunk and its end: the eight bytes of the length stand before the payload.
SIZES = ((0, 65536), (1, 1024), (65528, 65536), (65529, 65536), (1016, 1024), (1017, 1024), (200_000, 65536))


def node(*arguments: str, said: Any = None) -> str:
    """Run node in the repository; its output."""
    path = shutil.which("node")
    if path is None:
        missing("Node.js", "no such command", "apt-get install nodejs, or make setup.")
    done = subprocess.run(
        [path, "--import", str(HERE_JS / "served.js"), *arguments], cwd=ROOT, input=json.dumps(said), capture_output=True, text=True, timeout=120, check=False,
        env={**os.environ, "NODE_NO_WARNINGS": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def test_node_tests_of_the_modules() -> None:
    assert "\n# fail 0\n" in node(
        "--test", "--test-reporter=tap", *map(str, sorted(HERE_JS.glob("*.test.js")))
    )


def _said(
    bidder: str, own_key: str, jobs: list[dict[str, Any]], custodians: tuple[str, ...] = CUSTODIANS
) -> dict[str, Any]:
    who = player(bidder)
    text = KEYS[bidder]["private_key"]
    key = f"-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n"
    leaf = base64.b64encode(who.chain[0].public_bytes(Encoding.DER)).decode()
    return {
        "certificate": "".join(c.public_bytes(Encoding.PEM).decode() for c in reversed(who.chain)),
        "key": key,
        "custodians": [KEYS[name]["certificates"][0] for name in custodians],
        "threshold": 2,
        "tender": TENDER,
        "lot": LOT,
        "part": PART,
        "own": leaf if own_key == "certificate" else None,
        "jobs": jobs,
    }


@pytest.mark.parametrize(
    ("bidder", "own_key", "custodians"),
    [
        ("bidder_p256", "client", CUSTODIANS),
        ("bidder_p256", "certificate", CUSTODIANS),
        ("bidder_rsa", "client", CUSTODIANS),
        ("bidder_rsa", "certificate", CUSTODIANS),
        ("bidder_sm2", "client", NATIONAL),
        ("bidder_sm2", "certificate", NATIONAL),
        # Whoever holds a certificate of the other family seals with a key of its own.
        ("bidder_sm2", "client", CUSTODIANS),
        ("bidder_rsa", "client", NATIONAL),
    ],
)
def test_python_opens_what_the_page_seals(
    bidder: str, own_key: str, custodians: tuple[str, ...], tmp_path: Path
) -> None:
    jobs = [
        {
            "size": size,
            "chunk_size": chunk,
            "envelope": str(tmp_path / f"{n}.mtse"),
            "ticket": str(tmp_path / f"{n}.ticket"),
        }
        for n, (size, chunk) in enumerate(SIZES)
    ]
    node(str(HERE_JS / "seal.js"), said=_said(bidder, own_key, jobs, custodians))
    for job in jobs:
        ticket = Ticket.from_json(json.loads(Path(job["ticket"]).read_text()))
        data = Path(job["envelope"]).read_bytes()
        assert len(data) == ticket.size
        source, out = io.BytesIO(data), io.BytesIO()
        header = read_header(source)
        key = unwrap_as_bidder(header, ticket if own_key == "client" else player(bidder))
        shares = [open_share(header, player(name)) for name in custodians]
        assert [combine(header, two) for two in itertools.combinations(shares, 2)] == [key] * 3
        assert open_body(source, header, key, out) == job["size"]
        assert out.getvalue() == bytes(n % 251 for n in range(job["size"]))
        door = ticket.door_identity()
        leaf = check_identity(header, b64_bytes(door, "salt", limit=32), door["identity"])
        assert leaf == player(bidder).chain[0] == open_identity(header, key).leaf


AMOUNTS = (
    "0.00",
    "0.05",
    "0.50",
    "10.05",
    "100007.53",
    "8750000.00",
    "10000000.01",
    "1000100010.10",
    "20003000040005.06",
)


@pytest.mark.parametrize("own_key", ["client", "certificate"])
def test_python_reads_the_bid_that_the_page_packs(own_key: str, tmp_path: Path) -> None:
    files = [
        {"path": path, "content": content, "media_type": kind, "role": path.split("/")[0]}
        for path, content, kind in (
            ("technical/施工组织设计.pdf", "%PDF-1.7 …%%EOF", "application/pdf"),
            ("boq/list.csv", "序号,项目\n" * 2000, "text/csv"),
            ("other/\U00020000.txt", "", "text/plain"),
            ("other/\uff21.txt", "x", "text/plain"),
        )
    ]
    values = {
        "bidder_name": "江苏恒基建设集团有限公司", "credit_code": _credit_code("91320900MA1PAGE00"), "price": "8,123,456.70",
        "duration_days": "120", "quality": "合格", "manager_name": "王建国", "manager_certificate": "苏132", "remarks": "",
    }  # fmt: skip
    target = {"tender": TENDER, "lot": LOT, "part": PART, "currency": "CNY"}
    said = _said("bidder_p256", own_key, []) | {
        "files": files, "values": values, "target": target, "folder": str(tmp_path), "ownKey": own_key, "amounts": AMOUNTS,
    }  # fmt: skip
    made = json.loads(node(str(HERE_JS / "bid.js"), said=said))
    assert made["words"] == [words(Decimal(text)) for text in AMOUNTS]
    assert made["size"] == made["zip"]
    assert made["last"][0] == "prove"
    assert made["last"][1] == made["last"][2]
    # The same files make the same ZIP here.
    mine = io.BytesIO()
    bundle.build(
        [
            Source(
                f["path"], functools.partial(io.BytesIO, f["content"].encode()), f["media_type"], f["role"]
            )
            for f in files
        ],
        mine,  # type: ignore[arg-type]
    )
    assert (tmp_path / "plain.zip").read_bytes() == mine.getvalue()
    ticket = Ticket.from_json(json.loads((tmp_path / "bid.ticket").read_text()))
    out = io.BytesIO()
    with (tmp_path / "bid.mtse").open("rb") as source:
        header = read_header(source)
        holder = ticket if own_key == "client" else player("bidder_p256")
        open_body(source, header, unwrap_as_bidder(header, holder), out)
    got = bundle.read(out)
    got.verify()
    summary = bid_summary.check(json.loads(got.read("bid_summary.json", 1 << 20)))
    assert summary == made["summary"]
    assert summary["price"] == "8123456.70"
    bid_summary.verify(summary, json.loads(got.read("bid_summary.sig.json", 1 << 20)))


def _credit_code(body: str) -> str:
    """``body``, 17 characters, with the last one that fits."""
    for last in "0123456789ABCDEFGHJKLMNPQRTUWXY":
        try:
            return credit_code(body + last)
        except Refused:
            continue
    raise AssertionError(body)
