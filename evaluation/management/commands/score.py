"""``manage.py score --stdin``: one price-scoring run by the scoring contract, as the room computes it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from kernel.scoring.command import arguments, read_and_answer


class Command(BaseCommand):
    help = "价格评分（评分计算契约 v1）：从标准输入读取 JSON 请求，在标准输出作答"
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        sys.exit(read_and_answer(argparse.Namespace(**options)))
