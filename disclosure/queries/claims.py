"""The claims of a tender's public page, from rows and acts."""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Min, Q

from disclosure.queries.tender_page import session_of
from disclosure.rules.claims import Claim, TenderFacts, claims
from disclosure.rules.phases import settled
from journal import sequencer
from journal.models import Act
from kernel.bid_rules import PRICE
from kernel.clock import beijing
from trading.models import Bid, EvaluationResult, Tender
from trading.rules.statuses import BidStatus, LotStatus, SessionStatus, TenderStatus

_NOT_STARTED = (SessionStatus.SIGN_IN, SessionStatus.FAILED)


def of(tender: Tender) -> list[Claim]:
    """What can be claimed about this tender now, each with the id of the act that shows it."""
    session = session_of(tender)
    started = session is not None and session.status not in _NOT_STARTED
    opened = tender.status in (TenderStatus.OPENED, TenderStatus.CLOSED)
    ended = opened and settled([LotStatus(lot.status) for lot in tender.lots.all()])
    acts = _open_acts(tender)
    head = sequencer.checkpoint()
    facts = TenderFacts(
        announced=tender.announced_at is not None,
        logged="announce" in acts,
        deadline=tender.submission_deadline,
        session_started=started,
        awarded=ended,
        reported=EvaluationResult.objects.filter(lot__tender=tender).count() if ended else 0,
        checkpoint_size=head.size if head else 0,
        **(_bids(tender) if started else _NO_BIDS),
    )
    first = beijing(facts.first_key_at, fraction=True) if facts.first_key_at else ""
    return claims(facts, acts, first)


_NO_BIDS: dict[str, Any] = {
    "received": 0,
    "opened": 0,
    "unopenable": 0,
    "by_quorum": 0,
    "first_key_at": None,
}


def _bids(tender: Tender) -> dict[str, Any]:
    """Counts of a tender whose opening has begun: public from then on (招标投标法第三十六条)."""
    counted: dict[str, Any] = (
        Bid.objects.filter(lot__tender=tender)
        # Of two envelopes the first one is the bid; one that was not whole counts as withdrawn.
        .exclude(status__in=(BidStatus.WITHDRAWN, BidStatus.UNOPENED))
        .exclude(part=PRICE)
        .exclude(lot__status=LotStatus.FAILED, opened_at=None)
        .aggregate(
            received=Count("id", distinct=True),
            opened=Count("id", filter=Q(opened_at__isnull=False), distinct=True),
            unopenable=Count("id", filter=Q(status=BidStatus.UNDECRYPTABLE), distinct=True),
            by_quorum=Count("id", filter=Q(opened_by="quorum"), distinct=True),
            first_opened=Min("opened_at"),
            first_share=Min("shares__released_at"),
        )
    )
    times = [at for at in (counted.pop("first_opened"), counted.pop("first_share")) if at is not None]
    return {**counted, "first_key_at": min(times, default=None)}


#: claim → verbs of the open acts that show it, on the tender or one of its lots.
_EVIDENCE = {
    "announce": ("tender.announce",),
    "opening": ("opening.start", "opening.close"),
    "report": ("candidates.announce",),
}


def _open_acts(tender: Tender) -> dict[str, str]:
    """claim → id of its act, only acts that stand open in the log with a place."""
    subjects = [
        f"tender:{tender.number}",
        f"hall:{tender.number}",
        *(f"lot:{lot.code}" for lot in tender.lots.all()),
    ]
    rows = Act.objects.filter(subject__in=subjects, salt__isnull=True, index__isnull=False)
    found: dict[str, str] = {}
    for act_id, verb in rows.order_by("-index").values_list("id", "verb"):
        for claim, verbs in _EVIDENCE.items():
            if verb in verbs:
                found[claim] = str(act_id)
    return found
