"""One numbered check of a record: its title, what it found, and why it failed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ca_interop.rules.evidence import Evidence, Trail
from kernel.errors import Reason


class Steps(Trail):
    """Evidence of one check; ``where`` is the file that is being looked at when a check fails."""

    def __init__(self) -> None:
        super().__init__()
        self.where = ""

    @contextmanager
    def at(self, where: str) -> Iterator[None]:
        """Name the file a failure belongs to. After a failure the name stays, for the report."""
        before, self.where = self.where, where
        yield
        self.where = before

    def not_yet(self, zh: str, en: str) -> None:
        self.add("record.not_yet", f"{zh}：档案中尚无此项材料", f"{en}: no such material in the record yet")


@dataclass(frozen=True)
class CheckResult:
    """``status``: passed, failed, or skipped when the record itself could not be read."""

    number: int
    zh: str
    en: str
    status: str
    evidence: tuple[Evidence, ...] = ()
    where: str = ""
    reasons: tuple[Reason, ...] = ()

    @property
    def passed(self) -> bool:
        return self.status == "passed"

    def as_json(self) -> dict[str, Any]:
        return {
            "no": self.number,
            "zh": self.zh,
            "en": self.en,
            "status": self.status,
            "where": self.where,
            "evidence": [step.as_json() for step in self.evidence],
            "reasons": [reason.as_json() for reason in self.reasons],
        }
