"""Facts that guarantees announces."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts import Fact


@dataclass(frozen=True)
class GuaranteeChecked(Fact):
    """The verdict on a bid's guarantee stands; ``state``: valid, refused or pending."""

    tender: str
    lot: str
    bid: str
    state: str


@dataclass(frozen=True)
class GuaranteeReleased(Fact):
    tender: str
    lot: str
    guarantee: str


@dataclass(frozen=True)
class GuaranteeForfeited(Fact):
    """The issuer has paid the beneficiary."""

    tender: str
    lot: str
    guarantee: str
    paid: str


@dataclass(frozen=True)
class IssuerToBeTold(Fact):
    """A release or a demand waits for its issuer."""

    guarantee: str


@dataclass(frozen=True)
class ExaminationAsked(Fact):
    """The guarantee of an opened bid is to be examined again."""

    bid: str
