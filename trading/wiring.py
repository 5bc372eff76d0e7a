"""What trading registers when the process starts: handlers, reactions, due moves, desk items."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

_MODULES = ("commands", "reactions", "due", "desk", "hall_desk")


def connect() -> None:
    for name in _MODULES:
        if find_spec(f"trading.{name}"):
            import_module(f"trading.{name}")
