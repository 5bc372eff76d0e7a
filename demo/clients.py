"""The demo's people at their own machines: each with a certificate, over HTTP and WebSocket."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from websockets.asyncio.client import ClientConnection, connect

from bidtool.document_signing import signed_document
from bidtool.remote import Server
from kernel.merge_patch import merge_patch
from sealing import statements
from sealing.signer import SoftwareSigner, from_pem

CHUNK = 1024 * 1024


class Refusal(Exception):
    """The server said no: status, code and reasons."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        self.status, self.body = status, body
        self.code = str(body.get("code", ""))
        self.reasons: list[dict[str, Any]] = body.get("reasons", [])
        super().__init__(f"{status} {self.code}: " + "；".join(r.get("zh", "") for r in self.reasons))


@dataclass
class Client:
    """One person signed in on the platform. ``key_file`` is the person's PEM (key and chain)."""

    base: str
    name: str
    key_file: Path
    encryption_file: Path | None = None
    http: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.base, timeout=60, follow_redirects=False)

    @property
    def signer(self) -> SoftwareSigner:
        signing = from_pem(self.key_file.read_bytes())
        if self.encryption_file is None:
            return signing
        second = from_pem(self.encryption_file.read_bytes())
        return SoftwareSigner(signing._key, signing.chain, (second._key, second.chain[0]))

    # -- HTTP

    def get(self, path: str) -> Any:
        return self._answer(self.http.get(path, headers={"Accept": "application/json"}))

    def post(self, path: str, body: dict[str, Any] | None = None, *, key: str = "") -> Any:
        headers = {"Idempotency-Key": key or str(uuid.uuid4())}
        return self._answer(self.http.post(path, json=body or {}, headers=headers))

    def _answer(self, response: httpx.Response) -> Any:
        if response.is_success:
            return response.json() if response.content else {}
        try:
            body = response.json()
        except ValueError as error:
            raise SystemExit(
                f"{response.request.url} → {response.status_code}: {response.text[:500]}"
            ) from error
        raise Refusal(response.status_code, body)

    def upload(self, data: bytes, name: str, media_type: str) -> str:
        """Upload in chunks; the upload's id."""
        made = self.post("/api/v1/uploads", {
            "size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "name": name, "media_type": media_type,
        })  # fmt: skip
        for at in range(0, len(data), CHUNK):
            headers = {"Upload-Offset": str(at), "Content-Type": "application/offset+octet-stream"}
            answer = self.http.patch(
                f"/api/v1/uploads/{made['upload']}", content=data[at : at + CHUNK], headers=headers
            )
            if answer.status_code != 204:
                self._answer(answer)
        return str(made["upload"])

    def on_document(self, base: str, original: str, sha256: str) -> dict[str, str]:
        """The signature on a document itself, asked for, checked and made here; ``base`` its JSON door."""
        server = Server(self.base, dict(self.http.cookies))
        return signed_document(server, self.signer, f"{base}/prepare-signature", original, sha256)

    # -- certificates

    def _answered(self) -> dict[str, Any]:
        challenge: dict[str, Any] = self.post("/api/v1/login/challenge")
        return {"signed": self.sign(challenge["statement"])}

    def login(self) -> dict[str, Any]:
        """Sign in by certificate challenge: ``{person, organization, roles, …}``."""
        answer: dict[str, Any] = self.post("/api/v1/login", self._answered())
        return answer

    def register(self, role: str) -> dict[str, Any]:
        """Register by certificate challenge, with the encryption certificate of 双证 if there is one."""
        body = self._answered() | {"role": role, "person_name": self.name}
        if self.encryption_file is not None:
            second = from_pem(self.encryption_file.read_bytes())
            body["encryption"] = [_base64(c) for c in second.chain]
        answer: dict[str, Any] = self.post("/api/v1/register", body)
        return answer

    def sign(self, statement: dict[str, Any]) -> dict[str, Any]:
        return statements.sign(statement, self.signer)

    # -- rooms

    async def enter(self, path: str) -> RoomClient:
        cookies = "; ".join(f"{c.name}={c.value}" for c in self.http.cookies.jar)
        url = self.base.replace("http", "ws", 1) + path
        socket = await connect(
            url, additional_headers={"Cookie": cookies, "Origin": self.base}, max_size=None
        )
        room = RoomClient(self, socket)
        await room.hello()
        return room


def _base64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


class RoomClient:
    """A WebSocket in a room: folds events into the state, answers come back to whoever asked."""

    def __init__(self, client: Client, socket: ClientConnection) -> None:
        self.client, self.socket = client, socket
        self.state: dict[str, Any] = {}
        self.seq = 0
        self.said: list[str] = []
        self.waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self.changed = asyncio.Condition()
        self.reader: asyncio.Task[None] | None = None

    async def hello(self) -> None:
        frame = json.loads(await self.socket.recv())
        if frame["t"] != "hello":
            raise Refusal(403, frame)
        self.state, self.seq = frame["state"], frame["seq"]
        self.reader = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for text in self.socket:
            frame = json.loads(text)
            if frame["t"] == "event":
                assert frame["seq"] == self.seq + 1, f"gap: {self.seq} → {frame['seq']}"
                self.seq = frame["seq"]
                if not frame.get("hidden"):
                    self.state = merge_patch(self.state, frame["patch"])
                    if frame["say"]:
                        self.said.append(frame["say"])
                async with self.changed:
                    self.changed.notify_all()
            elif frame["t"] in ("done", "refused") and frame["id"] in self.waiting:
                self.waiting.pop(frame["id"]).set_result(frame)

    async def do(self, verb: str, **args: Any) -> dict[str, Any]:
        """Ask for an act; its result, or ``Refusal``."""
        frame_id = str(uuid.uuid4())
        answer = self.waiting[frame_id] = asyncio.get_running_loop().create_future()
        await self.socket.send(json.dumps({"t": "do", "id": frame_id, "verb": verb, "args": args}))
        frame = await asyncio.wait_for(answer, 60)
        if frame["t"] == "refused":
            raise Refusal(409, {"code": frame["reasons"][0]["code"], "reasons": frame["reasons"]})
        return dict(frame["result"])

    async def until(self, wanted: Any, what: str, seconds: float = 60) -> None:
        """Wait until ``wanted(state)`` holds."""
        async with self.changed:
            try:
                await asyncio.wait_for(self.changed.wait_for(lambda: bool(wanted(self.state))), seconds)
            except TimeoutError as error:
                raise SystemExit(
                    f"等不到：{what}。状态：{json.dumps(self.state, ensure_ascii=False)[:1500]}"
                ) from error

    async def leave(self) -> None:
        await self.socket.close()
        if self.reader is not None:
            self.reader.cancel()
