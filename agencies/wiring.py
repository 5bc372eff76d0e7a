"""What agencies registers when the process starts: handlers, due moves, desk items."""

from __future__ import annotations

from importlib import import_module


def connect() -> None:
    for name in ("commands", "due", "desk"):
        import_module(f"agencies.{name}")
