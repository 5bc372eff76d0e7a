"""Receipts (投标回执), many at once: who asks while others are being served is served with the next lot.

A receipt needs its act's place in the log. Of all who ask at the same time one numbers the acts, signs and
writes the receipts of all, so that three hundred cost a few commits and not three hundred. A receipt is always
the same: its proof is against the first checkpoint over its act, and the platform's signature is determined.
"""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import connection

from ca_interop.platform_key import platform_signer
from journal.models import Act
from journal.sequencer import first_proofs
from sealing import fields, receipts
from trading.models import Bid

_AT_ONCE = 100


@dataclass
class _Asked:
    act: uuid.UUID
    receipt: dict[str, Any] | None = None
    error: Exception | None = None


_turn = threading.Lock()
_list = threading.Lock()
_asked: list[_Asked] = []


def receipt_of(bid: Bid) -> dict[str, Any]:
    """The receipt of an accepted bid: as it was written, else issued now."""
    return dict(bid.receipt) if bid.receipt is not None else issued(bid.act)


def issued(act: uuid.UUID) -> dict[str, Any]:
    """The receipt of the committed act ``bid.submit``; ``Refused(journal.not_logged)`` (busy). Not an act of
    its own: it says, with the log's proof, what that act says."""
    mine = _Asked(act)
    with _list:
        _asked.append(mine)
    with _turn:
        while mine.receipt is None and mine.error is None:
            _serve()
    if mine.receipt is None:
        raise mine.error or AssertionError("served with neither")
    return mine.receipt


def _serve() -> None:
    with _list:
        some = _asked[:_AT_ONCE]
        del _asked[:_AT_ONCE]
    try:
        found = _issue(list({asked.act for asked in some}))
    except Exception as error:  # said to everybody who waits for it, each in a thread of its own
        for asked in some:
            asked.error = error
    else:
        for asked in some:
            asked.receipt = found[asked.act]


def _issue(acts: list[uuid.UUID]) -> dict[uuid.UUID, dict[str, Any]]:
    proofs = first_proofs(acts)
    rows = Act.objects.filter(pk__in=acts).values_list("pk", "document", "salt")
    made = {
        act: receipts.issue(_payload(document, salt, *proofs[act]), platform_signer())
        for act, document, salt in rows
    }
    _write(list(made.values()))
    return made


def _write(made: list[dict[str, Any]]) -> None:
    key, field = Bid._meta.get_field("id"), Bid._meta.get_field("receipt")
    table = connection.ops.quote_name(Bid._meta.db_table)
    rows = [
        (field.get_db_prep_save(receipt, connection), key.get_db_prep_value(_bid(receipt), connection))
        for receipt in made
    ]
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE {table} SET receipt = %s WHERE id = %s AND receipt IS NULL", rows)


def _bid(receipt: dict[str, Any]) -> uuid.UUID:
    return uuid.UUID(receipt["statement"]["payload"]["bid"])


def _payload(act: dict[str, Any], salt: bytes | None, index: int, proof: str) -> dict[str, Any]:
    said = act["payload"]
    named = ("tender", "lot", "part", "bid", "pseudonym", "envelope_sha256", "size")
    return {
        "v": 1,
        **{name: said[name] for name in named},
        "received_at": act["at"],
        "act": act,
        "salt": fields.b64(bytes(salt or b"")),
        "index": index,
        "proof": proof,
    }
