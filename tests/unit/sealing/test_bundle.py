import io
import json
import struct
import zipfile
from typing import Any

import pytest

from kernel.errors import Refused
from sealing import bid_summary, bundle
from tests.unit.sealing.cast import signer

FILES = {"技术标/施工方案.pdf": b"%PDF" * 50, "boq.csv": b"1,2\n", "empty.txt": b""}


def source(path: str, data: bytes) -> bundle.Source:
    return bundle.Source(path, lambda: io.BytesIO(data), "application/octet-stream", "other")


def built(files: dict[str, bytes] = FILES) -> bytes:
    out = io.BytesIO()
    bundle.build([source(p, d) for p, d in files.items()], out)
    return out.getvalue()


def raw(files: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    """A ZIP as a hostile client might make it, with an honest manifest of the last spelling of each name."""
    import hashlib

    from kernel.canonical_json import canonical

    listed = [
        {
            "path": p,
            "sha256": hashlib.sha256(d).hexdigest(),
            "size": len(d),
            "media_type": "a/b",
            "role": "other",
        }
        for p, d in sorted(dict(files).items())
    ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as archive:
        archive.writestr("manifest.json", canonical({"v": 1, "files": listed}), zipfile.ZIP_STORED)
        for path, data in files:
            archive.writestr(zipfile.ZipInfo(path), data, compression)
    return out.getvalue()


def code(data: bytes) -> str:
    with pytest.raises(Refused) as caught:
        bundle.read(io.BytesIO(data)).verify()
    return caught.value.code


def test_what_was_built_is_read() -> None:
    found = bundle.read(io.BytesIO(built()))
    assert {e.path: found.read(e.path, 1000) for e in found.entries} == FILES
    assert built() == built(dict(reversed(FILES.items())))


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "a\\b",
        "C:x",
        "a\nb",
        "x\u202eb",
        "a" * 250,
        "./a",
        "nul",
        "COM1.txt",
        "a.",
        " a",
    ],
)
def test_hostile_names_are_refused_in_both_directions(name: str) -> None:
    assert code(raw([(name, b"x")])) == "bundle.hostile_name"
    with pytest.raises(Refused, match="bundle.hostile_name"):
        built({name: b"x"})


def test_nul_in_a_name_is_refused() -> None:
    assert code(raw([("aXb", b"x")]).replace(b"aXb", b"a\0b")) in ("bundle.hostile_name", "json.malformed")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_double_names_are_refused() -> None:
    assert code(raw([("a", b"x"), ("a", b"x")])) == "bundle.hostile_name"
    assert code(raw([("a", b"x"), ("A", b"x")])) == "bundle.hostile_name"


def test_compressed_entries_are_refused() -> None:
    assert code(raw([("bomb", bytes(1_000_000))], zipfile.ZIP_DEFLATED)) == "bundle.compressed"


def test_altered_contents_are_refused() -> None:
    data = built({"a.txt": b"hello world"})
    assert code(data.replace(b"hello world", b"hello xorld")) == "bundle.mismatch"


def test_structure_is_refused_when_bent() -> None:
    data = built()
    assert code(b"") == "bundle.malformed"
    assert code(b"x" * 200) == "bundle.malformed"
    assert code(data[:-1]) == "bundle.malformed"
    assert code(data + b"x") == "bundle.malformed"
    assert code(b"prefix" + data) == "bundle.malformed"
    many = data[:-12] + struct.pack("<H", 10_001) + data[-10:]
    assert code(many) == "bundle.over_limit"


def test_two_entries_over_one_body_are_refused() -> None:
    data = bytearray(raw([("a", b"x" * 9), ("b", b"x" * 9)]))
    where = [i for i in range(len(data)) if data[i : i + 4] == b"PK\1\2"]
    # the third entry's local header offset is made the second one's: the overlap of a quine-like bomb
    data[where[2] + 42 : where[2] + 46] = data[where[1] + 42 : where[1] + 46]
    assert code(bytes(data)) == "bundle.malformed"


def test_manifest_and_entries_must_agree() -> None:
    assert code(bare({"v": 1, "files": []}, [("a", b"x")])) == "bundle.mismatch"
    entry = {"path": "a", "sha256": "0" * 64, "size": 1, "media_type": "a/b", "role": "other"}
    assert code(bare({"v": 1, "files": [entry]}, [])) == "bundle.missing"
    assert code(bare({"v": 1, "files": [entry]}, [("a", b"xx")])) == "bundle.mismatch"
    assert code(bare({"v": 1, "files": [entry]}, [("a", b"x")])) == "bundle.mismatch"
    assert code(bare({"v": 1, "files": [entry, entry]}, [("a", b"x")])) == "bundle.malformed"
    assert code(bare({"v": 1, "files": [entry | {"role": "x"}]}, [("a", b"x")])) == "sealing.bad_field"


def bare(manifest: Any, files: list[tuple[str, bytes]]) -> bytes:
    from kernel.canonical_json import canonical

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path, data in [("manifest.json", canonical(manifest)), *files]:
            archive.writestr(zipfile.ZipInfo(path), data)
    return out.getvalue()


SUMMARY: dict[str, Any] = {
    "v": 1,
    "tender": "T-2026-001",
    "lot": "1",
    "part": "whole",
    "bidder": {"name": "华东建设集团有限公司", "credit_code": "91310000132210595K"},
    "price": "12345678.90",
    "price_in_words": "壹仟贰佰叁拾肆万伍仟陆佰柒拾捌元玖角",
    "currency": "CNY",
    "duration_days": 365,
    "quality": "合格",
}


def summary() -> dict[str, Any]:
    from kernel.ids import credit_code_check_digit

    body = "91310000132210595"
    return SUMMARY | {"bidder": {"name": "华东建设", "credit_code": body + credit_code_check_digit(body)}}


def test_the_summary_is_signed_and_bound() -> None:
    signed = bid_summary.sign(summary(), signer("投标人"))
    assert bid_summary.verify(summary(), json.loads(json.dumps(signed))).leaf == signer("投标人").chain[0]
    with pytest.raises(Refused, match="bid_summary.signature_other"):
        bid_summary.verify(summary() | {"price": "1.00"}, signed)


@pytest.mark.parametrize(
    "change",
    [{"price": "1e3"}, {"price": "0.00"}, {"price": "12.3"}, {"price": 12}, {"price_in_words": "12"}, {"duration_days": 0},
     {"bidder": {"name": "x", "credit_code": "1"}}, {"unknown": 1}, {"v": True}, {"guarantee": {}}],
)  # fmt: skip
def test_a_wrong_summary_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Refused):
        bid_summary.check(summary() | change)


def test_a_zip64_end_is_read_whose_32_bit_fields_still_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What Python writes from 2 GiB on, long before the fields are full; here with a lower mark."""
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 200)
    data = built()
    monkeypatch.undo()
    assert data[-98:-94] == b"PK\x06\x06"
    found = bundle.read(io.BytesIO(data))
    found.verify()
    assert {e.path for e in found.entries} == set(FILES)
    # Both ends must say the same.
    assert code(data[:-6] + struct.pack("<I", 7) + data[-2:]) == "bundle.malformed"
