"""Finding acts by subject and verb: records and pages name acts by id."""

from __future__ import annotations

from collections.abc import Iterable

from journal.models import Act


class ActFinder:
    """An index over acts already fetched: ``(subject, verb)`` → ids in order of time."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self._ids: dict[tuple[str, str], list[str]] = {}
        for act in sorted(acts, key=lambda a: (a.at, str(a.pk))):
            self._ids.setdefault((act.subject, act.verb), []).append(str(act.pk))

    def first(self, subject: str, *verbs: str) -> str:
        """The id of the first act with any of ``verbs``, or ``""``."""
        return next((self._ids[subject, v][0] for v in verbs if (subject, v) in self._ids), "")

    def last(self, subject: str, *verbs: str) -> str:
        """The id of the newest act with the first of ``verbs`` that occurs, or ``""``."""
        return next((self._ids[subject, v][-1] for v in verbs if (subject, v) in self._ids), "")
