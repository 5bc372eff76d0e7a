"""State machines as tables of moves.

A machine is data: checks, buttons, API ``actions``, diagrams and the test matrix all come from the
one table. There is no way to set a status but ``after``, and no ``force``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Generic, TypeVar

from kernel.errors import Kind, Reason, ReasonForm, Refused

S = TypeVar("S", bound=StrEnum)
F = TypeVar("F")

#: A guard looks at facts (which carry ``now``) and answers why not, or ``None``.
Guard = Callable[[F], Reason | None]

WRONG_STATUS = ReasonForm(
    "machine.wrong_status",
    zh="当前状态为「{status}」，不能{verb}；要在{when}时才能办理",
    en="the status is {status}; {verb} is not possible, only at {when}",
    kind=Kind.CONFLICT,
)


@dataclass(frozen=True)
class Move(Generic[S, F]):
    """One row: ``verb`` leads from any of ``sources`` to ``target`` unless a guard objects.

    ``law`` cites the article the move rests on; ``zh`` is the word on the button.
    """

    verb: str
    sources: frozenset[S]
    target: S
    law: str
    zh: str = ""
    unless: tuple[Guard[F], ...] = field(default=())


class Machine(Generic[S, F]):
    """A named table of moves over statuses ``S``, judged on facts ``F``.

    ``labels`` gives the Chinese word of each status.
    """

    def __init__(self, name: str, initial: S, moves: Iterable[Move[S, F]], labels: dict[S, str]) -> None:
        self.name = name
        self.initial = initial
        self.moves: dict[str, Move[S, F]] = {}
        self.labels = labels
        for move in moves:
            if move.verb in self.moves:
                raise ValueError(f"{name}: verb {move.verb} stands twice")
            if not move.law:
                raise ValueError(f"{name}: verb {move.verb} cites no article")
            self.moves[move.verb] = move

    def reasons_against(self, verb: str, status: S, facts: F) -> tuple[Reason, ...]:
        """Why ``verb`` cannot be done now; empty when it can. Unknown verbs raise ``KeyError``."""
        move = self.moves[verb]
        if status not in move.sources:
            return (self._wrong_status(move, status),)
        return tuple(r for guard in move.unless if (r := guard(facts)) is not None)

    def _wrong_status(self, move: Move[S, F], status: S) -> Reason:
        """Says when the move is possible, and on what article it rests."""
        when = "或".join(f"「{word}」" for source, word in self.labels.items() if source in move.sources)
        return replace(
            WRONG_STATUS(status=self.labels[status], verb=move.zh or move.verb, when=when), law=move.law
        )

    def after(self, verb: str, status: S, facts: F) -> S:
        """The status after ``verb``; raises ``Refused`` with every reason against it."""
        reasons = self.reasons_against(verb, status, facts)
        if reasons:
            raise Refused(*reasons)
        return self.moves[verb].target

    def open_moves(self, status: S, facts: F) -> tuple[Move[S, F], ...]:
        """The moves that nothing speaks against: what buttons and API ``actions`` show."""
        return tuple(m for v, m in self.moves.items() if not self.reasons_against(v, status, facts))

    def mermaid(self) -> str:
        """The machine as a Mermaid ``stateDiagram-v2``."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial.value}"]
        for move in self.moves.values():
            lines += [
                f"    {source.value} --> {move.target.value}: {move.verb}" for source in sorted(move.sources)
            ]
        return "\n".join(lines)
