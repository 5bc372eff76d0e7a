"""The contract's call: a request on stdin, an answer or an error code on stdout (contract §1).

Needs neither Django nor a database, so it starts at once: ``python -m kernel.scoring --stdin`` and
``manage.py score --stdin`` are the same function.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kernel.errors import Refused
from kernel.scoring.engine import run
from kernel.scoring.reading import decode
from kernel.scoring.reasons import contract_code

EXIT_OK, EXIT_REFUSED = 0, 2


def arguments(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--stdin", action="store_true", help="从标准输入读取评分请求（JSON）")
    source.add_argument("--file", type=Path, help="从文件读取评分请求（JSON）")
    parser.add_argument("--trace", action="store_true", help="附上计算过程（字段 trace）")


def answer(data: bytes, *, trace: bool = False) -> tuple[int, dict[str, Any], str]:
    """Exit status, the JSON for stdout, and a sentence for stderr (empty when all is well)."""
    try:
        done = run(decode(data))
    except Refused as refusal:
        return EXIT_REFUSED, {"error": contract_code(refusal)}, refusal.reasons[0].zh
    out = done.answer()
    if trace:
        out["trace"] = done.trace()
    return EXIT_OK, out, ""


def read_and_answer(options: argparse.Namespace) -> int:
    data = sys.stdin.buffer.read() if options.stdin else options.file.read_bytes()
    status, out, said = answer(data, trace=options.trace)
    # ASCII only: an id may hold whatever JSON can, and a terminal's encoding must not matter.
    sys.stdout.write(json.dumps(out, ensure_ascii=True) + "\n")
    if said:
        sys.stderr.write(said + "\n")
    return status


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="score", description="价格评分（评分计算契约 v1）")
    arguments(parser)
    return read_and_answer(parser.parse_args(argv))
