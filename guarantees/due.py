"""What the clock brings about: examinations not decided or lost, issuers not told yet, guarantees run out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from guarantees.commands import CheckAgain, ExpireGuarantee, TellIssuerAgain
from guarantees.models import Guarantee
from guarantees.rules.moves import GuaranteeStatus
from journal.due import FINDERS, Due
from kernel.bid_rules import PRICE
from kernel.clock import BEIJING
from trading.models import Bid
from trading.rules.statuses import BidStatus

_LOST_AFTER = timedelta(minutes=1)
_BATCH = 100
_MAY_EXPIRE = (GuaranteeStatus.VALID, GuaranteeStatus.REFUSED, GuaranteeStatus.PRESENTED)


def examinations(now: datetime) -> Iterable[Due]:
    """Undecided ones whose time has come, and opened bids that nobody examined (a lost task)."""
    for row in Guarantee.objects.filter(check_due_at__lte=now, status=GuaranteeStatus.PRESENTED)[:_BATCH]:
        yield Due(CheckAgain(str(row.bid_id)), f"guarantee.check:{row.bid_id}:{row.check_attempts}")
    lost = Bid.objects.exclude(part=PRICE).filter(
        status=BidStatus.OPENED,
        guarantee__isnull=True,
        lot__bond_amount__gt=0,
        opened_at__lte=now - _LOST_AFTER,
    )
    for bid in lost[:_BATCH]:
        yield Due(CheckAgain(str(bid.pk)), f"guarantee.lost:{bid.pk}:{int(now.timestamp()) // 60}")


def untold_issuers(now: datetime) -> Iterable[Due]:
    for row in Guarantee.objects.filter(issuer_due_at__lte=now)[:_BATCH]:
        yield Due(TellIssuerAgain(str(row.pk)), f"guarantee.tell:{row.pk}:{row.status}:{row.issuer_attempts}")


def expired(now: datetime) -> Iterable[Due]:
    today = now.astimezone(BEIJING).date()
    for row in Guarantee.objects.filter(valid_until__lt=today, status__in=_MAY_EXPIRE)[:_BATCH]:
        yield Due(ExpireGuarantee(str(row.pk)), f"guarantee.expire:{row.pk}")


FINDERS["guarantees.examinations"] = examinations
FINDERS["guarantees.untold_issuers"] = untold_issuers
FINDERS["guarantees.expired"] = expired
