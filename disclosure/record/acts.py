"""Which acts stand in a record, and their proofs against one checkpoint."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator

from django.db.models import Q

from disclosure.rules.disclosable import Stage, may_publish
from journal import sequencer
from journal.models import Act, Checkpoint
from kernel import merkle
from kernel.canonical_json import canonical


def subjects_of(number: str, project: str, lots: Iterable[int], bids: Iterable[str]) -> Q:
    """The condition on ``Act.subject``: the tender, its project, lots, hall, rooms and bids."""
    names = {
        f"tender:{number}",
        f"project:{project}",
        f"hall:{number}",
        f"committee:{number}",
        f"draw:{number}",
    }
    for no in lots:
        names |= {f"{kind}:{number}-{no:02d}" for kind in ("lot", "evaluation")}
        names |= {f"{kind}:{number}-{no}" for kind in ("lot", "evaluation")}
    names |= {f"{kind}:{bid}" for bid in bids for kind in ("bid", "guarantee")}
    return Q(subject__in=names)


def publishable(found: Iterable[Act], stage: Stage) -> Iterator[Act]:
    """Open acts, and the sealed ones that may be published at ``stage``."""
    for act in found:
        if not act.sealed or may_publish(act.verb, stage):
            yield act


def lines(acts: Iterable[Act], head: Checkpoint) -> Iterator[bytes]:
    """``acts.jsonl``: one canonical line an act, ascending by index, with its inclusion proof."""
    read = sequencer.stored_nodes()
    for act in sorted((a for a in acts if a.index is not None and a.index < head.size), key=_index):
        proof = merkle.inclusion(_index(act), head.size, read)
        yield (
            canonical(
                {
                    "index": act.index,
                    "act": act.document,
                    "salt": _b64(bytes(act.salt)) if act.salt is not None else "",
                    "proof": [_b64(one) for one in proof],
                }
            )
            + b"\n"
        )


def _index(act: Act) -> int:
    if act.index is None:
        raise ValueError("an act without a place has no proof")
    return act.index


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
