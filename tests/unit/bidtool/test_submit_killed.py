"""``bidtool submit`` killed with SIGKILL wherever it stands: the same command goes on, and there is one bid."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bidtool.cli import cli, run
from bidtool.output import Output
from tests import records
from tests.servers import ROOT
from tests.unit.bidtool import platform as platforms
from tests.unit.bidtool.platform import Platform
from tests.unit.sealing.cast import sealed

#: Where the server stands when the client dies, and for how many visits to that place it lives on first.
MOMENTS = (
    ("begin", 0),
    ("begun", 0),
    ("chunk", 0),
    ("chunked", 1),
    ("chunk", 2),
    ("submit", 0),
    ("accepted", 0),
)


@pytest.fixture
def platform() -> Iterator[Platform]:
    with platforms.running() as here:
        yield here


def _bid(folder: Path) -> Path:
    data, ticket = sealed(os.urandom(150_000), tender=records.NUMBER)
    path = folder / "bid.mtse"
    path.write_bytes(data)
    (folder / "bid.mtse.ticket").write_text(json.dumps(ticket.as_json()))
    return path


def _start(envelope: Path, platform: Platform) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "bidtool", "--json", "submit", str(envelope), "--server", platform.url]
    return subprocess.Popen(arguments, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def _killed_at(envelope: Path, platform: Platform, moment: str, lives: int) -> None:
    left = [lives]
    child = _start(envelope, platform)

    def hears(said: str) -> None:
        if said == moment:
            left[0] -= 1
            if left[0] < 0:
                child.kill()
                child.wait()

    platform.hears = hears
    child.communicate(timeout=60)
    platform.hears = lambda said: None
    assert child.returncode == -9, (moment, child.returncode)


def test_killed_anywhere_it_goes_on(platform: Platform, tmp_path: Path) -> None:
    envelope = _bid(tmp_path)
    stands = []
    for moment, lives in MOMENTS:
        _killed_at(envelope, platform, moment, lives)
        stands.append(max((len(upload["data"]) for upload in platform.uploads.values()), default=0))
        assert not envelope.with_name("bid.mtse.receipt.json").exists()
    # What has arrived is never sent again: the server only ever gets further.
    assert stands == sorted(stands)
    assert stands[2] > 0
    done = _start(envelope, platform)
    said, complaints = done.communicate(timeout=60)
    assert done.returncode == 0, complaints
    answer = json.loads(said)
    assert answer["ok"] is True
    [only] = platform.bids.values()
    assert (answer["bid"], bytes(only["data"])) == (only["bid"], envelope.read_bytes())
    # One upload was lost with the client that never heard its name; the next was used to the end.
    assert [len(u["data"]) for u in platform.uploads.values()].count(envelope.stat().st_size) == 1
    assert not envelope.with_name("bid.mtse.upload").exists()
    receipt = envelope.with_name("bid.mtse.receipt.json")
    keys = ["--platform-key", records.PLATFORM_HEX, "--vkey", records.VKEY]
    assert run(cli, ["receipt", "verify", str(receipt), "--envelope", str(envelope), *keys], Output()) == 0
