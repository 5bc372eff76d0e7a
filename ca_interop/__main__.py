"""``python -m ca_interop validate --stdin``: one JSON request a line in, one answer a line out.
``python -m ca_interop signature --stdin``: one question about one signed file, and its report.
``python -m ca_interop reverify FOLDER``: every signature of an archive judged again.

They read nothing but their input: no network, no database, no system trust store; the only clock is the
monotonic one that bounds a request.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import BinaryIO, TextIO

from ca_interop.rules.rfc5280.faults import Budget, Malformed
from ca_interop.rules.rfc5280.request import MAX_LINE, answer, guess_id, refusal


def serve(source: BinaryIO, target: TextIO) -> None:
    """Answers in order, each flushed at once, until the input ends."""
    while line := source.readline(MAX_LINE + 1):
        start = time.monotonic()
        rest = line
        while len(rest) > MAX_LINE and not rest.endswith(b"\n"):
            rest = source.readline(MAX_LINE + 1)  # the remainder of a line that is too long is not kept
        if not line.strip():
            continue
        target.write(json.dumps(_answer(line, start)) + "\n")
        target.flush()


def _answer(line: bytes, start: float) -> dict[str, object]:
    try:
        return answer(line, Budget(clock=time.monotonic, start=start))
    except Exception as error:  # the last net: one bad request must not end the process for the others
        return refusal(guess_id(line), Malformed(f"not understood ({type(error).__name__})"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m ca_interop", description="证书路径验证 (RFC 5280)")
    commands = parser.add_subparsers(dest="command", required=True)
    validate = commands.add_parser("validate", help="逐行读取请求，逐行回答")
    validate.add_argument("--stdin", action="store_true", required=True, help="从标准输入读取")
    signature = commands.add_parser("signature", help="核验一份签名文件")
    signature.add_argument("--stdin", action="store_true", required=True, help="从标准输入读取")
    again = commands.add_parser("reverify", help="离线复核归档中的全部签名")
    again.add_argument("folder", type=Path, help="归档目录")
    again.add_argument(
        "--publisher", action="append", default=[], help="认可的信任列表发布者证书指纹（SHA-256）"
    )
    again.add_argument("--report", type=Path, help="逐条结论写入此文件（JSON，一行一条）")
    chosen = parser.parse_args()
    if chosen.command == "reverify":
        from ca_interop.reverify import reverify

        return reverify(chosen.folder, frozenset(chosen.publisher), chosen.report)
    if chosen.command == "signature":
        from ca_interop import isolated  # not loaded for certificates alone: it brings a PDF library

        return isolated.serve()
    serve(sys.stdin.buffer, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
