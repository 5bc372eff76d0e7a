"""Background work on a real PostgreSQL and Redis: a killed worker loses nothing, a doubled task does nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests import servers

pytestmark = [pytest.mark.postgres, pytest.mark.redis, pytest.mark.slow]
BIDS = 8


def test_a_killed_worker_loses_nothing_and_a_doubled_task_does_nothing(
    postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    more = {
        "DATABASE_URL": postgres_url,
        "REDIS_URL": redis_url,
        "TRAINING": "1",
        "OPENING_GRACE_SECONDS": "0",
        "CELERY_VISIBILITY_SECONDS": "2",
    }
    env = servers.environment(tmp_path, 0, **more)
    servers.manage(env, "migrate", "--verbosity", "0")
    done = subprocess.run(
        [sys.executable, "-m", "tests.integration.workers"],
        cwd=servers.ROOT, env=env, capture_output=True, text=True, check=False, timeout=480,
    )  # fmt: skip
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-3000:]}"
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("left_at_the_kill") > 0, "the worker was killed too late to prove anything"
    assert found == {
        "opened": BIDS,
        "opened_more_than_once": [],
        "examined": BIDS,
        "examined_more_than_once": [],
        "undecryptable": 0,
        "facts_waiting": [],
        "each_reaction_once": True,
        "log_without_gaps": True,
        "doubled_tasks_changed_nothing": True,
    }
