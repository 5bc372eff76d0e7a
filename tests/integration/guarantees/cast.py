"""Certificates, an issuer's sandbox server and applications for the guarantee tests."""

from __future__ import annotations

import base64
import contextlib
import functools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ca_interop.demo_ca.authority import DemoAuthority, Issued
from ca_interop.demo_ca.issuing import Subscriber
from gateways.guarantors.sandbox.identity import Roots
from gateways.guarantors.sandbox.issuer import Issuer
from gateways.guarantors.sandbox.server import GuarantorServer
from gateways.guarantors.sandbox.store import Store
from kernel.clock import iso
from kernel.ids import credit_code_check_digit
from sealing import SoftwareSigner, statements
from tests.integration.ca_interop.authorities import house

NOW = datetime.now(UTC).replace(microsecond=0)
DAY = timedelta(days=1)
TENDER = "YC2026-SZ-0417"


@dataclass(frozen=True)
class Company:
    name: str
    body: str

    @property
    def credit_code(self) -> str:
        return self.body + credit_code_check_digit(self.body)

    @property
    def json(self) -> dict[str, str]:
        return {"name": self.name, "credit_code": self.credit_code}


ISSUER = Company("盐城市融资担保有限公司", "91320900MA1N00001")
BIDDER = Company("苏北建设集团有限公司", "91320900MA1N00002")
OTHER = Company("淮海路桥工程有限公司", "91320900MA1N00003")
OWNER = Company("盐城市城市建设投资集团有限公司", "91320900MA1N00004")
PLATFORM = Ed25519PrivateKey.generate()


def authority() -> DemoAuthority:
    """The demo CA that the platform's trust list knows, too."""
    return house().authorities["demo-ca-2"]


@functools.cache
def certificate(company: Company) -> Issued:
    subscriber = Subscriber(company.name, company.credit_code, "经办人")
    got = authority().issue(subscriber, not_before=NOW - 300 * DAY, not_after=NOW + 700 * DAY)
    return got.signing


def signer(company: Company) -> SoftwareSigner:
    issued = certificate(company)
    return SoftwareSigner(issued.key, issued.full_chain)  # type: ignore[arg-type]


def sign(company: Company, purpose: str, payload: dict[str, Any]) -> dict[str, Any]:
    return statements.sign(statements.statement(purpose, payload), signer(company))


def platform_release(number: str, at: datetime = NOW) -> dict[str, Any]:
    payload = {"v": 1, "number": number, "ground": "合同已签订", "at": iso(at)}
    return statements.sign(statements.statement("guarantee-release", payload), PLATFORM)


def application(at: datetime = NOW, **change: Any) -> dict[str, Any]:
    day = at.date()
    return {
        "v": 1,
        "applicant": BIDDER.json,
        "beneficiary": OWNER.json,
        "tender": TENDER,
        "lot": "1",
        "amount": "160000.00",
        "currency": "CNY",
        "valid_from": day.isoformat(),
        "valid_until": (day + 200 * DAY).isoformat(),
        "requested_at": iso(at),
    } | change


def issuer(folder: Path) -> Issuer:
    mine = certificate(ISSUER)
    return Issuer(
        key=mine.key,  # type: ignore[arg-type]
        chain=mine.full_chain,
        roots=Roots((authority().root,)),
        store=Store(folder),
        platform_keys=lambda: frozenset({PLATFORM.public_key().public_bytes_raw().hex()}),
    )


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[GuarantorServer]:
    """The sandbox on a free port, as long as the block runs."""
    with GuarantorServer(("127.0.0.1", 0), issuer(folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def post(url: str, body: Any, *, at: datetime = NOW, key: str = "") -> httpx.Response:
    headers = {"Date": format_datetime(at, usegmt=True)} | ({"Idempotency-Key": key} if key else {})
    return httpx.post(url, json=body, headers=headers, timeout=20)


def applied(
    url: str, *, company: Company = BIDDER, at: datetime = NOW, **change: Any
) -> tuple[dict[str, Any], bytes]:
    """Form and PDF of a guarantee for ``company``."""
    said = application(at, applicant=company.json, **change)
    answer = post(f"{url}/guarantees/apply", sign(company, "guarantee-application", said), at=at)
    assert answer.status_code == 201, answer.text
    got = answer.json()
    return got["form"], base64.b64decode(got["pdf"])
