"""The desk (我的工作台): each app says what a person may or must do now, and which of its pages are for which
role; the page puts it together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from kernel.actor import Actor, Role


@dataclass(frozen=True)
class DeskItem:
    """One thing on the desk. ``tone``: action (do it now), waiting, done, danger. ``weight``: order among
    items without a deadline, small first."""

    title: str
    href: str
    note: str = ""
    action: str = "去办理"
    deadline: datetime | None = None
    tone: str = "action"
    weight: int = 50


@dataclass(frozen=True)
class Entrance:
    """A page that these roles work on, whether or not something waits there; no roles: everybody signed in."""

    word: str
    href: str
    roles: frozenset[Role]


Provider = Callable[[Actor, datetime], Iterable[DeskItem]]

_PROVIDERS: list[Provider] = []
_ENTRANCES: list[Entrance] = []


def provider(function: Provider) -> Provider:
    """Register ``def items(actor, now) -> Iterable[DeskItem]`` (import it from ``AppConfig.ready``)."""
    if function not in _PROVIDERS:
        _PROVIDERS.append(function)
    return function


def items_for(actor: Actor, now: datetime) -> list[DeskItem]:
    """Everything for this person: next deadline first, then by weight."""
    found = [item for provide in _PROVIDERS for item in provide(actor, now)]
    far = datetime.max.replace(tzinfo=now.tzinfo)
    return sorted(found, key=lambda i: (i.tone == "done", i.deadline or far, i.weight))


def entrance(word: str, href: str, *roles: Role) -> None:
    """Register a page of the app (beside its provider): nobody should have to know an address by heart."""
    made = Entrance(word, href, frozenset(roles))
    if made not in _ENTRANCES:
        _ENTRANCES.append(made)


def entrances_for(actor: Actor) -> list[Entrance]:
    """The pages for this person, in the order of the apps."""
    return [e for e in _ENTRANCES if not e.roles or actor.has(*e.roles)]
