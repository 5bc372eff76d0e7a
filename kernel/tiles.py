"""Tile coordinates and entry bundles (C2SP tlog-tiles; tile height 8).

Level ``-1`` stands for entry bundles (``tile/entries/…``), as in the tools around the format.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kernel import merkle
from kernel.errors import Kind, ReasonForm, Refused

HEIGHT = 8
FULL = 256
ENTRIES = -1
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF

_PATH = re.compile(
    r"tile/(?P<level>entries|0|[1-9][0-9]?)/(?P<index>(?:x[0-9]{3}/)*[0-9]{3})(?:\.p/(?P<width>[1-9][0-9]{0,2}))?"
)

BAD_TILE = ReasonForm(
    "tlog.bad_tile",
    zh="日志分片不合格：{why}",
    en="malformed log tile: {why}",
    kind=Kind.MALFORMED,
    law="C2SP tlog-tiles",
)


def tile_path(level: int, index: int, width: int = FULL) -> str:
    """``tile/<L>/<N>[.p/<W>]``; ``width`` 1–256, where 256 is the full tile."""
    if not (ENTRIES <= level <= MAX_LEVEL and 0 <= index <= merkle.MAX_SIZE and 1 <= width <= FULL):
        raise Refused(BAD_TILE(why=f"level {level}, index {index}, width {width}"))
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    number = "/".join([*(f"x{part}" for part in parts[:-1]), parts[-1]])
    suffix = "" if width == FULL else f".p/{width}"
    return f"tile/{'entries' if level == ENTRIES else level}/{number}{suffix}"


def parse_tile_path(path: str) -> tuple[int, int, int]:
    """``(level, index, width)`` of a path in its one canonical spelling."""
    match = _PATH.fullmatch(path)
    if match is None or len(path) > 100:
        raise Refused(BAD_TILE(why="path"))
    level = ENTRIES if match["level"] == "entries" else int(match["level"])
    index = int(match["index"].replace("x", "").replace("/", ""))
    width = int(match["width"]) if match["width"] else FULL
    if tile_path(level, index, width) != path:
        raise Refused(BAD_TILE(why="path is not canonical"))
    return level, index, width


def widths_for_size(size: int) -> list[tuple[int, int, int]]:
    """``(level, full tiles, width of the partial tile or 0)`` for each level of a tree of ``size``."""
    if not 0 <= size <= merkle.MAX_SIZE:
        raise Refused(BAD_TILE(why=f"size {size}"))
    levels = []
    level, nodes = 0, size
    while nodes:
        levels.append((level, nodes // FULL, nodes % FULL))
        level, nodes = level + 1, nodes // FULL
    return levels


def tiles_for_size(size: int) -> list[tuple[int, int, int]]:
    """``(level, count, width)`` groups: so many tiles of that width, full ones (256) before the partial one.

    70,000 leaves: ``(0, 273, 256), (0, 1, 112), (1, 1, 256), (1, 1, 17), (2, 1, 1)``.
    """
    groups = []
    for level, full, partial in widths_for_size(size):
        if full:
            groups.append((level, full, FULL))
        if partial:
            groups.append((level, 1, partial))
    return groups


def paths_for_size(size: int, *, entries: bool = False) -> list[str]:
    """Every tile path of a tree of ``size`` (or only its entry bundles), in order."""
    paths = []
    for level, full, partial in widths_for_size(size):
        if entries and level:
            break
        at = ENTRIES if entries else level
        paths += [tile_path(at, index) for index in range(full)]
        if partial:
            paths.append(tile_path(at, full, partial))
    return paths


def tile_bytes(level: int, index: int, width: int, read: merkle.ReadNode) -> bytes:
    """The body of a hash tile from stored nodes: ``width`` hashes of 32 bytes."""
    tile_path(level, index, width)
    return b"".join(read(level * HEIGHT, index * FULL + at) for at in range(width))


def parse_tile(data: bytes, width: int) -> list[bytes]:
    """The hashes of a tile body, which must be exactly ``width`` long."""
    if len(data) != width * merkle.HASH_SIZE:
        raise Refused(BAD_TILE(why=f"{len(data)} bytes for width {width}"))
    return [data[at : at + merkle.HASH_SIZE] for at in range(0, len(data), merkle.HASH_SIZE)]


def format_entries(entries: Sequence[bytes]) -> bytes:
    """An entry bundle: each entry after its big-endian 16-bit length. Longer entries are refused."""
    if not 1 <= len(entries) <= FULL or any(len(entry) > MAX_ENTRY for entry in entries):
        raise Refused(BAD_TILE(why="a bundle has 1–256 entries of at most 65535 bytes"))
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def parse_entries(data: bytes, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle; missing, surplus or cut-off bytes are refused."""
    entries, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise Refused(BAD_TILE(why="entry bundle is cut off"))
        entries.append(data[at + 2 : end])
        at = end
    if at != len(data):
        raise Refused(BAD_TILE(why="bytes after the last entry"))
    return entries
