"""Guarantees on disk: one JSON file and one PDF each, and the answers given under idempotency keys.

Everything is written beside and renamed, so a crash leaves the old or the new file; a restart loses nothing.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from gateways.guarantors.sandbox.reasons import KEY_REUSED, NO_SUCH
from kernel.canonical_json import canonical, digest, parse
from kernel.errors import Refused


class Store:
    """``guarantees/<sha256 of number>.json|.pdf`` and ``answers/<sha256 of key>.json`` under ``folder``."""

    def __init__(self, folder: Path) -> None:
        self._guarantees = folder / "guarantees"
        self._answers = folder / "answers"
        for where in (self._guarantees, self._answers):
            where.mkdir(parents=True, exist_ok=True)

    def get(self, number: str) -> dict[str, Any]:
        """The record ``{number, status, form, application_sha256, …}``."""
        path = self._path(number)
        if not path.exists():
            raise Refused(NO_SUCH(number=number[:60]))
        return _load(path)

    def pdf(self, number: str) -> bytes:
        self.get(number)
        return self._path(number).with_suffix(".pdf").read_bytes()

    def put(self, record: dict[str, Any], pdf: bytes | None = None) -> None:
        path = self._path(record["number"])
        if pdf is not None:
            _write(path.with_suffix(".pdf"), pdf)
        _write(path, canonical(record))

    def answered(self, key: str, request: dict[str, Any]) -> dict[str, Any] | None:
        """The earlier answer to the same key and request; another request is ``Refused``."""
        path = self._answers / f"{_name(key)}.json"
        if not path.exists():
            return None
        kept = _load(path)
        if kept["request"] != digest(request):
            raise Refused(KEY_REUSED(key=key[:60]))
        return dict(kept["answer"])

    def remember(self, key: str, request: dict[str, Any], answer: dict[str, Any]) -> None:
        _write(
            self._answers / f"{_name(key)}.json", canonical({"request": digest(request), "answer": answer})
        )

    def _path(self, number: str) -> Path:
        return self._guarantees / f"{_name(number)}.json"


def _name(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _load(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = parse(path.read_bytes())
    return value


def _write(path: Path, data: bytes) -> None:
    beside = path.with_suffix(f"{path.suffix}.{os.getpid()}.new")
    with beside.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    os.replace(beside, path)
