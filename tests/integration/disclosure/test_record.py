"""The record of a small world: what is in it, what is not, and that it is what it says."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client

from bidtool.record.record import Pins
from bidtool.record.verify import verify
from ca_interop.platform_key import platform_public_key
from disclosure.models import PublishedRecord
from disclosure.record import archive
from disclosure.record.export import export_record
from journal import sequencer
from journal.door import perform
from journal.models import Act, Performed
from kernel import merkle, tlog
from kernel.acts import leaf_of
from kernel.canonical_json import canonical
from kernel.errors import Refused
from sealing import statements
from tests import worlds_bids, worlds_tenders
from trading.commands import CancelTender, DownloadDocuments

NUMBER = "YC2026-SZ-0417"


@pytest.fixture
def cancelled(transactional_db: None) -> Iterator[worlds_tenders.World]:
    with worlds_tenders.world() as world:
        worlds_tenders.announced_tender(world)
        perform(DownloadDocuments(NUMBER), world.bidders[0].actor, via="http")
        perform(CancelTender(NUMBER, "规划调整，项目不再实施。"), world.owner.actor, via="http")
        yield world


def _read(root: Path, name: str) -> object:
    data = (root / name).read_bytes()
    value = json.loads(data)
    assert canonical(value) == data
    return value


def test_the_record_names_every_file_and_is_signed(cancelled: object, tmp_path: Path) -> None:
    export_record(NUMBER, tmp_path / "r")
    root = tmp_path / "r"
    signed = _read(root, "record.json")
    said = statements.verify(signed, purpose="public-record").payload
    found = {p.relative_to(root).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    del found["record.json"]
    assert said["files"] == {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)} for name, data in found.items()
    }
    assert (said["tender"], said["training"], said["log_vkey"]) == (NUMBER, True, sequencer.vkey())


def test_every_act_of_the_record_is_in_the_log_and_none_is_secret(cancelled: object, tmp_path: Path) -> None:
    export_record(NUMBER, tmp_path / "r")
    note = (tmp_path / "r/checkpoint").read_text()
    head, _ = tlog.open_checkpoint(note, [sequencer.vkey()])
    verbs, indices = set(), []
    for line in (tmp_path / "r/acts.jsonl").read_text().splitlines():
        one = json.loads(line)
        leaf = leaf_of(one["act"], tlog.decode64(one["salt"], tlog.BAD_PROOF) or None)
        proof = [tlog.decode64(text, tlog.BAD_PROOF) for text in one["proof"]]
        merkle.verify_inclusion(one["index"], head.size, merkle.leaf_hash(leaf), head.root, proof)
        verbs.add(one["act"]["verb"])
        indices.append(one["index"])
    assert {"tender.announce", "tender.cancel", "project.create"} <= verbs
    assert verbs.isdisjoint({"documents.take", "tender.create", "attempt.refused", "session.sign_in"})
    assert indices == sorted(indices)


def test_a_tender_that_never_opened_has_no_word_on_bids(cancelled: object, tmp_path: Path) -> None:
    export_record(NUMBER, tmp_path / "r")
    assert sorted(p.name for p in (tmp_path / "r").iterdir()) == sorted(
        ["acts.jsonl", "awards.json", "checkpoint", "documents", "documents.json", "evidence", "record.json",
         "tender.json", "trust-list.json"]
    )  # fmt: skip


def _failures(root: Path) -> list[object]:
    pins = Pins(platform=platform_public_key(), vkey=sequencer.vkey())
    return [(r.number, r.where, [x.zh for x in r.reasons]) for r in verify(root, pins) if not r.passed]


def test_the_auditor_accepts_the_record_of_a_cancelled_tender(cancelled: object, tmp_path: Path) -> None:
    export_record(NUMBER, tmp_path / "r")
    assert _failures(tmp_path / "r") == []


def test_too_few_bids_stay_sealed_in_the_record_too(transactional_db: None, tmp_path: Path) -> None:
    with worlds_tenders.world(2) as world:
        tender = worlds_tenders.announced_tender(world)
        sent = worlds_bids.submit_all(world, tender)
        worlds_bids.start(world, tender)
        export_record(NUMBER, tmp_path / "r")
        for one in sent:
            found = sorted(p.name for p in (tmp_path / "r/bids" / one.bid).iterdir())
            assert found == ["bid.json", "receipt.json"]
        text = "".join(p.read_text() for p in (tmp_path / "r").rglob("*.json*"))
        names = [member.organization.name for member in world.bidders]
        assert [n for n in (*names, *(one.sealed.price for one in sent)) if n in text] == []
        assert _failures(tmp_path / "r") == []


def test_the_published_record_has_its_digest_in_the_log_and_is_published_once(
    cancelled: object, tmp_path: Path
) -> None:
    row = PublishedRecord.objects.get()
    act = Act.objects.get(verb="record.publish")
    assert act.document["payload"] == {
        "tender": NUMBER,
        "sha256": row.file.sha256,
        "size": row.file.size,
    }
    from disclosure.tasks import publish_record

    assert publish_record(NUMBER) is False
    with zipfile.ZipFile(io.BytesIO(row.file.open().read())) as packed:
        assert packed.testzip() is None
        assert f"{NUMBER}/record.json" in packed.namelist()


def test_a_lost_task_is_made_up_for_when_somebody_asks(cancelled: object, client: Client) -> None:
    PublishedRecord.objects.all().delete()
    Performed.objects.filter(act__verb="record.publish").delete()
    answer = client.get(f"/record/{NUMBER}.zip")
    assert (answer.status_code, PublishedRecord.objects.count()) == (200, 1)
    client.get(f"/record/{NUMBER}.zip")
    assert PublishedRecord.objects.count() == 1


def test_equal_directories_give_equal_archives(tmp_path: Path) -> None:
    for name in ("a", "b"):
        root = tmp_path / name / "r"
        (root / "bids").mkdir(parents=True)
        (root / "x.json").write_text("{}")
        (root / "bids/envelope.mtse").write_bytes(b"\0" * 1000)
        archive.pack(root, tmp_path / f"{name}.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_refusals_have_their_codes_and_exit_codes(
    cancelled: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").write_text("x")
    with pytest.raises(Refused) as refused:
        export_record(NUMBER, tmp_path / "full")
    assert refused.value.code == "record.directory_not_empty"
    with pytest.raises(SystemExit) as ended:
        call_command("export_record", "no-such", str(tmp_path / "new"))
    assert ended.value.code == 5
    assert "notice.not_found" in capsys.readouterr().err
