"""The matrix in the background. Doubled, it is run twice; lost, it is asked for again."""

from __future__ import annotations

from collections.abc import Sequence

from celery import shared_task

from ca_interop import matrix, queries
from ca_interop.commands import RecordMatrix
from journal import clock
from journal.door import perform
from kernel.actor import SYSTEM
from kernel.clock import iso


@shared_task
def run_matrix(asked_by: str, only: Sequence[str] = ()) -> str:
    """Run it by the platform's clock and record what it found; the run's id. ``only``: these authorities."""
    start = clock.now()
    version = queries.version_at(start).version
    cells = matrix.run(start, frozenset(only))
    command = RecordMatrix(asked_by, iso(start), version, tuple(cell.as_json() for cell in cells))
    run: str = perform(command, SYSTEM, via="task").result["run"]
    return run
