"""Getting and checking RFC 3161 time-stamps of the authorities on the trust list.

Call these BEFORE ``perform``: they ask other machines, one after the other, each at most
``REVOCATION_TIMEOUT_SECONDS`` and all together at most three times that.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
from django.conf import settings

from ca_interop import queries
from ca_interop.fetching import http_context
from ca_interop.rules.certificates import display_name
from ca_interop.rules.signatures import timestamps
from ca_interop.rules.signatures.timestamps import Stamp
from ca_interop.rules.trust_list import Authority
from ca_interop.rules.validation import Purpose, RevocationPolicy
from ca_interop.service import CheckedChain, check_chain
from kernel.clock import beijing, iso
from kernel.errors import Kind, ReasonForm, Refused

NO_SERVICE = ReasonForm(
    "timestamp.no_service",
    zh="信任列表中没有能在限时内作答的时间戳服务：{why}",
    en="no time-stamp service of the trust list answered in time: {why}",
    kind=Kind.BUSY,
)
NOT_CURRENT = ReasonForm(
    "timestamp.not_current",
    zh="时间戳的时间 {time} 与请求时间 {asked} 相差过大",
    en="the time-stamp's time {time} is too far from when it was asked for, {asked}",
)
#: How far the stamp's time may be from ours.
TOLERANCE = timedelta(minutes=5)


@dataclass(frozen=True)
class CheckedStamp:
    """A token (DER) by an authority that may stamp here. ``validation`` is of its certificate at the stamp's time."""

    token: bytes
    stamp: Stamp
    validation: CheckedChain

    def as_json(self) -> dict[str, Any]:
        """What an act cites; the token itself is kept by whoever asked for it."""
        checked = self.validation
        return {
            "time": iso(self.stamp.at),
            "tsa": display_name(self.stamp.leaf),
            "sha256": hashlib.sha256(self.token).hexdigest(),
            "authority": checked.authority_id,
            "trust_list_version": checked.trust_list_version,
            "revocation_sha256": list(checked.revocation_sha256),
        }


def stamp(
    data: bytes,
    at: datetime,
    *,
    hash_name: str = "sha256",
    authority_id: str = "",
    policy: RevocationPolicy = RevocationPolicy.HARD,
) -> CheckedStamp:
    """A stamp of ``data``, hashed here, from ``authority_id`` or the first that answers rightly. ``at`` is the
    platform's time. ``Refused(timestamp.no_service)`` (busy) says of each service why not."""
    until = time.monotonic() + 3 * settings.REVOCATION_TIMEOUT_SECONDS
    why: list[str] = []
    for authority in queries.trust_list(at).authorities:
        if authority_id not in ("", authority.id) or authority.reason_against(at) is not None:
            continue
        for url in authority.tsa:
            left = min(settings.REVOCATION_TIMEOUT_SECONDS, until - time.monotonic())
            if left <= 0:
                break
            try:
                return _stamp(url, data, at, hash_name, policy, left)
            except Refused as refusal:
                why.append(_said(authority, refusal.reasons[0].zh))
            except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
                why.append(_said(authority, str(error) or type(error).__name__))
    raise Refused(NO_SERVICE(why="；".join(why)[:500] or "没有登记时间戳服务"))


def check(token: bytes, data: bytes) -> CheckedStamp:
    """A kept token once more: of this data, by an authority that was on the list in force at its time."""
    read = timestamps.read(token, data)
    return CheckedStamp(token, read, check_chain(read.chain, Purpose.SIGN, read.at))


def _stamp(
    url: str, data: bytes, at: datetime, hash_name: str, policy: RevocationPolicy, seconds: float
) -> CheckedStamp:
    nonce = secrets.randbits(128) | 1 << 127
    answer = _post(url, timestamps.request(data, nonce, hash_name), at, seconds)
    token = timestamps.token_of(answer, data, nonce)
    read = timestamps.read(token, data, nonce)
    if abs(read.at - at) > TOLERANCE:
        raise Refused(NOT_CURRENT(time=beijing(read.at), asked=beijing(at)))
    return CheckedStamp(token, read, check_chain(read.chain, Purpose.SIGN, read.at, policy=policy))


def _post(url: str, body: bytes, at: datetime, seconds: float) -> bytes:
    headers = {
        "Content-Type": "application/timestamp-query",
        # A training clock runs ahead: demo authorities take our time for theirs.
        "Date": format_datetime(at.astimezone(UTC), usegmt=True),
    }
    end = time.monotonic() + seconds
    with (
        httpx.Client(
            timeout=seconds, follow_redirects=False, trust_env=False, verify=http_context()
        ) as client,
        client.stream("POST", url, headers=headers, content=body) as response,
    ):
        if response.status_code != 200:
            raise ValueError(f"HTTP {response.status_code}")
        read = bytearray()
        for part in response.iter_bytes():
            read += part
            if len(read) > timestamps.MAX_TOKEN or time.monotonic() > end:
                raise ValueError("too large or too slow")
        return bytes(read)


def _said(authority: Authority, why: str) -> str:
    return f"{authority.name}：{why}"
