"""Sending a stored file: streamed, in ranges, named safely. Whether it may be sent was decided before."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from typing import IO

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from documents import names
from documents.models import StoredFile

BLOCK = 256 * 1024
#: What a browser may show in a tab of ours; everything else is saved.
SHOWN = frozenset({"application/pdf", "image/png", "image/jpeg", "text/plain"})
_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")


def serve(
    request: HttpRequest, stored_file: StoredFile, filename: str, *, inline: bool = False
) -> HttpResponseBase:
    """200, 206, 304 or 416 of a GET or HEAD. ``inline`` is honoured for types that cannot carry script.

    One range is answered in part; several, or one that makes no sense, with the whole file (RFC 9110 §14.2).
    """
    etag = f'"{stored_file.sha256}"'
    if etag in request.headers.get("If-None-Match", ""):
        response: HttpResponseBase = HttpResponse(status=304)
        response["ETag"] = etag
        return response
    span = _span(request, stored_file.size, etag)
    if span is None:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{stored_file.size}"
        return response
    first, length = span
    response = _body(request, stored_file, first, length)
    if length != stored_file.size:
        response.status_code = 206
        response["Content-Range"] = f"bytes {first}-{first + length - 1}/{stored_file.size}"
    _describe(response, stored_file, filename, inline)
    response["Content-Length"] = str(length)
    return response


def _describe(response: HttpResponseBase, stored_file: StoredFile, filename: str, inline: bool) -> None:
    shown = inline and stored_file.media_type in SHOWN
    charset = "; charset=utf-8" if stored_file.media_type == "text/plain" else ""
    response["Content-Type"] = stored_file.media_type + charset
    disposition = content_disposition_header(not shown, names.clean(filename))
    if disposition:
        response["Content-Disposition"] = disposition
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Content-SHA256"] = stored_file.sha256
    response["ETag"] = f'"{stored_file.sha256}"'
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = "private, no-cache, no-transform"


def _span(request: HttpRequest, size: int, etag: str) -> tuple[int, int] | None:
    """``(first, length)`` to send; ``None`` when the range cannot be satisfied."""
    whole = (0, size)
    match = _RANGE.fullmatch(request.headers.get("Range", "").strip())
    if match is None or match.groups() == ("", "") or request.headers.get("If-Range", etag) != etag:
        return whole
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        return (size - length, length) if length else None
    start = int(first)
    end = min(int(last), size - 1) if last else size - 1
    if last and int(last) < start:
        return whole
    return (start, end - start + 1) if start < size else None


def _body(request: HttpRequest, stored_file: StoredFile, first: int, length: int) -> HttpResponseBase:
    if request.method == "HEAD":
        return HttpResponse()
    handle = stored_file.open()
    handle.seek(first)
    # Under ASGI Django would first collect the whole of a plain iterator in memory.
    kind = _AsyncBlocks if isinstance(request, ASGIRequest) else _SyncBlocks
    return StreamingHttpResponse(kind(handle, length))


class _Blocks:
    """``left`` bytes of an open file, from where it stands; the response closes it."""

    def __init__(self, handle: IO[bytes], left: int) -> None:
        self.handle = handle
        self.left = left

    def close(self) -> None:
        self.handle.close()

    def read(self) -> bytes:
        block = self.handle.read(min(BLOCK, self.left))
        self.left -= len(block)
        return block


class _SyncBlocks(_Blocks):
    def __iter__(self) -> Iterator[bytes]:
        while block := self.read():
            yield block


class _AsyncBlocks(_Blocks):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        read = sync_to_async(self.read, thread_sensitive=False)
        while block := await read():
            yield block
