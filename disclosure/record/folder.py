"""The directory being written: every file goes through here, so that its digest is known."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO, Any

from kernel.canonical_json import canonical
from kernel.errors import Kind, ReasonForm, Refused

NOT_EMPTY = ReasonForm(
    "record.directory_not_empty",
    zh="目录「{path}」不是空的；公开记录要写进新目录",
    en="{path} is not empty; a record needs a directory of its own",
    kind=Kind.CONFLICT,
)
_BLOCK = 1 << 20


class Folder:
    """An empty directory and the files written into it: ``files`` is ``{path: {sha256, size}}``."""

    def __init__(self, root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()):
            raise Refused(NOT_EMPTY(path=root.name))
        self.root = root
        self.files: dict[str, dict[str, Any]] = {}

    def json(self, path: str, value: Any) -> None:
        """Canonical JSON (RFC 8785), no final newline."""
        self.data(path, canonical(value))

    def data(self, path: str, data: bytes) -> None:
        self._target(path).write_bytes(data)
        self.files[path] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def copy(self, path: str, source: IO[bytes]) -> None:
        """A file of any size, block by block; ``source`` is closed."""
        digest, size = hashlib.sha256(), 0
        with source, self._target(path).open("xb") as out:
            while block := source.read(_BLOCK):
                digest.update(block)
                size += len(block)
                out.write(block)
        self.files[path] = {"sha256": digest.hexdigest(), "size": size}

    def has(self, path: str) -> bool:
        return path in self.files

    def seal(self, path: str, value: Any) -> None:
        """The last file, which names all others and not itself."""
        self._target(path).write_bytes(canonical(value))

    def _target(self, path: str) -> Path:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        return target
