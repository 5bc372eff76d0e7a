"""The store and serving: same bytes, one file; ranges; names that try something."""

from __future__ import annotations

import hashlib
import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.files.storage import storages
from django.http import HttpResponseBase
from django.test import AsyncRequestFactory, RequestFactory

from documents import names, serving, store
from documents.models import StoredFile
from kernel.errors import Refused

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
TEXT = "盐城市聚亨路改造工程".encode() * 1000


def _put(data: bytes = TEXT, name: str = "招标文件.pdf", media_type: str = "application/pdf") -> StoredFile:
    return store.put(io.BytesIO(data), name=name, media_type=media_type, now=NOW)


@pytest.mark.django_db
def test_the_same_bytes_are_one_file_found_by_digest() -> None:
    first, second = _put(), store.put(TEXT, name="副本.pdf", media_type="application/pdf", now=NOW)
    assert (second.id, second.name, second.size) == (first.id, "招标文件.pdf", len(TEXT))
    with store.get(hashlib.sha256(TEXT).hexdigest()).open() as handle:
        assert handle.read() == TEXT
    assert [p.name for p in store.staging().glob("put-*")] == []


@pytest.mark.django_db
def test_a_file_on_the_disk_without_its_row_gets_one_the_second_time() -> None:
    data = b"crash between rename and row"
    sha256 = hashlib.sha256(data).hexdigest()
    _put(data).delete()
    assert storages["default"].exists(f"files/{sha256[:2]}/{sha256[2:4]}/{sha256}")
    assert _put(data).sha256 == sha256


@pytest.mark.django_db
def test_bytes_and_their_name_are_on_the_disk_before_the_row_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What a power cut could take is synced first: the file, then the directories that name it, then the row."""
    done: list[str] = []
    sync, replace, create = os.fsync, os.replace, StoredFile.objects.get_or_create

    def fsync(fd: int) -> None:
        where = Path(os.readlink(f"/proc/self/fd/{fd}"))
        done.append(f"sync {'directory' if where.is_dir() else 'file'} {where.name[:4]}")
        sync(fd)

    def renamed(source: object, target: Path) -> None:
        done.append(f"name {Path(target).name[:4]}")
        replace(source, target)  # type: ignore[arg-type]

    def row(**values: Any) -> Any:
        done.append("row")
        return create(**values)

    monkeypatch.setattr("documents.storage.os.fsync", fsync)
    monkeypatch.setattr("documents.storage.os.replace", renamed)
    monkeypatch.setattr(StoredFile.objects, "get_or_create", row)
    data = os.urandom(1000)
    name = hashlib.sha256(data).hexdigest()
    _put(data)
    at = [done.index(f"name {name[:4]}"), done.index(f"sync directory {name[2:4]}"), done.index("row")]
    assert (done[0].startswith("sync file"), at) == (True, sorted(at))
    # A file that another one has named and not yet synced is not taken for safe.
    StoredFile.objects.all().delete()
    done.clear()
    _put(data)
    assert done[0] == f"sync file {name[:4]}"
    assert done[-1] == "row"


@pytest.mark.django_db
def test_an_unknown_digest_is_not_found() -> None:
    with pytest.raises(Refused) as refused:
        store.get("0" * 64)
    assert refused.value.code == "documents.not_found"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\王\\投标函.pdf", "投标函.pdf"),
        ("  报价表.xlsx ", "报价表.xlsx"),
        ("发票\u202egpj.exe", "发票gpj.exe"),
        ("a\x00b\r\nc.pdf", "abc.pdf"),
        ("字" * 255, "字" * 255),
    ],
)
def test_names_keep_their_last_part_and_no_trick(given: str, kept: str) -> None:
    assert names.clean(given) == kept


@pytest.mark.parametrize("given", ["", "/", "..", "a/..", "\x00", "字" * 256, "\u202e"])
def test_names_with_nothing_left_are_refused(given: str) -> None:
    with pytest.raises(Refused) as refused:
        names.clean(given)
    assert refused.value.code == "documents.bad_name"


def _sent(response: HttpResponseBase) -> bytes:
    return b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("", 200, 0, 29999),
        ("bytes=0-9", 206, 0, 9),
        ("bytes=29990-", 206, 29990, 29999),
        ("bytes=-10", 206, 29990, 29999),
        ("bytes=29990-99999", 206, 29990, 29999),
        ("bytes=0-29999", 200, 0, 29999),
        ("bytes=9-3", 200, 0, 29999),
        ("bytes=0-1,4-5", 200, 0, 29999),
        ("bytes=-", 200, 0, 29999),
        ("lines=0-9", 200, 0, 29999),
    ],
)
def test_ranges(asked: str, status: int, first: int, last: int) -> None:
    row = _put()
    request = RequestFactory().get("/f", headers={"Range": asked} if asked else {})
    response = serving.serve(request, row, "招标文件.pdf")
    assert (response.status_code, _sent(response)) == (status, TEXT[first : last + 1])
    assert response["Content-Length"] == str(last - first + 1)
    assert response.get("Content-Range") == (f"bytes {first}-{last}/30000" if status == 206 else None)
    response.close()


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["bytes=30000-", "bytes=-0", "bytes=99999-100000"])
def test_a_range_beyond_the_end_is_416(asked: str) -> None:
    response = serving.serve(RequestFactory().get("/f", headers={"Range": asked}), _put(), "a.pdf")
    assert (response.status_code, response["Content-Range"]) == (416, "bytes */30000")


@pytest.mark.django_db
def test_an_etag_known_is_304_and_a_stale_one_gets_the_whole() -> None:
    row = _put()
    known = RequestFactory().get("/f", headers={"If-None-Match": f'"{row.sha256}"'})
    assert serving.serve(known, row, "a.pdf").status_code == 304
    stale = RequestFactory().get("/f", headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert serving.serve(stale, row, "a.pdf").status_code == 200


@pytest.mark.django_db
def test_headers_name_the_file_and_let_nothing_run() -> None:
    row = _put(media_type="text/html")
    response = serving.serve(RequestFactory().get("/f"), row, "../招标 文件\r\n.html", inline=True)
    assert response["Content-Disposition"] == (
        "attachment; filename*=utf-8''%E6%8B%9B%E6%A0%87%20%E6%96%87%E4%BB%B6.html"
    )
    assert (response["X-Content-Type-Options"], response["X-Content-SHA256"]) == ("nosniff", row.sha256)
    shown = serving.serve(RequestFactory().get("/f"), _put(b"%PDF-"), "a.pdf", inline=True)
    assert shown["Content-Disposition"] == 'inline; filename="a.pdf"'
    head = serving.serve(RequestFactory().head("/f"), row, "a.html")
    assert (_sent(head), head["Content-Length"]) == (b"", "30000")


@pytest.mark.django_db
def test_under_asgi_it_streams_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "BLOCK", 7000)
    response = serving.serve(AsyncRequestFactory().get("/f"), _put(), "a.pdf")

    async def collected() -> list[bytes]:
        return [block async for block in response]  # type: ignore[attr-defined]

    blocks = async_to_sync(collected)()
    assert [len(b) for b in blocks] == [7000, 7000, 7000, 7000, 2000]
    assert b"".join(blocks) == TEXT


@pytest.mark.django_db
def test_a_lost_file_is_an_error_and_never_an_empty_answer() -> None:
    row = _put(b"to be lost")
    (Path(settings.MEDIA_ROOT) / row.path).unlink()
    with pytest.raises(FileNotFoundError):
        serving.serve(RequestFactory().get("/f"), row, "a.pdf")
