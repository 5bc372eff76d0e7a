"""The demo's tender on PostgreSQL, Redis, two Daphne nodes, a Celery worker and its beat: the same code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]
LONGEST_SECONDS = 300
_FOREIGN = ("MINGTANG_VAR", "MEDIA_ROOT", "SQLITE_FILE", "LOG_KEY_FILE", "PLATFORM_KEY_FILE", "PUBLIC_URL")


def _run(env: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS,
    )  # fmt: skip


def test_the_whole_tender_scaled_out(postgres_url: str, redis_url: str, tmp_path: Path) -> None:
    """Clients take turns between the nodes; every chapter checks itself, the last one verifies the record."""
    kept = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    env = {**kept, "DATABASE_URL": postgres_url, "REDIS_URL": redis_url}
    home = tmp_path / "demo"
    done = _run(env, "-m", "demo", "--home", str(home))
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    _both_nodes_served(home)
    _nothing_failed(home)
    verified = _run(kept, "-m", "bidtool", "verify", str(home / "record"), "--json")
    assert verified.returncode == 0, verified.stdout[-3000:]
    assert json.loads(verified.stdout)["ok"] is True


def _both_nodes_served(home: Path) -> None:
    for node in (1, 2):
        said = (home / "logs" / f"daphne-{node}.log").read_text()
        assert "WSCONNECT /ws/halls/" in said, f"nobody was in the hall through node {node}"


def _nothing_failed(home: Path) -> None:
    """No traceback in any process's log: what was caught and tried again would be found here, too."""
    failed = [path.name for path in (home / "logs").glob("*.log") if "Traceback" in path.read_text()]
    assert failed == []
