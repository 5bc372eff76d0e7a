"""The confined child: one question on standard input, one answer on standard output."""

from __future__ import annotations

import importlib
import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any

#: Kind of file → module and function that reads it.
READERS = {
    "boq": "bidtool.contents.bills:read_bill",
    "pdf": "bidtool.contents.pdf:traces",
    "pdf_opens": "bidtool.contents.opening:opens",
    "word": "bidtool.contents.word:traces",
    "picture": "bidtool.contents.pictures:traces",
    "text": "bidtool.contents.words:traces",
}


def bound(memory: int, cpu: int) -> None:
    """Limits of this process; where the system has none (Windows) the parent's clock is the only one."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def main() -> int:
    question = json.load(sys.stdin)
    bound(question["memory"], question["cpu"])
    # Parsers talk of every oddity of a file; the answer is the findings.
    logging.disable(logging.CRITICAL)
    warnings.simplefilter("ignore")
    module, _, name = READERS[question["kind"]].partition(":")
    reader = getattr(importlib.import_module(module), name)
    try:
        answer: dict[str, Any] = reader(Path(question["where"]), question["asked"])
    except MemoryError:
        return 3
    except Exception as error:
        # Whatever a hostile file brings a parser to raise, it is the file that cannot be read.
        answer = {"unreadable": f"{type(error).__name__}: {error}"[:200]}
    sys.stdout.write(json.dumps(answer, ensure_ascii=True))
    return 0


if __name__ == "__main__":
    sys.exit(main())
