"""Facts of the marketplace."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts import Fact


@dataclass(frozen=True)
class AgencySelected(Fact):
    """``client`` and ``agency`` are organization ids; ``project`` as the client named it."""

    number: str
    project: str
    client: str
    agency: str


@dataclass(frozen=True)
class ServiceContractFiled(Fact):
    number: str
    project: str
    client: str
    agency: str
    contract_sha256: str
