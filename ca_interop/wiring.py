"""What ca_interop registers when the process starts: its handlers, tasks, and its part of the desk."""

from __future__ import annotations

from importlib import import_module


def connect() -> None:
    for module in ("commands", "tasks", "desk"):
        import_module(f"ca_interop.{module}")
