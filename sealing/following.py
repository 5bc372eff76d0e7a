"""Digests of a bundle's files, taken as its bytes go by, so that opening reads and writes a bid once.

A :class:`Follower` trusts local headers to tell where a file begins and how long it is. That costs nothing:
what it saw counts only where the checked directory says the same (:meth:`sealing.bundle.Bundle.verify`);
everything else is read again.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass

_LOCAL, _HEAD = b"PK\x03\x04", 30
_ZIP64, _UNKNOWN = 1, 0xFFFFFFFF


@dataclass(frozen=True)
class Seen:
    """What went by after a local header: hex SHA-256, bytes, CRC-32."""

    sha256: str
    size: int
    crc: int


class Follower:
    """A sink for a bundle's bytes, in any pieces. ``seen``: place of the local header → what followed it."""

    def __init__(self) -> None:
        self.seen: dict[int, Seen] = {}
        self._at = 0
        self._head = bytearray()
        self._lost = False
        self._begin = self._size = self._left = self._crc = 0
        self._digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view and not self._lost:
            view = self._content(view) if self._left else self._header(view)
        return len(data)

    def _content(self, view: memoryview) -> memoryview:
        part = view[: self._left]
        self._digest.update(part)
        self._crc = zlib.crc32(part, self._crc)
        self._left -= len(part)
        self._at += len(part)
        if not self._left:
            self._file_ends()
        return view[len(part) :]

    def _header(self, view: memoryview) -> memoryview:
        """Take what is still missing of a local header; when it is whole, its file begins."""
        wanted = _HEAD if len(self._head) < _HEAD else _HEAD + sum(struct.unpack("<HH", self._head[26:30]))
        part = view[: wanted - len(self._head)]
        self._head += part
        self._at += len(part)
        if len(self._head) >= 4 and self._head[:4] != _LOCAL:
            self._lost = True  # the directory, or no bundle at all
        elif len(self._head) >= _HEAD:
            names, extras = struct.unpack("<HH", self._head[26:30])
            if len(self._head) == _HEAD + names + extras:
                self._file_begins(bytes(self._head[_HEAD + names :]))
        return view[len(part) :]

    def _file_begins(self, extra: bytes) -> None:
        self._begin = self._at - len(self._head)
        (size,) = struct.unpack("<I", self._head[18:22])
        self._size = self._left = _long_size(extra) if size == _UNKNOWN else size
        self._digest, self._crc = hashlib.sha256(), 0
        self._head.clear()
        if not self._left:
            self._file_ends()

    def _file_ends(self) -> None:
        self.seen[self._begin] = Seen(self._digest.hexdigest(), self._size, self._crc)


def _long_size(extra: bytes) -> int:
    """The stored size of a ZIP64 extra field, 0 if there is none."""
    at = 0
    while at + 4 <= len(extra):
        tag, size = struct.unpack("<HH", extra[at : at + 4])
        if tag == _ZIP64 and size >= 16 and at + 20 <= len(extra):
            return int(struct.unpack("<Q", extra[at + 12 : at + 20])[0])
        at += 4 + size
    return 0
