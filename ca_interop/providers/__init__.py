"""Certification authorities as data: one folder each, ``profile.json`` and, for what data cannot say, ``adapter.py``.

Adding an authority is adding a folder; ``tests/unit/ca_interop/test_providers.py`` runs over all of them.
Pure: reads the package's own files, no network, no Django.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ca_interop.rules.profiles import Profile, profile_from_json


@dataclass(frozen=True)
class Provider:
    """One authority as its folder describes it.

    ``sandbox``: it can be tried out over HTTP as ``ca_interop/README.md`` describes. ``checked_with`` says what the
    profile was checked against (``demo_ca``, a certificate of the authority, or ``unverified``: taken from
    public sources, to be confirmed with a test certificate before the authority is listed).
    """

    folder: str
    id: str
    name: str
    sandbox: bool
    checked_with: str
    algorithms: tuple[str, ...]
    profile: Profile
    quirks_zh: str
    quirks_en: str
    has_adapter: bool = False


@functools.cache
def providers() -> dict[str, Provider]:
    """Every folder's provider by its id, in the folders' order."""
    found: dict[str, Provider] = {}
    for folder in sorted(resources.files(__package__).iterdir(), key=lambda entry: entry.name):
        described = folder / "profile.json"
        if folder.is_dir() and described.is_file():
            told = json.loads(described.read_text("utf-8"))
            one = _provider(folder.name, told, (folder / "adapter.py").is_file())
            if one.id in found:
                raise ValueError(f"{folder.name}: {one.id} is {found[one.id].folder}'s")
            found[one.id] = one
    return found


def _provider(folder: str, told: dict[str, Any], has_adapter: bool) -> Provider:
    quirks = told["quirks"]
    return Provider(
        folder=folder,
        id=told["id"],
        name=told["name"],
        sandbox=told["sandbox"],
        checked_with=told["checked_with"],
        algorithms=tuple(told["algorithms"]),
        profile=profile_from_json(told["profile"]),
        quirks_zh=quirks["zh"],
        quirks_en=quirks["en"],
        has_adapter=has_adapter,
    )
