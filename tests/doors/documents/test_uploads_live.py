"""Uploads through a real Daphne: two writers at one offset, and a client killed in the middle."""

from __future__ import annotations

import hashlib
import os
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from tests.servers import daphne

CHUNK = {"Content-Type": "application/offset+octet-stream"}


def _begin(url: str, data: bytes) -> str:
    body = {
        "size": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "name": "envelope.mte",
        "media_type": "application/octet-stream",
    }
    answer = httpx.post(f"{url}/api/v1/uploads", json=body)
    assert answer.status_code == 201, answer.text
    return f"{url}{answer.headers['Location']}"


def _patch(upload: str, offset: int, data: bytes) -> httpx.Response:
    return httpx.patch(upload, content=data, headers={**CHUNK, "Upload-Offset": str(offset)}, timeout=60)


def test_of_several_chunks_at_the_same_offset_one_wins(live_server_url: str) -> None:
    _race(live_server_url)


@pytest.mark.postgres
def test_on_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    with daphne(tmp_path, DATABASE_URL=postgres_url) as url:
        _race(url)


def _race(url: str) -> None:
    data = os.urandom(3_000_000)
    upload = _begin(url, data)
    at = 0
    while at < len(data):
        chunk = data[at : at + 1_000_000]
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda part, a=at: _patch(upload, a, part), [chunk] * 4))
        assert sorted(a.status_code for a in answers) == [204, 409, 409, 409]
        at += len(chunk)
        assert {a.headers["Upload-Offset"] for a in answers} == {str(at)}
    assert httpx.head(upload).headers["Upload-Offset"] == str(len(data))


def test_a_client_killed_inside_a_chunk_goes_on_from_the_last_answer(live_server_url: str) -> None:
    data = os.urandom(600_000)
    upload = _begin(live_server_url, data)
    assert _patch(upload, 0, data[:200_000]).status_code == 204
    with _line(upload, 200_000, 400_000) as line:
        line.sendall(data[200_000:350_000])
    offset = int(httpx.head(upload).headers["Upload-Offset"])
    assert offset == 200_000
    assert _patch(upload, offset, data[offset:]).status_code == 204


def test_a_server_killed_between_chunks_loses_nothing(tmp_path: Path) -> None:
    data = os.urandom(500_000)
    with daphne(tmp_path, kill=True) as url:
        upload = _begin(url, data)
        assert _patch(upload, 0, data[:300_000]).status_code == 204
    with daphne(tmp_path) as url:
        upload = f"{url}{urlsplit(upload).path}"
        assert httpx.head(upload).headers["Upload-Offset"] == "300000"
        assert _patch(upload, 300_000, data[300_000:]).status_code == 204


def test_a_server_killed_inside_a_chunk_goes_on_from_the_byte_it_has(tmp_path: Path) -> None:
    """Once while a chunk arrives, once when it has arrived whole and nobody knows whether it counts."""
    data = os.urandom(3_000_000)
    with daphne(tmp_path, kill=True) as url:
        upload = _begin(url, data)
        assert _patch(upload, 0, data[:200_000]).status_code == 204
        line = _line(upload, 200_000, 1_800_000)
        line.sendall(data[200_000:900_000])
    line.close()
    with daphne(tmp_path, kill=True) as url:
        upload = f"{url}{urlsplit(upload).path}"
        assert httpx.head(upload).headers["Upload-Offset"] == "200000"
        line = _line(upload, 200_000, 1_800_000)
        line.sendall(data[200_000:2_000_000])
    line.close()
    with daphne(tmp_path) as url:
        upload = f"{url}{urlsplit(upload).path}"
        offset = int(httpx.head(upload).headers["Upload-Offset"])
        assert offset in (200_000, 2_000_000)
        # The whole file's digest is checked with the last chunk: 204 says that every byte is in its place.
        assert _patch(upload, offset, data[offset:]).status_code == 204


def _line(upload: str, offset: int, length: int) -> socket.socket:
    """A connection on which the head of a chunk has been sent."""
    parts = urlsplit(upload)
    head = (
        f"PATCH {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpload-Offset: {offset}\r\n"
        f"Content-Type: application/offset+octet-stream\r\nContent-Length: {length}\r\n\r\n"
    )
    line = socket.create_connection((parts.hostname, parts.port))
    line.sendall(head.encode())
    return line


def test_stalled_uploads_hold_no_thread_and_no_connection(live_server_url: str) -> None:
    """Forty clients stop in the middle of a chunk; the forty-first does not notice."""
    data = os.urandom(100_000)
    lines = [_line(_begin(live_server_url, data), 0, 100_000) for _ in range(40)]
    for line in lines:
        line.sendall(data[:50_000])
    upload = _begin(live_server_url, data)
    assert _patch(upload, 0, data).status_code == 204
    for line in lines:
        line.close()


def test_a_wrong_digest_is_said_with_the_last_chunk(live_server_url: str) -> None:
    upload = _begin(live_server_url, b"promised")
    answer = _patch(upload, 0, b"premised")
    assert (answer.status_code, answer.json()["code"]) == (422, "uploads.digest_differs")
    assert answer.headers["Content-Type"] == "application/problem+json"
