"""What guarantees does when trading announces something."""

from __future__ import annotations

from guarantees import queries
from guarantees.commands.ending import ReleaseGuarantee
from guarantees.events import ExaminationAsked, IssuerToBeTold
from guarantees.rules.moves import GuaranteeStatus
from guarantees.tasks import check_presented, tell_issuer
from journal.door import perform
from journal.facts import Delivery, reacts_to
from journal.tasks import later
from kernel.actor import SYSTEM
from trading.events import BidOpened, ContractRegistered, LotFailed, TenderCancelled
from trading.rules.statuses import BidStatus

#: A demanded guarantee is not given back while the issuer has not answered.
_HELD = frozenset({GuaranteeStatus.PRESENTED, GuaranteeStatus.VALID, GuaranteeStatus.REFUSED})


@reacts_to(BidOpened)
def examine_guarantee(fact: BidOpened, delivery: Delivery) -> None:
    """Examine what the opened bid presents; if this task is lost, the due move starts another."""
    later(check_presented, fact.bid)


@reacts_to(ExaminationAsked)
def examine_again(fact: ExaminationAsked, delivery: Delivery) -> None:
    later(check_presented, fact.bid)


@reacts_to(IssuerToBeTold)
def tell(fact: IssuerToBeTold, delivery: Delivery) -> None:
    """If this task is lost or the issuer is out of reach, the due move starts another."""
    later(tell_issuer, fact.guarantee)


@reacts_to(ContractRegistered)
def release_after_contract(fact: ContractRegistered, delivery: Delivery) -> None:
    """Winner's and losers' alike, within five days of signing (招例第五十七条)."""
    _release(fact.tender, fact.lot, "合同已签订（招标投标法实施条例第五十七条）", delivery)


@reacts_to(LotFailed)
def release_after_failure(fact: LotFailed, delivery: Delivery) -> None:
    _release(fact.tender, fact.lot, "本标段流标，不再评审", delivery)


@reacts_to(TenderCancelled)
def release_after_cancellation(fact: TenderCancelled, delivery: Delivery) -> None:
    _release(fact.tender, "", "终止招标（招标投标法实施条例第三十一条）", delivery)


def _release(tender: str, lot: str, ground: str, delivery: Delivery) -> None:
    for row in queries.of_lot(tender, lot):
        # Of a revoked bid the procuring entity may keep it (招例第三十五条): it demands or releases by itself. Who
        # calls the tender off gives everything back.
        kept = bool(lot) and row.bid.status == BidStatus.REVOKED
        if row.status in _HELD and not kept:
            command = ReleaseGuarantee(str(row.pk), ground)
            perform(command, SYSTEM, via="task", key=f"{delivery.key}:{row.pk}")
