"""Bids in hand: here in time, and not yet decided. The opening waits for them, however long their queue is.

On PostgreSQL a node that has such bids of a tender holds a shared advisory lock on it, on the connection that
reads its clock; the opening takes the same lock exclusively before anything else. In time is what arrived by the
deadline, so after it nothing new is held and the wait ends. A node that dies lets go with its connection. SQLite is
one node and one writer: there the grace after the deadline has to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime

from django.db import Error, OperationalError, connection

from journal import clock
from kernel.errors import Kind, ReasonForm, Refused
from trading.models import Tender

STILL_RECEIVING = ReasonForm(
    "opening.still_receiving",
    zh="截止前到达的投标文件还在办理接收，请稍候再开标",
    en="bids that came in time are still being taken in; open in a moment",
    kind=Kind.BUSY,
    law="招标投标法第三十六条",
)
_CLASS = 0x6D62
_LONGEST = "20s"


class InHand:
    """What one node has in hand. All of it is used from one thread, whose connection holds the locks."""

    def __init__(self) -> None:
        self.of: Counter[str] = Counter()

    def arrive(self, numbers: Collection[str]) -> tuple[datetime, set[str]]:
        """The database's time, for bids of these tenders that are here now (a number as often as bids), and the
        tenders for which it is in time: those bids are in hand until :meth:`done`."""
        at = clock.now()
        if connection.vendor != "postgresql":
            return at, set()
        rows = Tender.objects.filter(number__in=set(numbers), submission_deadline__gte=at)
        in_time = set(rows.values_list("number", flat=True))
        for number in numbers:
            if number in in_time:
                if not self.of[number]:
                    _ask("pg_try_advisory_lock_shared", number)
                self.of[number] += 1
        return at, in_time

    def done(self, number: str) -> None:
        """One bid of this tender is decided."""
        left = self.of[number] - 1
        if left > 0:
            self.of[number] = left
        elif self.of.pop(number):  # none is left of before the connection was lost
            _ask("pg_advisory_unlock_shared", number)

    def forget(self) -> None:
        """Give up the connection, with all locks: a pool would hand it on as it is."""
        self.of.clear()
        with suppress(Error), connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_all()")
        connection.close()


def wait_for(number: str) -> None:
    """Inside the opening's transaction, before any other lock: until no node has a bid in hand."""
    row = Tender.objects.filter(number=number).values_list("submission_deadline", flat=True).first()
    if connection.vendor != "postgresql" or row is None or clock.now() <= row:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{_LONGEST}'")
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_CLASS, number])
            cursor.execute("SET LOCAL lock_timeout = 0")
    except OperationalError as error:
        raise Refused(STILL_RECEIVING()) from error


def _ask(function: str, number: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s, hashtext(%s))", [_CLASS, number])
