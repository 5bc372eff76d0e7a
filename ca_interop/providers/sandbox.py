"""An authority's sandbox over HTTP: what the matrix asks of it. The demo authorities speak it, and so does whoever
puts a small front before a real authority's test environment (``ca_interop/README.md``: issue, revoke)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx

from kernel.errors import Kind, ReasonForm, Refused
from sealing.signer import PairedSigner, Signer, from_pem

OUT_OF_REACH = ReasonForm(
    "sandbox.out_of_reach",
    zh="「{authority}」的测试环境没有作答：{why}",
    en="the sandbox of {authority} did not answer: {why}",
    kind=Kind.BUSY,
)
MALFORMED = ReasonForm(
    "sandbox.malformed",
    zh="「{authority}」的测试环境答非所问：{why}",
    en="the sandbox of {authority} gave something else: {why}",
    kind=Kind.BUSY,
)


@dataclass(frozen=True)
class Sandbox:
    """``url`` is the base, ``authority`` the id under it, ``now`` the platform's time, ``seconds`` per request."""

    url: str
    authority: str
    now: datetime
    seconds: float

    def issue(self, subscriber: dict[str, str], algorithm: str) -> Signer:
        """A fresh subscriber with keys: ``subscriber`` is {organization, credit_code, person}."""
        window = {
            "not_before": _text(self.now - timedelta(days=1)),
            "not_after": _text(self.now + timedelta(days=30)),
        }
        got = self._post("issue", {**subscriber, **window, "algorithm": algorithm})
        try:
            signing = got["signing"]["pem"].encode()
            second = got["encryption"]["pem"].encode() if got["dual"] else None
        except (KeyError, TypeError, AttributeError) as error:
            raise Refused(MALFORMED(authority=self.authority, why=type(error).__name__)) from error
        first = from_pem(signing)
        return first if second is None else PairedSigner(first, from_pem(second))

    def revoke(self, serial: int) -> None:
        self._post(
            "revoke", {"serial": f"{serial:x}", "reason": "cessationOfOperation", "at": _text(self.now)}
        )

    def _post(self, what: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Date": format_datetime(self.now, usegmt=True)}
        try:
            answer = httpx.post(
                f"{self.url.rstrip('/')}/ca/{self.authority}/{what}",
                json=body,
                headers=headers,
                timeout=self.seconds,
                trust_env=False,
            )
            said = answer.json() if answer.status_code == 200 else None
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise Refused(
                OUT_OF_REACH(authority=self.authority, why=str(error) or type(error).__name__)
            ) from error
        if not isinstance(said, dict):
            raise Refused(OUT_OF_REACH(authority=self.authority, why=f"HTTP {answer.status_code}"))
        return said


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
