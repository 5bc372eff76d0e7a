"""What trading does when it hears its own facts: start the slow work."""

from __future__ import annotations

from journal.facts import Delivery, reacts_to
from journal.tasks import later
from trading import tasks
from trading.events import BidKeyReceived, ObjectionsClosed


@reacts_to(BidKeyReceived)
def open_the_bid(fact: BidKeyReceived, delivery: Delivery) -> None:
    later(tasks.open_bid, fact.bid)


@reacts_to(ObjectionsClosed)
def make_the_record(fact: ObjectionsClosed, delivery: Delivery) -> None:
    later(tasks.make_opening_record, fact.tender)
