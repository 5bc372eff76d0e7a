"""``python -m tests.bench [ONLY=name]``: a table on stdout, JSON under var/bench/."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

from tests.bench.measure import Result

#: name → module with ``run() -> Result``, or module:function.
PIECES = {
    "seal_open": "tests.bench.seal_open",
    "seal_open_sm": "tests.bench.seal_open:national",
    "sm2_verify": "tests.bench.sm2_verify",
    "seal_memory": "tests.bench.seal_memory",
    "page_seal": "tests.bench.page_seal",
    "room_event_300": "tests.bench.room_event",
    "bid_http": "tests.bench.bid_http",
    "chain_warm": "tests.bench.chain_warm",
    "archive_1000": "tests.bench.archive_1000",
    "pdf_sign": "tests.bench.pdf_sign",
    "rush_300": "tests.bench.rush_300",
    "open_quorum_100": "tests.bench.open_quorum",
    "open_quorum_sm": "tests.bench.open_quorum:national",
}


def _chosen(words: list[str]) -> list[str]:
    only = [word.removeprefix("ONLY=") for word in words] or [os.environ.get("ONLY", "")]
    wanted = [name for name in only if name]
    unknown = [name for name in wanted if name not in PIECES]
    if unknown:
        sys.exit(f"没有名为 {'、'.join(unknown)} 的测量；有：{'、'.join(PIECES)}")
    return wanted or list(PIECES)


def _piece(name: str) -> Callable[[], Result]:
    module, _, function = PIECES[name].partition(":")
    run: Callable[[], Result] = getattr(import_module(module), function or "run")
    return run


def main() -> None:
    folder = Path(os.environ.get("MINGTANG_VAR", "var")) / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    machine = {"cpus": os.cpu_count(), "python": platform.python_version(), "system": platform.platform()}
    for name in _chosen(sys.argv[1:]):
        print(f"… {name}", file=sys.stderr, flush=True)
        found = _piece(name)()
        print(found.line(), flush=True)
        said = {**found.as_json(), "machine": machine, "at": datetime.now(UTC).isoformat()}
        (folder / f"{name}.json").write_text(json.dumps(said, ensure_ascii=False, indent=1) + "\n")


if __name__ == "__main__":
    main()
