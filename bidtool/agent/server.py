"""HTTP on the loopback: who asks (``Origin``, ``Host``, token) is checked before anything is read.

Every answer to an allowed page names that page's origin; there is no ``*`` and no cookie. The preflight of
Private Network Access (``Access-Control-Request-Private-Network``) is answered for allowed pages only.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bidtool.agent.desk import Desk, body_of
from bidtool.agent.origins import hosts
from bidtool.agent.refusals import BAD_BODY, FOREIGN_HOST, FOREIGN_ORIGIN, NOT_PAIRED, UNKNOWN_REQUEST
from kernel.canonical_json import parse
from kernel.errors import Kind, Refused

BASE = "/mingtang-agent/v1/"
#: A statement with the PDF that it names, in base64.
MAX_BODY = 96 * 1024 * 1024
_DRAIN = 2 * MAX_BODY
STATUS = {
    Kind.MALFORMED: 400, Kind.UNAUTHENTICATED: 401, Kind.FORBIDDEN: 403, Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409, Kind.INVALID: 422, Kind.BUSY: 503,
}  # fmt: skip


class AgentServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], desk: Desk, origins: frozenset[str]) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)
        self.desk, self.origins, self.hosts = desk, origins, hosts(self.server_address[1])

    def server_bind(self) -> None:
        # Without the look-up of the host's full name that HTTPServer does.
        super(ThreadingHTTPServer, self).server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A page that is closed in the middle is no event; anything else is a bug and is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "mingtang-agent"
    sys_version = ""
    timeout = 30
    server: AgentServer

    def do_OPTIONS(self) -> None:
        self._served(lambda origin: None)

    def do_GET(self) -> None:
        self._served(lambda origin: self._answer(origin, {}))

    def do_POST(self) -> None:
        self._served(lambda origin: self._answer(origin, self._body()))

    do_PUT = do_DELETE = do_PATCH = do_HEAD = do_GET

    def _served(self, work: Any) -> None:
        """Nothing is done for a page that is not on the list, and nothing is said about what it would have got."""
        origin = ""
        try:
            origin = self._origin()
            self._reply(200 if self.command != "OPTIONS" else 204, work(origin), origin)
        except Refused as refusal:
            reasons = [reason.as_json() for reason in refusal.reasons]
            self._reply(STATUS[refusal.kind], {"code": refusal.code, "reasons": reasons}, origin)

    def _origin(self) -> str:
        host, origin = self.headers.get("Host", ""), self.headers.get("Origin", "")
        if host.lower() not in self.server.hosts:
            raise Refused(FOREIGN_HOST(host=_short(host)))
        if origin not in self.server.origins or len(self.headers.get_all("Origin", [])) != 1:
            raise Refused(FOREIGN_ORIGIN(origin=_short(origin) or "（没有写明）"))
        return origin

    def _answer(self, origin: str, body: Mapping[str, Any]) -> dict[str, Any]:
        what = self.path.removeprefix(BASE) if self.path.startswith(BASE) else ""
        wanted = {"pair": "POST", "key": "GET", "sign": "POST", "open": "POST"}.get(what)
        if wanted != self.command:
            raise Refused(UNKNOWN_REQUEST(what=_short(f"{self.command} {self.path}")))
        if what == "pair":
            return self.server.desk.pair(origin, body)
        scheme, _, token = self.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise Refused(NOT_PAIRED())
        return self.server.desk.answer(origin, token, what, body)

    def _body(self) -> Mapping[str, Any]:
        # A form of any page could post text/plain; JSON needs the preflight that only allowed pages pass.
        if self.headers.get_content_type() != "application/json":
            raise self._broken("Content-Type: application/json")
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 9 or int(length) > MAX_BODY:
            raise self._broken(f"Content-Length ≤ {MAX_BODY}")
        data = self.rfile.read(int(length))
        return body_of(parse(data))

    def _broken(self, why: str) -> Refused:
        """What follows on this connection is thrown away, as far as it is reasonable, and read as no request."""
        left, length = _DRAIN, self.headers.get("Content-Length", "")
        left = min(left, int(length)) if length.isascii() and length.isdigit() and len(length) < 12 else 0
        while left > 0 and (data := self.rfile.read(min(left, 1 << 16))):
            left -= len(data)
        self.close_connection = True
        return Refused(BAD_BODY(why=why))

    def _reply(self, status: int, said: Mapping[str, Any] | None, origin: str) -> None:
        data = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
        self.send_response(status)
        if origin:
            self._allow(origin)
        self.send_header("Vary", "Origin")
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if not origin or self.close_connection:
            self.send_header("Connection", "close")
            self.close_connection = True
        if status != 204:
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _allow(self, origin: str) -> None:
        self.send_header("Access-Control-Allow-Origin", origin)
        if self.command != "OPTIONS":
            return
        self.send_header("Access-Control-Allow-Methods", "GET, POST")
        self.send_header("Access-Control-Allow-Headers", "authorization, content-type")
        self.send_header("Access-Control-Max-Age", "600")
        if self.headers.get("Access-Control-Request-Private-Network") == "true":
            self.send_header("Access-Control-Allow-Private-Network", "true")

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the terminal belongs to the questions."""


def _short(text: str) -> str:
    return "".join(c if c.isprintable() else "·" for c in text[:100])
