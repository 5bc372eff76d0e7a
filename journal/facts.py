"""Facts: past-tense events that lower apps announce and higher apps react to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

#: ``trading.events.BidOpened`` → its class; filled as the classes are made.
FACTS: dict[str, type[Fact]] = {}


@dataclass(frozen=True)
class Fact:
    """Base of all facts. Fields are JSON values; the name on the wire is module and class."""

    def __init_subclass__(cls) -> None:
        FACTS[f"{cls.__module__}.{cls.__qualname__}"] = cls

    @property
    def kind(self) -> str:
        return f"{type(self).__module__}.{type(self).__qualname__}"

    def as_json(self) -> dict[str, Any]:
        return dataclasses.asdict(self)


F = TypeVar("F", bound=Fact)


@dataclass(frozen=True)
class Delivery:
    """What a reaction gets beside the fact: ``key`` is unique for this fact and this reaction, so it is
    the idempotency key of the command that the reaction performs."""

    key: str


Reaction = Callable[[Any, Delivery], None]

#: fact kind → {reaction name: function}
REACTIONS: dict[str, dict[str, Reaction]] = {}


def reacts_to(fact: type[F]) -> Callable[[Callable[[F, Delivery], None]], Callable[[F, Delivery], None]]:
    """Register ``def reaction(fact, delivery)``. It may run twice: end it in ``perform(…, key=delivery.key)``."""

    def register(function: Callable[[F, Delivery], None]) -> Callable[[F, Delivery], None]:
        kind = f"{fact.__module__}.{fact.__qualname__}"
        name = f"{function.__module__}.{function.__qualname__}"
        REACTIONS.setdefault(kind, {})[name] = function
        return function

    return register


def from_json(kind: str, payload: dict[str, Any]) -> Fact:
    """The fact of an outbox row. ``KeyError`` for a kind that no class declares."""
    return FACTS[kind](**payload)
