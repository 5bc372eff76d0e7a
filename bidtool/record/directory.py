"""The record's directory: what lies in it, read safely and in bounded memory (check 1)."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from bidtool.record.reasons import DIGEST, EXTRA, FILE_BAD, MISSING, SIZE
from bidtool.record.rows import Row
from kernel.canonical_json import canonical, parse
from kernel.errors import Reason, Refused

RECORD = "record.json"
MAX_FILES, MAX_PATH, MAX_DEPTH = 20_000, 200, 8
MAX_JSON = 64 * 1024 * 1024
STEP = 1024 * 1024
_PART = re.compile(r"[A-Za-z0-9._-]+")


def path_reason(path: str) -> Reason | None:
    """Why a path has no place in a record, or ``None``."""
    parts = path.split("/")
    wrong = [p for p in parts if not _PART.fullmatch(p) or p in (".", "..")]
    if len(path) > MAX_PATH or len(parts) > MAX_DEPTH or wrong:
        return FILE_BAD(path=ascii(path[:MAX_PATH]), why="路径不合格 / path")
    return None


class Folder:
    """The files below a folder. Links, devices and odd names are refused, never followed."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def paths(self) -> list[str]:
        """Every file, sorted. ``Refused`` for anything that is neither a plain file nor a folder."""
        found: list[str] = []
        for path in self._walk("", 0):
            found.append(path)
            if len(found) > MAX_FILES:
                raise Refused(FILE_BAD(path=path, why=f"文件多于 {MAX_FILES} 个 / too many files"))
        return sorted(found)

    def _walk(self, below: str, depth: int) -> Iterator[str]:
        with os.scandir(self.root / below) as entries:
            for entry in entries:
                path = f"{below}/{entry.name}" if below else entry.name
                if (reason := path_reason(path)) is not None:
                    raise Refused(reason)
                if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
                    raise Refused(FILE_BAD(path=path, why="链接或特殊文件 / a link or a special file"))
                if entry.is_file():
                    yield path
                elif depth >= MAX_DEPTH:
                    raise Refused(FILE_BAD(path=path, why="目录过深 / nested too deeply"))
                else:
                    yield from self._walk(path, depth + 1)

    def has(self, path: str) -> bool:
        return path_reason(path) is None and (self.root / path).is_file()

    def open(self, path: str) -> BinaryIO:
        """A plain file for reading; the open itself refuses a link."""
        if (reason := path_reason(path)) is not None:
            raise Refused(reason)
        try:
            handle = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError as error:
            raise Refused(MISSING(path=path)) from error
        except OSError as error:
            raise Refused(FILE_BAD(path=path, why=error.strerror or "")) from error
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            os.close(handle)
            raise Refused(FILE_BAD(path=path, why="不是普通文件 / not a plain file"))
        return os.fdopen(handle, "rb")

    def read(self, path: str, limit: int) -> bytes:
        with self.open(path) as stream:
            data = stream.read(limit + 1)
        if len(data) > limit:
            raise Refused(FILE_BAD(path=path, why=f"大于 {limit} 字节 / larger than {limit} bytes"))
        return data

    def json(self, path: str) -> Row:
        """A canonical JSON object."""
        data = self.read(path, MAX_JSON)
        try:
            value = parse(data)
            same = canonical(value) == data
        except Refused as refusal:
            raise Refused(FILE_BAD(path=path, why="不是 JSON / not JSON"), *refusal.reasons) from refusal
        if not same or not isinstance(value, dict):
            raise Refused(FILE_BAD(path=path, why="不是规范 JSON 对象 / not a canonical JSON object"))
        return Row(value, path)

    def check_file(self, path: str, wanted: Row) -> int:
        """Size and digest of a listed file; its size."""
        digest, size, limit = hashlib.sha256(), 0, wanted.integer("size")
        with self.open(path) as stream:
            while data := stream.read(STEP):
                digest.update(data)
                size += len(data)
                if size > limit:
                    break
        if size != limit:
            raise Refused(SIZE(path=path, found=size if size < limit else f"> {limit}", wanted=limit))
        if digest.hexdigest() != wanted.hex("sha256", 32):
            raise Refused(DIGEST(path=path, found=digest.hexdigest(), wanted=wanted.hex("sha256", 32)))
        return size


def compare_names(found: list[str], listed: Row) -> None:
    """The directory holds what the record lists and nothing else."""
    here, there = set(found) - {RECORD}, set(listed.value)
    for path in sorted(there - here):
        raise Refused(path_reason(path) or MISSING(path=path))
    for path in sorted(here - there):
        raise Refused(EXTRA(path=path))
