"""Files of the tool: read with bounds, written as a whole or not at all, secrets for the owner only."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from kernel.canonical_json import canonical, parse
from kernel.errors import Kind, ReasonForm, Refused

MAX_JSON = 64 * 1024 * 1024
UNREADABLE = ReasonForm(
    "file.unreadable",
    zh="不能读取文件 {path}：{why}",
    en="cannot read file {path}: {why}",
    kind=Kind.NOT_FOUND,
)
UNWRITABLE = ReasonForm(
    "file.unwritable",
    zh="不能写入文件 {path}：{why}",
    en="cannot write file {path}: {why}",
    kind=Kind.MALFORMED,
)
TOO_LARGE = ReasonForm(
    "file.too_large", zh="文件 {path} 大于 {limit} 字节", en="file {path} is larger than {limit} bytes",
    kind=Kind.MALFORMED,
)  # fmt: skip
NOT_AN_OBJECT = ReasonForm(
    "file.not_an_object", zh="文件 {path} 应为一个 JSON 对象", en="file {path} must be a JSON object",
    kind=Kind.MALFORMED,
)  # fmt: skip


_WHY = {
    FileNotFoundError: "没有这个文件，请核对路径 / no such file",
    PermissionError: "没有权限 / permission denied",
    IsADirectoryError: "这是一个目录 / is a directory",
}


def _why(error: OSError) -> str:
    """What the system said, in Chinese where it is one of the usual things."""
    return _WHY.get(type(error), error.strerror or "")


def read_bytes(path: Path, limit: int = MAX_JSON) -> bytes:
    """A file of at most ``limit`` bytes."""
    try:
        with path.open("rb") as stream:
            data = stream.read(limit + 1)
    except OSError as error:
        raise Refused(UNREADABLE(path=path, why=_why(error))) from error
    if len(data) > limit:
        raise Refused(TOO_LARGE(path=path, limit=limit))
    return data


def read_json(path: Path) -> dict[str, Any]:
    value = parse(read_bytes(path))
    if not isinstance(value, dict):
        raise Refused(NOT_AN_OBJECT(path=path))
    return value


def open_file(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise Refused(UNREADABLE(path=path, why=_why(error))) from error


def write_json(path: Path, value: Any, *, secret: bool = False) -> None:
    """Canonical JSON, whole or not at all; ``secret``: mode 0600."""
    with writing(path, secret=secret) as stream:
        stream.write(canonical(value))


@contextmanager
def writing(path: Path, *, secret: bool = False) -> Iterator[BinaryIO]:
    """A stream to a file beside ``path`` that takes its name when all is written and on the disk."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    mode = 0o600 if secret else 0o644
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "w+b") as stream:
            if secret:
                os.fchmod(stream.fileno(), mode)
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
    except OSError as error:
        raise Refused(UNWRITABLE(path=path, why=_why(error))) from error
    finally:
        temporary.unlink(missing_ok=True)
