"""Facts that evaluation announces. Plain values only; no names of experts."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts import Fact


@dataclass(frozen=True)
class CommitteeFormed(Fact):
    """Every seat of the committee of ``tender`` (public number) is taken."""

    tender: str


@dataclass(frozen=True)
class SheetsReturned(Fact):
    """Objective items differed between seats and went back for correction."""

    tender: str
    lot: str


@dataclass(frozen=True)
class TechnicalConcluded(Fact):
    """Two envelopes: the technical sheets of a lot are locked; its prices may be opened."""

    tender: str
    lot: str


@dataclass(frozen=True)
class ScoresCalculated(Fact):
    """Totals and ranking of a lot are computed; the report can be rendered. ``digest``: of the calculation."""

    tender: str
    lot: str
    digest: str


@dataclass(frozen=True)
class ReportSigned(Fact):
    """Every seat has signed, dissented or counts as agreeing: the evaluation of the lot is finished."""

    tender: str
    lot: str
    report_sha256: str
