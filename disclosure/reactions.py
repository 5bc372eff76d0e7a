"""When a lot is settled the record of its tender is made and published."""

from __future__ import annotations

from django.db import transaction

from disclosure import tasks
from journal.facts import Delivery, reacts_to
from journal.tasks import later
from trading.events import ContractRegistered, LotFailed, ResultNotified, TenderCancelled


def _publish(tender: str) -> None:
    transaction.on_commit(lambda: later(tasks.publish_record, tender))


@reacts_to(ResultNotified)
def on_award(fact: ResultNotified, delivery: Delivery) -> None:
    _publish(fact.tender)


@reacts_to(ContractRegistered)
def on_contract(fact: ContractRegistered, delivery: Delivery) -> None:
    _publish(fact.tender)


@reacts_to(LotFailed)
def on_failure(fact: LotFailed, delivery: Delivery) -> None:
    _publish(fact.tender)


@reacts_to(TenderCancelled)
def on_cancellation(fact: TenderCancelled, delivery: Delivery) -> None:
    _publish(fact.tender)
