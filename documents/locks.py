"""One writer at a time on a staging file, across threads, processes and nodes of a shared file system."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from documents import refusals
from kernel.errors import Refused

WAIT_SECONDS = 5.0
_PAUSE_SECONDS = 0.02


@contextmanager
def locked(path: Path, *, create: bool) -> Iterator[BinaryIO]:
    """The file, open for reading and writing and locked; freed at the end or with the process.

    ``FileNotFoundError`` unless it is there or may be made; ``Refused(uploads.in_use)`` after five
    seconds: a stuck writer holds up nobody's thread."""
    flags = os.O_RDWR | (os.O_CREAT if create else 0)
    with os.fdopen(os.open(path, flags, 0o600), "r+b") as handle:
        until = time.monotonic() + WAIT_SECONDS
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise Refused(refusals.IN_USE()) from None
                time.sleep(_PAUSE_SECONDS)
        yield handle
