"""The plaintext of an envelope: a ZIP of stored entries with a manifest (SPEC.md §8).

The reader trusts nothing: it bounds the central directory before parsing it, admits only stored,
unencrypted entries that lie back to back from the first byte to the directory, refuses hostile
names, and checks every entry's size and SHA-256 against the manifest.
"""

from __future__ import annotations

import hashlib
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from kernel.canonical_json import canonical, parse
from kernel.errors import Reason, Refused, refuse_if
from sealing import fields
from sealing.following import Seen
from sealing.refusals import (
    BUNDLE_BAD,
    BUNDLE_COMPRESSED,
    BUNDLE_LIMIT,
    BUNDLE_MISMATCH,
    BUNDLE_MISSING,
    BUNDLE_NAME,
)

MANIFEST = "manifest.json"
SUMMARY = "bid_summary.json"
SUMMARY_SIGNATURE = "bid_summary.sig.json"
ROLES = frozenset(
    {"bid_summary", "bid_summary_signature", "boq", "guarantee", "technical", "commercial",
     "qualification", "other"}
)  # fmt: skip
MAX_FILES = 10_000
MAX_DIRECTORY = 16 * 1024 * 1024
MAX_MANIFEST = 8 * 1024 * 1024
MAX_NAME = 240
_STEP = 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)
_FORBIDDEN = frozenset('\\:*?"<>|')
_DEVICES = frozenset({"con", "prn", "aux", "nul"} | {f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10)})


@dataclass(frozen=True)
class Entry:
    """One file of the bundle: ``size`` in bytes, ``sha256`` in hex."""

    path: str
    sha256: str
    size: int
    media_type: str
    role: str

    def as_json(self) -> dict[str, Any]:
        return {
            "path": self.path,
            "sha256": self.sha256,
            "size": self.size,
            "media_type": self.media_type,
            "role": self.role,
        }


@dataclass(frozen=True)
class Source:
    """A file to put in: ``open`` gives a fresh binary stream each time it is called."""

    path: str
    open: Callable[[], BinaryIO]
    media_type: str
    role: str


def name_reason(name: str) -> Reason | None:
    """Why a path inside a bundle is not allowed, or ``None``. Holds for every platform's file system."""
    shown = ascii(name[:80])
    parts = name.split("/")
    if not name or len(name.encode("utf-8", "surrogatepass")) > MAX_NAME:
        return BUNDLE_NAME(name=shown, why=f"空或超过 {MAX_NAME} 字节 / empty or too long")
    if any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in name):
        return BUNDLE_NAME(name=shown, why="含控制字符 / control characters")
    if not _FORBIDDEN.isdisjoint(name):
        return BUNDLE_NAME(name=shown, why="含反斜杠、冒号等字符 / backslash, colon or the like")
    if name.startswith("/") or any(p in ("", ".", "..") for p in parts):
        return BUNDLE_NAME(name=shown, why="绝对路径或含 .. / absolute, empty or dotted parts")
    if any(p != p.strip() or p.endswith(".") or p.split(".")[0].lower() in _DEVICES for p in parts):
        return BUNDLE_NAME(name=shown, why="首尾空格、末尾句点或设备名 / spaces, final dot or device name")
    return None


def build(sources: Iterable[Source], target: BinaryIO) -> tuple[Entry, ...]:
    """Write the ZIP to a seekable ``target``; same sources, same bytes. Files are read twice, in steps."""
    ordered = sorted(sources, key=lambda s: s.path)
    refuse_if(name_reason(s.path) for s in ordered)
    _unique([s.path for s in ordered])
    entries = tuple(_measure(s) for s in ordered)
    manifest = canonical({"v": 1, "files": [entry.as_json() for entry in entries]})
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_info(MANIFEST, len(manifest)), manifest)
        for source, entry in zip(ordered, entries, strict=True):
            with source.open() as stream, archive.open(_info(entry.path, entry.size), "w") as out:
                digest = hashlib.sha256()
                while data := stream.read(_STEP):
                    digest.update(data)
                    out.write(data)
            if digest.hexdigest() != entry.sha256:
                raise Refused(BUNDLE_MISMATCH(name=entry.path, why="打包时文件被改动 / changed meanwhile"))
    return entries


class Bundle:
    """A bundle whose structure has been checked; contents are checked as they are read."""

    def __init__(self, archive: zipfile.ZipFile, entries: tuple[Entry, ...]) -> None:
        self._archive = archive
        self.entries = entries
        self._by_path = {entry.path: entry for entry in entries}

    def entry(self, path: str) -> Entry:
        if path not in self._by_path:
            raise Refused(BUNDLE_MISSING(name=path))
        return self._by_path[path]

    def with_role(self, role: str) -> tuple[Entry, ...]:
        return tuple(entry for entry in self.entries if entry.role == role)

    def chunks(self, path: str) -> Iterator[bytes]:
        """The file's bytes in steps; ``Refused(bundle.mismatch)`` at the end if the digest differs."""
        entry = self.entry(path)
        digest = hashlib.sha256()
        try:
            with self._archive.open(path) as stream:
                while data := stream.read(_STEP):
                    digest.update(data)
                    yield data
        except (zipfile.BadZipFile, EOFError, OSError) as error:
            raise Refused(BUNDLE_MISMATCH(name=path, why="读取失败 / unreadable")) from error
        if digest.hexdigest() != entry.sha256:
            raise Refused(BUNDLE_MISMATCH(name=path, why="SHA-256"))

    def read(self, path: str, limit: int) -> bytes:
        """A whole small file of at most ``limit`` bytes."""
        if self.entry(path).size > limit:
            raise Refused(BUNDLE_LIMIT(what=path, found=self.entry(path).size, limit=limit))
        return b"".join(self.chunks(path))

    def verify(self, seen: Mapping[int, Seen] | None = None) -> None:
        """Read every file once and check it, but for those that were ``seen`` rightly as they were written."""
        seen = seen or {}
        for entry in self.entries:
            info = self._archive.getinfo(entry.path)
            if seen.get(info.header_offset) == Seen(entry.sha256, entry.size, info.CRC):
                continue
            for _ in self.chunks(entry.path):
                pass


def read(source: BinaryIO) -> Bundle:
    """Check a seekable ZIP's structure and manifest. Raises ``Refused`` with a ``bundle.*`` code."""
    end = _check_end(source)
    try:
        archive = zipfile.ZipFile(source)
        infos = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, OSError) as error:
        raise _malformed("不是 ZIP / not a ZIP") from error
    refuse_if(name_reason(info.orig_filename) for info in infos)
    _unique([info.orig_filename for info in infos])
    for info in infos:
        if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & ~0x800 or info.is_dir():
            raise Refused(BUNDLE_COMPRESSED(name=ascii(info.orig_filename)))
        if info.compress_size != info.file_size:
            raise Refused(BUNDLE_COMPRESSED(name=ascii(info.orig_filename)))
    _check_layout(source, infos, end)
    if not infos or infos[0].filename != MANIFEST:
        raise Refused(BUNDLE_MISSING(name=MANIFEST))
    entries = _read_manifest(archive, infos[0])
    _compare(entries, {info.filename: info.file_size for info in infos[1:]})
    return Bundle(archive, entries)


def _check_end(source: BinaryIO) -> int:
    """Bound the central directory before anything parses it; where it begins."""
    total = source.seek(0, 2)
    tail_size = min(total, 98)
    source.seek(total - tail_size)
    tail = source.read(tail_size)
    if len(tail) < 22 or tail[-22:-18] != b"PK\x05\x06" or tail[-2:] != b"\0\0":
        raise _malformed("没有 ZIP 结尾记录 / no end record at the end")
    said = struct.unpack("<HII", tail[-12:-2])
    count, size, offset = said
    after = total - 22
    # Writers add a ZIP64 end from 2 GiB on, where the 32-bit fields can still hold the values.
    if len(tail) == 98 and tail[:4] == b"PK\x06\x06" and tail[56:60] == b"PK\x06\x07":
        count, size, offset = struct.unpack("<QQQ", tail[32:56])
        after = total - 98
        if said != (min(count, 0xFFFF), min(size, 0xFFFFFFFF), min(offset, 0xFFFFFFFF)):
            raise _malformed("ZIP64 结尾记录不合格 / bad ZIP64 end record")
    elif count == 0xFFFF or size == 0xFFFFFFFF or offset == 0xFFFFFFFF:
        raise _malformed("ZIP64 结尾记录不合格 / bad ZIP64 end record")
    for what, found, limit in (("文件数 files", count, MAX_FILES), ("目录 directory", size, MAX_DIRECTORY)):
        if found > limit:
            raise Refused(BUNDLE_LIMIT(what=what, found=found, limit=limit))
    if offset + size != after:
        raise _malformed("目录位置不符 / the directory is not where it should be")
    return int(offset)


def _check_layout(source: BinaryIO, infos: list[zipfile.ZipInfo], end: int) -> None:
    """Entries lie back to back from byte 0 to the directory: no overlaps (zip bombs), no hiding places."""
    position = 0
    for info in sorted(infos, key=lambda i: i.header_offset):
        if info.header_offset != position:
            raise _malformed("条目重叠或有空隙 / entries overlap or leave gaps")
        source.seek(position)
        local = source.read(30)
        if len(local) != 30 or local[:4] != b"PK\x03\x04":
            raise _malformed("条目头不合格 / bad local header")
        name_size, extra_size = struct.unpack("<HH", local[26:30])
        if source.read(name_size) != info.orig_filename.encode("utf-8"):
            raise _malformed("条目头与目录的文件名不一致 / local and central names differ")
        position += 30 + name_size + extra_size + info.file_size
    if position != end:
        raise _malformed("条目与目录之间有空隙 / a gap before the directory")


def _read_manifest(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> tuple[Entry, ...]:
    if info.file_size > MAX_MANIFEST:
        raise Refused(BUNDLE_LIMIT(what=MANIFEST, found=info.file_size, limit=MAX_MANIFEST))
    try:
        data = archive.read(info)
    except (zipfile.BadZipFile, EOFError, OSError) as error:
        raise Refused(BUNDLE_MISMATCH(name=MANIFEST, why="CRC")) from error
    value = parse(data)
    if canonical(value) != data:
        raise _malformed("manifest.json 不是规范 JSON / not canonical")
    got = fields.exact_keys(value, MANIFEST, ("v", "files"))
    fields.integer(got, "v", 1, 1)
    return tuple(_read_entry(v) for v in fields.items(got, "files", 0, MAX_FILES))


def _read_entry(value: Any) -> Entry:
    got = fields.exact_keys(value, "files", ("path", "sha256", "size", "media_type", "role"))
    role = fields.text(got, "role", limit=40)
    if role not in ROLES:
        raise fields.bad("role", f"未知 / unknown: {role}")
    return Entry(
        path=fields.text(got, "path", limit=MAX_NAME),
        sha256=fields.hex_bytes(got, "sha256", 32).hex(),
        size=fields.integer(got, "size", 0, 1 << 40),
        media_type=fields.text(got, "media_type", limit=120),
        role=role,
    )


def _compare(entries: tuple[Entry, ...], sizes: dict[str, int]) -> None:
    if [e.path for e in entries] != sorted({e.path for e in entries}):
        raise _malformed("清单未按路径排序或有重复 / the manifest is unsorted or repeats a path")
    for entry in entries:
        if entry.path not in sizes:
            raise Refused(BUNDLE_MISSING(name=entry.path))
        if sizes[entry.path] != entry.size:
            raise Refused(BUNDLE_MISMATCH(name=entry.path, why=f"{sizes[entry.path]} ≠ {entry.size}"))
    unlisted = set(sizes) - {e.path for e in entries}
    if unlisted:
        raise Refused(BUNDLE_MISMATCH(name=min(unlisted), why="不在清单中 / not in the manifest"))


def _unique(names: list[str]) -> None:
    """No two names may be one on a case-insensitive or normalising file system."""
    seen: set[str] = set()
    for name in names:
        folded = unicodedata.normalize("NFKC", name).casefold()
        if folded in seen:
            raise Refused(BUNDLE_NAME(name=ascii(name[:80]), why="重名 / duplicate"))
        seen.add(folded)


def _measure(source: Source) -> Entry:
    digest, size = hashlib.sha256(), 0
    with source.open() as stream:
        while data := stream.read(_STEP):
            digest.update(data)
            size += len(data)
    return Entry(source.path, digest.hexdigest(), size, source.media_type, source.role)


def _info(path: str, size: int) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _EPOCH)
    info.create_system = 3
    info.external_attr = 0o600 << 16
    info.file_size = size
    return info


def _malformed(why: str) -> Refused:
    return Refused(BUNDLE_BAD(why=why))
