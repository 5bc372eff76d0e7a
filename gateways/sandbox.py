"""What the sandboxes of identity, licences and person codes share: an HTTP server with faults on request, keys
that rotate, and a register of people and organizations in one JSON file.

``{"people": [{"id", "name", "id_number"}], "organizations": [{"credit_code", "name", "status",
"legal_representative": person id, "authorized": [{"person": id, "until": RFC 3339}]}]}``
"""

from __future__ import annotations

import argparse
import contextlib
import html
import json
import os
import secrets
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qsl, urlsplit

import httpx
from joserfc import jwt
from joserfc.jwk import ECKey

MAX_BODY = 64 * 1024
SLOW_SECONDS = 8.0
LIFETIME = 300


class No(Exception):
    """A request that is refused: status and OAuth-like error word."""

    def __init__(self, status: int, error: str) -> None:
        self.status, self.error = status, error
        super().__init__(error)


@dataclass
class Register:
    """Who there is. ``people`` by id, ``organizations`` by credit code, both as in the file."""

    people: dict[str, dict[str, Any]]
    organizations: dict[str, dict[str, Any]]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Register:
        people = {row["id"]: dict(row) for row in document["people"]}
        return cls(people, {row["credit_code"]: dict(row) for row in document["organizations"]})

    @classmethod
    def read(cls, path: Path) -> Register:
        return cls.of(json.loads(path.read_text("utf-8")))

    def person(self, key: str) -> dict[str, Any]:
        if key not in self.people:
            raise No(404, "no_such_person")
        return self.people[key]

    def organization(self, code: str) -> dict[str, Any]:
        if code not in self.organizations:
            raise No(404, "no_such_organization")
        return self.organizations[code]

    def holders(self) -> Iterator[tuple[str, str]]:
        """``(form value, words)`` of everybody who may act for an organization: its head, then the authorized."""
        for organization in self.organizations.values():
            agents = [row["person"] for row in organization.get("authorized", [])]
            for person in dict.fromkeys([organization["legal_representative"], *agents]):
                yield (
                    f"{organization['credit_code']}.{person}",
                    f"{organization['name']}（{self.person(person)['name']}）",
                )


class Signer:
    """The key that signs answers, and its public half."""

    def __init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """A new key; the old one is withdrawn."""
        self.key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(8), "use": "sig", "alg": "ES256"})

    def jwks(self) -> dict[str, Any]:
        return {"keys": [self.key.as_dict(private=False)]}

    def sign(self, claims: Mapping[str, Any], kind: str = "JWT") -> str:
        return jwt.encode({"alg": "ES256", "kid": self.key.kid, "typ": kind}, dict(claims), self.key)


@dataclass
class Request:
    """One request: path parts, query and form or JSON as one mapping of text, headers."""

    method: str
    path: tuple[str, ...]
    given: dict[str, Any]
    headers: Mapping[str, str]
    fault: str = ""

    def text(self, name: str) -> str:
        value = self.given.get(name)
        if not isinstance(value, str) or not value or len(value) > 4000:
            raise No(400, f"invalid_request {name}")
        return value


@dataclass
class Answer:
    """``body`` is JSON, or HTML when it is text."""

    body: Any = field(default_factory=dict)
    status: int = 200
    location: str = ""


class _Handler(BaseHTTPRequestHandler):
    timeout = 30
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: tokens and codes do not belong in logs."""

    def _serve(self, method: str) -> None:
        house = cast("SandboxServer", self.server)
        try:
            answer = house.serve(self._request(method))
        except No as no:
            answer = Answer({"error": no.error}, no.status)
        self._send(answer)

    def _request(self, method: str) -> Request:
        url = urlsplit(self.path)
        given: dict[str, Any] = dict(parse_qsl(url.query))
        if method == "POST":
            length = self.headers.get("Content-Length", "0")
            if not length.isdecimal() or int(length) > MAX_BODY:
                self.close_connection = True
                raise No(413, "too_large")
            given |= self._body(self.rfile.read(int(length)))
        parts = tuple(part for part in url.path.split("/") if part)
        return Request(method, parts, given, self.headers)

    def _body(self, data: bytes) -> dict[str, Any]:
        if "json" not in self.headers.get("Content-Type", ""):
            return dict(parse_qsl(data.decode("utf-8", "replace")))
        try:
            value = json.loads(data)
        except ValueError as error:
            raise No(400, "invalid_request") from error
        if not isinstance(value, dict):
            raise No(400, "invalid_request")
        return value

    def _send(self, answer: Answer) -> None:
        is_page = isinstance(answer.body, str)
        data = (answer.body if is_page else json.dumps(answer.body, ensure_ascii=False)).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", f"{'text/html' if is_page else 'application/json'}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("Cache-Control", "no-store")
        if answer.location:
            self.send_header("Location", answer.location)
        self.end_headers()
        self.wfile.write(data)


class SandboxServer(ThreadingHTTPServer):
    """Subclasses give ``faults`` and :meth:`answer`. ``POST /faults {"fault": name or null}`` until changed."""

    daemon_threads = True
    faults: tuple[str, ...] = ()
    title = "沙箱"

    def __init__(self, address: tuple[str, int], register: Register, clients: Mapping[str, str]) -> None:
        """``clients``: client id → secret."""
        self.register = register
        self.clients = dict(clients)
        self.signer = Signer()
        self.fault = ""
        self.lock = threading.RLock()
        super().__init__(address, _Handler)

    @property
    def url(self) -> str:
        host, port = cast(tuple[str, int], self.server_address[:2])
        return f"http://{host}:{port}"

    def serve(self, request: Request) -> Answer:
        if request.path == ("faults",) and request.method == "POST":
            fault = request.given.get("fault") or ""
            if fault and fault not in (*self.faults, "slow", "down", "fast_clock"):
                raise No(400, "no_such_fault")
            self.fault = fault
            return Answer({"fault": fault})
        request.fault = self.fault
        if self.fault == "slow":
            time.sleep(SLOW_SECONDS)
        if self.fault == "down":
            raise No(503, "down")
        if request.path == ("jwks",):
            return Answer(self.signer.jwks())
        return self.answer(request)

    def answer(self, request: Request) -> Answer:
        raise NotImplementedError

    def client_of(self, request: Request) -> str:
        """The client that asks, by HTTP Basic."""
        import base64

        kind, _, value = request.headers.get("Authorization", "").partition(" ")
        try:
            name, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
        except ValueError as error:
            raise No(401, "invalid_client") from error
        known = self.clients.get(name, "")
        if kind != "Basic" or not known or not secrets.compare_digest(known, secret):
            raise No(401, "invalid_client")
        return name

    def claims(self, audience: str, lifetime: int = LIFETIME) -> dict[str, Any]:
        """What every signed answer says; the faults that all sandboxes have."""
        now = int(time.time())
        said: dict[str, Any] = {
            "iss": self.url,
            "aud": audience,
            "iat": now,
            "exp": now + lifetime,
            "jti": secrets.token_urlsafe(16),
        }
        if self.fault == "expired":
            said |= {"iat": now - 3600, "exp": now - 600}
        if self.fault == "other_audience":
            said["aud"] = "somebody-else"
        if self.fault == "fast_clock":
            # Within the minute that two houses' clocks may differ.
            said |= {"iat": now + 40, "nbf": now + 40}
        if self.fault == "from_the_future":
            said |= {"iat": now + 600, "nbf": now + 600, "exp": now + 1200}
        return said

    def signed(self, claims: Mapping[str, Any], kind: str) -> str:
        if self.fault == "rotated":
            self.signer.rotate()
        signer = Signer() if self.fault == "unknown_key" else self.signer
        token = signer.sign(claims, kind)
        if self.fault == "wrong_signature":
            head, body, signature = token.split(".")
            return f"{head}.{body}.{signature[::-1]}"
        if self.fault == "alg_none":
            return unsigned(claims, kind, self.signer.key.kid)
        return token

    def tell(self, url: str, form: Mapping[str, str]) -> bool:
        """Call a client back; whether it listened."""
        try:
            return httpx.post(url, data=dict(form), timeout=3).is_success
        except httpx.HTTPError:
            return False


def until_interrupted(server: SandboxServer, title: str) -> int:
    """Say where it is, and serve."""
    with server:
        sys.stdout.write(f"{title}已启动：{server.url}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve_forever()
    return 0


def run(kind: type[SandboxServer], module: str, port: int) -> int:
    """``python -m MODULE --register FILE [--host --port]``; client id and secret from ``SANDBOX_CLIENT_ID`` and
    ``SANDBOX_CLIENT_SECRET``."""
    options = command_line(module, kind.title, port).parse_args()
    clients = {os.environ["SANDBOX_CLIENT_ID"]: os.environ["SANDBOX_CLIENT_SECRET"]}
    server = kind((options.host, options.port), Register.read(options.register), clients)
    return until_interrupted(server, server.title)


def command_line(module: str, title: str, port: int) -> argparse.ArgumentParser:
    """What every sandbox is told."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=title)
    parser.add_argument("--register", type=Path, required=True, help="人员与单位（JSON）")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=port, help="0 = 任意空闲端口，启动后打印")
    return parser


def unsigned(claims: Mapping[str, Any], kind: str, kid: str | None) -> str:
    """A token with ``alg: none``, as a forger makes it."""
    import base64

    def part(value: Mapping[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'typ': kind, 'kid': kid})}.{part(claims)}."


def page(title: str, body: str) -> str:
    """A page of a sandbox; ``body`` is HTML that was escaped already."""
    return (
        '<!doctype html><html lang="zh-Hans"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{esc(title)}</title></head><body><h1>{esc(title)}</h1>"
        f"<p>演示用的沙箱，不是真的政务服务。</p>{body}</body></html>"
    )


def esc(text: object) -> str:
    return html.escape(str(text), quote=True)
