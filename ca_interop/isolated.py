"""Judging a stranger's file in a process of its own, with limits on memory, processor time and waiting.

No parser of PDF or ASN.1 is safe from every file somebody may think up; whatever one does to this process,
the asker gets an answer: a report, or a refusal with a code. No Django here: the command line uses it too.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ca_interop.rules.signatures.judging import Circumstances
from ca_interop.rules.signatures.reasons import BUSY, TOO_COMPLEX
from ca_interop.rules.signatures.request import MAX_REQUEST, answer, question
from kernel.errors import Kind, Reason, Refused

log = logging.getLogger("mingtang.ca_interop")
SECONDS, MEMORY = 20, 1536 * 1024 * 1024
#: Files judged at the same time by one process of the platform; others wait a little, then are refused as busy.
AT_ONCE = 2
_places = threading.BoundedSemaphore(AT_ONCE)
_ROOT = Path(__file__).resolve().parent.parent


def judge(data: bytes, content: bytes | None, by: Circumstances) -> dict[str, Any]:
    """The report (JSON, :mod:`ca_interop.rules.signatures.report`) on a file of any known kind.

    ``Refused``: what the rules refuse; ``signature.too_complex`` when a limit was reached;
    ``signature.busy`` (503) when others are being judged.
    """
    asked = json.dumps(question(data, content, by)).encode() + b"\n"
    with _place():
        said = _run(asked)
    if said is None:
        raise Refused(TOO_COMPLEX(what="文件", limit=f"{SECONDS} 秒、{MEMORY // 1024 // 1024} MiB"))
    if "report" in said:
        report: dict[str, Any] = said["report"]
        return report
    raise Refused(*(_reason(row) for row in said["reasons"]))


def _reason(row: dict[str, str]) -> Reason:
    return Reason(
        row["code"], row["zh"], row["en"], Kind(row["kind"]), row.get("law", ""), row.get("field", "")
    )


@contextmanager
def _place() -> Iterator[None]:
    if not _places.acquire(timeout=SECONDS / 2):
        raise Refused(BUSY())
    try:
        yield
    finally:
        _places.release()


def serve() -> int:
    """The child: one request on standard input, one answer on standard output, within the limits."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    json.dump(answer(sys.stdin.buffer.read(MAX_REQUEST)), sys.stdout, ensure_ascii=False)
    return 0


def _run(asked: bytes) -> dict[str, Any] | None:
    """The child's answer, or ``None`` if it did not live to give one."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ca_interop", "signature", "--stdin"],
            input=asked,
            capture_output=True,
            cwd=_ROOT,
            env={"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(_ROOT), "LANG": "C.UTF-8"},
            timeout=SECONDS + 5,
            check=False,
        )
        if done.returncode > 0:  # not stopped by a limit (that is a signal, a negative code) but broken
            log.error(
                "judging a file ended with %s: %s",
                done.returncode,
                done.stderr[-2000:].decode("utf-8", "replace"),
            )
        said = json.loads(done.stdout) if done.returncode == 0 else None
    except (subprocess.TimeoutExpired, ValueError, OSError):
        return None
    return said if isinstance(said, dict) else None
