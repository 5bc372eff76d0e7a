"""The certificate challenge: issued without a row, answered once, within minutes, to this platform.

A challenge is 16 random bytes and a MAC over them, the platform and the time, in hex. Whoever shows a
signature over a statement with a challenge of ours, young enough and never answered before, holds the
key now (电子签名法第十三条). That it was never answered before is a unique constraint's business.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from kernel.canonical_json import canonical
from kernel.clock import iso, parse_iso
from kernel.errors import Kind, ReasonForm, Refused
from sealing import statements

PURPOSE = "login"
LIFETIME = timedelta(minutes=5)
NONCE_SIZE = 16
_DOMAIN = b"mingtang challenge v1\n"

UNKNOWN = ReasonForm(
    "login.challenge_unknown",
    zh="这不是本平台发出的登录挑战，请重新打开登录页",
    en="this challenge was not issued by this platform; open the login page again",
    kind=Kind.UNAUTHENTICATED,
)
EXPIRED = ReasonForm(
    "login.challenge_expired",
    zh="登录挑战发出于 {at}，{minutes} 分钟内有效，已经过期，请重新打开登录页",
    en="the challenge was issued at {at} and lasts {minutes} minutes; open the login page again",
    kind=Kind.UNAUTHENTICATED,
)


def issue(secret: bytes, platform: str, at: datetime, nonce: bytes) -> dict[str, Any]:
    """The statement to sign: payload ``{challenge, platform, at}``."""
    text = iso(at)
    challenge = nonce.hex() + _mac(secret, platform, text, nonce)
    return statements.statement(PURPOSE, {"challenge": challenge, "platform": platform, "at": text})


def check(secret: bytes, platform: str, payload: Mapping[str, Any], now: datetime) -> datetime:
    """The time the challenge expires, if it is ours and young enough at ``now``; else ``Refused``."""
    challenge, at = payload.get("challenge"), payload.get("at")
    if set(payload) != {"challenge", "platform", "at"} or payload.get("platform") != platform:
        raise Refused(UNKNOWN())
    if not isinstance(challenge, str) or not isinstance(at, str) or len(challenge) != 96:
        raise Refused(UNKNOWN())
    try:
        nonce, issued = bytes.fromhex(challenge[: 2 * NONCE_SIZE]), parse_iso(at)
    except ValueError as error:
        raise Refused(UNKNOWN()) from error
    if not hmac.compare_digest(
        challenge[2 * NONCE_SIZE :].encode(), _mac(secret, platform, at, nonce).encode()
    ):
        raise Refused(UNKNOWN())
    if not issued <= now <= issued + LIFETIME:
        raise Refused(EXPIRED(at=at, minutes=int(LIFETIME.total_seconds() // 60)))
    return issued + LIFETIME


def _mac(secret: bytes, platform: str, at: str, nonce: bytes) -> str:
    key = hmac.new(secret, _DOMAIN, hashlib.sha256).digest()
    said = canonical({"at": at, "nonce": nonce.hex(), "platform": platform})
    return hmac.new(key, said, hashlib.sha256).hexdigest()
