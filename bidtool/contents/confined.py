"""Files of any origin are read in a process of their own, with bounds on memory, processor and time.

Parsers of PDF, OOXML and pictures meet files that were made to hurt them (zip bombs, endless page trees,
entity floods). The child dies at its bounds, the check says so and goes on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from kernel.errors import ReasonForm, Refused

#: Bounds of one file: resident memory is below the address space; processor and wall time in seconds.
MEMORY = 2 * 1024**3
PROCESSOR, WALL = 240, 300
ANSWER = 8 * 1024 * 1024
#: Nothing larger is parsed at all.
LARGEST = 1024**3

TOO_COSTLY = ReasonForm(
    "bid.file_too_costly",
    zh="文件 {path} 在限定的时间和内存内读不完（可能已损坏，或嵌套、压缩异常），请重新生成后再检查",
    en="{path} could not be read within bounds of time and memory: make it anew",
)
UNREADABLE = ReasonForm(
    "bid.file_unreadable",
    zh="文件 {path} 读不出内容：{why}",
    en="the contents of {path} cannot be read: {why}",
)


#: What the child needs of our environment. The rest, with passwords (``--password-env``), is none of its business.
_NEEDED = ("PATH", "PYTHONPATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


def _environment() -> dict[str, str]:
    return {"PYTHONUTF8": "1", **{name: os.environ[name] for name in _NEEDED if name in os.environ}}


def look(kind: str, where: Path, path: str, asked: dict[str, Any], *, wall: float = WALL) -> dict[str, Any]:
    """What the child found in file ``where``, named ``path`` for people. ``kind``: a key of
    ``contents.__main__.READERS``. ``Refused``: ``bid.file_too_costly``, ``bid.file_unreadable``."""
    if where.stat().st_size > LARGEST:
        raise Refused(TOO_COSTLY(path=path))
    question = {
        "kind": kind,
        "where": str(where.resolve()),
        "asked": asked,
        "memory": MEMORY,
        "cpu": PROCESSOR,
    }
    command = [sys.executable, "-m", "bidtool.contents"]
    try:
        done = subprocess.run(
            command, input=json.dumps(question).encode(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            timeout=wall, check=False, cwd=Path(__file__).parents[2], env=_environment(),
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Refused(TOO_COSTLY(path=path)) from error
    if done.returncode != 0 or len(done.stdout) > ANSWER:
        raise Refused(TOO_COSTLY(path=path))
    found: dict[str, Any] = json.loads(done.stdout)
    if "unreadable" in found:
        raise Refused(UNREADABLE(path=path, why=found["unreadable"]))
    return found
