"""``/api/v1/uploads``: begin, ask how far, go on. The id is the capability; no session is read."""

from __future__ import annotations

import hashlib
import re
from typing import Any, BinaryIO, cast

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from documents import refusals, tasks, uploads
from journal import clock
from journal.door import journal_attempt
from kernel.actor import PUBLIC
from kernel.errors import Refused
from portal import problems
from portal.doors import BAD_FIELD, WRONG_METHOD, json_door, text_field

CHUNK_TYPE = "application/offset+octet-stream"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_OFFSET = re.compile(r"[0-9]{1,15}")


@json_door("POST")
def begin(request: HttpRequest, body: dict[str, Any]) -> HttpResponse:
    """``{size, sha256, name, media_type}`` → 201 ``{upload, offset, chunk_max}``."""
    size, sha256 = body.get("size"), body.get("sha256")
    if not isinstance(size, int) or isinstance(size, bool) or size < 1:
        raise Refused(BAD_FIELD(field="size", why="应为正整数（字节）/ a whole number of bytes from 1"))
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise Refused(
            BAD_FIELD(field="sha256", why="应为 64 位小写十六进制 / 64 lower-case hexadecimal digits")
        )
    now = clock.now()
    name, media_type = text_field(body, "name", limit=1000), text_field(body, "media_type")
    try:
        upload = uploads.begin(size=size, sha256=sha256, name=name, media_type=media_type, now=now)
    except Refused as refusal:
        # Neither the name nor anything else that might tell who it was.
        journal_attempt("upload.begin", {"size": size, "sha256": sha256}, PUBLIC, "api", refusal)
        raise
    tasks.sweep_now_and_then()
    answer = {"upload": str(upload.id), "offset": 0, "chunk_max": uploads.CHUNK_MAX}
    response = JsonResponse(answer, status=201)
    response["Location"] = f"/api/v1/uploads/{upload.id}"
    return response


@csrf_exempt
def chunk(request: HttpRequest, upload_id: str) -> HttpResponse:
    """HEAD: ``Upload-Offset`` and ``Upload-Length``. PATCH: 204 with the new ``Upload-Offset``; 409 carries
    the right one."""
    try:
        if request.method == "HEAD":
            upload = uploads.find(upload_id)
            response = _at(HttpResponse(), upload.offset)
            response["Upload-Length"] = str(upload.size)
            return response
        if request.method != "PATCH":
            raise Refused(WRONG_METHOD(method=request.method))
        return _at(HttpResponse(status=204), _patch(request, upload_id))
    except Refused as refusal:
        response = problems.respond(request, refusal)
        if refusal.code == refusals.WRONG_OFFSET.code:
            _at(response, refusal.reasons[0].facts["offset"])
        return response


def _patch(request: HttpRequest, upload_id: str) -> int:
    offset = request.headers.get("Upload-Offset", "")
    if request.content_type != CHUNK_TYPE or not _OFFSET.fullmatch(offset):
        raise Refused(refusals.BAD_CHUNK())
    length = request.headers.get("Content-Length", "")
    if _OFFSET.fullmatch(length) and int(length) > uploads.CHUNK_MAX:
        raise Refused(refusals.CHUNK_TOO_LARGE(limit=uploads.CHUNK_MAX))
    try:
        return uploads.append(upload_id, int(offset), cast(BinaryIO, request), clock.now())
    except Refused as refusal:
        if refusal.code == refusals.DIGEST_DIFFERS.code:
            said = {"upload": hashlib.sha256(upload_id.encode()).hexdigest()}  # its id is a capability
            journal_attempt("upload.append", said, PUBLIC, "api", refusal)
        raise


def _at(response: HttpResponse, offset: int) -> HttpResponse:
    response["Upload-Offset"] = str(offset)
    response["Cache-Control"] = "no-store"
    return response
