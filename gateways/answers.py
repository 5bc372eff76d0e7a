"""Houses that answer a question with one signed token: the licence service and the service of person codes.

We ask with client id and secret (HTTP Basic over TLS); the answer is a JWT for us that names itself (``jti``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gateways import tokens
from gateways.outside import House


class AnsweringHouse:
    """``AnsweringHouse(name, url, client_id, client_secret)``: keys at ``<url>/jwks``, issuer ``<url>``."""

    def __init__(
        self, name: str, url: str, client_id: str, client_secret: str, *, seconds: float = 4.0
    ) -> None:
        self.name = name
        self.url = url.rstrip("/")
        self._client = client_id
        self.house = House(name, seconds)
        self._asking = House(name, seconds, (client_id, client_secret))

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return self._asking.call(method, f"{self.url}{path}", json=body)

    def claims(self, token: Any, kind: str) -> dict[str, Any]:
        """What a signed answer of type ``kind`` says; ``Refused(outside.bad_answer)`` otherwise."""
        keys = tokens.Keys.at(self.house, f"{self.url}/jwks")
        found = tokens.read(self.house, keys, token, issuer=self.url, audience=self._client, kind=kind)
        tokens.text(self.house, found.claims, "jti")
        return dict(found.claims)
