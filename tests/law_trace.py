"""Which tests reach which rule: ``LAW_TRACE=FILE pytest -p tests.law_trace`` writes it as JSON.

``manage.py list_law`` reads ``docs/law/tests.json`` made this way, so that the table of articles names
tests that really perform the command, try the move or meet the refusal.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_reached: dict[str, set[str]] = defaultdict(set)
_file = ""


def _note(what: str) -> None:
    if _file:
        _reached[what].add(_file)


def pytest_configure(config: pytest.Config) -> None:
    if not os.environ.get("LAW_TRACE"):
        return
    from journal import door
    from kernel.errors import ReasonForm
    from kernel.machine import Machine

    said, tried, carried = ReasonForm.__call__, Machine.reasons_against, door._carry_out

    def call(self: ReasonForm, **facts: Any) -> Any:
        _note(f"拒绝 `{self.code}`")
        return said(self, **facts)

    def reasons(self: Any, verb: str, status: Any, facts: Any) -> Any:
        _note(f"动作 `{self.name}.{verb}`")
        return tried(self, verb, status, facts)

    def carry(command: Any, *rest: Any) -> Any:
        done = carried(command, *rest)
        _note(f"命令 `{command.verb}`")
        return done

    ReasonForm.__call__, Machine.reasons_against, door._carry_out = call, reasons, carry  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    global _file
    _file = Path(str(item.fspath)).relative_to(item.config.rootpath).as_posix()
    try:
        return (yield)
    finally:
        _file = ""


def pytest_sessionfinish(session: pytest.Session) -> None:
    if path := os.environ.get("LAW_TRACE"):
        found = {what: sorted(files) for what, files in sorted(_reached.items())}
        Path(path).write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
