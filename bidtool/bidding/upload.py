"""A large file to the platform, in chunks, going on where it stopped (``/api/v1/uploads``).

What has arrived is known by the server; beside the ticket lies only the upload's id. Killed at any
byte, the same command goes on from the server's offset.
"""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path
from typing import Any

import httpx

from bidtool.files import open_file, read_json, write_json
from bidtool.output import bar
from bidtool.remote import ODD_ANSWER, Server, again
from kernel.errors import Kind, ReasonForm, Refused

CHUNK = 4 * 1024 * 1024
CHUNK_TYPE = "application/offset+octet-stream"
ENVELOPE_TYPE = "application/vnd.mingtang.envelope"
#: What the platform is told instead of the file's own name, which may well be the bidder's.
ENVELOPE_NAME = "envelope.mtse"
_STEP = 1024 * 1024

NOT_THE_TICKETS = ReasonForm(
    "submit.not_the_tickets",
    zh="文件 {path} 与投标凭据不符：SHA-256 为 {found}，凭据写明 {wanted}",
    en="{path} is not the ticket's envelope: SHA-256 is {found}, the ticket says {wanted}",
    kind=Kind.INVALID,
)


def check_envelope(envelope: Path, size: int, sha256: str) -> None:
    """The file is the ticket's, read once in steps; ``Refused(submit.not_the_tickets)``."""
    digest = hashlib.sha256()
    with open_file(envelope) as stream, bar(size, "核对 checking") as progress:
        while data := stream.read(_STEP):
            digest.update(data)
            progress.update(len(data))
    if digest.hexdigest() != sha256:
        raise Refused(NOT_THE_TICKETS(path=envelope.name, found=digest.hexdigest(), wanted=sha256))


class Upload:
    """One resumable upload; ``state`` is the file that remembers its id."""

    def __init__(self, server: Server, envelope: Path, size: int, sha256: str, state: Path) -> None:
        self._server = server
        self._envelope = envelope
        self._size = size
        self._sha256 = sha256
        self._state = state
        self._chunk = CHUNK

    def run(self) -> str:
        """Bring every byte over; the upload's id."""
        name, offset = again(self._begin)
        with open_file(self._envelope) as stream, bar(self._size, "上传 uploading") as progress:
            progress.update(offset)
            while offset < self._size:
                before = offset
                offset = again(functools.partial(self._advance, stream, name, before))
                progress.update(offset - before)
        return str(name)

    def forget(self) -> None:
        self._state.unlink(missing_ok=True)

    def _begin(self) -> tuple[str, int]:
        """Go on with a known upload, or begin one."""
        known = self._known()
        if known:
            response = self._server.raw("HEAD", f"/api/v1/uploads/{known}")
            if response.is_success:
                return known, self._offset(response)
            if response.status_code not in (404, 410):
                raise self._server.refusal(response)
        said = {
            "size": self._size, "sha256": self._sha256, "name": ENVELOPE_NAME, "media_type": ENVELOPE_TYPE,
        }  # fmt: skip
        made = self._server.post("/api/v1/uploads", said)
        name, most = made.get("upload"), made.get("chunk_max")
        if not isinstance(name, str) or not name.replace("-", "").isalnum():
            raise Refused(ODD_ANSWER(host=self._server.host, why="upload"))
        write_json(self._state, self._remembered(name, most), secret=True)
        self._set_chunk(most)
        return name, 0

    def _known(self) -> str:
        if not self._state.exists():
            return ""
        kept = read_json(self._state)
        if kept.get("server") != self._server.url or kept.get("sha256") != self._sha256:
            return ""
        self._set_chunk(kept.get("chunk_max"))
        return str(kept.get("upload") or "")

    def _remembered(self, name: str, most: Any) -> dict[str, Any]:
        return {"v": 1, "server": self._server.url, "sha256": self._sha256, "upload": name, "chunk_max": most}

    def _set_chunk(self, most: Any) -> None:
        self._chunk = min(CHUNK, most) if type(most) is int and most > 0 else CHUNK

    def _advance(self, stream: Any, name: str, offset: int) -> int:
        """Send one chunk from ``offset``; where the server stands afterwards."""
        stream.seek(offset)
        headers = {"Upload-Offset": str(offset), "Content-Type": CHUNK_TYPE}
        try:
            response = self._server.raw(
                "PATCH", f"/api/v1/uploads/{name}", content=stream.read(self._chunk), headers=headers
            )
        except Refused:
            # The chunk may have arrived in part: the server knows how far. No progress counts as a failure.
            reached = self._offset(self._server.raw("HEAD", f"/api/v1/uploads/{name}"))
            if reached <= offset:
                raise
            return reached
        if response.status_code == 409 and "upload-offset" in response.headers:
            return self._offset(response)
        if not response.is_success:
            raise self._server.refusal(response)
        return self._offset(response)

    def _offset(self, response: httpx.Response) -> int:
        text = response.headers.get("Upload-Offset", "")
        if not response.is_success and response.status_code != 409:
            raise self._server.refusal(response)
        if not (text.isascii() and text.isdigit()) or len(text) > 15 or int(text) > self._size:
            raise Refused(ODD_ANSWER(host=self._server.host, why="Upload-Offset"))
        return int(text)
