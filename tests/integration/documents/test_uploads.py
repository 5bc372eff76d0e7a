"""Resumable uploads: chunks, wrong digests, crashes between the steps, quotas, sweeping."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from documents import refusals, store, uploads
from documents.models import StoredFile, Upload
from kernel.errors import Refused

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
DATA = "投标文件正文。".encode() * 500
URL = "/api/v1/uploads"


def _begin(data: bytes = DATA, **other: Any) -> Upload:
    promised = {"size": len(data), "sha256": hashlib.sha256(data).hexdigest(), "now": NOW}
    return uploads.begin(
        **{**promised, "name": "envelope.mte", "media_type": "application/octet-stream", **other}
    )


def _append(upload: Upload, offset: int, data: bytes) -> int:
    return uploads.append(str(upload.id), offset, io.BytesIO(data), NOW)


def _code(call: Any, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(Refused) as refused:
        call(*args, **kwargs)
    return refused.value.code


def _patch(client: Client, upload: str, offset: int | str, data: bytes, **headers: str) -> HttpResponse:
    return client.generic(  # type: ignore[return-value]
        "PATCH", f"{URL}/{upload}", data, "application/offset+octet-stream",
        headers={"Upload-Offset": str(offset), **headers},
        CONTENT_TYPE="application/offset+octet-stream",  # which the client leaves out of an empty request
    )  # fmt: skip


@pytest.mark.django_db
@settings(max_examples=40, deadline=None)
@given(data=st.binary(min_size=1, max_size=3000), cuts=st.lists(st.integers(0, 3000), max_size=6))
def test_any_cutting_into_chunks_gives_the_same_file(data: bytes, cuts: list[int]) -> None:
    upload = _begin(data)
    ends = sorted({min(c, len(data)) for c in cuts} | {len(data)})
    at = 0
    for end in ends:
        assert _append(upload, at, data[at:end]) == end
        at = end
    row = uploads.finished(str(upload.id))
    with row.open() as handle:
        assert handle.read() == data
    assert uploads.finished(str(upload.id)) == row


@pytest.mark.django_db
def test_over_http_begin_ask_go_on_finish(client: Client) -> None:
    body = {"size": len(DATA), "sha256": hashlib.sha256(DATA).hexdigest(), "name": "x", "media_type": "a/b"}
    begun = client.post(URL, json.dumps(body), "application/json")
    answer = begun.json()
    assert (begun.status_code, answer["offset"], answer["chunk_max"]) == (201, 0, 8 * 1024 * 1024)
    upload = answer["upload"]
    assert begun["Location"] == f"{URL}/{upload}"
    assert (_patch(client, upload, 0, DATA[:100]).status_code) == 204
    asked = client.head(f"{URL}/{upload}")
    assert (asked["Upload-Offset"], asked["Upload-Length"], asked["Cache-Control"]) == (
        "100",
        "10500",
        "no-store",
    )
    wrong = _patch(client, upload, 7, DATA[7:])
    assert (wrong.status_code, wrong.json()["code"], wrong["Upload-Offset"]) == (
        409,
        "uploads.wrong_offset",
        "100",
    )
    assert _code(uploads.finished, upload) == "uploads.unfinished"
    last = _patch(client, upload, 100, DATA[100:])
    assert (last.status_code, last["Upload-Offset"]) == (204, "10500")
    assert uploads.finished(upload).sha256 == body["sha256"]
    repeated = _patch(client, upload, 10500, b"")
    assert (repeated.status_code, repeated["Upload-Offset"]) == (204, "10500")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"size": 0}, "request.bad_field"),
        ({"size": True}, "request.bad_field"),
        ({"size": "10"}, "request.bad_field"),
        ({"size": 2 * 1024**3 + 1}, "uploads.too_large"),
        ({"sha256": "A" * 64}, "request.bad_field"),
        ({"name": "../.."}, "documents.bad_name"),
        ({"media_type": "text/html\r\nX: y"}, "documents.bad_media_type"),
    ],
)
def test_bad_promises_are_refused(client: Client, change: dict[str, Any], code: str) -> None:
    body = {"size": 5, "sha256": "0" * 64, "name": "a.pdf", "media_type": "application/pdf", **change}
    answer = client.post(URL, json.dumps(body), "application/json")
    assert answer.json()["code"] == code
    assert Upload.objects.count() == 0


@pytest.mark.django_db
def test_chunks_that_are_no_chunks(client: Client) -> None:
    upload = str(_begin().id)
    assert _patch(client, upload, "-1", b"x").json()["code"] == "uploads.bad_chunk"
    plain = client.patch(f"{URL}/{upload}", b"x", "text/plain", headers={"Upload-Offset": "0"})
    assert plain.json()["code"] == "uploads.bad_chunk"
    assert client.delete(f"{URL}/{upload}").status_code == 400
    for unknown in (str(uuid.uuid4()), "no-uuid", "..%2f..%2fetc"):
        assert client.head(f"{URL}/{unknown}").status_code == 404
        assert _patch(client, unknown, 0, b"x").status_code == 404


@pytest.mark.django_db
def test_what_is_too_long_leaves_nothing(monkeypatch: pytest.MonkeyPatch, client: Client) -> None:
    upload = _begin(b"12345")
    assert _append(upload, 0, b"12") == 2
    assert _code(_append, upload, 2, b"3456") == "uploads.over_size"
    monkeypatch.setattr(uploads, "CHUNK_MAX", 2)
    assert _code(_append, upload, 2, b"345") == "uploads.chunk_too_large"
    assert _patch(client, str(upload.id), 2, b"345").json()["code"] == "uploads.chunk_too_large"
    assert _append(upload, 2, b"34") == 4
    assert _append(upload, 4, b"5") == 5
    assert _code(_append, upload, 5, b"6") == "uploads.over_size"
    assert uploads.finished(str(upload.id)).size == 5


@pytest.mark.django_db
def test_a_wrong_digest_is_refused_for_good() -> None:
    upload = _begin(b"12345", sha256=hashlib.sha256(b"54321").hexdigest())
    assert _append(upload, 0, b"123") == 3
    assert _code(_append, upload, 3, b"45") == "uploads.digest_differs"
    assert _code(_append, upload, 5, b"") == "uploads.digest_differs"
    assert _code(_append, upload, 0, b"54321") == "uploads.digest_differs"
    assert _code(uploads.finished, str(upload.id)) == "uploads.digest_differs"
    assert StoredFile.objects.count() == 0


@pytest.mark.django_db
def test_bytes_of_a_chunk_that_was_never_answered_are_written_over() -> None:
    """Killed between the write and the row: the file is longer than the row says."""
    upload = _begin(b"abcdef")
    _append(upload, 0, b"ab")
    with open(store.staging() / f"upload-{upload.id.hex}", "ab") as handle:
        handle.write(b"XYZXYZXYZ")
    assert _append(upload, 2, b"cd") == 4
    assert _append(upload, 4, b"ef") == 6
    assert uploads.finished(str(upload.id)).size == 6


@pytest.mark.django_db
def test_killed_before_the_digest_was_checked(client: Client) -> None:
    upload = _begin(b"abcdef")
    _append(upload, 0, b"abcdef")
    Upload.objects.update(verified_at=None)
    assert _patch(client, str(upload.id), 6, b"").status_code == 204
    Upload.objects.update(verified_at=None)
    assert uploads.finished(str(upload.id)).size == 6


@pytest.mark.django_db
def test_killed_between_the_move_and_the_row() -> None:
    upload = _begin(b"moved already")
    _append(upload, 0, b"moved already")
    first = uploads.finished(str(upload.id))
    Upload.objects.update(stored=None)
    first.delete()
    again = uploads.finished(str(upload.id))
    assert (again.sha256, again.name, again.size) == (first.sha256, first.name, 13)


@pytest.mark.django_db
def test_a_known_file_must_be_uploaded_all_the_same() -> None:
    """Else promising a digest would tell who has what, and give away another's envelope."""
    kept = store.put(DATA, name="first.mte", media_type="a/b", now=NOW)
    upload = _begin()
    assert (upload.offset, _code(uploads.finished, str(upload.id))) == (0, "uploads.unfinished")
    _append(upload, 0, DATA)
    assert uploads.finished(str(upload.id)) == kept


@pytest.mark.django_db
def test_quotas(settings: Any) -> None:
    settings.UPLOAD_MAX_OPEN = 1
    upload = _begin(b"12")
    assert _code(_begin) == "uploads.too_many"
    settings.UPLOAD_RESERVE_BYTES = 1 << 60
    assert _code(_append, upload, 0, b"1") == "uploads.no_room"
    settings.UPLOAD_MAX_OPEN = 2
    assert _code(_begin) == "uploads.no_room"
    settings.UPLOAD_RESERVE_BYTES = 0
    _append(upload, 0, b"12")
    settings.UPLOAD_MAX_OPEN = 1
    assert _begin().offset == 0


@pytest.mark.django_db
def test_a_writer_that_is_stuck_holds_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    from documents import locks

    monkeypatch.setattr(locks, "WAIT_SECONDS", 0.05)
    upload = _begin(b"12")
    path = store.staging() / f"upload-{upload.id.hex}"
    with locks.locked(path, create=True):
        assert _code(_append, upload, 0, b"1") == "uploads.in_use"
    assert _append(upload, 0, b"12") == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("chunk", "claimed", "after", "stays"),
    [
        (b"", False, timedelta(minutes=59), True),
        (b"", False, timedelta(minutes=61), False),
        (b"1", False, timedelta(hours=47), True),
        (b"1", False, timedelta(hours=49), False),
        (b"12", False, timedelta(hours=49), False),
        (b"12", True, timedelta(hours=49), True),
        (b"12", True, timedelta(days=8), False),
    ],
)
def test_forgotten_uploads_are_swept(chunk: bytes, claimed: bool, after: timedelta, stays: bool) -> None:
    upload = _begin(b"12")
    if chunk:
        _append(upload, 0, chunk)
    if claimed:
        uploads.finished(str(upload.id))
        Upload.objects.update(touched_at=NOW)
    assert uploads.sweep(NOW + after) == (0 if stays else 1)
    assert Upload.objects.exists() is stays
    assert (store.staging() / f"upload-{upload.id.hex}").exists() is (stays and bool(chunk) and not claimed)
    assert StoredFile.objects.count() == (1 if claimed else 0)


@pytest.mark.django_db
def test_a_large_chunk_takes_little_memory() -> None:
    data = bytes(uploads.CHUNK_MAX)
    upload = _begin(data)
    body = io.BytesIO(data)
    tracemalloc.start()
    try:
        uploads.append(str(upload.id), 0, body, NOW)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2_000_000


def test_every_refusal_speaks_both_languages() -> None:
    forms = [f for f in vars(refusals).values() if isinstance(f, refusals.ReasonForm)]
    assert len(forms) == 11
    assert all(f.zh and f.en and f.code.startswith("uploads.") for f in forms)
