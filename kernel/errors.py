"""Refusals: values that say what, why, by which article, in Chinese and English.

A rule answers ``Reason | None``; a command handler raises :class:`Refused` with one or more
reasons. Only ``portal.problems`` turns a refusal into an HTTP status, a WebSocket frame or an
exit code (house plan, law 4). Anything that is not ``Refused`` is a bug.
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What sort of refusal; decides status codes at the edge, never the wording."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    INVALID = "invalid"
    BUSY = "busy"


@dataclass(frozen=True)
class Reason:
    """One reason of a refusal.

    ``code`` is a dotted lower-case name, unique in the house; ``law`` cites the article where the
    law speaks, else it is empty; ``field`` names the input that is wrong, when one is.
    """

    code: str
    zh: str
    en: str
    kind: Kind = Kind.INVALID
    law: str = ""
    field: str = ""
    facts: Mapping[str, Any] = dataclass_field(default_factory=dict, hash=False, compare=False)

    def as_json(self) -> dict[str, Any]:
        """The shape of one entry of ``reasons[]`` in problem documents and error frames."""
        out: dict[str, Any] = {"code": self.code, "zh": self.zh, "en": self.en, "kind": self.kind.value}
        if self.law:
            out["law"] = self.law
        if self.field:
            out["field"] = self.field
        return out


class Refused(Exception):
    """A command, a door or a verifier says no, with reasons."""

    def __init__(self, *reasons: Reason) -> None:
        if not reasons:
            raise TypeError("Refused needs at least one Reason")
        self.reasons: tuple[Reason, ...] = reasons
        super().__init__("; ".join(f"{r.code}: {r.en}" for r in reasons))

    @property
    def kind(self) -> Kind:
        return self.reasons[0].kind

    @property
    def code(self) -> str:
        return self.reasons[0].code


#: Every form ever declared, by code: the catalogue that ``test_house`` reads.
CATALOGUE: dict[str, ReasonForm] = {}


@dataclass(frozen=True)
class ReasonForm:
    """A reason with blanks: ``LATE = ReasonForm("bid.late", zh="…{deadline}…", en="…{deadline}…")``.

    Calling it fills the blanks: ``LATE(deadline="14:00:00")`` gives a :class:`Reason`.
    Both languages must use the same blanks; a code may be declared once (``ValueError``).
    """

    code: str
    zh: str
    en: str
    kind: Kind = Kind.INVALID
    law: str = ""
    field: str = ""

    def __post_init__(self) -> None:
        if _blanks(self.zh) != _blanks(self.en):
            raise ValueError(f"{self.code}: the two languages have different blanks")
        known = CATALOGUE.get(self.code)
        if known is not None and known != self:
            raise ValueError(f"{self.code}: declared twice")
        CATALOGUE[self.code] = self

    def __call__(self, **facts: Any) -> Reason:
        return Reason(
            code=self.code,
            zh=self.zh.format(**facts),
            en=self.en.format(**facts),
            kind=self.kind,
            law=self.law,
            field=str(facts.get("field", self.field)),
            facts=facts,
        )


def _blanks(text: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(text) if name)


def refuse_if(reasons: Iterable[Reason | None]) -> None:
    """Raise ``Refused`` with every reason that is not ``None``; return quietly if there is none."""
    found = tuple(r for r in reasons if r is not None)
    if found:
        raise Refused(*found)
