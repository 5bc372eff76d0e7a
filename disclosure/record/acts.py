"""Which acts stand in a record, and their proofs against one checkpoint."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator

from django.db.models import QuerySet

from disclosure.rules.disclosable import Stage, may_publish
from journal import sequencer
from journal.models import Act, Checkpoint
from kernel import merkle
from kernel.canonical_json import canonical


def of_tender(number: str, project: str, lots: Iterable[int], more: Iterable[str]) -> QuerySet[Act]:
    """Every act about the tender, its project, draws, lots and evaluation rooms, and the subjects ``more``."""
    names = {f"tender:{number}", f"project:{project}", f"committee:{number}", f"draw:{number}"}
    for no in lots:
        names |= {f"lot:{number}-{no:02d}", f"evaluation:{number}-{no}"}
    return Act.objects.filter(subject__in=names | set(more))


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
