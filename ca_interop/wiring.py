"""What ca_interop registers when the process starts: its handlers."""

from __future__ import annotations

from importlib import import_module


def connect() -> None:
    import_module("ca_interop.commands")
