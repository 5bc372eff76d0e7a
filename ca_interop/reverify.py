"""``python -m ca_interop reverify FOLDER``: every signature of an archive judged again, offline, with progress.

The folder::

    trust-list*.json    signed trust lists (every version that was in force)
    evidence/*.der      CRLs and OCSP answers as they were kept
    signatures/*.json   one entry each, or *.jsonl with one a line (ca_interop/rules/archive.py)

A public record (``bidtool/RECORD.md``) is such a folder, too: without such entries, every statement in its JSON that
a certificate signed, with the time beside it, is one. ``bidtool verify`` checks the rest of it.

No network, no database. Exit code 0 when every signature is good, 1 when one is not, 2 when the archive cannot
be read.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from ca_interop.rules import trust_list
from ca_interop.rules.archive import ENTRY_BAD, Archive, Outcome, codes, judge
from ca_interop.rules.revocation import MAX_CRL, OcspAnswer, RevocationEvidence, read_crl, read_ocsp
from kernel.errors import Refused
from sealing import statements
from sealing.signer import fingerprint

_MAX_ENTRY = 1024 * 1024
_MAX_FILE = 16 * 1024 * 1024
_TIMES = ("at", "released_at", "signed_at", "received_at", "withdrawn_at")
_EVERY = 50


def open_archive(folder: Path, publishers: frozenset[str]) -> Archive:
    """Trust lists and evidence of a folder. ``publishers``: whose lists count (hex SHA-256 of their certificates);
    empty takes the signers found, who are then named."""
    lists = []
    for path in sorted(folder.glob("trust-list*.json")):
        signed = _json(path.read_bytes(), path.name)
        said = statements.verify(signed, purpose=trust_list.PURPOSE)
        own = fingerprint(said.leaf) if said.leaf is not None else ""
        lists.append(trust_list.read_signed(signed, publishers or frozenset({own})))
    if not lists:
        raise Refused(ENTRY_BAD(why="没有 trust-list*.json / no trust list"))
    crls, answers = [], []
    for path in sorted((folder / "evidence").glob("*.der")):
        data = path.read_bytes() if path.stat().st_size <= MAX_CRL else b""
        if _reads(data, OcspAnswer(data)):
            answers.append(OcspAnswer(data))
        else:
            read_crl(data)  # refused by name when it is neither
            crls.append(data)
    return Archive(tuple(lists), RevocationEvidence(tuple(crls), tuple(answers)))


def _reads(data: bytes, answer: OcspAnswer) -> bool:
    try:
        return bool(data) and bool(read_ocsp(answer))
    except Refused:
        return False


def entries(folder: Path) -> Iterator[tuple[str, Any]]:
    """(name, entry or what could not be read) of every signature."""
    rows = [p for p in (folder / "signatures").glob("*") if p.suffix in (".json", ".jsonl")]
    if not rows:
        for path in sorted(folder.rglob("*.json")):
            if not path.name.startswith("trust-list"):
                yield from _inside(path.relative_to(folder).as_posix(), _entry(path.read_bytes(), _MAX_FILE))
        return
    for path in sorted(rows):
        if path.suffix == ".jsonl":
            with path.open("rb") as lines:
                for number, line in enumerate(lines, 1):
                    yield f"{path.name}:{number}", _entry(line)
        else:
            yield path.name, _entry(path.read_bytes())


def _inside(name: str, value: Any, where: str = "") -> Iterator[tuple[str, Any]]:
    """Statements signed by certificate, at any depth, with the time that stands beside them."""
    if isinstance(value, dict):
        at = next((value[key] for key in _TIMES if isinstance(value.get(key), str)), None)
        for key, inner in value.items():
            place = f"{where}/{key}"
            if isinstance(inner, dict) and {"statement", "signature", "certificates"} <= inner.keys():
                if at is not None:
                    yield f"{name}#{place}", {"signed": inner, "at": at}
            else:
                yield from _inside(name, inner, place)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _inside(name, inner, f"{where}/{number}")


def _entry(data: bytes, limit: int = _MAX_ENTRY) -> Any:
    try:
        return _json(data, "", limit)
    except Refused:
        return None


def _json(data: bytes, what: str, limit: int = _MAX_FILE) -> Any:
    if len(data) > limit:
        raise Refused(ENTRY_BAD(why=f"{what}：过大 / too large"))
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise Refused(ENTRY_BAD(why=f"{what}：不是 JSON / not JSON")) from error


def reverify(
    folder: Path,
    publishers: frozenset[str],
    report: Path | None = None,
    told: TextIO = sys.stderr,
    out: TextIO = sys.stdout,
) -> int:
    """Judge everything; progress and failures to ``told``, a summary to ``out``."""
    try:
        archive, listed = open_archive(folder, publishers), list(entries(folder))
    except (Refused, OSError) as error:
        told.write(f"{error}\n")
        return 2
    outcomes: list[Outcome] = []
    for number, (name, entry) in enumerate(listed, 1):
        outcomes.append(outcome := judge(name, entry, archive))
        if not outcome.good:
            told.write(f"\r✗ {name}：{'；'.join(r.zh for r in outcome.reasons)}\n")
        if number % _EVERY == 0 or number == len(listed):
            told.write(f"\r{number}/{len(listed)}")
            told.flush()
    told.write("\n")
    _summary(archive, outcomes, out)
    if report is not None:
        with report.open("w", encoding="utf-8") as rows:
            rows.writelines(json.dumps(o.as_json(), ensure_ascii=False) + "\n" for o in outcomes)
    return 0 if outcomes and all(o.good for o in outcomes) else 1


def _summary(archive: Archive, outcomes: Sequence[Outcome], out: TextIO) -> None:
    good = sum(o.good for o in outcomes)
    versions = "、".join(
        f"第 {t.version} 版（{t.publisher}，签发证书 {t.signer}）" for t in archive.trust_lists
    )
    out.write(f"有效 {good}，无效 {len(outcomes) - good}；信任列表：{versions}\n")
    out.writelines(f"  {code} {count}\n" for code, count in codes(outcomes).items())
