"""``manage.py draw_machines``: every state machine of the house as a page under docs/machines/."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from kernel.machine import Machine

#: Where machines live: only in rules.
ROOMS = ("parties", "trading", "evaluation", "guarantees", "agencies", "disclosure", "ca_interop")


def machines() -> dict[str, tuple[str, Machine[Any, Any]]]:
    """name → (module, machine), by name."""
    found: dict[str, tuple[str, Machine[Any, Any]]] = {}
    for room in ROOMS:
        rules = import_module(f"{room}.rules")
        for info in pkgutil.walk_packages(rules.__path__, f"{room}.rules."):
            for value in vars(import_module(info.name)).values():
                if isinstance(value, Machine):
                    found.setdefault(value.name, (info.name, value))
    return dict(sorted(found.items()))


def page(module: str, machine: Machine[Any, Any]) -> str:
    """Diagram, words of the statuses, table of moves with their articles."""
    lines = [f"# {machine.name}", "", f"由代码生成（`manage.py draw_machines`），出自 `{module}`。", ""]
    lines += ["```mermaid", machine.mermaid(), "```", "", "| 状态 | 中文 |", "|---|---|"]
    lines += [f"| `{status.value}` | {word} |" for status, word in machine.labels.items()]
    lines += ["", "| 动作 | 中文 | 从 | 到 | 依据 | 条件 |", "|---|---|---|---|---|---|"]
    for move in machine.moves.values():
        sources = "、".join(machine.labels[s] for s in machine.labels if s in move.sources)
        guards = "、".join(f"`{guard.__name__.strip('_')}`" for guard in move.unless)
        target = machine.labels[move.target]
        lines.append(f"| `{move.verb}` | {move.zh} | {sources} | {target} | {move.law} | {guards} |")
    return "\n".join(lines) + "\n"


class Command(BaseCommand):
    help = "把全部状态机画到 docs/machines/。"

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs" / "machines"
        folder.mkdir(parents=True, exist_ok=True)
        for name, (module, machine) in machines().items():
            (folder / f"{name}.md").write_text(page(module, machine), encoding="utf-8")
            self.stdout.write(name)
