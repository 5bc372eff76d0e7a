"""The memory of sealing and opening one large bid: 256 MiB, or 2 GiB with ``FULL=1``, or ``SIZE_MIB``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from typing import Any

from tests.bench.measure import Result, result
from tests.servers import ROOT

BOUND = 150 << 20


def child(mib: int) -> dict[str, Any]:
    """What one process says that takes a bid of ``mib`` MiB from folder to opened bundle."""
    with tempfile.TemporaryDirectory(prefix="bench-memory-", dir=os.environ.get("BENCH_DIR")) as folder:
        words = [sys.executable, "-m", "tests.bench.seal_child", folder, str(mib)]
        done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    said: dict[str, Any] = json.loads(done.stdout)
    return said


def run() -> Result:
    mib = int(os.environ.get("SIZE_MIB") or (2048 if os.environ.get("FULL") == "1" else 256))
    said = child(mib)
    if said["resident"] > BOUND:
        raise AssertionError(f"{said['resident'] >> 20} MiB resident, at most {BOUND >> 20}")
    return result(
        "seal_memory",
        f"密封并开启 {mib} MiB 的投标文件（磁盘到磁盘），进程常驻内存峰值 {said['resident'] >> 20} MiB",
        "AES-256-GCM 加密、解密与一次 SHA-256，磁盘到磁盘",
        [said["seal"] + said["open"]],
        [said["bare"]],
        resident_bytes=said["resident"],
        bytes=said["bytes"],
        bundle_seconds=said["bundle"],
        verify_seconds=said["verify"],
    )
