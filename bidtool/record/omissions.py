"""The check that a record alone cannot make: no open act about this tender was left out of acts.jsonl.

The log itself is asked, as the auditor's own mirror of it (``bidtool log fetch``). Sealed entries say nothing
of their subject; which of those a record must hold follows from the other checks (receipts, sheets, draws).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from bidtool.log import mirror
from bidtool.record.acts import check_checkpoint
from bidtool.record.reasons import LEFT_OUT, MIRROR_SHORT
from bidtool.record.record import Record
from bidtool.record.steps import Steps
from kernel import tlog
from kernel.canonical_json import parse
from kernel.errors import Refused


def check(record: Record, folder: Path, steps: Steps) -> None:
    """Check 14: mirror and record are of one log, and every open act about the record's subjects is in it."""
    head = check_checkpoint(record.folder, record.payload, record.pins.vkey, Steps())
    size = _same_log(record, folder, head)
    held, subjects = _held(record)
    found = 0
    with steps.at("acts.jsonl"):
        for index, act in _open_acts(folder, size, head.size):
            if act.get("subject") not in subjects:
                continue
            found += 1
            if index not in held:
                raise Refused(
                    LEFT_OUT(index=index, verb=str(act.get("verb"))[:80], subject=str(act["subject"])[:80])
                )
    steps.add(
        "record.nothing_left_out",
        f"日志镜像 {head.size} 条中，与本招标有关的公开行为 {found} 条，档案全部收录",
        f"of the mirror's {head.size} entries {found} are open acts about this tender, all in the record",
        open=found,
        size=head.size,
    )


def _same_log(record: Record, folder: Path, head: tlog.Checkpoint) -> int:
    """The mirror's size; it is whole, and as a log it continues (or is) the record's checkpoint."""
    vkey = record.payload.text("log_vkey")
    newest, _ = tlog.open_checkpoint(mirror.read_note(folder), [vkey])
    if newest.size < head.size:
        raise Refused(MIRROR_SHORT(size=newest.size, wanted=head.size))
    return mirror.verify(folder, [vkey], earlier=head).size


def _held(record: Record) -> tuple[set[int], set[str]]:
    """Indexes of the record's acts, and every subject they are about."""
    number = record.payload.text("tender")
    indexes, subjects = set(), {f"tender:{number}", f"committee:{number}", f"draw:{number}"}
    for _, row in record.acts.lines():
        indexes.add(row.integer("index"))
        subjects.add(row.row("act").text("subject"))
    return indexes, subjects


def _open_acts(folder: Path, size: int, most: int) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # Read at the mirror's own size: a log that went on no longer has the record's last partial tile.
    for index, entry in enumerate(islice(mirror.entries(folder, size), most)):
        try:
            value = parse(entry)
        except Refused:
            continue
        if isinstance(value, dict) and "verb" in value:
            yield index, value
