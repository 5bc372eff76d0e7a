"""The issuer as an HTTP service on loopback. Requests and answers: ``gateways/guarantors/README.md``."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from gateways.guarantors.sandbox.issuer import Issuer
from gateways.guarantors.sandbox.reasons import BAD_REQUEST, DOWN, NO_SUCH
from kernel.canonical_json import parse
from kernel.errors import Kind, Refused
from sealing import statements
from sealing.fields import b64

FAULTS = ("slow", "down", "wrong_signature", "wrong_amount")
MAX_BODY = 1024 * 1024
SLOW_SECONDS = 8.0
_STATUS = {Kind.MALFORMED: 400, Kind.FORBIDDEN: 403, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.BUSY: 503}

Answer = tuple[int, str, bytes]


class Handler(BaseHTTPRequestHandler):
    """Parses, calls, renders; the business is in ``server.issuer``."""

    timeout = 30
    protocol_version = "HTTP/1.1"

    @property
    def house(self) -> GuarantorServer:
        return cast("GuarantorServer", self.server)

    def do_GET(self) -> None:
        self._answer(self._get)

    def do_POST(self) -> None:
        self._answer(self._post)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: the demo prints its own progress."""

    def _answer(self, act: Callable[[list[str], str], Answer]) -> None:
        url = urlsplit(self.path)
        parts = [unquote(p) for p in url.path.split("/") if p]
        fault = parse_qs(url.query).get("fault", [self.house.fault])[0]
        try:
            if fault == "slow":
                self.house.wait(SLOW_SECONDS)
            if fault == "down" and parts != ["faults"]:
                raise Refused(DOWN())
            self._send(*act(parts, fault))
        except Refused as refusal:
            self.close_connection = True
            body = {"code": refusal.code, "reasons": [r.as_json() for r in refusal.reasons]}
            self._send(_STATUS.get(refusal.kind, 422), "application/problem+json", _text(body))

    def _send(self, status: int, kind: str, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(data)

    def _now(self) -> datetime:
        try:
            told = parsedate_to_datetime(self.headers.get("Date", ""))
        except ValueError:
            return datetime.now(UTC)
        return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)

    def _get(self, parts: list[str], fault: str) -> Answer:
        issuer = self.house.issuer
        match parts:
            case ["issuer"]:
                return _json(self.house.about())
            case ["guarantees", number]:
                return _json(issuer.tell(number, self._now()))
            case ["guarantees", number, "pdf"]:
                return 200, "application/pdf", issuer.store.pdf(number)
        raise Refused(NO_SUCH(number=self.path[:60]))

    def _post(self, parts: list[str], fault: str) -> Answer:
        body = self._body()
        match parts:
            case ["faults"]:
                return _json(self.house.set_fault(body.get("fault")))
            case ["guarantees", "apply"]:
                now = self._now()
                return self._once(201, parts, body, lambda: self.house.issuer.apply(body, now, fault=fault))
            case ["guarantees", number, "release"]:
                now = self._now()
                return self._once(200, parts, body, lambda: self.house.issuer.release(number, body, now))
            case ["guarantees", number, "demand"]:
                now = self._now()
                return self._once(200, parts, body, lambda: self.house.issuer.demand(number, body, now))
        raise Refused(NO_SUCH(number=self.path[:60]))

    def _once(
        self, status: int, parts: list[str], body: dict[str, Any], act: Callable[[], dict[str, Any]]
    ) -> Answer:
        """Under an Idempotency-Key the first answer is given again, to whoever signed the same statement:
        the signature itself may differ, since ECDSA and PSS are randomized."""
        key = self.headers.get("Idempotency-Key", "")
        if len(key) > 200:
            raise Refused(BAD_REQUEST(why="Idempotency-Key"))
        if not key:
            return _json(act(), status)
        statements.verify(body)
        said = {name: value for name, value in body.items() if name != "signature"}
        request, store = {"path": parts, "said": said}, self.house.issuer.store
        earlier = store.answered(f"key:{key}", request)
        if earlier is None:
            earlier = act()
            store.remember(f"key:{key}", request, earlier)
        return _json(earlier, status)

    def _body(self) -> dict[str, Any]:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_BODY:
            raise Refused(BAD_REQUEST(why="Content-Length"))
        value = parse(self.rfile.read(int(length)))
        if not isinstance(value, dict):
            raise Refused(BAD_REQUEST(why="JSON object"))
        return value


def _json(value: dict[str, Any], status: int = 200) -> Answer:
    return status, "application/json; charset=utf-8", _text(value)


def _text(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


class GuarantorServer(ThreadingHTTPServer):
    """``GuarantorServer(("127.0.0.1", 0), issuer)``; ``serve_forever`` as usual."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], issuer: Issuer) -> None:
        self.issuer = issuer
        self.fault = ""
        super().__init__(address, Handler)

    @property
    def url(self) -> str:
        host, port = cast(tuple[str, int], self.server_address[:2])
        return f"http://{host}:{port}"

    def wait(self, seconds: float) -> None:
        """The fault ``slow``: longer than any caller's patience."""
        time.sleep(seconds)

    def set_fault(self, fault: Any) -> dict[str, Any]:
        if fault is not None and fault not in FAULTS:
            raise Refused(BAD_REQUEST(why=f"fault {fault!r}"))
        self.fault = fault or ""
        return {"fault": fault}

    def about(self) -> dict[str, Any]:
        """Who the issuer is, for the platform's list of licensed issuers."""
        chain = self.issuer.chain
        ders = [b64(one.public_bytes(Encoding.DER)) for one in chain]
        me = self.issuer.party
        return {
            "name": me.name,
            "credit_code": me.credit_code,
            "certificate": ders[0],
            "chain": ders,
            "fingerprint": chain[0].fingerprint(hashes.SHA256()).hex(),
        }
