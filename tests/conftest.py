"""What every suite shares: a media directory of its own, real servers, PostgreSQL and Redis if there.

``REQUIRE_SERVICES=1`` turns a skip for a missing service into a failure (CI).
"""

from __future__ import annotations

import os
import signal
import threading
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.core.signals import setting_changed

from journal import attempts
from tests import servers

REQUIRED = os.environ.get("REQUIRE_SERVICES") == "1"
POSTGRES_URL = os.environ.get("POSTGRES_URL", "postgresql:///postgres")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")


def _redis_url() -> str:
    """A Redis database for each worker of a run: 15 unless told otherwise, and downwards."""
    given = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/15")
    base, _, number = given.rpartition("/")
    behind = int(WORKER.removeprefix("gw") or 0)
    return f"{base}/{int(number) - behind}" if behind and number.isdigit() else given


REDIS_URL = _redis_url()


def pytest_configure(config: pytest.Config) -> None:
    """A run that is told to stop (``timeout``, CI) ends its fixtures, and so its servers, before it goes."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, lambda *_: pytest.exit("SIGTERM", returncode=143))


@pytest.fixture(scope="session", autouse=True)
def media_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Files by digest never differ, so one directory does for a whole run."""
    before = settings.MEDIA_ROOT
    _set_media_root(str(tmp_path_factory.mktemp("media")))
    yield
    _set_media_root(before)


def _set_media_root(value: str) -> None:
    settings.MEDIA_ROOT = value
    setting_changed.send(sender=None, setting="MEDIA_ROOT", value=value, enter=True)


@pytest.fixture(scope="session")
def live_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Daphne of this run, embedded deployment in training mode, empty database."""
    with servers.daphne(tmp_path_factory.mktemp("live"), TRAINING="1") as url:
        yield url


def missing(service: str, why: object, way_on: str) -> None:
    words = f"{service} is not reachable ({why}). {way_on}"
    if REQUIRED:
        pytest.fail(f"REQUIRE_SERVICES=1, but {words}")
    pytest.skip(words)


@pytest.fixture(scope="session")
def _postgres() -> str:
    """The server's URL; skips, or fails where services are required."""
    import psycopg

    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=3).close()
    except psycopg.Error as error:
        missing(
            "PostgreSQL",
            error,
            f"Set POSTGRES_URL to a database whose role may create databases (now {POSTGRES_URL}).",
        )
    return POSTGRES_URL


def _database(url: str, name: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/{name}"


@pytest.fixture
def postgres_url(_postgres: str) -> Iterator[str]:
    """A fresh, empty database: ``postgresql://…`` for ``DATABASE_URL``; dropped at the end."""
    import psycopg

    name = f"mingtang_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(_postgres, autocommit=True) as server:
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            yield _database(_postgres, name)
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def redis_url() -> Iterator[str]:
    """A Redis database of the tests' own (number 15 unless told otherwise), emptied before and after."""
    import redis

    client = redis.Redis.from_url(REDIS_URL, socket_connect_timeout=3)
    try:
        client.ping()
    except redis.RedisError as error:
        missing("Redis", error, f"Set TEST_REDIS_URL (now {REDIS_URL}).")
    client.flushdb()
    yield REDIS_URL
    client.flushdb()
    client.close()


@pytest.fixture(autouse=True)
def _no_attempts_before() -> None:
    """How often somebody was refused in another test is of no account here."""
    attempts.forget()


@pytest.fixture(autouse=True)
def _on_marked_services(request: pytest.FixtureRequest) -> None:
    """``@pytest.mark.postgres`` and ``redis`` ask for the service, whatever the test's fixtures are."""
    if request.node.get_closest_marker("postgres"):
        request.getfixturevalue("_postgres")
    if request.node.get_closest_marker("redis"):
        request.getfixturevalue("redis_url")
