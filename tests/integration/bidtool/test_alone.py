"""``bidtool`` where nothing is installed but what its extra declares: no Django, no platform."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from bidtool.cli import COMMANDS
from tests import records
from tests.servers import ROOT
from tests.unit.bidtool.platform import Platform
from tests.unit.bidtool.test_clients import TOML, pdf

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DECLARED = PROJECT["optional-dependencies"]["bidtool"]
OWN = ("kernel", "sealing", "bidtool", "ca_interop")


def _name(requirement: str) -> str:
    return re.split(r"[\s\[<>=!~;]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def _closure(declared: list[str]) -> set[str]:
    """The declared distributions and all they need, as installed here; extras of theirs are not asked for."""
    found: set[str] = set()
    left = [_name(text) for text in declared]
    while left:
        name = left.pop()
        if name in found:
            continue
        try:
            needs = distribution(name).requires or []
        except PackageNotFoundError:
            continue  # for another Python or system
        found.add(name)
        left += [_name(text) for text in needs if "extra ==" not in text]
    return found


def _house(folder: Path) -> Path:
    """A new virtual environment with links to the closure's files and to our four packages."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    [site] = folder.glob("lib/python*/site-packages")
    for name in _closure(DECLARED):
        whole = distribution(name)
        for top in {
            file.parts[0] for file in whole.files or () if file.parts[0] not in ("..", "__pycache__")
        }:
            (site / top).symlink_to(Path(str(whole.locate_file(top))))
    for package in OWN:
        (site / package).symlink_to(ROOT / package)
    return folder / "bin" / "python"


def _run(python: Path, *arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    said = {"PATH": os.environ["PATH"], "HOME": str(cwd), "LANG": "C.UTF-8"}
    return subprocess.run(
        [str(python), *arguments], cwd=cwd, env=said, capture_output=True, text=True, check=False
    )


def _seal(python: Path, folder: Path) -> None:
    for path, data in {
        "bid.toml": TOML.encode(),
        "technical/plan.pdf": pdf(),
        "boq/list.csv": b"a,b\n",
    }.items():
        (folder / "bid" / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / "bid" / path).write_bytes(data)
    (folder / "key.pem").write_bytes(records.party("江苏一建", 11).issued.pem())
    (folder / "tender.json").write_text(json.dumps(Platform().tender()))
    arguments = ["seal", "bid", "--tender", "tender.json", "--key", "key.pem"]
    done = _run(python, "-m", "bidtool", "--json", *arguments, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["ok"] is True


def _works(python: Path, folder: Path) -> None:
    missing = _run(python, "-c", "import django", cwd=folder)
    assert "No module named 'django'" in missing.stderr
    # Each command's module is imported by its help, in one process.
    helps = "\n".join(f"assert run(cli, [{name!r}, '--help'], Output()) == 0" for name in COMMANDS)
    code = f"from bidtool.cli import cli, run\nfrom bidtool.output import Output\n{helps}\nimport sys\nassert 'django' not in sys.modules"
    done = _run(python, "-c", code, cwd=folder)
    assert done.returncode == 0, done.stderr
    _seal(python, folder)


def test_what_is_declared_is_enough(tmp_path: Path) -> None:
    _works(_house(tmp_path / "venv"), tmp_path)


if os.environ.get("FULL"):  # it fetches from the package registry

    @pytest.mark.slow
    def test_pip_installs_it_alone(tmp_path: Path) -> None:
        subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
        python = tmp_path / "venv" / "bin" / "python"
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, f"{ROOT}[bidtool]"], check=True, cwd=tmp_path)
        _works(python, tmp_path)
        assert _run(tmp_path / "venv" / "bin" / "bidtool", "--help", cwd=tmp_path).returncode == 0
