"""The file system as a storage that keeps its word: a file is there whole and on the disk, or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import uuid
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage
from django.utils.deconstruct import deconstructible


@deconstructible
class DurableStorage(FileSystemStorage):
    """``FileSystemStorage`` that syncs a file before it gets its name, and the directory after.

    A file that has a ``temporary_file_path`` on the same file system is moved, not copied. Saving to a
    name that exists replaces it in one step: names here are digests, so the bytes are the same.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_overwrite=True, **options)

    def _save(self, name: str, content: File) -> str:
        target = Path(self.path(name))
        made = _make_directories(target.parent)
        source = Path(content.temporary_file_path()) if hasattr(content, "temporary_file_path") else None
        if source is None or not _moved(source, target):
            _copied(content, target)
        for directory in (target.parent, *made):
            sync_directory(directory)
        return name

    def settle(self, name: str) -> None:
        """Make a file that another one has just saved survive a power cut, whoever of us was faster."""
        target, root = Path(self.path(name)), Path(self.location)
        with open(target, "rb") as handle:
            os.fsync(handle.fileno())
        for directory in target.parents:
            sync_directory(directory)
            if directory == root:
                break


def _make_directories(wanted: Path) -> list[Path]:
    """Make what is missing; the directories that now have a new entry, to be synced."""
    missing = [d for d in (wanted, *wanted.parents) if not d.exists()]
    wanted.mkdir(parents=True, exist_ok=True)
    return [d.parent for d in missing]


def _moved(source: Path, target: Path) -> bool:
    with open(source, "rb") as handle:
        os.fsync(handle.fileno())
    try:
        os.replace(source, target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _copied(content: File, target: Path) -> None:
    beside = target.with_name(f".{target.name}.{uuid.uuid4().hex}")
    try:
        with open(beside, "xb") as out:
            content.seek(0)
            shutil.copyfileobj(content, out, 1 << 20)
            out.flush()
            os.fsync(out.fileno())
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def sync_directory(directory: Path) -> None:
    """Make a rename or a new name in ``directory`` survive a power cut."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
