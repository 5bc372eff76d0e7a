"""``bidtool log fetch``: copy a served tlog-tiles log, or carry an earlier copy on, and check all of it.

What is there already is not asked for again; the checkpoint is put in place last, when the whole has been
checked, so a copy that was cut off goes on, and a log that does not continue the copy leaves the copy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bidtool.files import writing
from bidtool.log import mirror
from bidtool.remote import Server, again
from kernel import merkle, tiles, tlog
from kernel.errors import Refused

CHECKPOINT = "checkpoint"


def fetch(
    server: Server, folder: Path, vkeys: Sequence[str], progress: mirror.Progress = lambda count: None
) -> mirror.MirrorEvidence:
    """Bring ``folder`` up to the log's newest checkpoint. ``progress`` hears of files.

    ``Refused``: the server's, ``mirror.*`` (``mirror.not_continued`` for a rewritten log), ``note.*``.
    """
    note = again(lambda: server.download("/log/checkpoint", tlog.MAX_NOTE))
    checkpoint, _ = tlog.open_checkpoint(tlog.text_of(note), vkeys)
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / CHECKPOINT
    earlier = tlog.open_checkpoint(mirror.read_note(folder), vkeys)[0] if kept.exists() else None
    fresh = []
    for path in tiles.paths_for_size(checkpoint.size) + tiles.paths_for_size(checkpoint.size, entries=True):
        if not (folder / path).exists():
            _write(folder / path, _tile(server, path))
            fresh.append(folder / path)
        progress(1)
    try:
        return _settle(folder, note, vkeys, earlier)
    except Refused:
        for wrong in fresh:
            wrong.unlink()
        raise


def _tile(server: Server, path: str) -> bytes:
    level = tiles.parse_tile_path(path)[0]
    limit = mirror.MAX_BUNDLE if level == tiles.ENTRIES else tiles.FULL * merkle.HASH_SIZE
    data: bytes = again(lambda: server.download(f"/log/{path}", limit))
    return data


def _settle(
    folder: Path, note: bytes, vkeys: Sequence[str], earlier: tlog.Checkpoint | None
) -> mirror.MirrorEvidence:
    """Check under the new checkpoint; the old one comes back if that fails."""
    kept = folder / CHECKPOINT
    before = kept.read_bytes() if kept.exists() else None
    _write(kept, note)
    try:
        return mirror.verify(folder, vkeys, earlier=earlier)
    except BaseException:
        if before is None:
            kept.unlink()
        else:
            _write(kept, before)
        raise


def _write(path: Path, data: bytes) -> None:
    with writing(path) as stream:
        stream.write(data)
