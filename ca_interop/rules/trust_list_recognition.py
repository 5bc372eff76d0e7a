"""Mutual recognition: the authorities of another publisher's list taken over into one's own next version.

The platforms that follow this list then accept them, without following two publishers at once; each carries where it
comes from, so that anybody can look it up in the other's signed list.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from ca_interop.rules.certificates import fingerprint
from ca_interop.rules.reasons import ID_TAKEN, RECOGNITION_OLDER
from ca_interop.rules.trust_list import Authority, Recognition, TrustList, Withdrawal
from kernel.errors import Refused


def recognize(own: Sequence[Authority], other: TrustList, now: datetime) -> tuple[Authority, ...]:
    """``own`` with the authorities of ``other`` (read and verified), as they stand there.

    An authority that one's own list names by itself stays as it is. One that was taken over before is brought up to
    date; if ``other`` names it no more it is withdrawn from ``now`` (recognition ended). A new one counts from ``now``
    on at the earliest. ``Refused``: an older version than was recognized before, an id of somebody else.
    """
    source = Recognition(other.publisher, other.signer, other.version, other.digest)
    known = {a.id: a for a in own}
    mine = {fingerprint(c) for a in own if a.recognized is None for c in a.anchors}
    before = [a for a in own if a.recognized is not None and a.recognized.publisher == other.publisher]
    _check_step(before, other)
    taken: dict[str, Authority] = {}
    for one in other.authorities:
        if any(fingerprint(c) in mine for c in one.anchors):
            continue
        held = known.get(one.id)
        if held is not None and held not in before:
            raise Refused(ID_TAKEN(id=one.id, name=one.name))
        since = held.effective_from if held is not None else max(one.effective_from, now)
        taken[one.id] = replace(one, effective_from=since, recognized=source)
    ended = {a.id: _ended(a, source, now) for a in before if a.id not in taken}
    kept = tuple({**taken, **ended}.get(a.id, a) for a in own)
    return (*kept, *(one for name, one in taken.items() if name not in known))


def _check_step(before: Sequence[Authority], other: TrustList) -> None:
    newest = max((a.recognized.version for a in before if a.recognized is not None), default=0)
    if other.version < newest:
        raise Refused(RECOGNITION_OLDER(publisher=other.publisher, known=newest, version=other.version))


def _ended(one: Authority, source: Recognition, now: datetime) -> Authority:
    if one.withdrawn_at is not None and one.withdrawn_at <= now:
        return replace(one, recognized=source)
    return replace(
        one,
        withdrawn_at=now,
        withdrawal_reason=Withdrawal.RECOGNITION_ENDED,
        grace_until=None,
        recognized=source,
    )
