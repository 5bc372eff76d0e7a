"""What evaluation registers when the process starts: handlers, reactions, due moves, desk items."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

_MODULES = ("commands", "reactions", "due", "desk")


def connect() -> None:
    for name in _MODULES:
        if find_spec(f"evaluation.{name}"):
            import_module(f"evaluation.{name}")
