"""What disclosure registers when the process starts: handlers and reactions."""

from __future__ import annotations

from importlib import import_module


def connect() -> None:
    for name in ("commands", "reactions"):
        import_module(f"disclosure.{name}")
