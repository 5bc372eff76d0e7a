"""Facts of the room: who became what."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts import Fact


@dataclass(frozen=True)
class RoleGranted(Fact):
    """``organization`` is empty for those who act in their own name."""

    person: str
    organization: str
    role: str


@dataclass(frozen=True)
class RoleEnded(Fact):
    person: str
    organization: str
    role: str


@dataclass(frozen=True)
class CertificateBlocked(Fact):
    """A loss was reported: the certificate counts for nothing from ``at`` on."""

    fingerprint: str
    person: str
    at: str
