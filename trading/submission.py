"""The submission door: from a request as it came to the receipt. The slow checks are in ``examination``.

The moment that counts is when the platform had the whole request, read once from the database's clock: a bid
that waits its turn among hundreds is as early as it came. Each way to be refused has its own code and is
journalled, sealed, as a refused attempt.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from journal import clock
from journal.door import check_key, journal_refusal, perform
from kernel.actor import PUBLIC, Actor, pseudonym
from kernel.errors import Refused
from sealing import fields, statements
from sealing import pseudonym as pseudonyms
from sealing.keys import PublicKey
from sealing.refusals import FOREIGN, STATEMENT_SIGNER
from trading import examination
from trading.commands.bids import ENVELOPE_KNOWN, PSEUDONYM_USED, SubmitBid
from trading.examination import Submission
from trading.models import Bid
from trading.receiving import issued, receipt_of
from trading.rules.bids import TAKEN_BACK
from trading.rules.statuses import BID_ZH, BidStatus

__all__ = ["Accepted", "Submission", "examine", "pseudonym_key", "read_submission", "submit"]
_SAID = ("tender", "lot", "part", "envelope_sha256", "size", "pseudonym")


@dataclass(frozen=True)
class Accepted:
    """``again``: this very submission had been accepted before; the receipt is the same."""

    receipt: dict[str, Any]
    again: bool


def examine(request: Submission, *, via: str) -> str:
    """Check everything but the moment, while the upload ends; what ``request.examined`` may then be.

    Raises ``Refused`` as :func:`submit` does."""
    command, actor = _blank(request), PUBLIC
    try:
        command = read_submission(request)
        actor = pseudonym(command.pseudonym)
        now = clock.now()
        return examination.sealed(request, now, examination.examine(request, command, now))
    except Refused as refusal:
        journal_refusal(command, actor, via, refusal)
        raise


def submit(request: Submission, *, key: str, via: str, arrived: datetime | None = None) -> Accepted:
    """Accept an envelope that ``arrived`` (default: now). Raises ``Refused``: ``envelope.*``, ``identity.*``,
    ``statement.*``, ``certificate.*``, ``uploads.*``, ``bid.*``, ``tender.*``.

    A signed submission is its own idempotency key: the same one has the same receipt, whatever ``key`` is."""
    check_key(key)
    arrived = arrived or clock.now()
    command, actor = _blank(request), PUBLIC
    try:
        examined = examination.counts(request, arrived)
        command = _command(request) if examined else read_submission(request)
        actor = pseudonym(command.pseudonym)
        if (known := _known(command)) is not None:
            return known
        if not examined:
            examination.examine(request, command, arrived)
    except Refused as refusal:
        journal_refusal(command, actor, via, refusal)
        raise
    return _accept(command, actor, via, arrived)


def _accept(command: SubmitBid, actor: Actor, via: str, arrived: datetime) -> Accepted:
    try:
        outcome = perform(command, actor, via=via, arrived=arrived)
    except Refused as refusal:
        # Sent twice at the same moment: the database took one, and this is the other.
        twice = refusal.code in (ENVELOPE_KNOWN.code, PSEUDONYM_USED.code)
        if twice and (known := _known(command)) is not None:
            return known
        raise
    return Accepted(issued(outcome.act), False)


def _known(command: SubmitBid) -> Accepted | None:
    """A repeat is answered with the receipt while it holds: whoever took a bid back must not read 递交成功."""
    bid = Bid.objects.filter(pseudonym=command.pseudonym, envelope_sha256=command.envelope_sha256).first()
    if bid is None:
        return None
    status = BidStatus(bid.status)
    if status in (BidStatus.WITHDRAWN, BidStatus.REVOKED):
        raise Refused(TAKEN_BACK(status=BID_ZH[status]))
    return Accepted(receipt_of(bid), True)


def _blank(request: Submission) -> SubmitBid:
    """What is journalled of a request that says nothing legible."""
    return SubmitBid(request.tender[:40], request.lot[:20], "", "", "", 0, request.signed)


def read_submission(request: Submission) -> SubmitBid:
    """The command of a signed submission, its signature checked against the pseudonym it names."""
    evidence = statements.verify(request.signed, purpose="bid-submission")
    said = fields.exact_keys(dict(evidence.payload), "submission", _SAID)
    if not evidence.public_key_hex or evidence.public_key_hex != said["pseudonym"]:
        raise Refused(STATEMENT_SIGNER())
    for what, found, expected in (
        ("招标 tender", said["tender"], request.tender),
        ("标段 lot", said["lot"], request.lot),
    ):
        if found != expected:
            raise Refused(FOREIGN(what=what, found=found, expected=expected))
    return _command(request)


def _command(request: Submission) -> SubmitBid:
    """The command of a submission that was verified, here or at its examination."""
    said = request.signed["statement"]["payload"]
    return SubmitBid(
        tender=fields.text(said, "tender"),
        lot=fields.text(said, "lot"),
        part=fields.text(said, "part"),
        pseudonym=pseudonyms.read(said).hex(),
        envelope_sha256=fields.hex_bytes(said, "envelope_sha256", 32).hex(),
        size=fields.integer(said, "size", 1, 1 << 41),
        submission=request.signed,
    )


def pseudonym_key(bid: Bid) -> PublicKey:
    """The public key that speaks for a bid until it is open."""
    return pseudonyms.public_key(bytes.fromhex(bid.pseudonym))
