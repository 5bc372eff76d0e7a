"""``bidtool log verify-mirror``: a mirror is whole, or the file that is not is named."""

import functools
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from bidtool.cli import cli, run
from bidtool.log import mirror
from bidtool.log.fetch import fetch
from bidtool.output import Output
from bidtool.remote import Server
from kernel import merkle, tiles, tlog
from kernel.errors import Refused

KEY = tlog.SigningKey("example.com/log", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
VKEY = str(KEY.verifier)


def publish(folder: Path, size: int, words: bytes = b"entry %d") -> None:
    entries = [words % number for number in range(size)]
    tree = merkle.Tree(entries)
    for path in tiles.paths_for_size(size):
        put(folder, path, tiles.tile_bytes(*tiles.parse_tile_path(path), tree.read))
    for path in tiles.paths_for_size(size, entries=True):
        _, index, width = tiles.parse_tile_path(path)
        put(folder, path, tiles.format_entries(entries[index * 256 : index * 256 + width]))
    put(folder, "checkpoint", tlog.sign_checkpoint(KEY.name, size, tree.root, KEY).encode())


def put(folder: Path, path: str, data: bytes) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(data)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 700])
def test_a_whole_mirror(tmp_path: Path, size: int) -> None:
    publish(tmp_path, size)
    found = mirror.verify(tmp_path, [VKEY])
    assert (found.size, found.beyond) == (size, ())


def test_every_flipped_byte_is_found(tmp_path: Path) -> None:
    publish(tmp_path, 5)
    publish(tmp_path, 300)
    assert mirror.verify(tmp_path, [VKEY]).beyond == ()
    for path in [p for p in tmp_path.rglob("*") if p.is_file()]:
        data = path.read_bytes()
        for at in {0, len(data) // 2, len(data) - 1}:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(Refused):
                mirror.verify(tmp_path, [VKEY])
        path.write_bytes(data)


def test_a_dropped_partial_tile_is_read_from_the_full_one(tmp_path: Path) -> None:
    publish(tmp_path, 300)
    note = (tmp_path / "checkpoint").read_bytes()
    publish(tmp_path, 512)
    (tmp_path / "checkpoint").write_bytes(note)
    for path in ("tile/0/001.p/44", "tile/entries/001.p/44"):
        (tmp_path / path).unlink()
    assert mirror.verify(tmp_path, [VKEY]).size == 300


@pytest.mark.parametrize("missing", ["checkpoint", "tile/0/001.p/44", "tile/entries/000", "tile/1/000.p/1"])
def test_a_missing_file(tmp_path: Path, missing: str) -> None:
    publish(tmp_path, 300)
    (tmp_path / missing).unlink()
    with pytest.raises(Refused) as caught:
        mirror.verify(tmp_path, [VKEY])
    assert caught.value.code == "mirror.unreadable"


def test_exit_codes(tmp_path: Path) -> None:
    publish(tmp_path, 3)
    other = str(tlog.SigningKey(KEY.name, Ed25519PrivateKey.generate()).verifier)

    def code(*arguments: str) -> int:
        return run(cli, ["log", "verify-mirror", *arguments], Output())

    assert code(str(tmp_path), "--vkey", VKEY) == 0
    assert code(str(tmp_path), "--vkey", other) == 1
    assert code(str(tmp_path), "--vkey", "nonsense") == 1
    assert code(str(tmp_path / "nowhere"), "--vkey", VKEY) == 1
    assert CliRunner().invoke(cli, ["log", "verify-mirror"]).exit_code == 2


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder under ``/log/`` of a real HTTP server."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def test_a_copy_is_fetched_and_carried_on(tmp_path: Path) -> None:
    source, copy = tmp_path / "www" / "log", tmp_path / "copy"
    publish(source, 200)
    with served(source.parent) as url:
        assert fetch(Server(url), copy, [VKEY]).size == 200
        publish(source, 600)
        assert fetch(Server(url), copy, [VKEY]).size == 600
    assert list(mirror.entries(copy, 3)) == [b"entry 0", b"entry 1", b"entry 2"]


def test_a_rewritten_log_is_not_taken_for_the_old_one(tmp_path: Path) -> None:
    source, copy = tmp_path / "www" / "log", tmp_path / "copy"
    publish(source, 300)
    with served(source.parent) as url:
        fetch(Server(url), copy, [VKEY])
        note = (copy / "checkpoint").read_bytes()
        shutil.rmtree(source)
        publish(source, 400, b"another %d")
        with pytest.raises(Refused) as refusal:
            fetch(Server(url), copy, [VKEY])
        publish(source, 200)
        with pytest.raises(Refused) as shrunk:
            fetch(Server(url), copy, [VKEY])
    assert refusal.value.reasons[0].code.startswith("mirror.")
    assert [r.code for r in shrunk.value.reasons] == ["mirror.not_continued"]
    assert mirror.verify(copy, [VKEY]).beyond == ()
    assert (copy / "checkpoint").read_bytes() == note
