"""Submissions racing with the start of the opening on PostgreSQL: accepted is always counted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, environment, manage


@pytest.mark.postgres
def test_what_is_accepted_is_numbered_and_nothing_is_accepted_late(postgres_url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, 8000, DATABASE_URL=postgres_url, TRAINING="1")
    manage(env, "migrate", "--run-syncdb", "--verbosity", "0")
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.trading.race"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    counts = found.pop("accepted"), found.pop("late")
    assert sum(counts) == 40, counts
    assert found.pop("late_codes") in ([], ["bid.late"])
    assert found == {
        "vendor": "postgresql",
        "status": "decrypting",
        "all_accepted_are_numbered": True,
        "none_after_deadline": True,
        "now_after_start": True,
    }


@pytest.mark.postgres
def test_two_at_once_around_a_bid(postgres_url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, 8000, DATABASE_URL=postgres_url, TRAINING="1")
    manage(env, "migrate", "--run-syncdb", "--verbosity", "0")
    words = [sys.executable, "-m", "tests.integration.trading.duels"]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "vendor": "postgresql",
        "submitted twice": [True, 1],
        "withdrawn and replaced": ["withdrawn", ["withdrawn", "submitted"]],
        "withdrawn twice": ["machine.wrong_status", "withdrawn"],
        "repeated and withdrawn": [True, "withdrawn", "bid.taken_back"],
        "a microsecond": [False, "bid.late"],
        "opening waits for a bid": [True, True, "bid.late"],
        "withdrawn and opened": [[True, True], [True, True, True]],
        "opening waits for the queue": [True, False, True, True, True],
    }
