"""The adapter: OpenID Connect Core 1.0, authorization code with PKCE (RFC 7636), issuer identification
(RFC 9207), RP-initiated and back-channel logout. Requests, challenges and the claims of ID tokens are Authlib's,
tokens and keys joserfc's; the calls are ours (``gateways.outside``), because they must end in time."""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import urlencode

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from authlib.oidc.core import CodeIDToken
from joserfc.errors import JoseError

from gateways import tokens
from gateways.identity.port import DECLINED, MIXED_UP, TOO_WEAK, Account, Departure
from gateways.outside import BAD_ANSWER, House, is_safe
from kernel.errors import Refused
from kernel.ids import credit_code

SCOPE = "openid profile"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_KEEP_SECONDS = 3600.0
_ENDPOINTS = ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "jwks_uri")
#: L1 has only a telephone number behind it.
_VERIFIED = ("L2", "L3", "L4")


class OidcProvider:
    """``OidcProvider(name, issuer, client_id, client_secret)``; discovery is kept for an hour a process."""

    _documents: ClassVar[dict[str, tuple[float, dict[str, Any]]]] = {}
    _lock: ClassVar[threading.Lock] = threading.Lock()

    def __init__(
        self, name: str, issuer: str, client_id: str, client_secret: str, *, seconds: float = 4.0
    ) -> None:
        self.name = name
        self.issuer = issuer.rstrip("/")
        self._client = client_id
        self._house = House(name, seconds)
        self._asking = House(name, seconds, (client_id, client_secret))

    # -- discovery

    def _document(self) -> dict[str, Any]:
        with self._lock:
            at, kept = self._documents.get(self.issuer, (float("-inf"), {}))
        if time.monotonic() - at < _KEEP_SECONDS:
            return kept
        found = self._house.call("GET", f"{self.issuer}/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer:
            raise Refused(MIXED_UP(found=str(found.get("issuer"))[:100]))
        for name in _ENDPOINTS:
            if not isinstance(found.get(name), str) or not is_safe(found[name]):
                raise Refused(BAD_ANSWER(name=self.name, why=name))
        if "S256" not in (found.get("code_challenge_methods_supported") or []):
            raise Refused(BAD_ANSWER(name=self.name, why="PKCE S256"))
        with self._lock:
            self._documents[self.issuer] = (time.monotonic(), found)
        return found

    def _keys(self) -> tokens.Keys:
        return tokens.Keys.at(self._house, self._document()["jwks_uri"])

    # -- signing in

    def depart(self, back: str) -> Departure:
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        url = prepare_grant_uri(
            self._document()["authorization_endpoint"], self._client, "code", back, SCOPE, state,
            nonce=nonce, code_challenge=create_s256_code_challenge(verifier), code_challenge_method="S256",
        )  # fmt: skip
        return Departure(url, state, nonce, verifier)

    def arrive(self, query: Mapping[str, str], departure: Departure, back: str) -> Account:
        document = self._document()
        self._from_here(query, document)
        if "error" in query or not query.get("code"):
            raise Refused(DECLINED(name=self.name, why=str(query.get("error", "code"))[:60]))
        answer = self._asking.call("POST", document["token_endpoint"], form={
            "grant_type": "authorization_code", "code": query["code"][:2000], "redirect_uri": back,
            "code_verifier": departure.verifier, "client_id": self._client,
        })  # fmt: skip
        access = tokens.text(self._house, answer, "access_token", limit=tokens.MAX_TOKEN)
        claims = self._id_token(answer.get("id_token"), departure.nonce, access)
        said = self._house.call(
            "GET", document["userinfo_endpoint"], headers={"Authorization": f"Bearer {access}"}
        )
        if said.get("sub") != claims["sub"]:
            # Core 5.3.2: a token of somebody else was put in place of this one's.
            raise Refused(BAD_ANSWER(name=self.name, why="userinfo sub"))
        return self._account(claims, said, str(answer["id_token"]))

    def _from_here(self, query: Mapping[str, str], document: Mapping[str, Any]) -> None:
        """RFC 9207: the answer names who gives it, so that nobody's code is brought to another's door."""
        promised = document.get("authorization_response_iss_parameter_supported") is True
        found = query.get("iss")
        if (promised and found is None) or (found is not None and found != self.issuer):
            raise Refused(MIXED_UP(found=str(found)[:100]))

    def _id_token(self, token: Any, nonce: str, access: str) -> dict[str, Any]:
        found = tokens.read(self._house, self._keys(), token, issuer=self.issuer, audience=self._client)
        params = {"nonce": nonce, "client_id": self._client, "access_token": access}
        try:
            CodeIDToken(found.claims, found.header, params=params).validate(leeway=tokens.LEEWAY)
        except (JoseError, ValueError, TypeError) as error:
            why = f"{getattr(error, 'error', '')} {getattr(error, 'claim', '')}".strip()
            raise Refused(BAD_ANSWER(name=self.name, why=why[:80] or type(error).__name__)) from error
        # Authlib compares the nonce only if one was asked for; we always ask, and compare it by ourselves too.
        said = found.claims.get("nonce")
        if not isinstance(said, str) or not hmac.compare_digest(said.encode(), nonce.encode()):
            raise Refused(BAD_ANSWER(name=self.name, why="nonce"))
        tokens.text(self._house, found.claims, "sub")
        return dict(found.claims)

    def _account(self, claims: Mapping[str, Any], said: Mapping[str, Any], id_token: str) -> Account:
        level = tokens.text(self._house, said, "real_name_level", limit=8, optional=True)
        if level not in _VERIFIED:
            raise Refused(TOO_WEAK(name=self.name, level=level or "—"))
        organization = code = ""
        registration = "in_force"
        if said.get("user_type") == "legal":
            organization = tokens.text(self._house, said, "organization_name")
            code = credit_code(tokens.text(self._house, said, "credit_code", limit=18))
            registration = tokens.text(self._house, said, "registration_status", limit=40)
        return Account(
            issuer=self.issuer,
            subject=claims["sub"],
            person=tokens.text(self._house, said, "name", limit=100),
            organization=organization,
            credit_code=code,
            registration=registration,
            session=tokens.text(self._house, claims, "sid", optional=True),
            once=str(claims["nonce"]),
            id_token=id_token,
        )

    # -- signing out

    def logout_url(self, id_token: str, back: str) -> str:
        end = self._document().get("end_session_endpoint")
        if not isinstance(end, str) or not is_safe(end):
            return ""
        said = {"id_token_hint": id_token, "client_id": self._client, "post_logout_redirect_uri": back}
        return f"{end}?{urlencode(said)}"

    def logged_out(self, token: str) -> tuple[str, str]:
        found = tokens.read(self._house, self._keys(), token, issuer=self.issuer, audience=self._client)
        events = found.claims.get("events")
        # Back-Channel Logout 2.6: an ID token must not pass for one.
        if not isinstance(events, dict) or LOGOUT_EVENT not in events or "nonce" in found.claims:
            raise Refused(BAD_ANSWER(name=self.name, why="events"))
        return tokens.text(self._house, found.claims, "sub"), tokens.text(self._house, found.claims, "jti")
