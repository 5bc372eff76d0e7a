"""An archive of signatures judged again offline: who is good at the time of signing stays good."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from ca_interop.demo_ca.authority import DemoAuthority
from ca_interop.demo_ca.issuing import Subscriber
from ca_interop.demo_ca.specifications import CA_SIX
from ca_interop.reverify import reverify
from ca_interop.rules.trust_list import PURPOSE, TrustList
from kernel.clock import iso
from sealing import statements
from sealing.signer import SoftwareSigner, fingerprint

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def authority():
    return DemoAuthority.create(CA_SIX, not_before=NOW - 365 * DAY, not_after=NOW + 3650 * DAY)


def signer(authority, person="张三", until=NOW + 300 * DAY):
    got = authority.issue(Subscriber(person=person), not_before=NOW - DAY, not_after=until).signing
    return SoftwareSigner(got.key, got.full_chain)


def entry(who, at=NOW, **more):
    signed = statements.sign(statements.statement("opening-record", {"n": 1}), who)
    return {"signed": signed, "at": iso(at), "purpose": "opening-record", **more}


def archive(folder, authority, *rows, lists_at=NOW + 5 * DAY):
    trust = TrustList(
        1, "省", NOW - 90 * DAY, NOW - 90 * DAY, (authority.entry(effective_from=NOW - 90 * DAY),)
    )
    publisher = signer(authority, "发布者")
    listed = statements.sign(statements.statement(PURPOSE, trust.as_payload()), publisher)
    (folder / "evidence").mkdir()
    (folder / "signatures").mkdir()
    (folder / "trust-list-1.json").write_text(json.dumps(listed))
    for number, der in enumerate(authority.crls(lists_at)):
        (folder / "evidence" / f"{number}.der").write_bytes(der)
    for number, row in enumerate(rows):
        (folder / "signatures" / f"{number:04}.json").write_text(json.dumps(row))
    return fingerprint(publisher.chain[0])


def run(folder, *publishers):
    told, out = io.StringIO(), io.StringIO()
    report = folder / "report.jsonl"
    code = reverify(folder, frozenset(publishers), report, told, out)
    rows = [json.loads(line) for line in report.read_text().splitlines()] if report.exists() else []
    return code, rows, told.getvalue(), out.getvalue()


def test_signatures_are_judged_at_their_own_time(tmp_path, authority):
    gone, person = signer(authority, "李四"), signer(authority)
    authority.revoke(gone.chain[0].serial_number, NOW + DAY)
    publisher = archive(
        tmp_path, authority, entry(person, person="张三"), entry(gone), entry(gone, NOW + 2 * DAY),
        entry(person, person="王五"), entry(person, NOW - 200 * DAY), {**entry(person), "at": "yesterday"}, ["x"],
    )  # fmt: skip
    code, rows, told, out = run(tmp_path, publisher)
    assert code == 1
    assert [r["ok"] or r["reasons"][0]["code"] for r in rows] == [
        True, True, "certificate.revoked", "archive.other_signer", "trust_list.not_in_force", "archive.entry_bad",
        "archive.entry_bad",
    ]  # fmt: skip
    assert "7/7" in told
    assert out.startswith("有效 2，无效 5")


def test_a_whole_archive_is_good_and_its_publisher_is_pinned(tmp_path, authority):
    who = signer(authority)
    publisher = archive(tmp_path, authority)
    with (tmp_path / "signatures" / "all.jsonl").open("w") as rows:
        rows.writelines(json.dumps(entry(who)) + "\n" for _ in range(60))
    assert run(tmp_path, publisher)[0] == 0
    assert run(tmp_path)[0] == 0
    assert run(tmp_path, "00" * 32)[0] == 2


def test_statements_in_any_files_are_found_with_their_times(tmp_path, authority):
    archive(tmp_path, authority)
    (tmp_path / "signatures").rmdir()
    row = entry(signer(authority))
    deep = {
        "lots": [
            {"signatures": [{"statement": row["signed"], "at": row["at"]}, {"statement": row["signed"]}]}
        ]
    }
    (tmp_path / "opening.json").write_text(json.dumps(deep))
    (tmp_path / "other.json").write_text("{")
    code, rows, _, _ = run(tmp_path)
    assert (code, [r["name"] for r in rows]) == (0, ["opening.json#/lots/0/signatures/0/statement"])


def test_a_damaged_archive_is_refused(tmp_path, authority):
    assert run(tmp_path)[0] == 2
    archive(tmp_path, authority)
    (tmp_path / "evidence" / "x.der").write_bytes(b"x")
    assert run(tmp_path)[0] == 2


def test_a_statement_that_was_changed_fails(tmp_path, authority):
    row = entry(signer(authority))
    row["signed"]["statement"]["payload"]["n"] = 2
    archive(tmp_path, authority, row)
    code, rows, _, _ = run(tmp_path)
    assert (code, rows[0]["reasons"][0]["code"]) == (1, "statement.signature_bad")
