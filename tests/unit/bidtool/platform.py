"""A platform of a few lines for the client's tests: real HTTP, real receipts, faults on request.

It keeps uploads in memory, takes submissions, and answers what ``bidtool`` asks for. It decides nothing
that the real doors decide; those have their own tests.
"""

from __future__ import annotations

import functools
import io
import json
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from ca_interop.demo_ca.specifications import CA_TWO, CaSpecification
from kernel.clock import iso
from sealing import receipts, statements
from sealing.fields import b64
from sealing.header import read_header
from tests import records


@dataclass
class Platform:
    """``cut``: break the connection after so many bytes of a chunk, that many times. ``hears(moment)`` is called
    when the server is at ``begin``, ``begun``, ``chunk`` (half of one has come), ``chunked``, ``submit``, ``accepted``."""

    url: str = ""
    log: records.Log = field(default_factory=records.Log)
    uploads: dict[str, dict[str, Any]] = field(default_factory=dict)
    bids: dict[str, dict[str, Any]] = field(default_factory=dict)
    posted: list[tuple[str, Any]] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    busy: int = 0
    withdrawals: bool = False
    waiting: bool = False
    platform: str = ""
    chunk_max: int = 20_000
    hears: Callable[[str], None] = lambda moment: None
    #: Whose certificates the custodians have.
    of: CaSpecification = CA_TWO

    def tender(self) -> dict[str, Any]:
        custodians = [records.party(n, i, of=self.of) for i, n in enumerate(records.CUSTODIANS, start=1)]
        owner = records.party(records.OWNER, 3)
        return {
            "number": records.NUMBER, "title": records.TITLE, "now": iso(records.DEADLINE - timedelta(days=5)),
            "submission_deadline": iso(records.DEADLINE), "part": "whole", "currency": "CNY", "threshold": 2,
            "bid_validity_days": 90, "procuring_entity": owner.as_json(),
            "custodians": [
                {"index": i, "name": c.name, "certificate": b64(c.encryption.certificate.public_bytes(Encoding.DER))}
                for i, c in enumerate(custodians, start=1)
            ],
            "lots": [{"lot": "1", "name": "施工一标段", "ceiling_price": "5000000.00", "bond_amount": "80000.00"}],
            "requirements": [
                {"role": "technical", "title": "施工组织设计", "required": True, "media_types": ["application/pdf"]},
                {"role": "boq", "title": "已标价工程量清单", "required": True, "media_types": []},
                {"role": "guarantee", "title": "投标保函", "required": False, "media_types": []},
            ],
        }  # fmt: skip

    def accept(self, body: dict[str, Any]) -> dict[str, Any]:
        """The receipt of a submission; the same again for the same envelope."""
        data = bytes(self.uploads[body["upload"]]["data"])
        said = statements.verify(body["submission"], purpose="bid-submission").payload
        known = self.bids.get(said["envelope_sha256"])
        if known is not None:
            return dict(known["receipt"])
        assert read_header(io.BytesIO(data)).pseudonym.hex() == said["pseudonym"]
        bid, at = str(uuid.uuid4()), records.DEADLINE - timedelta(hours=1)
        act = {"bid": bid, **said}
        self.log.act("bid.submit", at, act, sealed=True)
        index = len(self.log.rows) - 1
        document, salt = self.log.rows[index]
        proof = records.tlog.format_proof(index, self.log.proof(index), self.log.note)
        receipt = receipts.issue(
            {"v": 1, **act, "received_at": iso(at), "act": document, "salt": b64(salt or b""), "index": index,
             "proof": proof},
            records.PLATFORM,
        )  # fmt: skip
        self.bids[said["envelope_sha256"]] = {"bid": bid, "data": data, "receipt": receipt, "lost": False}
        return receipt


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def platform(self) -> Platform:
        return self.server.platform  # type: ignore[attr-defined,no-any-return]

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""

    def reply(self, status: int, value: Any = None, **headers: str) -> None:
        data = b"" if value is None else value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        for name, text in headers.items():
            self.send_header(name.replace("_", "-"), text)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def problem(self, status: int, code: str, law: str = "") -> None:
        reason = {"code": code, "zh": f"中文 {code}", "en": f"english {code}", "kind": "x", "law": law}
        self.reply(status, {"code": code, "reasons": [reason]}, Content_Type="application/problem+json")

    def do_GET(self) -> None:
        path, here = self.path, self.platform
        if path == f"/api/v1/tenders/{records.NUMBER}":
            self.reply(200, here.tender())
        elif path == "/api/v1/keys":
            self.reply(200, {"platform_public_key": records.PLATFORM_HEX, "log_vkey": records.VKEY})
        elif path.endswith("/opening"):
            rows = [
                {"bid": b["bid"], "lot": "1", "envelope_sha256": sha, "status": "submitted",
                 "quorum_requested_at": iso(records.DEADLINE) if b["lost"] else None}
                for sha, b in here.bids.items()
            ]  # fmt: skip
            self.reply(200, {"status": "decrypting", "bids": rows})
        elif path.endswith("/header"):
            data = next(b["data"] for b in here.bids.values() if b["bid"] in path)
            source = io.BytesIO(data)
            read_header(source)
            self.reply(200, data[: source.tell()])
        else:
            self.problem(404, "request.not_found")

    def do_HEAD(self) -> None:
        upload = self.platform.uploads.get(self.path.rsplit("/", 1)[1])
        if upload is None:
            self.reply(404)
        else:
            self.reply(200, None, Upload_Offset=str(len(upload["data"])))

    def do_PATCH(self) -> None:
        upload = self.platform.uploads[self.path.rsplit("/", 1)[1]]
        length = int(self.headers["Content-Length"])
        if int(self.headers["Upload-Offset"]) != len(upload["data"]):
            self.rfile.read(length)
            self.reply(409, {"reasons": []}, Upload_Offset=str(len(upload["data"])))
        elif self.platform.cut:
            upload["data"] += self.rfile.read(min(length, self.platform.cut.pop(0)))
            self.close_connection = True
            self.connection.close()
        else:
            upload["data"] += self.rfile.read(length // 2)
            self.platform.hears("chunk")
            upload["data"] += self.rfile.read(length - length // 2)
            self.platform.hears("chunked")
            self.reply(204, None, Upload_Offset=str(len(upload["data"])))

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        here, path = self.platform, self.path
        here.posted.append((path, body))
        if here.busy:
            here.busy -= 1
            self.reply(503, b"<html>busy</html>")
        elif path == "/api/v1/uploads":
            here.hears("begin")
            name = str(uuid.uuid4())
            here.uploads[name] = {"data": bytearray(), **body}
            here.hears("begun")
            self.reply(201, {"upload": name, "offset": 0, "chunk_max": here.chunk_max})
        elif path.endswith("/bids"):
            here.hears("submit")
            receipt = here.accept(body)
            here.hears("accepted")
            self.reply(201, receipt)
        elif path == "/api/v1/login/challenge":
            said = {"challenge": "c", "platform": here.platform or here.url, "at": iso(records.DEADLINE)}
            self.reply(200, {"challenge": "c", "statement": statements.statement("login", said)})
        elif path in ("/api/v1/login", "/api/v1/register"):
            found = statements.verify(body["signed"], purpose="login")
            assert found.leaf is not None
            if here.waiting:
                said = {
                    "waiting": "r1",
                    "person": "",
                    "name": "张三",
                    "organization_name": "甲公司",
                    "roles": [],
                }
                self.reply(202, said)
                return
            self.reply(
                200, {"person": "p", "organization": "o", "roles": ["bidder"]}, Set_Cookie="sessionid=s1"
            )
        elif path.endswith("/withdrawal") and not here.withdrawals:
            self.problem(409, "bid.too_late_to_withdraw", "招标投标法第二十九条")
        else:
            if path.endswith("/key-lost"):
                next(b for b in here.bids.values() if b["bid"] in path)["lost"] = True
            self.reply(200, {"ok": True})


class Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that was killed is no event; anything else is."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


@contextmanager
def running() -> Iterator[Platform]:
    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    platform = Platform(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.platform = platform  # type: ignore[attr-defined]
    thread = threading.Thread(target=functools.partial(server.serve_forever, poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield platform
    finally:
        server.shutdown()
        server.server_close()
