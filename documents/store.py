"""The store: bytes in, :class:`StoredFile` out; the same bytes are one file."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.files.base import File
from django.core.files.storage import Storage, storages

from documents import names
from documents.models import StoredFile, path_of
from documents.storage import DurableStorage
from kernel.errors import Kind, ReasonForm, Refused

NOT_FOUND = ReasonForm(
    "documents.not_found",
    zh="没有摘要为 {sha256} 的文件",
    en="there is no file with the digest {sha256}",
    kind=Kind.NOT_FOUND,
)
BLOCK = 1 << 20


class Staged(File):
    """A finished file in the staging directory: a storage that can move it does so."""

    def temporary_file_path(self) -> str:
        return str(self.name)


def staging() -> Path:
    """Where bytes lie until they have their digest: beside the storage, so that a move is enough.

    Several nodes share it, as they share the storage.
    """
    path = Path(settings.MEDIA_ROOT) / "staging"
    path.mkdir(parents=True, exist_ok=True)
    return path


def put(source: bytes | BinaryIO, *, name: str, media_type: str, now: datetime) -> StoredFile:
    """Keep these bytes; the file they already are, if they are known. Streams; durable when it returns.

    ``name`` is cleaned (:func:`documents.names.clean`; ``Refused`` if nothing is left).
    """
    with incoming() as file:
        for block in [source] if isinstance(source, bytes) else iter(lambda: source.read(BLOCK), b""):
            file.write(block)
        return file.keep(name=name, media_type=media_type, now=now)


def get(sha256: str) -> StoredFile:
    """The file with this digest; ``Refused(documents.not_found)``. Not a door: callers decide who may ask."""
    found = StoredFile.objects.filter(sha256=sha256).first()
    if found is None:
        raise Refused(NOT_FOUND(sha256=sha256))
    return found


def keep(path: Path, sha256: str, *, name: str, media_type: str, now: datetime) -> StoredFile:
    """Move a staged file whose digest is ``sha256`` into the storage, and give it its row.

    Stopped anywhere, it can be called again: without ``path`` it needs the file to be in the storage.
    """
    storage = storages["default"]
    target = path_of(sha256)
    if not storage.exists(target):
        _move(path, target, storage)
    elif isinstance(storage, DurableStorage):
        storage.settle(target)
    row, _ = StoredFile.objects.get_or_create(
        sha256=sha256,
        defaults={
            "size": storage.size(target),
            "media_type": media_type,
            "name": name,
            "created_at": now,
        },
    )
    path.unlink(missing_ok=True)
    return row


def _move(path: Path, target: str, storage: Storage) -> None:
    try:
        handle = open(path, "rb")  # noqa: SIM115 — opened apart, so that only a missing source is caught
    except FileNotFoundError:
        if storage.exists(target):  # another one has moved it since we looked
            return
        raise
    with handle:
        saved = storage.save(target, Staged(handle, name=str(path)))
    if saved != target:  # a storage that never replaces: another one brought the same bytes meanwhile
        storage.delete(saved)


class Incoming:
    """A file on its way in: written and digested at once, readable through ``handle``, kept at the end."""

    def __init__(self, path: Path, handle: BinaryIO) -> None:
        self.path, self.handle = path, handle
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self._digest.update(data)
        return self.handle.write(data)

    def keep(self, *, name: str, media_type: str, now: datetime) -> StoredFile:
        """What was written, as a stored file."""
        self.handle.flush()
        sha256 = self._digest.hexdigest()
        return keep(self.path, sha256, name=names.clean(name), media_type=media_type, now=now)


@contextmanager
def incoming() -> Iterator[Incoming]:
    """Write a file in one pass; what is not kept is gone at the end."""
    path = staging() / f"put-{uuid.uuid4().hex}"
    try:
        with open(path, "x+b") as handle:
            yield Incoming(path, handle)
    finally:
        path.unlink(missing_ok=True)
