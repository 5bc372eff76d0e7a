"""What happens twice at once happens once: every important verb, two connections, a real PostgreSQL."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import ROOT, environment, manage

#: Two people's different acts, or one person's allowed repetition: both may be done.
_BOTH_MAY = {"ask_with_one_key", "last_two_votes", "score_and_lock"}


@pytest.mark.postgres
def test_each_verb_pressed_twice_at_once_is_done_once(postgres_url: str, tmp_path: Path) -> None:
    env = environment(tmp_path, 8000, DATABASE_URL=postgres_url, TRAINING="1")
    manage(env, "migrate", "--run-syncdb", "--verbosity", "0")
    command = [sys.executable, "-m", "tests.integration.doubles"]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    races = {name: outcome for name, outcome in found.items() if isinstance(outcome, list)}
    assert len(races) == 28
    for name, outcome in races.items():
        codes = [one for one in outcome if one != "done"]
        assert all(re.fullmatch(r"[a-z_]+\.[a-z_]+", code) for code in codes), (name, outcome)
        assert len(outcome) - len(codes) == 1 or name in _BOTH_MAY, (name, outcome)
    assert {name: value for name, value in found.items() if not isinstance(value, list)} == {
        "vendor": "postgresql",
        "sessions": 1,
        "draws": 1,
        "seats": 5,
        "chair": 1,
        "score_kept": True,
        "room": "finished",
        "lot": "reported",
        "awards": 1,
        "contracts": 1,
        "tendered_again": 1,
        "tenders": 2,
        "acts": {
            "opening.start": 1,
            "award.decide": 1,
            "award.notify": 1,
            "contract.register": 1,
            "candidates.announce": 1,
        },
    }
