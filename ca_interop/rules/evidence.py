"""Collecting evidence: a verifier's numbered steps (the shape is ``sealing.evidence.Evidence``)."""

from __future__ import annotations

from typing import Any

from sealing.evidence import Evidence

__all__ = ["Evidence", "Trail"]


class Trail:
    """Collects evidence and numbers it from 1."""

    def __init__(self) -> None:
        self._steps: list[Evidence] = []

    def add(self, code: str, zh: str, en: str, **facts: Any) -> None:
        self._steps.append(Evidence(len(self._steps) + 1, code, zh, en, facts))

    def extend(self, steps: tuple[Evidence, ...]) -> None:
        """Take over another trail's steps, renumbered."""
        for step in steps:
            self.add(step.code, step.zh, step.en, **step.facts)

    @property
    def steps(self) -> tuple[Evidence, ...]:
        return tuple(self._steps)
