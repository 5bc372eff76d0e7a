"""What guarantees registers when the process starts: handlers, reactions, due moves, desk items."""

from __future__ import annotations

from importlib import import_module

_MODULES = ("commands", "reactions", "due", "desk")


def connect() -> None:
    for name in _MODULES:
        import_module(f"guarantees.{name}")
