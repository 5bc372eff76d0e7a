"""Facts that trading announces. Frozen, past tense, plain values only (they travel as JSON)."""

from __future__ import annotations

from dataclasses import dataclass

from journal.facts import Fact


@dataclass(frozen=True)
class TenderAnnounced(Fact):
    tender: str  # public number
    submission_deadline: str  # RFC 3339


@dataclass(frozen=True)
class ClarificationPublished(Fact):
    tender: str
    document: str  # TenderDocument id


@dataclass(frozen=True)
class BidKeyReceived(Fact):
    """The bidder's key or a quorum of shares is there; the envelope can be opened."""

    bid: str
    opened_by: str  # "bidder" | "quorum"


@dataclass(frozen=True)
class BidOpened(Fact):
    tender: str
    lot: str  # str(lot.no)
    bid: str


@dataclass(frozen=True)
class ObjectionsClosed(Fact):
    """Everything of the opening has been said: its record can be made."""

    tender: str


@dataclass(frozen=True)
class OpeningClosed(Fact):
    """``stage`` 2: second envelopes (prices) are open."""

    tender: str
    stage: int = 1


@dataclass(frozen=True)
class TechnicalResultReceived(Fact):
    """A lot in two envelopes waits for the second opening."""

    tender: str
    lot: str


@dataclass(frozen=True)
class LotFailed(Fact):
    tender: str
    lot: str
    code: str


@dataclass(frozen=True)
class TenderCancelled(Fact):
    tender: str


@dataclass(frozen=True)
class TenderClosed(Fact):
    """Every lot is contracted or failed; ``failed``: all of them failed."""

    tender: str
    failed: bool


@dataclass(frozen=True)
class EvaluationResultReceived(Fact):
    tender: str
    lot: str


@dataclass(frozen=True)
class CandidatesAnnounced(Fact):
    tender: str
    lot: str
    standstill_until: str


@dataclass(frozen=True)
class AwardDecided(Fact):
    tender: str
    lot: str
    bid: str


@dataclass(frozen=True)
class ResultNotified(Fact):
    """Acceptance notice and letters to all losers went out at the same moment."""

    tender: str
    lot: str


@dataclass(frozen=True)
class ContractRegistered(Fact):
    tender: str
    lot: str
    contract: str
