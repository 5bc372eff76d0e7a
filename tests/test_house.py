"""What holds in every room: one test a law of the house, so that the plan cannot quietly be left."""

from __future__ import annotations

import ast
import csv
import dataclasses
import re
import subprocess
import sys
import types
import typing
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from importlib import import_module
from importlib.util import find_spec
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command

from journal.door import HANDLERS
from journal.facts import FACTS, REACTIONS
from kernel.errors import CATALOGUE
from kernel.machine import Machine

HOUSE = Path(__file__).resolve().parent.parent
ROOMS = (
    "kernel",
    "sealing",
    "journal",
    "portal",
    "documents",
    "gateways",
    "ca_interop",
    "parties",
    "trading",
    "evaluation",
    "guarantees",
    "agencies",
    "disclosure",
    "bidtool",
)
_CODE = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
#: A form may be nothing but blanks between Chinese marks: 「{field}」{why}.
_CHINESE_OR_MARKS = re.compile(r"[\u3001-\u303f\u4e00-\u9fff]")
_PLAIN = (str, int, bool, type(None))


def _sources(*rooms: str) -> Iterator[Path]:
    for room in rooms or ROOMS:
        for path in sorted((HOUSE / room).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def _modules() -> Iterator[str]:
    """Every module of the house that can be imported without a side effect."""
    for path in _sources():
        parts = path.relative_to(HOUSE).with_suffix("").parts
        if parts[-1] != "__main__":
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.fixture(scope="module")
def house() -> list[types.ModuleType]:
    """Everything imported: only then are all refusals, machines and facts declared."""
    return [import_module(name) for name in dict.fromkeys(_modules())]


def _ours() -> dict[type, typing.Any]:
    """The handlers of the house, without those that tests declare."""
    return {c: h for c, h in HANDLERS.items() if c.__module__.split(".")[0] in ROOMS}


# Commands ---------------------------------------------------------------------------------------


def test_every_command_has_a_verb_a_policy_and_plain_fields(house: list[types.ModuleType]) -> None:
    for command, how in _ours().items():
        where = f"{command.__module__}.{command.__name__}"
        assert _CODE.fullmatch(command.verb), where
        assert callable(how.may), where
        assert ".policy" in how.may.__module__ or how.may.__name__ != "<lambda>", where
        assert dataclasses.is_dataclass(command), where
        assert command.__dataclass_params__.frozen, where  # type: ignore[attr-defined]
        assert command.__doc__, where


def test_every_verb_belongs_to_one_command(house: list[types.ModuleType]) -> None:
    verbs = Counter(command.verb for command in _ours())
    assert {v: n for v, n in verbs.items() if n > 1} == {}


def test_every_open_act_has_a_chinese_name(house: list[types.ModuleType]) -> None:
    from disclosure.rules.words import VERB_ZH

    unnamed = sorted(c.verb for c in _ours() if not c.sealed and c.verb not in VERB_ZH)
    assert unnamed == []
    assert [v for v, zh in VERB_ZH.items() if not _CHINESE.search(zh)] == []


def test_every_sealed_act_is_either_published_some_day_or_never_and_said_so(
    house: list[types.ModuleType],
) -> None:
    from disclosure.rules.disclosable import NEVER, rule_for

    undecided = sorted(
        c.verb for c in _ours() if c.sealed and c.verb not in NEVER and rule_for(c.verb) is None
    )
    assert undecided == []


# Refusals ---------------------------------------------------------------------------------------


def test_every_refusal_speaks_both_languages_under_a_dotted_code(house: list[types.ModuleType]) -> None:
    for code, form in CATALOGUE.items():
        assert _CODE.fullmatch(code), code
        assert _CHINESE_OR_MARKS.search(form.zh), code
        assert form.en.strip(), code
        assert not _CHINESE.search(form.en), code


#: The style guide shows made-up refusals; they refuse nothing.
_SAMPLES = ("portal/styleguide.py",)


def test_no_reason_is_made_past_the_catalogue() -> None:
    """A ``Reason`` with a code of its own is made by its ``ReasonForm``: an undeclared code would have no
    second language. (Reading one back from JSON has no literal code.)"""
    found = []
    for path in _sources():
        name = path.relative_to(HOUSE).as_posix()
        if name == "kernel/errors.py" or name in _SAMPLES:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Reason":
                given = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "code")]
                if any(isinstance(value, ast.Constant) for value in given):
                    found.append(f"{name}:{node.lineno}")
    assert found == []


# Machines, facts, words -------------------------------------------------------------------------


def _machines(house: list[types.ModuleType]) -> dict[str, Machine[typing.Any, typing.Any]]:
    found = [v for m in house for v in vars(m).values() if isinstance(v, Machine)]
    return {machine.name: machine for machine in found}


def test_every_move_cites_an_article_and_every_status_has_a_word(house: list[types.ModuleType]) -> None:
    machines = _machines(house)
    assert len(machines) >= 8
    for machine in machines.values():
        for move in machine.moves.values():
            assert _CHINESE.search(move.law), f"{machine.name}.{move.verb}"
            assert {*move.sources, move.target} <= set(machine.labels), f"{machine.name}.{move.verb}"
        kind = type(machine.initial)
        assert set(machine.labels) == set(kind), machine.name


def test_the_drawn_machines_are_those_of_the_code(house: list[types.ModuleType]) -> None:
    for name, machine in _machines(house).items():
        drawn = HOUSE / "docs/machines" / f"{name}.md"
        assert drawn.exists(), f"run: manage.py draw_machines ({name})"
        assert machine.mermaid() in drawn.read_text(), f"run: manage.py draw_machines ({name})"


def test_every_status_is_reached_from_the_initial_one(house: list[types.ModuleType]) -> None:
    for machine in _machines(house).values():
        reached, grown = {machine.initial}, True
        while grown:
            more = {m.target for m in machine.moves.values() if m.sources & reached} - reached
            grown, reached = bool(more), reached | more
        assert reached == set(type(machine.initial)), machine.name


def test_every_fact_is_frozen_and_plain(house: list[types.ModuleType]) -> None:
    for kind, fact in FACTS.items():
        if kind.split(".")[0] not in ROOMS:
            continue
        assert fact.__dataclass_params__.frozen, kind  # type: ignore[attr-defined]
        for name, hint in typing.get_type_hints(fact).items():
            parts = typing.get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
            assert set(parts) <= set(_PLAIN), f"{kind}.{name}"


def test_every_reaction_answers_a_declared_fact(house: list[types.ModuleType]) -> None:
    assert [kind for kind in REACTIONS if kind not in FACTS] == []


def test_every_table_of_words_is_complete(house: list[types.ModuleType]) -> None:
    """A table ``X_ZH`` keyed by an enum names every one of its values (the empty one, nothing, needs no word)."""
    checked = 0
    for module in house:
        for name, table in vars(module).items():
            if not (name.endswith("_ZH") and isinstance(table, dict) and table):
                continue
            kinds = {type(key) for key in table}
            if len(kinds) == 1 and issubclass(kind := kinds.pop(), StrEnum):
                needed = {value for value in kind if value.value}
                assert needed <= set(table), f"{module.__name__}.{name}"
                checked += 1
    assert checked >= 5


def test_every_word_of_the_glossary_means_one_thing() -> None:
    rows = list(csv.DictReader((HOUSE / "docs/glossary.csv").open(encoding="utf-8")))
    names = Counter(name.strip() for row in rows for name in row["name"].split("/"))
    assert {n: c for n, c in names.items() if c > 1} == {}
    chinese = Counter(row["chinese"] for row in rows)
    assert {n: c for n, c in chinese.items() if c > 1} == {}


# Structure --------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    out = StringIO()
    try:
        call_command("makemigrations", "--check", "--dry-run", stdout=out, verbosity=1)
    except SystemExit:
        pytest.fail(out.getvalue())


@pytest.mark.slow
def test_the_storeys_hold() -> None:
    from importlinter.application.use_cases import read_user_options
    from importlinter.configuration import configure

    configure()
    options = read_user_options(config_filename=str(HOUSE / "pyproject.toml"))
    assert all("ignore_imports" not in one for one in options.contracts_options)
    # In a process of its own: it imports the house as it lies on the disk, not as Django has loaded it.
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=HOUSE,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_has_its_page() -> None:
    for config in apps.get_app_configs():
        if config.name in ROOMS:
            assert (HOUSE / config.name / "README.md").exists(), config.name


_INLINE = re.compile(
    r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE
)


def test_no_template_carries_script_or_style_inline() -> None:
    found = []
    for path in sorted(HOUSE.glob("*/templates/**/*.html")):
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if _INLINE.search(line):
                found.append(f"{path.relative_to(HOUSE)}:{number}")
    assert found == []


_FOREIGN = re.compile(r"(?:src|href|url)\s*[=(]\s*[\"']?(?:https?:)?//", re.IGNORECASE)


def test_no_page_fetches_from_another_host() -> None:
    files = [*HOUSE.glob("*/templates/**/*.html"), *HOUSE.glob("*/static/**/*.css")]
    assert [str(p.relative_to(HOUSE)) for p in files if _FOREIGN.search(p.read_text())] == []


_CLOCK = re.compile(r"\bdatetime\.(?:now|utcnow|today)\(|\btimezone\.now\(|\bdate\.today\(")


def test_no_app_reads_the_wall_clock() -> None:
    """Commands have ``ctx.now``, everything else ``journal.clock``: the training clock must reach all."""
    apps_only = [r for r in ROOMS if r not in ("kernel", "sealing", "bidtool", "gateways", "ca_interop")]
    found = [
        f"{path.relative_to(HOUSE)}:{number}"
        for path in _sources(*apps_only)
        if find_spec(path.relative_to(HOUSE).parts[0])
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if _CLOCK.search(line) and "/sandbox" not in str(path)
    ]
    assert found == []


def test_rules_are_pure() -> None:
    """No rule imports Django, the journal, or anything that reads, writes, waits or asks the time."""
    impure = {
        "django",
        "journal",
        "portal",
        "channels",
        "celery",
        "httpx",
        "socket",
        "time",
        "random",
        "secrets",
    }
    found = []
    for path in HOUSE.glob("*/rules/**/*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names: list[str] = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [node.module or ""]
            found += [f"{path.relative_to(HOUSE)}: {n}" for n in names if n.split(".")[0] in impure]
    assert found == []


_PLACES = re.compile("/" + r"(?:work|home|root|tmp)/[a-z]|TODO|FIXME|XXX")


def test_no_file_names_a_machine_or_a_promise() -> None:
    found = []
    for path in _sources():
        for number, line in enumerate(path.read_text().splitlines(), start=1):
            if _PLACES.search(line):
                found.append(f"{path.relative_to(HOUSE)}:{number}")
    assert found == []
