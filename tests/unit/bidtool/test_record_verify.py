"""``bidtool verify``: a whole record passes; whatever is changed, the check that should notice does."""

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bidtool.cli import cli, run
from bidtool.output import Output
from bidtool.record.record import Pins
from bidtool.record.steps import CheckResult
from bidtool.record.verify import verify
from ca_interop.demo_ca.specifications import CA_FOUR
from kernel import merkle, tiles, tlog
from kernel.acts import leaf_of
from kernel.canonical_json import canonical, parse
from sealing import sm2
from tests import records

PINS = Pins(records.PLATFORM_HEX, records.VKEY)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("record")
    records.Builder(root).build()
    return root


@pytest.fixture
def record(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "record"))


def failed(root: Path, pins: Pins = PINS) -> list[int]:
    return [r.number for r in verify(root, pins) if not r.passed]


def noticed(root: Path, number: int) -> bool:
    """Whether that check fails; later ones are not run."""
    return next(not r.passed for r in verify(root, PINS) if r.number == number)


def first(root: Path) -> CheckResult:
    return next(iter(verify(root, PINS)))


def bid_of(root: Path, how: str, lot: str = "1") -> str:
    """The first bid of a lot that was opened in that way."""
    for path in sorted(root.glob("bids/*/opening.json")):
        value = parse(path.read_bytes())
        if value["opened_by"] == how and parse((path.parent / "bid.json").read_bytes())["lot"] == lot:
            return path.parent.name
    raise LookupError(how)


def test_a_whole_record_passes(whole: Path) -> None:
    results = list(verify(whole, Pins(records.PLATFORM_HEX, records.VKEY, records.publisher_fingerprint())))
    assert [(r.number, r.status) for r in results] == [(n, "passed") for n in range(1, 14)]
    assert all(r.evidence for r in results)


@pytest.mark.skipif(not sm2.available(), reason="no libcrypto 3 with SM2")
def test_a_record_under_the_national_suite_passes(tmp_path: Path) -> None:
    """SM2 certificates, envelopes and statements throughout."""
    records.Builder(tmp_path, CA_FOUR).build()
    pins = Pins(records.PLATFORM_HEX, records.VKEY, records.publisher_fingerprint(CA_FOUR))
    assert [(r.number, r.status) for r in verify(tmp_path, pins)] == [(n, "passed") for n in range(1, 14)]
    bid = bid_of(tmp_path, "quorum", "2")
    assert (tmp_path / f"bids/{bid}/envelope.mtse").read_bytes()[5] == 2
    assert len(parse((tmp_path / f"bids/{bid}/bid.json").read_bytes())["pseudonym"]) == 66


def test_every_flipped_byte_is_found(record: Path) -> None:
    files = [p for p in record.rglob("*") if p.is_file()]
    for path in files:
        data = path.read_bytes()
        for at in {0, len(data) // 3, len(data) // 2, len(data) - 1}:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            result = first(record)
            assert (result.number, result.status) == (1, "failed"), path
            assert path.name in result.where + str(result.reasons), path
        path.write_bytes(data)
    assert failed(record) == []


def test_every_bit_of_record_json_counts(record: Path) -> None:
    path = record / "record.json"
    data = path.read_bytes()
    for at in range(0, len(data), 97):
        for bit in (1, 0x20, 0x80):
            path.write_bytes(data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :])
            assert not first(record).passed, at
    path.write_bytes(data[:-1])
    assert not first(record).passed


# What a dishonest platform changes and signs anew: (file, change, the check that notices).


def swap(key: str) -> Callable[[Any], None]:
    def change(value: Any) -> None:
        value[key][0], value[key][1] = value[key][1], value[key][0]

    return change


def put(*path: Any, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


OTHER_POINTS = {"plan": "20.0", "safety": "10.0", "record": "10"}


def raise_points(value: Any) -> None:
    bids = value["sheets"][2]["bids"]
    bids[next(iter(bids))] = OTHER_POINTS


def swap_ranks(value: Any) -> None:
    rows = value["ranking"]
    rows[0], rows[1] = rows[1] | {"rank": 1}, rows[0] | {"rank": 2}


def second_wins(value: Any) -> None:
    row = value["lots"][0]["candidates"][1]
    value["lots"][0]["award"] |= {k: row[k] for k in ("bid", "bidder", "credit_code", "price")}


def forget_skip(value: Any) -> None:
    value["draws"][0]["skipped"] = []


TAMPERED: list[tuple[str, Callable[[Any], None], int]] = [
    ("tender.json", put("threshold", value=3), 5),
    ("tender.json", put("custodians", 0, "index", value=2), 5),
    ("tender.json", put("submission_deadline", value="2026-11-09T05:00:00.000000Z"), 13),
    ("tender.json", put("submission_deadline", value="2026-11-10T02:30:00.000000Z"), 13),
    ("tender.json", put("lots", 0, "bond_amount", value="50000.00"), 7),
    ("tender.json", put("evaluation_method", "price", "parameters", "k", value="0.97"), 11),
    ("tender.json", put("evaluation_method", "expert_mean", value="mean"), 11),
    ("opening.json", put("payload", "bids", 0, "price", value="1.00"), 8),
    ("opening.json", put("signatures", value=[]), 8),
    ("opening.json", put("signatures", 0, "at", value="2027-09-01T00:00:00.000000Z"), 6),
    ("opening.json", put("signatures", 0, "organization", value="别的单位"), 6),
    ("draw.json", lambda v: swap("order")(v["draws"][0]), 9),
    ("draw.json", lambda v: swap("result")(v["draws"][0]), 9),
    ("draw.json", forget_skip, 9),
    ("draw.json", put("draws", 0, "reveals", 0, "nonce", value="00" * 32), 9),
    ("draw.json", put("draws", 0, "id", value="another"), 9),
    ("evaluation/1.json", raise_points, 10),
    ("evaluation/1.json", lambda v: v["seats"].pop(), 9),
    ("evaluation/1.json", put("seats", 0, "entry", value="somebody@盐城"), 9),
    ("tender.json", put("evaluation_method", "items", 0, "max", value="5"), 10),
    ("evaluation/1.json", put("seats", 0, "name", value="专家己"), 6),
    ("evaluation/1.json", put("price", "output", "benchmark_price", value="4700000.00"), 11),
    ("evaluation/1.json", put("price", "input", "bids", 0, "price", value="4000000.00"), 11),
    ("evaluation/1.json", swap_ranks, 11),
    ("evaluation/1.json", put("bids", value=[]), 10),
    ("evaluation/2.json", put("signatures", 0, "statement", "statement", "payload", "lot", value="1"), 11),
    ("awards.json", lambda v: swap("candidates")(v["lots"][0]), 12),
    ("awards.json", second_wins, 12),
    ("awards.json", put("lots", 0, "standstill_until", value="2026-11-12T16:00:00.000000Z"), 12),
    ("awards.json", put("lots", 0, "award", "decided_at", value="2026-11-16T15:59:59.000000Z"), 12),
    ("awards.json", put("lots", 0, "contract", "price", value="4700000.00"), 12),
    ("awards.json", put("lots", 0, "contract", "signed_on", value="2027-01-04"), 12),
    ("awards.json", put("lots", 0, "candidates", 0, "bid", value="nobody"), 12),
]


@pytest.mark.parametrize(("path", "change", "number"), TAMPERED)
def test_what_the_platform_signs_anew_is_noticed(
    record: Path, path: str, change: Callable[[Any], None], number: int
) -> None:
    records.rewrite(record, path, change)
    assert noticed(record, number)


BID_TAMPERED: list[tuple[str, Callable[[Any], None], int]] = [
    ("bid.json", put("received_at", value="2026-11-09T05:00:00.000000Z"), 4),
    ("bid.json", put("lot", value="2"), 4),
    ("receipt.json", put("statement", "payload", "size", value=1), 4),
    ("opening.json", put("price", value="1.00"), 5),
    ("opening.json", put("summary", "quality", value="优良"), 5),
    ("opening.json", put("bidder", "name", value="江苏九建"), 5),
    ("opening.json", put("identity", "signature", "value", value="AAAA"), 5),
    ("opening.json", put("release", value=None), 0),
    ("opening.json", put("opened_by", value="quorum"), 5),
    ("guarantee.json", put("valid", value=False), 7),
    ("guarantee.json", put("form", "statement", "payload", "amount", value="90000.00"), 7),
    ("guarantee.json", put("valid_until", value="2026-12-01"), 7),
]


@pytest.mark.parametrize(("name", "change", "number"), BID_TAMPERED)
def test_a_bid_that_the_platform_changes(
    record: Path, name: str, change: Callable[[Any], None], number: int
) -> None:
    bids = [p.parent.name for p in record.glob("bids/*/guarantee.json") if parse(p.read_bytes())["valid"]]
    records.rewrite(record, f"bids/{bids[0]}/{name}", change)
    assert noticed(record, number) if number else failed(record) == []


def test_a_quorum_needs_its_shares(record: Path) -> None:
    path = f"bids/{bid_of(record, 'quorum', '2')}/opening.json"
    before = (record / path).read_bytes()
    records.rewrite(record, path, lambda v: v["shares"].pop())
    assert 5 in failed(record)
    (record / path).write_bytes(before)
    records.rewrite(record, path, put("shares", 0, "index", value=3))
    assert 5 in failed(record)


def test_envelope_and_key_must_be_the_receipted_ones(record: Path) -> None:
    folder = record / "bids" / bid_of(record, "bidder")
    key = (folder / "content-key").read_bytes()
    (folder / "content-key").write_bytes(b"0" * 64)
    records.sign_record(record)
    assert 5 in failed(record)
    (folder / "content-key").write_bytes(key)
    data = bytearray((folder / "envelope.mtse").read_bytes())
    data[-20] ^= 1
    (folder / "envelope.mtse").write_bytes(data)
    records.sign_record(record)
    assert {4, 5} <= set(failed(record))


def test_a_bid_that_is_left_out_is_missed(record: Path) -> None:
    shutil.rmtree(record / "bids" / bid_of(record, "bidder"))
    records.sign_record(record)
    assert 8 in failed(record)


def test_every_submission_in_the_acts_has_its_bid(record: Path) -> None:
    """Also what was withdrawn or never opened: the act of its receipt stays, so its folder may not go."""
    bids = (path.parent for path in record.glob("bids/*/bid.json") if b'"withdrawn"' in path.read_bytes())
    shutil.rmtree(next(bids))
    records.sign_record(record)
    assert 4 in failed(record)


def test_acts_must_be_in_the_log(record: Path) -> None:
    path = record / "acts.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    act = parse(lines[3][:-1])
    act["act"]["actor"] = "person:y"
    path.write_bytes(b"".join([*lines[:3], canonical(act) + b"\n", *lines[4:]]))
    records.sign_record(record)
    assert 3 in failed(record)
    path.write_bytes(b"".join(lines[:-3]))
    records.sign_record(record)
    assert set(failed(record)) & {4, 10, 12, 13}
    path.write_bytes(b"".join([lines[1], lines[0], *lines[2:]]))
    records.sign_record(record)
    assert 3 in failed(record)


def test_certificates_need_evidence_and_good_standing(record: Path) -> None:
    crls = list((record / "evidence").iterdir())
    for path in crls:
        path.rename(record / path.name)
        records.sign_record(record)
        path_failed = failed(record)
        (record / path.name).rename(path)
        assert 6 in path_failed
    records.sign_record(record)
    records.forget()
    assert failed(record) == []


def test_a_revoked_bidder_is_noticed(tmp_path: Path) -> None:
    records.forget()
    bidder = records.party("江苏一建", 11)
    records.authority().revoke(bidder.issued.certificate.serial_number, datetime(2026, 8, 1, tzinfo=UTC))
    records.Builder(tmp_path).build()
    records.forget()
    assert 6 in failed(tmp_path)


def test_pins_are_compared(whole: Path) -> None:
    assert failed(whole, Pins(platform="00" * 32))[0] == 1
    assert 2 in failed(whole, Pins(vkey=records.VKEY.replace("log.test", "log.tesu")))
    assert 6 in failed(whole, Pins(publisher="00" * 32))


# Hostile directories.


def test_what_is_not_listed_or_missing(record: Path) -> None:
    (record / "notes.txt").write_text("x")
    assert first(record).reasons[0].code == "record.file_extra"
    (record / "notes.txt").unlink()
    (record / "draw.json").unlink()
    assert first(record).reasons[0].code == "record.file_missing"
    (record / "record.json").unlink()
    assert first(record).reasons[0].code == "record.file_missing"
    assert {r.status for r in verify(record, PINS)} == {"failed", "skipped"}


def test_links_and_special_files_are_not_followed(record: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    shutil.copy(record / "draw.json", outside)
    (record / "draw.json").unlink()
    (record / "draw.json").symlink_to(outside)
    assert first(record).reasons[0].code == "record.file_bad"
    (record / "draw.json").unlink()
    os.mkfifo(record / "draw.json")
    assert first(record).reasons[0].code == "record.file_bad"
    (record / "draw.json").unlink()
    (record / "draw.json").mkdir()
    assert not first(record).passed
    (record / "record.json").unlink()
    (record / "record.json").symlink_to(outside)
    assert not first(record).passed


@pytest.mark.parametrize(
    "path", ["../escape", "/etc/passwd", "a/../../b", "a//b", "x" * 300, "名字", "a\\b", ""]
)
def test_listed_paths_cannot_escape(record: Path, path: str) -> None:
    value = parse((record / "record.json").read_bytes())
    payload = value["statement"]["payload"]
    payload["files"][path] = {"sha256": "00" * 32, "size": 1}
    signed = records.statements.sign(value["statement"], records.PLATFORM)
    (record / "record.json").write_bytes(canonical(signed))
    assert next(r.number for r in verify(record, PINS) if not r.passed) == 1


@pytest.mark.parametrize(
    "data",
    [b"[" * 100_000, b'{"v":' + b"9" * 6000 + b"}", b"", b"\xff\xfe", b"null", b'{"a":1,"a":2}', b'{"v":1} '],
)
def test_hostile_json_is_refused_cleanly(record: Path, data: bytes) -> None:
    for name in ("record.json", "tender.json", "evaluation/1.json"):
        before = (record / name).read_bytes()
        (record / name).write_bytes(data)
        if name != "record.json":
            records.sign_record(record)
        assert failed(record)
        (record / name).write_bytes(before)


def test_types_nobody_foresaw_end_no_check_in_a_traceback(record: Path) -> None:
    chance = random.Random(20)
    for path in (
        "tender.json",
        "opening.json",
        "draw.json",
        "evaluation/1.json",
        "awards.json",
        "documents.json",
    ):
        before = (record / path).read_bytes()
        for _ in range(3):
            value = parse(before)
            place: Any = value
            while True:
                keys = list(place) if isinstance(place, dict) else list(range(len(place)))
                key = chance.choice(keys)
                if not isinstance(place[key], dict | list) or not place[key] or chance.random() < 0.3:
                    break
                place = place[key]
            place[key] = chance.choice([None, 7, [], {}, "x", [[]], [None], "sNaN", True])
            (record / path).write_bytes(canonical(value))
            assert len(list(verify(record, Pins()))) == 13, (path, key)
        (record / path).write_bytes(before)


def test_the_command_line(record: Path) -> None:
    pins = ["--pin-platform", records.PLATFORM_HEX, "--pin-vkey", records.VKEY]
    assert run(cli, ["verify", str(record), "-q", *pins], Output()) == 0
    assert run(cli, ["verify", str(record / "nowhere")], Output()) == 2
    assert run(cli, ["verify", str(record), "--pin-platform", "zz"], Output()) == 2
    assert run(cli, ["verify", str(record), "--pin-vkey", "zz"], Output()) == 2
    data = (record / "checkpoint").read_bytes()
    (record / "checkpoint").write_bytes(bytes([data[0] ^ 1]) + data[1:])
    done = subprocess.run(
        [sys.executable, "-m", "bidtool", "verify", str(record), "--json"], capture_output=True, timeout=60
    )
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["ok"], answer["failed"][:2]) == (1, False, [1, 2])
    assert {"zh", "en", "code"} <= set(answer["checks"][0]["reasons"][0])


def publish_log(folder: Path, log: records.Log) -> None:
    """The log's own files, as the platform serves them."""
    entries = [leaf_of(document, salt) for document, salt in log.rows]
    for path in tiles.paths_for_size(len(entries)) + tiles.paths_for_size(len(entries), entries=True):
        level, index, width = tiles.parse_tile_path(path)
        held = entries[index * 256 : index * 256 + width]
        data = (
            tiles.format_entries(held)
            if level == tiles.ENTRIES
            else tiles.tile_bytes(level, index, width, log.tree.read)
        )
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    (folder / "checkpoint").write_text(log.note)


def test_an_act_left_out_of_the_record_is_found_in_the_log(tmp_path: Path) -> None:
    root, copy = tmp_path / "record", tmp_path / "log"
    built = records.Builder(root)
    built.log.act("tender.postpone", records.DEADLINE - timedelta(days=9), {"reason": "补充勘察资料"})
    built.build()
    publish_log(copy, built.log)
    assert [r.status for r in verify(root, PINS, mirror=copy)] == ["passed"] * 14
    # The log went on after the record, and the auditor's mirror with it.
    later = tmp_path / "later"
    built.log.act("complaint.answer", records.DEADLINE + timedelta(days=90), {})
    publish_log(later, built.log)
    assert [r.status for r in verify(root, PINS, mirror=later)] == ["passed"] * 14
    lines = (root / "acts.jsonl").read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b"tender.postpone" not in line]
    assert len(kept) == len(lines) - 1
    (root / "acts.jsonl").write_bytes(b"".join(kept))
    records.sign_record(root)
    for held in (copy, later):
        assert [r.number for r in verify(root, PINS, mirror=held) if not r.passed] == [14]
    (copy / "checkpoint").write_text(tlog.sign_checkpoint(records.ORIGIN, 0, merkle.EMPTY_ROOT, records.LOG))
    assert [r.reasons[0].code for r in verify(root, PINS, mirror=copy) if not r.passed] == [
        "record.mirror_too_short"
    ]
