"""What a verifier answers: evidence of each check it made. A failed check raises ``Refused``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Evidence:
    """One passed check. ``step`` counts from 1 inside one verification; ``code`` names the check."""

    step: int
    code: str
    zh: str
    en: str
    facts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {"step": self.step, "code": self.code, "zh": self.zh, "en": self.en, "facts": dict(self.facts)}
