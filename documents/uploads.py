"""Resumable uploads: bytes arrive in chunks at an offset, and are a file once their digest is right.

The row says how far it got, the staging file holds the bytes; both are on disk before a chunk is
answered. Chunks of one upload are taken one at a time (a lock on its staging file), and the row's
offset moves only from where the chunk began: of two chunks at the same offset one wins.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.db.models import Q

from documents import names, refusals, store
from documents.locks import locked
from documents.models import StoredFile, Upload
from journal import clock
from kernel.errors import Refused

log = logging.getLogger("mingtang.uploads")

#: The longest chunk of one request, bytes. The server keeps a request's body on disk before it is read.
CHUNK_MAX = 8 * 1024 * 1024
_BLOCK = 256 * 1024

#: Without a first byte, without a further one, and once claimed: how long a row is kept.
EMPTY_FOR = timedelta(hours=1)
IDLE_FOR = timedelta(hours=48)
CLAIMED_FOR = timedelta(days=7)
_SWEPT_AT_ONCE = 200


def begin(*, size: int, sha256: str, name: str, media_type: str, now: datetime) -> Upload:
    """Promise a file of ``size`` bytes with this digest. ``Refused``: too_large, too_many, no_room, names."""
    if size > settings.UPLOAD_MAX_BYTES:
        raise Refused(refusals.TOO_LARGE(size=size, limit=settings.UPLOAD_MAX_BYTES))
    if Upload.objects.filter(verified_at=None, refused="").count() >= settings.UPLOAD_MAX_OPEN:
        raise Refused(refusals.TOO_MANY(limit=settings.UPLOAD_MAX_OPEN))
    _need_room()
    essence = names.media_type(media_type)
    return Upload.objects.create(
        size=size,
        sha256=sha256,
        name=names.kept(name, essence),
        media_type=essence,
        created_at=now,
        touched_at=now,
    )


def find(upload_id: str) -> Upload:
    """The upload with this id; ``Refused(uploads.not_found)``."""
    try:
        found = Upload.objects.filter(id=uuid.UUID(upload_id)).first()
    except ValueError:
        found = None
    if found is None:
        raise Refused(refusals.NOT_FOUND())
    return found


def append(upload_id: str, offset: int, body: BinaryIO, now: datetime) -> int:
    """Write a chunk that begins at ``offset``; the new offset. The last one is answered when the digest
    has been checked.

    ``Refused``: wrong_offset (with the right one), chunk_too_large, over_size, in_use, no_room,
    digest_differs (for good).
    """
    upload = find(upload_id)
    if upload.verified_at is not None:
        return _settled(upload, offset, body)
    _need_room()
    try:
        with locked(_staged(upload_id), create=upload.offset == 0) as handle:
            upload = find(upload_id)  # as it is now that nobody else writes
            if upload.verified_at is not None or offset != upload.offset or upload.refused:
                return _settled(upload, offset, body)
            upload.offset = _write(handle, upload, body)
            _advance(upload, offset, now)
            if upload.offset == upload.size:
                _verify(upload, handle, now)
    except FileNotFoundError:  # claimed in between, else swept
        return _settled(find(upload_id), offset, body)
    return upload.offset


def _settled(upload: Upload, offset: int, body: BinaryIO) -> int:
    """The answer to a chunk that is not to be written: its end, if it is the end; else why not."""
    if upload.refused:
        raise Refused(refusals.DIGEST_DIFFERS(promised=upload.sha256))
    if offset != upload.offset:
        raise Refused(refusals.WRONG_OFFSET(given=offset, offset=upload.offset))
    if upload.verified_at is None:
        log.error("upload of %d bytes: its staging file is lost", upload.size)
        raise Refused(refusals.NOT_FOUND())
    if body.read(1):
        raise Refused(refusals.OVER_SIZE(size=upload.size))
    return offset


def finished(upload_id: str, *, name: str = "") -> StoredFile:
    """The file that was uploaded: claims it for the store, as often as asked. ``name`` stands, from then on,
    for what its uploader called it.

    ``Refused``: uploads.not_found, uploads.unfinished, uploads.digest_differs. Call it before ``perform``.
    """
    upload = find(upload_id)
    if upload.stored is not None:
        return upload.stored
    if upload.refused:
        raise Refused(refusals.DIGEST_DIFFERS(promised=upload.sha256))
    now = clock.now()
    if upload.verified_at is None:
        if upload.offset < upload.size:
            raise Refused(refusals.UNFINISHED(offset=upload.offset, size=upload.size))
        with locked(
            _staged(upload_id), create=False
        ) as handle:  # stopped between the last byte and the check
            _verify(upload, handle, now)
    called = name or upload.name
    row = store.keep(_staged(upload_id), upload.sha256, name=called, media_type=upload.media_type, now=now)
    Upload.objects.filter(id=upload.id).update(stored=row, name=called, touched_at=now)
    return row


def sweep(now: datetime) -> int:
    """Forget uploads that nobody goes on with, bytes first; how many. Never touches a stored file."""
    stale = Upload.objects.filter(
        Q(offset=0, touched_at__lt=now - EMPTY_FOR)
        | Q(stored=None, touched_at__lt=now - IDLE_FOR)
        | Q(touched_at__lt=now - CLAIMED_FOR)
    )
    gone = list(stale.order_by("touched_at").values_list("id", "touched_at")[:_SWEPT_AT_ONCE])
    done = 0
    for upload_id, touched_at in gone:
        # Only as it was read: one that has just gone on stays.
        if Upload.objects.filter(id=upload_id, touched_at=touched_at).delete()[0]:
            _staged(str(upload_id)).unlink(missing_ok=True)
            done += 1
    return done


def _staged(upload_id: str) -> Path:
    return store.staging() / f"upload-{uuid.UUID(upload_id).hex}"


def _need_room() -> None:
    if shutil.disk_usage(store.staging()).free < settings.UPLOAD_RESERVE_BYTES:
        raise Refused(refusals.NO_ROOM())


def _write(handle: BinaryIO, upload: Upload, body: BinaryIO) -> int:
    """Copy the chunk to its place, to the disk; the end of it. What is too long leaves nothing behind."""
    room = min(CHUNK_MAX, upload.size - upload.offset)
    handle.seek(upload.offset)
    # Bytes past the row's offset are of a chunk that was never answered.
    handle.truncate()
    written = 0
    while block := body.read(_BLOCK):
        written += len(block)
        if written > room:
            handle.truncate(upload.offset)
            over = written > CHUNK_MAX
            raise Refused(
                refusals.CHUNK_TOO_LARGE(limit=CHUNK_MAX) if over else refusals.OVER_SIZE(size=upload.size)
            )
        handle.write(block)
    handle.flush()
    os.fdatasync(handle.fileno())
    return upload.offset + written


def _advance(upload: Upload, before: int, now: datetime) -> None:
    moved = Upload.objects.filter(id=upload.id, offset=before, verified_at=None).update(
        offset=upload.offset, touched_at=now
    )
    if not moved:  # another node, without our lock
        raise Refused(refusals.WRONG_OFFSET(given=before, offset=find(str(upload.id)).offset))


def _verify(upload: Upload, handle: BinaryIO, now: datetime) -> None:
    handle.seek(0)
    digest = hashlib.file_digest(handle, "sha256").hexdigest()
    if digest == upload.sha256:
        Upload.objects.filter(id=upload.id).update(verified_at=now, touched_at=now)
        return
    log.warning("upload of %d bytes: digest %s, promised %s", upload.size, digest, upload.sha256)
    Upload.objects.filter(id=upload.id).update(refused=refusals.DIGEST_DIFFERS.code, touched_at=now)
    handle.truncate(0)
    raise Refused(refusals.DIGEST_DIFFERS(promised=upload.sha256))
