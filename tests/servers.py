"""Real servers for tests: Daphne with its own directory and database, on a free loopback port."""

from __future__ import annotations

import atexit
import contextlib
import functools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_FOREIGN = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "MEDIA_ROOT", "SQLITE_FILE", "LOG_KEY_FILE")
_START_SECONDS = 60
#: Where the embedded deployment keeps its database.
SQLITE = "mingtang.sqlite3"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(var: Path, port: int, **more: str) -> dict[str, str]:
    """This process's environment with a deployment of its own under ``var``."""
    env = {name: value for name, value in os.environ.items() if name not in _FOREIGN}
    return {
        **env,
        "MINGTANG_VAR": str(var),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "DJANGO_SETTINGS_MODULE": os.environ.get("DJANGO_SETTINGS_MODULE", "config.settings"),
        "PYTHONUNBUFFERED": "1",
        **more,
    }


def manage(env: dict[str, str], *words: str) -> None:
    """``manage.py …``; what it says is shown when it fails."""
    done = subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"manage.py {' '.join(words)}:\n{done.stdout}{done.stderr}"


@functools.cache
def _migrated() -> Path:
    """An empty SQLite database with every migration, made once a process: they take seconds of processor."""
    folder = Path(tempfile.mkdtemp(prefix="mingtang-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    manage(environment(folder, 0), "migrate", "--run-syncdb", "--verbosity", "0")
    return folder / SQLITE


def database(var: Path, env: dict[str, str]) -> None:
    """The deployment's database, with every migration."""
    if "DATABASE_URL" in env or "SQLITE_FILE" in env or (var / SQLITE).exists():
        manage(env, "migrate", "--run-syncdb", "--verbosity", "0")
    else:
        shutil.copyfile(_migrated(), var / SQLITE)


@contextlib.contextmanager
def daphne(
    var: Path, *, application: str = "config.asgi:application", kill: bool = False, **more: str
) -> Iterator[str]:
    """A running server on the database under ``var`` (made if missing); its URL. Ends with the block, as by a
    power cut if ``kill``; its words are in ``server.log``."""
    port = free_port()
    env = environment(var, port, **more)
    database(var, env)
    url = f"http://127.0.0.1:{port}"
    with open(var / "server.log", "wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), application],
            cwd=ROOT,
            env=env,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(server, url, var / "server.log")
            yield url
        finally:
            server.kill() if kill else server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{url}/api/time", timeout=5) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"the server did not come up:\n{log.read_text(errors='replace')[-4000:]}")
