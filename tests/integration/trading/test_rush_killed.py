"""SIGKILL in the middle of a rush: nobody who holds a receipt is lost, everybody else sends again and has one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, environment, manage

BIDS, HEARD = (300, 100) if os.environ.get("FULL") == "1" else (40, 12)


@pytest.mark.postgres
def test_a_killed_server_loses_no_bid_that_it_answered(postgres_url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, 8000, DATABASE_URL=postgres_url, TRAINING="1")
    manage(env, "migrate", "--run-syncdb", "--verbosity", "0")
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.trading.rush_killed", str(BIDS), str(HEARD)],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert HEARD <= found.pop("held") <= found.pop("rows")
    assert {name: value for name, value in found.items() if value is not True} == {}
