"""Finding acts by subject and verb: records and pages name acts by id."""

from __future__ import annotations

from collections.abc import Iterable

from journal.models import Act


class ActFinder:
    """An index over acts already fetched: ``(subject, verb)`` → ids in order of time."""

    def __init__(self, acts: Iterable[Act]) -> None:
        self._ids: dict[tuple[str, str], list[str]] = {}
        self._acts = sorted(acts, key=lambda a: (a.at, str(a.pk)))
        for act in self._acts:
            self._ids.setdefault((act.subject, act.verb), []).append(str(act.pk))

    def first(self, subject: str, *verbs: str) -> str:
        """The id of the first act with any of ``verbs``, or ``""``."""
        return next((self._ids[subject, v][0] for v in verbs if (subject, v) in self._ids), "")

    def last(self, subject: str, *verbs: str) -> str:
        """The id of the newest act with the first of ``verbs`` that occurs, or ``""``."""
        return next((self._ids[subject, v][-1] for v in verbs if (subject, v) in self._ids), "")

    def of(self, subject: str) -> list[str]:
        """Ids of every act on ``subject``, in order of time."""
        return [str(act.pk) for act in self._acts if act.subject == subject]

    def by_party(self, subject: str, verb: str, draw: str) -> dict[tuple[str, str], str]:
        """``(verb, who)`` → id of the acts of one draw's parties."""
        found = {}
        for act in self._acts:
            said = act.document["payload"]
            if (act.subject, act.verb) == (subject, verb) and said.get("draw") == draw:
                found[verb, str(said["who"])] = str(act.pk)
        return found
