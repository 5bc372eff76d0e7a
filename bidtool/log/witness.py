"""A witness (C2SP tlog-witness): cosigns a log's checkpoint only when it grew from the last one it saw."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from bidtool.log.witness_store import Head, Store
from kernel import merkle, tlog
from kernel.errors import Kind, ReasonForm, Refused

MAX_BODY = tlog.MAX_NOTE + 64 * 64
#: How much of a body that is too large is read away, so that the sender hears the answer.
_DRAIN = 16 * 1024 * 1024
PLAIN = "text/plain; charset=utf-8"
SIZE = "text/x.tlog.size"

BAD_REQUEST = ReasonForm(
    "witness.bad_request", zh="请求不合格：{why}", en="malformed request: {why}", kind=Kind.MALFORMED,
    law="C2SP tlog-witness",
)  # fmt: skip
LOG_KEY_WRONG = ReasonForm(
    "witness.log_key_wrong", zh="日志密钥「{key}」不是 Ed25519（0x01）密钥", kind=Kind.MALFORMED,
    en="the log key {key} is not an Ed25519 (0x01) key",
)  # fmt: skip


@dataclass(frozen=True)
class Reply:
    """An HTTP answer."""

    status: int
    body: str
    media_type: str = PLAIN


@dataclass(frozen=True)
class Submission:
    """A request body: the old size, the consistency proof, the signed checkpoint."""

    old: int
    proof: tuple[bytes, ...]
    note: str
    checkpoint: tlog.Checkpoint


class Witness:
    """The rules. ``now`` gives POSIX seconds."""

    def __init__(
        self,
        key: tlog.SigningKey,
        logs: Iterable[str],
        store: Store,
        now: Callable[[], int] = lambda: int(time.time()),
    ) -> None:
        self.key = tlog.SigningKey(key.name, key.private_key, tlog.COSIGNATURE)
        self._store = store
        self._now = now
        self._lock = threading.Lock()
        self._logs: dict[str, list[tlog.VerifierKey]] = {}
        for text in logs:
            known = tlog.parse_vkey(text)
            if known.kind != tlog.ED25519:
                raise Refused(LOG_KEY_WRONG(key=known.name))
            self._logs.setdefault(known.name, []).append(known)

    def add_checkpoint(self, body: bytes) -> Reply:
        """Status codes and their order as in tlog-witness."""
        try:
            asked = read_submission(body)
        except Refused as refusal:
            return Reply(400, refusal.reasons[0].en + "\n")
        keys = self._logs.get(asked.checkpoint.origin)
        if keys is None:
            return Reply(404, "unknown log origin\n")
        try:
            tlog.open_checkpoint(asked.note, keys)
        except Refused as refusal:
            return Reply(403, refusal.reasons[0].en + "\n")
        if asked.old > asked.checkpoint.size:
            return Reply(400, "the old size is larger than the checkpoint\n")
        # One at a time: between the comparison with the stored size and the new state on the disk
        # no other checkpoint may slip in, or the witness would go back.
        with self._lock:
            return self._advance(asked)

    def _advance(self, asked: Submission) -> Reply:
        new, held = asked.checkpoint, self._store.head(asked.checkpoint.origin)
        same_size = asked.old == new.size
        if asked.old != held.size or (same_size and new.root != held.root):
            return Reply(409, f"{held.size}\n", SIZE)
        try:
            _check_growth(asked, held)
        except Refused as refusal:
            return Reply(422, refusal.reasons[0].en + "\n")
        if not same_size:
            self._store.advance(new.origin, Head(new.size, new.root, asked.note))
        return Reply(200, tlog.cosign(asked.note, self.key, self._now()))


def _check_growth(asked: Submission, held: Head) -> None:
    new = asked.checkpoint
    if held.size == 0:
        # Anything grows from nothing; the proof of that is empty.
        if asked.proof:
            raise Refused(merkle.BAD_CONSISTENCY(why="old size 0 needs an empty proof"))
        return
    merkle.verify_consistency(held.size, new.size, held.root, new.root, asked.proof)


def read_submission(body: bytes) -> Submission:
    """``old N``, proof lines, an empty line, the checkpoint. ``Refused`` for anything else."""
    text = tlog.text_of(body)
    head, blank, note = text.partition("\n\n")
    if not blank:
        raise Refused(BAD_REQUEST(why="an empty line before the checkpoint expected"))
    first, *lines = head.split("\n")
    if not first.startswith("old "):
        raise Refused(BAD_REQUEST(why="old size line"))
    old = tlog.parse_decimal(first.removeprefix("old "), BAD_REQUEST)
    if len(lines) > tlog.MAX_PROOF_LINES:
        raise Refused(BAD_REQUEST(why="more than 63 proof lines"))
    proof = tuple(tlog.decode_hash(line, BAD_REQUEST) for line in lines)
    return Submission(old, proof, note, tlog.parse_checkpoint(tlog.split_note(note)[0]))


class Handler(BaseHTTPRequestHandler):
    """HTTP around :class:`Witness`. Keep-alive, bounded bodies, slow clients are dropped."""

    protocol_version = "HTTP/1.1"
    server_version = "mingtang-witness"
    sys_version = ""
    timeout = 30
    wbufsize = 64 * 1024
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()) or len(length) > 12:
            self._reply(Reply(411, "Content-Length is needed\n"), keep=False)
        elif int(length) > MAX_BODY:
            left = min(int(length), _DRAIN)
            while left > 0 and (data := self.rfile.read(min(left, 1 << 16))):
                left -= len(data)
            self._reply(Reply(413, "the request is too large\n"), keep=False)
        else:
            self._answer(self.rfile.read(int(length)), int(length))

    def _answer(self, body: bytes, length: int) -> None:
        witness: Witness = self.server.witness  # type: ignore[attr-defined]
        if len(body) < length:
            self.close_connection = True
        elif self.path.split("?")[0] != "/add-checkpoint":
            self._reply(Reply(404, "not found\n"))
        else:
            self._reply(witness.add_checkpoint(body))

    def do_GET(self) -> None:
        known = self.path.split("?")[0] == "/add-checkpoint"
        self._reply(Reply(405, "POST only\n") if known else Reply(404, "not found\n"), keep=False)

    do_HEAD = do_PUT = do_DELETE = do_PATCH = do_GET

    def _reply(self, reply: Reply, *, keep: bool = True) -> None:
        data = reply.body.encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.media_type)
        self.send_header("Content-Length", str(len(data)))
        if reply.status == 405:
            self.send_header("Allow", "POST")
        if not keep:
            # What the client may still be sending is not read as another request.
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: addresses of callers are nobody's business."""


class WitnessServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, Handler)
        self.witness = witness

    def server_bind(self) -> None:
        # Without the look-up of the host's full name that HTTPServer does.
        super(ThreadingHTTPServer, self).server_bind()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that hangs up is no event."""
