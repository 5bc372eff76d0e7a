"""The record of a whole tender is accepted by the auditor's own program, and shows nothing too early."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from django.test import Client
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from bidtool.record.record import Pins
from bidtool.record.verify import verify
from ca_interop.platform_key import platform_public_key
from ca_interop.reverify import reverify
from disclosure.models import PublishedRecord
from disclosure.record.export import export_record
from journal import sequencer
from kernel.errors import Refused
from tests import worlds_tenders
from tests.integration.disclosure import whole
from trading.models import Bid

pytestmark = pytest.mark.django_db(transaction=True)


def _page(client: Client, number: str) -> str:
    return client.get(f"/notices/{number}/").content.decode()


def test_a_whole_tender_is_public_step_by_step_and_its_record_verifies(
    client: Client, tmp_path: Path
) -> None:
    with worlds_tenders.world(3) as world:
        tender = whole.opened(world)
        number = tender.number
        names = [m.organization.name for m in world.bidders]
        page = _page(client, number)
        assert [n for n in names if n not in page] == []
        assert "3 份收到，3 份开启，其中 1 份由密钥分片开启" in page
        assert "本标段流标：投标人少于三个" in page
        whole.evaluated(world)
        before = _page(client, number)
        assert ("评标中" in before, "中标候选人公示" in before) == (True, False)
        with pytest.raises(Refused) as refused:
            export_record(number, tmp_path / "early")
        assert refused.value.code == "record.not_yet"

        lot = whole.awarded(world, number)
        assert "进入候选" in _page(client, number)
        assert "中标人：" not in _page(client, number)
        assert PublishedRecord.objects.count() == 0
        whole.notified(world, number)
        assert f"中标人：<strong>{lot.award.bid.bidder_name}</strong>" in _page(client, number)
        assert PublishedRecord.objects.count() == 1
        whole.contracted(world, number)
        assert PublishedRecord.objects.count() == 2

        root = tmp_path / number
        export_record(number, root)
        pins = Pins(platform=platform_public_key(), vkey=sequencer.vkey())
        results = list(verify(root, pins))
        assert [(r.number, r.where, [x.zh for x in r.reasons]) for r in results if not r.passed] == []
        assert len(results) == 13
        problems, told = io.StringIO(), io.StringIO()
        code = reverify(root, frozenset(), told=problems, out=told)
        assert (code, [line for line in problems.getvalue().splitlines() if "✗" in line]) == (0, [])
        signed = [e.zh for e in results[5].evidence if e.code == "record.signed_document"]
        assert [text.split("的 ")[1][:1] for text in signed] == ["5", "5"]
        assert _changed_signature(root, tmp_path / "changed", pins) == {
            1: "record.size_differs",
            6: "pdf.foreign_revision",
        }

        answer = client.get(f"/record/{number}.zip")
        with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as packed:
            packed.extractall(tmp_path / "zip")
        assert [r.number for r in verify(tmp_path / "zip" / number, pins) if not r.passed] == []
        _check_what_is_told(root, Bid.objects.count())


def _changed_signature(root: Path, target: Path, pins: Pins) -> dict[int, str]:
    """The signed opening record with something drawn over it after the last signature: what the checks say."""
    shutil.copytree(root, target)
    listed = json.loads((root / "signatures.json").read_text())["documents"][0]["signatures"][-1]
    stream = io.BytesIO((target / listed["path"]).read_bytes())
    writer = IncrementalPdfFileWriter(stream)
    page = writer.root["/Pages"]["/Kids"][0]
    page["/Contents"] = writer.add_object(generic.StreamObject(stream_data=b"BT (1.00) Tj ET"))
    writer.update_container(page)
    writer.write_in_place()
    (target / listed["path"]).write_bytes(stream.getvalue())
    return {r.number: r.reasons[0].code for r in verify(target, pins) if not r.passed}


def _check_what_is_told(root: Path, bids: int) -> None:
    text = (root / "acts.jsonl").read_text()
    for secret in (
        "attempt.refused",
        "documents.take",
        "invitation.answer",
        "session.sign_in",
        "expert.register",
    ):
        assert f'"{secret}"' not in text
    for told in ("bid.submit", "evaluation.lock", "expert_draw.reveal", "award.decide", "contract.register"):
        assert f'"{told}"' in text
    assert len(list((root / "bids").iterdir())) == bids
