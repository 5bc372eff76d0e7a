"""An OpenID provider with accounts of natural and of legal persons (自然人、法人账号), modelled on the portals of
government services: code flow with PKCE only, codes that work once, tokens by ES256, logout both ways."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from joserfc import jwt
from joserfc.jwk import OctKey

from gateways.identity.oidc import LOGOUT_EVENT
from gateways.sandbox import LIFETIME, Answer, No, Register, Request, SandboxServer, esc, page

CODE_SECONDS = 60
FAULTS = (
    "expired", "other_audience", "from_the_future", "rotated", "unknown_key", "wrong_signature", "alg_none",
    "mac_with_secret", "wrong_nonce", "no_nonce", "other_subject", "other_token", "other_issuer", "other_party",
    "no_iss", "declined", "unverified", "not_json",
)  # fmt: skip


class IdentityServer(SandboxServer):
    """``redirects``: client id → addresses a login may come back to; ``backchannel``: client id → address
    that is told of a logout."""

    faults = FAULTS
    title = "统一身份认证（演示）"

    def __init__(
        self,
        address: tuple[str, int],
        register: Register,
        clients: Mapping[str, str],
        redirects: Mapping[str, tuple[str, ...]],
        backchannel: Mapping[str, str] | None = None,
        title: str = title,
    ) -> None:
        super().__init__(address, register, clients)
        self.title = title
        self.redirects = dict(redirects)
        self.backchannel = dict(backchannel or {})
        self.codes: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}

    def answer(self, request: Request) -> Answer:
        match (request.method, *request.path):
            case ("GET", ".well-known", "openid-configuration"):
                return Answer(self._document())
            case ("GET", "authorize"):
                return Answer(self._choose(request))
            case ("POST", "authorize"):
                return self._approve(request)
            case ("POST", "token"):
                return self._token(request)
            case ("GET", "userinfo"):
                return Answer(self._userinfo(request))
            case ("GET", "logout"):
                return self._logout(request)
        raise No(404, "not_found")

    def _document(self) -> dict[str, Any]:
        return {
            "issuer": self.url if self.fault != "other_party" else "https://other.example",
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "userinfo_endpoint": f"{self.url}/userinfo",
            "end_session_endpoint": f"{self.url}/logout",
            "jwks_uri": f"{self.url}/jwks",
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["ES256"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
            "backchannel_logout_supported": True,
        }

    # -- accounts: a natural person's id, or a legal person's code and who acts for it

    def accounts(self) -> Iterator[tuple[str, str]]:
        for person in self.register.people.values():
            yield person["id"], f"自然人　{person['name']}"
        for organization in self.register.organizations.values():
            agents = [row["person"] for row in organization.get("authorized", [])]
            for agent in dict.fromkeys([organization["legal_representative"], *agents]):
                name = self.register.person(agent)["name"]
                yield f"{organization['credit_code']}.{agent}", f"法人　{organization['name']}（{name}）"

    def _claims(self, account: str) -> dict[str, Any]:
        code, _, person = account.rpartition(".")
        row = self.register.person(person)
        said = {"name": row["name"], "real_name_level": "L4", "user_type": "natural"}
        if self.fault == "unverified":
            said["real_name_level"] = "L1"
        if code:
            organization = self.register.organization(code)
            said |= {
                "user_type": "legal",
                "organization_name": organization["name"],
                "credit_code": code,
                "registration_status": organization["status"],
            }
        return said

    def _subject(self, account: str, client: str) -> str:
        """Pairwise: two platforms cannot compare their users (个人信息保护法)."""
        return hmac.new(self.signer_secret, f"{client} {account}".encode(), hashlib.sha256).hexdigest()

    @property
    def signer_secret(self) -> bytes:
        # Steady across restarts of the sandbox, so that linked accounts stay linked.
        return hashlib.sha256(f"{self.title} {sorted(self.clients.items())}".encode()).digest()

    # -- the browser comes

    def _asked(self, request: Request) -> dict[str, str]:
        wanted = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")
        asked = {name: request.text(name) for name in wanted}
        if asked["redirect_uri"] not in self.redirects.get(asked["client_id"], ()):
            # Never redirected: the address is not the client's.
            raise No(400, "invalid_redirect_uri")
        if (
            request.given.get("response_type") != "code"
            or request.given.get("code_challenge_method") != "S256"
        ):
            raise No(400, "invalid_request")
        if "openid" not in request.text("scope").split():
            raise No(400, "invalid_scope")
        return asked

    def _choose(self, request: Request) -> str:
        self._asked(request)
        hidden = "".join(
            f'<input type="hidden" name="{esc(name)}" value="{esc(value)}">'
            for name, value in request.given.items()
        )
        rows = "".join(
            f'<p><button name="account" value="{esc(account)}">{esc(word)}</button></p>'
            for account, word in self.accounts()
        )
        no = '<p><button name="account" value="">不登录</button></p>'
        return page(self.title, f'<form method="post" action="/authorize">{hidden}{rows}{no}</form>')

    def _approve(self, request: Request) -> Answer:
        asked = self._asked(request)
        account = request.given.get("account") or ""
        back: dict[str, str] = {"state": asked["state"], "iss": self.url}
        if not account or self.fault == "declined":
            back["error"] = "access_denied"
        else:
            if account not in dict(self.accounts()):
                raise No(404, "no_such_account")
            code = secrets.token_urlsafe(32)
            with self.lock:
                self.codes[code] = {**asked, "account": account, "until": time.monotonic() + CODE_SECONDS}
            back["code"] = code
        if self.fault == "no_iss":
            del back["iss"]
        if self.fault == "other_issuer":
            back["iss"] = "https://other.example"
        return Answer("", 303, f"{asked['redirect_uri']}?{urlencode(back)}")

    # -- the client comes

    def _token(self, request: Request) -> Answer:
        client = self.client_of(request)
        with self.lock:
            kept = self.codes.pop(request.text("code"), None)
        if kept is None or kept["client_id"] != client or kept["until"] < time.monotonic():
            raise No(400, "invalid_grant")
        proof = urlsafe_b64encode(hashlib.sha256(request.text("code_verifier").encode()).digest())
        if proof.rstrip(b"=").decode() != kept["code_challenge"]:
            raise No(400, "invalid_grant")
        if request.text("redirect_uri") != kept["redirect_uri"]:
            raise No(400, "invalid_grant")
        if self.fault == "not_json":
            return Answer(page("稍候", "维护中"))
        access = secrets.token_urlsafe(32)
        self.tokens[access] = kept["account"]
        return Answer({
            "access_token": access, "token_type": "Bearer", "expires_in": LIFETIME,
            "id_token": self._id_token(client, kept, access),
        })  # fmt: skip

    def _id_token(self, client: str, kept: Mapping[str, Any], access: str) -> str:
        seen = access if self.fault != "other_token" else "another"
        half = hashlib.sha256(seen.encode()).digest()[:16]
        said = self.claims(client) | {
            "sub": self._subject(kept["account"], client),
            "nonce": kept["nonce"] if self.fault != "wrong_nonce" else "another",
            "auth_time": int(time.time()),
            "sid": hashlib.sha256(kept["account"].encode()).hexdigest()[:16],
            "at_hash": urlsafe_b64encode(half).rstrip(b"=").decode(),
        }
        if self.fault == "no_nonce":
            del said["nonce"]
        if self.fault == "mac_with_secret":
            key = OctKey.import_key(self.clients[client].encode())
            return jwt.encode({"alg": "HS256", "kid": self.signer.key.kid}, said, key)
        return self.signed(said, "JWT")

    def _userinfo(self, request: Request) -> dict[str, Any]:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        account = self.tokens.get(token)
        if account is None:
            raise No(401, "invalid_token")
        client = next(iter(self.clients))
        subject = self._subject(account, client)
        return {"sub": subject if self.fault != "other_subject" else "another", **self._claims(account)}

    # -- and goes

    def _logout(self, request: Request) -> Answer:
        client = request.text("client_id")
        back = request.text("post_logout_redirect_uri")
        if not any(back.startswith(one.split("/login/")[0] + "/") for one in self.redirects.get(client, ())):
            raise No(400, "invalid_redirect_uri")
        hint = jwt.decode(request.text("id_token_hint"), self.signer.key, algorithms=["ES256"])
        self.end_sessions(client, hint.claims["sub"])
        return Answer("", 303, back)

    def end_sessions(self, client: str, subject: str) -> bool:
        """Tell the client that the account's sessions are over."""
        if client not in self.backchannel:
            return False
        said = self.claims(client, 120) | {"sub": subject, "events": {LOGOUT_EVENT: {}}}
        return self.tell(self.backchannel[client], {"logout_token": self.signed(said, "logout+jwt")})
