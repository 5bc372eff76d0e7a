"""What a witness remembers: the latest checkpoint it cosigned of each log. Never goes back.

One JSON file, replaced as a whole (write, fsync, rename, fsync of the folder) before a cosignature is
given out. A lock file beside it is held as long as the witness lives, so that two never share a store.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kernel import merkle, tlog
from kernel.canonical_json import canonical, parse
from kernel.errors import Kind, ReasonForm, Refused

STORE_BAD = ReasonForm(
    "witness.store_bad", zh="见证存储 {path} 不可用：{why}", en="the witness store {path} is not usable: {why}",
    kind=Kind.MALFORMED,
)  # fmt: skip
STORE_TAKEN = ReasonForm(
    "witness.store_taken", zh="见证存储 {path} 正被另一个见证进程使用",
    en="the witness store {path} is in use by another witness", kind=Kind.BUSY,
)  # fmt: skip


@dataclass(frozen=True)
class Head:
    """The latest cosigned tree head of one log; ``note`` is the signed checkpoint as it came."""

    size: int
    root: bytes
    note: str


NEVER = Head(0, merkle.EMPTY_ROOT, "")


class Store:
    """Heads by origin. Not safe by itself against threads: the witness holds its own lock."""

    def __init__(self, path: Path, *, wait: float = 5.0) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        lock_path = path.with_name(path.name + ".lock")
        known = lock_path.exists()
        self._lock = lock_path.open("a")
        self._take_lock(wait)
        self._heads = self._load(known)

    def head(self, origin: str) -> Head:
        return self._heads.get(origin, NEVER)

    def advance(self, origin: str, head: Head) -> None:
        """Persist a new head; it is on the disk when this returns."""
        if head.size < self.head(origin).size:
            raise Refused(STORE_BAD(path=self._path.name, why="a smaller tree"))
        heads = {**self._heads, origin: head}
        self._write(heads)
        self._heads = heads

    def close(self) -> None:
        self._lock.close()

    def _take_lock(self, wait: float) -> None:
        until = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except OSError as error:
                if time.monotonic() > until:
                    raise Refused(STORE_TAKEN(path=self._path.name)) from error
                time.sleep(0.05)

    def _load(self, known: bool) -> Mapping[str, Head]:
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            data = b""
            known = False
        except OSError as error:
            raise Refused(STORE_BAD(path=self._path.name, why=str(error.strerror))) from error
        if data:
            return self._read(data)
        if known:
            # An emptied store would let the witness cosign a fork: it must not start again from nothing.
            raise Refused(STORE_BAD(path=self._path.name, why="空文件 / it is empty"))
        self._write({})
        return {}

    def _read(self, data: bytes) -> Mapping[str, Head]:
        try:
            rows = parse(data)["logs"]
            return {origin: _head(row) for origin, row in rows.items()}
        except (Refused, LookupError, TypeError, AttributeError) as error:
            raise Refused(STORE_BAD(path=self._path.name, why="内容损坏 / damaged")) from error

    def _write(self, heads: Mapping[str, Head]) -> None:
        rows = {
            origin: {"size": str(head.size), "root": tlog.encode64(head.root), "note": head.note}
            for origin, head in heads.items()
        }
        temporary = self._path.with_name(self._path.name + ".new")
        with temporary.open("wb") as stream:
            stream.write(canonical({"v": 1, "logs": rows}))
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _head(row: Any) -> Head:
    size = tlog.parse_decimal(row["size"], tlog.BAD_CHECKPOINT)
    return Head(size, tlog.decode_hash(row["root"], tlog.BAD_CHECKPOINT), str(row["note"]))
