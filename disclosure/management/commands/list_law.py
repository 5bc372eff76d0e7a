"""``manage.py list_law``: which article stands behind which rule, and which tests hold it."""

from __future__ import annotations

import functools
import json
import re
from collections import defaultdict
from importlib import import_module
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from disclosure.management.commands.draw_machines import ROOMS, machines
from journal.door import HANDLERS
from kernel.errors import CATALOGUE

_NUMBER = "第[〇零一二三四五六七八九十百]+条(?:第[一二三四五六七八九十]+款|之[一二三四五六七八九十])?"
_CITED = re.compile(rf"(?P<statute>[^；、，（）()\s第]*(?:〔\d+〕\d+号)?)?(?P<article>{_NUMBER})")
#: What stands in brackets is a law's date or number, not its name.
_ASIDE = re.compile(r"（[^）]*）|\([^)]*\)")
#: Short names used in code → the law's name.
_NAMES = {
    "招法": "招标投标法",
    "招例": "招标投标法实施条例",
    "实施条例": "招标投标法实施条例",
    "30号令": "工程建设项目施工招标投标办法",
    "87号令": "政府采购货物和服务招标投标管理办法",
    "20号令": "电子招标投标办法",
    "12号令": "评标委员会和评标方法暂行规定",
    "12号": "评标委员会和评标方法暂行规定",
    "10号令": "招标公告和公示信息发布管理办法",
    "26号令": "评标专家和评标专家库管理办法",
}


def articles(law: str) -> list[tuple[str, str]]:
    """``招标投标法第三十四条、第三十六条`` → both articles; a missing statute is the one before it."""
    found, statute = [], ""
    for match in _CITED.finditer(_ASIDE.sub("", law)):
        statute = match["statute"] or statute
        found.append((_NAMES.get(statute, statute), match["article"]))
    return found


def rules() -> list[tuple[str, str, str]]:
    """``(law, what, where)`` of every command, move and refusal that cites an article."""
    rows = []
    for command, how in HANDLERS.items():
        if command.law and command.__module__.split(".")[0] in (*ROOMS, "journal", "documents"):
            where = f"{how.handle.__module__}:{command.__name__}"
            rows.append((command.law, f"命令 `{command.verb}`", where))
    for name, (module, machine) in machines().items():
        rows += [(m.law, f"动作 `{name}.{m.verb}`", module) for m in machine.moves.values()]
    rows += [(form.law, f"拒绝 `{code}`", _declared(code)) for code, form in CATALOGUE.items() if form.law]
    return rows


def _declared(code: str) -> str:
    for path, text in _texts("*/**/*.py"):
        if f'"{code}"' in text and not path.startswith(("tests/", "docs/")):
            return path
    return ""


_cache: dict[str, list[tuple[str, str]]] = {}


def _texts(pattern: str) -> list[tuple[str, str]]:
    if pattern not in _cache:
        root = Path(settings.BASE_DIR)
        found = (
            p
            for p in sorted(root.glob(pattern))
            if not any(part.startswith(".") for part in p.parts[len(root.parts) :])
        )
        _cache[pattern] = [(p.relative_to(root).as_posix(), p.read_text(encoding="utf-8")) for p in found]
    return _cache[pattern]


@functools.cache
def _reached() -> dict[str, list[str]]:
    """What the tests reached when ``docs/law/tests.json`` was made (see tests/law_trace.py)."""
    path = Path(settings.BASE_DIR) / "docs" / "law" / "tests.json"
    found: dict[str, list[str]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _tests(what: str, where: str) -> str:
    """Test files that perform the command, try the move or meet the refusal: those of its room first."""
    room = where.split(".")[0].split("/")[0]
    files = _reached().get(what, [])
    near = [path for path in files if f"/{room}/" in path]
    return "<br>".join(f"`{path}`" for path in (near or files)[:3])


def table() -> str:
    """The page: statutes in the order of their first letter, articles by number."""
    by_article: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for law, what, where in rules():
        for cited in articles(law):
            if (what, where) not in by_article[cited]:
                by_article[cited].append((what, where))
    lines = ["# 条文、规则、测试 / Articles, rules, tests", ""]
    lines += [
        "由代码生成（`manage.py list_law`）：命令、动作和拒绝各自引的条文，在哪里实现，哪些测试真正走到它（`LAW_TRACE=docs/law/tests.json pytest -p tests.law_trace`）。",
        "",
    ]
    statute = ""
    for (name, article), found in sorted(
        by_article.items(), key=lambda item: (item[0][0], _value(item[0][1]))
    ):
        if name != statute:
            statute = name
            lines += ["", f"## {name}", "", "| 条 | 规则 | 实现 | 测试 |", "|---|---|---|---|"]
        lines += [f"| {article} | {what} | `{where}` | {_tests(what, where)} |" for what, where in found]
    return "\n".join(lines) + "\n"


_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")}


def _value(article: str) -> int:
    """第三十六条 → 36, for sorting."""
    total, digit = 0, 0
    for char in article.split("条")[0].removeprefix("第"):
        if char in ("十", "百"):
            total += (digit or 1) * (10 if char == "十" else 100)
            digit = 0
        else:
            digit = _DIGITS.get(char, 0)
    return total + digit


class Command(BaseCommand):
    help = "把条文与规则、测试的对照写到 docs/law/README.md。"

    def handle(self, *args: Any, **options: Any) -> None:
        for room in ROOMS:
            import_module(f"{room}.rules")
        target = Path(settings.BASE_DIR) / "docs" / "law" / "README.md"
        target.parent.mkdir(parents=True, exist_ok=True)
        text = table()
        target.write_text(text, encoding="utf-8")
        self.stdout.write(f"{text.count(chr(10))} 行")
