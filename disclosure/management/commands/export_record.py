"""``manage.py export_record NUMBER DIR``: the public record of a tender as a directory."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from disclosure.record.export import export_record
from kernel.errors import Refused
from portal.problems import EXIT_CODE


class Command(BaseCommand):
    help = "导出一次招标的公开记录（目录），可用 bidtool verify 离线核验。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("number", help="招标编号")
        parser.add_argument("directory", type=Path, help="新目录")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            said = export_record(options["number"], options["directory"])
        except Refused as refusal:
            for reason in refusal.reasons:
                self.stderr.write(f"{reason.code}: {reason.zh}" + (f"（{reason.law}）" if reason.law else ""))
            sys.exit(EXIT_CODE[refusal.kind])
        size = sum(one["size"] for one in said["files"].values())
        self.stdout.write(
            f"已导出 {len(said['files'])} 个文件，{size:,} 字节，检查点 {said['checkpoint_size']} 号。"
        )
