"""Keys that a deployment makes for itself on first use, one file each (mode 0600).

Several processes start at once (two Daphne nodes, workers of a test run): the first one's key counts, and
nobody ever reads half of one.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path


def once(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's bytes; made by ``make`` when there is none yet."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside, synced and linked: the name never stands for anything but a whole key.
        draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
        try:
            with open(draft, "xb", opener=_private) as handle:
                handle.write(make())
                handle.flush()
                os.fsync(handle.fileno())
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    return path.read_bytes()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
