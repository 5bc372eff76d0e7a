"""Getting and checking RFC 3161 time-stamps of the authorities on the trust list.

Call these BEFORE ``perform``: they ask other machines, one after the other, each at most
``REVOCATION_TIMEOUT_SECONDS`` and all together at most three times that.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from ca_interop import queries, stamping
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
    raise Refused(NO_SERVICE(why="；".join(why)[:500] or "没有登记时间戳服务"))


def check(token: bytes, data: bytes) -> CheckedStamp:
    """A kept token once more: of this data, by an authority that was on the list in force at its time."""
    read = timestamps.read(token, data)
    return CheckedStamp(token, read, check_chain(read.chain, Purpose.SIGN, read.at))


def _stamp(
    url: str, data: bytes, at: datetime, hash_name: str, policy: RevocationPolicy, seconds: float
) -> CheckedStamp:
    token = stamping.stamp(url, data, hash_name=hash_name, timeout=seconds, now=at, verify=http_context())
    read = timestamps.read(token, data)
    if abs(read.at - at) > TOLERANCE:
        raise Refused(NOT_CURRENT(time=beijing(read.at), asked=beijing(at)))
    return CheckedStamp(token, read, check_chain(read.chain, Purpose.SIGN, read.at, policy=policy))


def _said(authority: Authority, why: str) -> str:
    return f"{authority.name}：{why}"
