"""What parties registers when the process starts: handlers and desk items."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

_MODULES = ("commands", "desk")


def connect() -> None:
    from ca_interop import service
    from parties import queries

    if queries.refuse_blocked not in service.ALSO_ASK:
        service.ALSO_ASK.append(queries.refuse_blocked)
    for name in _MODULES:
        if find_spec(f"parties.{name}"):
            import_module(f"parties.{name}")
