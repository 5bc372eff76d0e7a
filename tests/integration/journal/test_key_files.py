"""A key that several processes make at once is one key, whole, for its owner alone."""

import stat
import threading
from pathlib import Path

from journal.key_files import once


def test_many_at_once_get_the_same_key(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "log.key"
    gate, found = threading.Barrier(16), []

    def start(number: int) -> None:
        gate.wait()
        found.append(once(path, lambda: b"%d " % number * 4096))

    threads = [threading.Thread(target=start, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 16
    assert set(found) == {path.read_bytes()}
    assert len(set(path.read_bytes().split())) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [p.name for p in path.parent.iterdir()] == ["log.key"]


def test_a_key_that_is_there_is_kept(tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(b"old")
    assert once(tmp_path / "k", lambda: b"new") == b"old"
