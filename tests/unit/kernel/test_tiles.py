"""Tile coordinates, with the numbers of the C2SP text."""

from __future__ import annotations

import pytest

from kernel import merkle, tiles
from kernel.errors import Refused


@pytest.mark.parametrize(
    ("coordinates", "path"),
    [
        ((0, 0, 256), "tile/0/000"),
        ((0, 1234067, 256), "tile/0/x001/x234/067"),
        ((0, 1234067, 8), "tile/0/x001/x234/067.p/8"),
        ((63, 999, 255), "tile/63/999.p/255"),
        ((1, 1000, 1), "tile/1/x001/000.p/1"),
        ((-1, 273, 112), "tile/entries/273.p/112"),
    ],
)
def test_paths_both_ways(coordinates: tuple[int, int, int], path: str) -> None:
    assert tiles.tile_path(*coordinates) == path
    assert tiles.parse_tile_path(path) == coordinates


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/08",
        "tile/0/000.p/",
        "tile/0/000.p",
        "tile/8/0/000",
        "tile/data/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/x999" + "/x999" * 6 + "/999",
    ],
)
def test_other_spellings_are_refused(path: str) -> None:
    with pytest.raises(Refused):
        tiles.parse_tile_path(path)


@pytest.mark.parametrize("bad", [(64, 0, 1), (-2, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257), (0, 2**63, 1)])
def test_coordinates_out_of_range(bad: tuple[int, int, int]) -> None:
    with pytest.raises(Refused):
        tiles.tile_path(*bad)


def test_the_sizes_of_the_text() -> None:
    assert tiles.tiles_for_size(70_000) == [(0, 273, 256), (0, 1, 112), (1, 1, 256), (1, 1, 17), (2, 1, 1)]
    assert tiles.tiles_for_size(256) == [(0, 1, 256), (1, 1, 1)]
    assert tiles.tiles_for_size(0) == []
    assert tiles.paths_for_size(257) == ["tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1"]
    assert tiles.paths_for_size(257, entries=True) == ["tile/entries/000", "tile/entries/001.p/1"]


def test_tiles_hold_the_stored_nodes() -> None:
    tree = merkle.Tree([n.to_bytes(2, "big") for n in range(600)])
    lower = tiles.parse_tile(tiles.tile_bytes(0, 1, 256, tree.read), 256)
    upper = tiles.parse_tile(tiles.tile_bytes(1, 0, 2, tree.read), 2)
    frontier, _ = merkle.Frontier().append(lower)
    assert frontier.root == upper[1]
    with pytest.raises(Refused):
        tiles.parse_tile(bytes(31), 1)


def test_entry_bundles() -> None:
    entries = [b"", b"a", bytes(65535)]
    bundle = tiles.format_entries(entries)
    assert bundle[:5] == b"\x00\x00\x00\x01a"
    assert tiles.parse_entries(bundle, 3) == entries
    for data, width in ((bundle, 2), (bundle, 4), (bundle[:-1], 3), (b"\x00", 1), (b"", 1)):
        with pytest.raises(Refused):
            tiles.parse_entries(data, width)
    for bad in ([bytes(65536)], [], [b""] * 257):
        with pytest.raises(Refused):
            tiles.format_entries(bad)


def test_the_nodes_of_a_proof_are_known_before_they_are_read() -> None:
    for size in range(1, 40):
        for index in range(size):
            asked: list[tuple[int, int]] = []

            def read(level: int, place: int, asked: list[tuple[int, int]] = asked) -> bytes:
                asked.append((level, place))
                return bytes(32)

            merkle.inclusion(index, size, read)
            assert sorted(asked) == sorted(merkle.inclusion_nodes(index, size))
