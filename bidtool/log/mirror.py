"""``bidtool log verify-mirror``: a copy of a tlog-tiles log, re-hashed from its entries.

Memory is one entry bundle and at most 255 hashes a level, whatever the size of the log.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from kernel import merkle, tiles, tlog
from kernel.errors import Kind, ReasonForm, Refused

MAX_BUNDLE = tiles.FULL * (tiles.MAX_ENTRY + 2)

UNREADABLE = ReasonForm(
    "mirror.unreadable", zh="镜像缺少或不能读取 {path}：{why}", en="the mirror lacks {path} or it cannot be read: {why}",
    kind=Kind.NOT_FOUND,
)  # fmt: skip
TILE_DIFFERS = ReasonForm(
    "mirror.tile_differs", zh="分片 {path} 与其条目算得的散列不符",
    en="tile {path} differs from the hashes of its entries",
)  # fmt: skip
ENTRIES_DIFFER = ReasonForm(
    "mirror.entries_differ", zh="条目包 {path} 与同一位置的其他条目包不一致",
    en="entry bundle {path} differs from another one of the same place",
)  # fmt: skip
ROOT_DIFFERS = ReasonForm(
    "mirror.root_differs", zh="由条目算得的根 {found} 与检查点的根 {wanted} 不符（{size} 条）",
    en="the root of the {size} entries is {found}, the checkpoint says {wanted}",
)  # fmt: skip
NOT_CONTINUED = ReasonForm(
    "mirror.not_continued",
    zh="日志（{size} 条）不是先前检查点（{earlier} 条）的延续：平台给出过两本不同的日志，请保存两份检查点并举报",
    en="the log of {size} entries does not continue the checkpoint of {earlier} that was kept: keep both",
)

Progress = Callable[[int], None]


@dataclass(frozen=True)
class MirrorEvidence:
    """A mirror that is whole. ``beyond`` names files that the checkpoint does not cover."""

    origin: str
    size: int
    root: bytes
    signers: tuple[str, ...]
    tiles: int
    beyond: tuple[str, ...]


def verify(
    folder: Path,
    vkeys: Sequence[str],
    progress: Progress = lambda count: None,
    earlier: tlog.Checkpoint | None = None,
) -> MirrorEvidence:
    """Check the whole mirror. ``Refused`` says which file is wrong; ``progress`` hears of entries.

    ``earlier`` is a checkpoint that somebody kept: the mirror must be a continuation of it.
    """
    checkpoint, opened = tlog.open_checkpoint(read_note(folder), vkeys)
    if earlier is not None and (earlier.origin != checkpoint.origin or earlier.size > checkpoint.size):
        raise Refused(NOT_CONTINUED(earlier=earlier.size, size=checkpoint.size))
    mirror = _Mirror(folder, checkpoint.size)
    frontier = merkle.Frontier()
    for number in range(-(-checkpoint.size // tiles.FULL)):
        hashes = mirror.leaf_hashes(number)
        before = number * tiles.FULL
        if earlier is not None and before <= earlier.size < before + len(hashes):
            _check_continued(frontier.append(hashes[: earlier.size - before])[0], earlier, checkpoint)
        frontier, _ = frontier.append(hashes)
        mirror.take(0, hashes)
        progress(len(hashes))
    mirror.finish()
    if earlier is not None and earlier.size == checkpoint.size:
        _check_continued(frontier, earlier, checkpoint)
    if frontier.root != checkpoint.root:
        found, wanted = tlog.encode64(frontier.root), tlog.encode64(checkpoint.root)
        raise Refused(ROOT_DIFFERS(found=found, wanted=wanted, size=checkpoint.size))
    beyond = mirror.check_leftovers()
    return MirrorEvidence(
        checkpoint.origin, checkpoint.size, checkpoint.root, tuple(opened.names), mirror.checked, beyond
    )


def read_note(folder: Path) -> str:
    """The mirror's checkpoint, unopened."""
    return tlog.text_of(_read(folder, "checkpoint", tlog.MAX_NOTE))


def entries(folder: Path, size: int) -> Iterator[bytes]:
    """The first ``size`` entries, in order. The mirror must have been verified."""
    mirror = _Mirror(folder, size)
    for number in range(-(-size // tiles.FULL)):
        yield from mirror.entries(number)


def _check_continued(frontier: merkle.Frontier, earlier: tlog.Checkpoint, now: tlog.Checkpoint) -> None:
    if frontier.root != earlier.root:
        raise Refused(NOT_CONTINUED(earlier=earlier.size, size=now.size))


class _Mirror:
    """The tiles of a folder, compared with what the entries hash to."""

    def __init__(self, folder: Path, size: int) -> None:
        self._folder = folder
        self._widths = {level: (full, partial) for level, full, partial in tiles.widths_for_size(size)}
        self._pending: dict[int, list[bytes]] = {}
        self._next: dict[int, int] = {}
        self.checked = 0

    def leaf_hashes(self, number: int) -> list[bytes]:
        """The leaf hashes of one bundle's entries."""
        found = [merkle.leaf_hash(entry) for entry in self.entries(number)]
        self.checked += 1
        return found

    def entries(self, number: int) -> list[bytes]:
        """One bundle's entries, as far as the checkpoint covers them."""
        width = self._width(0, number)
        path = self._existing(tiles.ENTRIES, number, width)
        data = _read(self._folder, path, MAX_BUNDLE)
        return tiles.parse_entries(data, tiles.parse_tile_path(path)[2])[:width]

    def take(self, level: int, hashes: Sequence[bytes]) -> None:
        """Hashes of a level, in order: full tiles are compared and handed up as they fill."""
        pending = self._pending.setdefault(level, [])
        pending.extend(hashes)
        while len(pending) >= tiles.FULL:
            whole = pending[: tiles.FULL]
            del pending[: tiles.FULL]
            self._compare(level, whole)
            self.take(level + 1, [merkle.Frontier().append(whole)[0].root])

    def finish(self) -> None:
        for level, rest in self._pending.items():
            if rest:
                self._compare(level, rest)

    def check_leftovers(self) -> tuple[str, ...]:
        """Older partial tiles must be beginnings of what stands there now; others are only named."""
        beyond: list[str] = []
        for path in _tile_files(self._folder):
            try:
                level, index, width = tiles.parse_tile_path(path)
            except Refused:
                beyond.append(path)
                continue
            current = self._width(max(level, 0), index)
            if width > current:
                beyond.append(path)
            elif width < current:
                self._check_older(path, level, index, width, current)
        return tuple(beyond)

    def _check_older(self, path: str, level: int, index: int, width: int, current: int) -> None:
        now = self._existing(level, index, current)
        limit = MAX_BUNDLE if level == tiles.ENTRIES else tiles.FULL * merkle.HASH_SIZE
        older, newer = _read(self._folder, path, limit), _read(self._folder, now, limit)
        if level == tiles.ENTRIES:
            newer_entries = tiles.parse_entries(newer, tiles.parse_tile_path(now)[2])
            if tiles.parse_entries(older, width) != newer_entries[:width]:
                raise Refused(ENTRIES_DIFFER(path=path))
        elif older != newer[: width * merkle.HASH_SIZE]:
            raise Refused(TILE_DIFFERS(path=path))
        self.checked += 1

    def _compare(self, level: int, hashes: Sequence[bytes]) -> None:
        index = self._next.get(level, 0)
        self._next[level] = index + 1
        path = self._existing(level, index, len(hashes))
        held = tiles.parse_tile(
            _read(self._folder, path, tiles.FULL * merkle.HASH_SIZE), tiles.parse_tile_path(path)[2]
        )
        if held[: len(hashes)] != list(hashes):
            raise Refused(TILE_DIFFERS(path=path))
        self.checked += 1

    def _existing(self, level: int, index: int, width: int) -> str:
        """The tile's path; of a partial one that the log has dropped, the full tile's."""
        path = tiles.tile_path(level, index, width)
        full = tiles.tile_path(level, index)
        return full if not (self._folder / path).exists() and (self._folder / full).exists() else path

    def _width(self, level: int, index: int) -> int:
        """How many hashes (or entries) of a tile the checkpoint covers."""
        full, partial = self._widths.get(level, (0, 0))
        if index < full:
            return tiles.FULL
        return partial if index == full else 0


def _read(folder: Path, path: str, limit: int) -> bytes:
    """A regular file of at most ``limit`` bytes."""
    where = folder / path
    try:
        status = where.stat()
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            raise Refused(UNREADABLE(path=path, why=f"{status.st_size} bytes"))
        with where.open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise Refused(UNREADABLE(path=path, why=error.strerror or type(error).__name__)) from error


def _tile_files(folder: Path) -> Iterator[str]:
    """Every file below ``tile/``, as a path with slashes; links to folders are not followed."""
    for where in sorted((folder / "tile").rglob("*")):
        if not where.is_dir():
            yield where.relative_to(folder).as_posix()
