"""``manage.py check_ca_matrix [--ca ID]``: run the interoperability matrix, record and print it; exit 1 if a cell fails."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ca_interop import queries
from ca_interop.rules.matrix import OPERATION_ZH, OPERATIONS, Row
from ca_interop.tasks import run_matrix
from kernel.actor import SYSTEM
from kernel.errors import Refused
from portal.problems import EXIT_CODE


class Command(BaseCommand):
    help = "运行互认矩阵：每家 CA、每种算法、每项操作 / run the interoperability matrix"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--ca", action="append", default=[], metavar="ID", help="只试这一家，可多次给出")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run = queries.matrix_run(run_matrix(SYSTEM.key, options["ca"]))
        except Refused as refusal:
            for reason in refusal.reasons:
                self.stderr.write(f"{reason.code}: {reason.zh} / {reason.en}")
            sys.exit(EXIT_CODE[refusal.kind])
        table = queries.matrix_rows(run)
        self.stdout.write("\t".join(["机构", "算法", *(OPERATION_ZH[o] for o in OPERATIONS)]))
        for row in table:
            self.stdout.write(_line(row))
        for cell in (c for row in table for c in row.cells if c is not None and not c.ok):
            self.stdout.write(f"✗ {cell.name} {cell.algorithm} {cell.operation_zh}：{cell.zh}（{cell.code}）")
        self.stdout.write(f"共 {len(run.cells)} 格，{run.failed} 格不通过")
        sys.exit(1 if run.failed else 0)


def _line(row: Row) -> str:
    marks = ["—" if c is None else f"{'✓' if c.ok else '✗'} {c.milliseconds} ms" for c in row.cells]
    return "\t".join([row.name, row.algorithm_zh, *marks])
