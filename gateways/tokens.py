"""Signed answers of other houses (JWT, RFC 7519) checked against their published keys (JWKS, RFC 7517).

Only RS256 and ES256, whatever a token's header says: never ``none``, never a MAC that somebody made with a
public key. A key that is not known is looked up once more, because houses rotate their keys, but not more
often than a few times a minute: a made-up ``kid`` must not become a flood of requests.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey
from joserfc.jwt import JWTClaimsRegistry, Token

from gateways.outside import BAD_ANSWER, House
from kernel.errors import Refused

ALGORITHMS = ("RS256", "ES256")
#: Clocks of two houses differ; more than a minute is somebody's mistake.
LEEWAY = 60
MAX_TOKEN = 16 * 1024
_KEEP_SECONDS = 3600.0
_REFETCHES, _IN_SECONDS = 5, 60.0


class Keys:
    """The keys that a house publishes at ``url``; shared by all threads of a process."""

    _known: ClassVar[dict[str, Keys]] = {}

    def __init__(self, house: House, url: str) -> None:
        self._house, self._url = house, url
        self._lock = threading.Lock()
        self._keys: dict[str, RSAKey | ECKey] = {}
        self._fetched = float("-inf")
        self._again: deque[float] = deque(maxlen=_REFETCHES)

    @classmethod
    def at(cls, house: House, url: str) -> Keys:
        return cls._known.setdefault(url, cls(house, url))

    def key(self, kid: str) -> RSAKey | ECKey | None:
        now = time.monotonic()
        with self._lock:
            fresh = now - self._fetched < _KEEP_SECONDS
            if fresh and kid in self._keys:
                return self._keys[kid]
            if fresh and len(self._again) == _REFETCHES and now - self._again[0] < _IN_SECONDS:
                return None
            self._again.append(now)
        # Not under the lock: one slow look-up must not hold every login.
        found = _read(self._house.call("GET", self._url))
        with self._lock:
            self._keys, self._fetched = found, now
        return found.get(kid)


def _read(document: Mapping[str, Any]) -> dict[str, RSAKey | ECKey]:
    """Usable keys by ``kid``; others (symmetric, for encryption, malformed) are passed over."""
    keys: dict[str, RSAKey | ECKey] = {}
    rows = document.get("keys")
    for row in rows[:50] if isinstance(rows, list) else []:
        if not isinstance(row, dict) or row.get("use", "sig") != "sig" or not isinstance(row.get("kid"), str):
            continue
        kind: Any = {"RSA": RSAKey, "EC": ECKey}.get(str(row.get("kty")))
        if kind is None:
            continue
        try:
            keys[row["kid"]] = kind.import_key(row)
        except (JoseError, ValueError, TypeError, KeyError):
            continue
    return keys


def read(house: House, keys: Keys, token: Any, *, issuer: str, audience: str, kind: str = "") -> Token:
    """The token, if a published key of the house signed it for us and its times hold; else
    ``Refused(outside.bad_answer)``. ``kind``: the ``typ`` its header must have."""
    if not isinstance(token, str) or not 0 < len(token) <= MAX_TOKEN:
        raise Refused(BAD_ANSWER(name=house.name, why="token"))
    try:
        header = jwt_header(token)
        key = keys.key(str(header.get("kid"))) if header.get("alg") in ALGORITHMS else None
        if key is None:
            raise Refused(BAD_ANSWER(name=house.name, why=f"alg {header.get('alg')!r:.20}, kid"))
        found = jwt.decode(token, KeySet([key]), algorithms=list(ALGORITHMS))
        JWTClaimsRegistry(
            leeway=LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(found.claims)
    except (JoseError, ValueError, TypeError, AttributeError) as error:
        # The error's own word, e.g. expired_token, invalid_claim; never the token.
        why = getattr(error, "error", type(error).__name__)
        claim = getattr(error, "claim", "")
        raise Refused(BAD_ANSWER(name=house.name, why=f"{why} {claim}".strip()[:80])) from error
    if kind and found.header.get("typ") != kind:
        raise Refused(BAD_ANSWER(name=house.name, why="typ"))
    return found


def jwt_header(token: str) -> dict[str, Any]:
    """The header of a compact token, unverified: only to find its key."""
    from joserfc.jws import extract_compact

    header = extract_compact(token.encode()).headers()
    return dict(header)


def text(
    house: House, claims: Mapping[str, Any], name: str, *, limit: int = 200, optional: bool = False
) -> str:
    """A claim that is text; ``Refused(outside.bad_answer)`` otherwise."""
    value = claims.get(name, "" if optional else None)
    if not isinstance(value, str) or len(value) > limit or "\x00" in value or not (value or optional):
        raise Refused(BAD_ANSWER(name=house.name, why=name))
    return value
