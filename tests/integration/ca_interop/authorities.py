"""A real demo CA service on loopback and its trust list in force: what every certificate test stands on."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from ca_interop.commands import ImportTrustList
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.demo_ca.server import DemoAuthorities, DemoServer
from ca_interop.rules.certificates import fingerprint
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.ids import credit_code_check_digit
from sealing.signer import SoftwareSigner

START = datetime(2025, 1, 1, tzinfo=UTC)
END = datetime(2029, 1, 1, tzinfo=UTC)


@cache
def house() -> DemoAuthorities:
    """The demo authorities, their keys made once for the whole test run."""
    return DemoAuthorities.open(Path(mkdtemp(prefix="mingtang-ca-")), START, END)


@contextmanager
def recognized() -> Iterator[DemoServer]:
    """The service runs, and its signed trust list is imported."""
    with serving() as server:
        publisher = fingerprint(server.house.publisher)
        perform(ImportTrustList(server.house.trust_list(server.url), (publisher,)), SYSTEM, via="cli")
        yield server


@contextmanager
def serving() -> Iterator[DemoServer]:
    """The service runs."""
    server = DemoServer(("127.0.0.1", 0), house())
    server.house.faults.clear()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


def code(number: int) -> str:
    """A right unified social credit code, another one for each number."""
    body = f"91320900{number:09d}"
    return body + credit_code_check_digit(body)


def subscriber(
    organization: str, number: int, person: str, ca: str = "demo-ca-2", *, days_ago: int = 30, days: int = 365
) -> SoftwareSigner:
    """Certificates of a demo CA; ``number`` makes the credit code (0: a personal certificate)."""
    now = datetime.now(UTC)
    who = Subscriber(organization, code(number) if number else "", person)
    got = (
        house()
        .authorities[ca]
        .issue(
            who, not_before=now - timedelta(days=days_ago), not_after=now + timedelta(days=days - days_ago)
        )
    )
    pair = (got.encryption.key, got.encryption.certificate) if got.dual else None
    return SoftwareSigner(got.signing.key, got.signing.full_chain, pair)  # type: ignore[arg-type]
