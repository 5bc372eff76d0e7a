"""``bidtool check``: the whole bid against the tender's list, bills, 暗标, two envelopes; hostile files."""

import io
import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from PIL import Image
from PIL.ExifTags import Base
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bidtool.bidding import checking
from bidtool.bidding.anonymity import anonymous_reasons, secrets_of
from bidtool.bidding.checking import Report, check_bid
from bidtool.bidding.folder import BidFolder, FolderFile, read_folder, summary_of
from bidtool.bidding.tender import TenderInfo, read_tender
from bidtool.cli import cli, run
from bidtool.contents import confined
from bidtool.output import Output
from kernel.bid_rules import AnonymousRules, read_bid_rules
from kernel.canonical_json import parse
from kernel.errors import Refused
from sealing import bundle, envelope
from sealing.header import read_header
from sealing.ticket import Ticket
from tests import records
from tests.unit.bidtool.platform import Platform

COLUMNS = ["项目编码", "项目名称", "工程量", "综合单价", "合价"]
BOQ = {"columns": COLUMNS, "quantity": "工程量", "unit_price": "综合单价", "amount": "合价", "total": "合计"}
RULES: dict[str, Any] = {
    "quality": "合格",
    "project_manager": True,
    "boq": BOQ,
    "anonymous": {"roles": ["technical"], "black_only": True, "fonts": ["Times New Roman"], "page_limit": 3,
                  "page_size": "A4", "images": "gray", "margin_mm": 15},
}  # fmt: skip
BILL = '项目编码,项目名称,工程量,综合单价（元）,合价（元）\n040101001,挖土方,2,100.00,200.00\n,回填,3,"1,000",3000\n,合计,,,3200.00\n'
BIDDER = {"name": "江苏宏远建设有限公司", "credit_code": records.party("江苏一建", 11).code}
DESCRIPTION: dict[str, Any] = {
    "tender": records.NUMBER,
    "lot": 1,
    "price": "3200.00",
    "duration_days": 170,
    "quality": "合格",
    "bidder": BIDDER,
    "project_manager": {"name": "周晓岚", "certificate": "苏1322021202200107"},
}


def paper(*draw: Callable[[Canvas], Any], **properties: str) -> bytes:
    """One black page in Times of A4 for each function that draws."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for name, value in properties.items():
        getattr(canvas, f"set{name.title()}")(value)
    for one in draw:
        canvas.setFont("Times-Roman", 12)
        one(canvas)
        canvas.drawString(290, 20, "- 1 -")
        canvas.showPage()
    canvas.save()
    # ReportLab writes "anonymous" and "untitled" where nothing is said.
    return out.getvalue().replace(b"/Author (anonymous)", b"/Author ()         ")


def plain(canvas: Canvas) -> None:
    canvas.drawString(100, 500, "the plan of the works")


def tender(**changes: Any) -> TenderInfo:
    value = Platform().tender() | {"bid_rules": RULES} | changes
    value["lots"] = [{**value["lots"][0], "duration_days": 180, **changes.pop("lot", {})}]
    return read_tender(value)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "bid"
    write(root, DESCRIPTION)
    for path, data in {"technical/plan.pdf": paper(plain), "boq/bill.csv": BILL.encode()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(data)
    return root


def write(root: Path, description: dict[str, Any]) -> None:
    root.mkdir(exist_ok=True)
    (root / "bid.json").write_text(json.dumps(description, ensure_ascii=False))


def checked(root: Path, info: TenderInfo | None = None) -> tuple[Report, BidFolder]:
    bid, info = read_folder(root), info or tender()
    return check_bid(bid, info, summary_of(bid, info, BIDDER)), bid


def codes(report: Report) -> list[str]:
    return [reason.code for reason in report.reasons]


def test_a_whole_bid_has_nothing_against_it(folder: Path) -> None:
    report, _ = checked(folder)
    assert (report.reasons, report.notes) == ([], [])
    said = " ".join(words for _, words in report.lines)
    assert "工程量清单：1 个文件，2 行，合计 ¥ 3,200.00" in said
    assert "项目经理 周晓岚" in said
    assert "工期 170 日历天（要求不超过 180）" in said


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"duration_days": 181}, "bid.duration_too_long"),
        ({"quality": "优良"}, "bid.quality_other"),
        ({"project_manager": None}, "bid.manager_missing"),
        ({"price_in_words": "叁仟贰佰壹元整"}, "bid.words_differ"),
        ({"price": "3200.01"}, "bid.boq_total"),
        ({"price": "5000000.01"}, "bid.over_ceiling"),
    ],
)
def test_each_fault_of_the_summary_has_its_code(folder: Path, changes: dict[str, Any], code: str) -> None:
    write(folder, {k: v for k, v in (DESCRIPTION | changes).items() if v is not None})
    report, _ = checked(folder)
    assert code in codes(report)
    assert set(codes(report)) <= {code, "bid.boq_total"}


def test_capitals_are_written_in_two_ways(folder: Path) -> None:
    write(folder, DESCRIPTION | {"price_in_words": "人民币叁仟贰佰圆整"})
    assert codes(checked(folder)[0]) == []


@pytest.mark.parametrize(
    ("bill", "found", "noted"),
    [
        (BILL.replace("综合单价（元）", "单价"), ["bid.boq_columns"], []),
        (BILL.replace("2,100.00,200.00", "2,100.00,210.00"), [], ["bid.boq_line"]),
        (BILL.replace("2,100.00,200.00", "2,,"), [], ["bid.boq_unpriced"]),
        (BILL.replace("合计", "总和"), ["bid.boq_no_total"], []),
        (BILL.replace("3200.00", "3300.00"), ["bid.boq_total"], []),
        ("项目编码,项目名称,工程量,综合单价,合价\n", ["bid.boq_empty"], []),
        ("", ["bid.empty_file", "bid.boq_columns"], []),
    ],
)
def test_the_bill_is_read(folder: Path, bill: str, found: list[str], noted: list[str]) -> None:
    (folder / "boq/bill.csv").write_text(bill, encoding="gb18030")
    report, _ = checked(folder)
    assert (codes(report), [r.code for r in report.notes]) == (found, noted)


def test_a_spreadsheet_with_several_sheets_is_added_up(folder: Path) -> None:
    book = openpyxl.Workbook()
    for sheet, amount in ((book.active, 0.1), (book.create_sheet("安装"), 0.2)):
        sheet.append(["分部分项工程量清单"])
        sheet.append(COLUMNS)
        sheet.append(["04", "土方", 1, amount, amount])
    (folder / "boq/bill.csv").unlink()
    book.save(folder / "boq/bill.xlsx")
    write(folder, DESCRIPTION | {"price": "0.30"})
    rules = {**RULES, "boq": {**BOQ, "total": ""}}
    assert codes(checked(folder, tender(bid_rules=rules))[0]) == []


def test_files_have_a_size(folder: Path) -> None:
    (folder / "technical/big.pdf").write_bytes(paper(plain) + b"%" * 1_200_000)
    wanted = [
        {"role": "technical", "title": "施工组织设计", "required": True, "media_types": [], "max_mb": 1}
    ]
    report, _ = checked(folder, tender(requirements=wanted))
    assert codes(report) == ["bid.file_too_large"]
    assert "1.1 MB，不得超过 1 MB" in report.reasons[0].zh


# -- 暗标 ------------------------------------------------------------------------------------------


def traces(folder: Path, path: str, data: bytes, media_type: str, **rules: Any) -> list[tuple[str, str]]:
    where = folder / path
    where.parent.mkdir(parents=True, exist_ok=True)
    where.write_bytes(data)
    asked = AnonymousRules(("technical",), **({"black_only": True, "page_size": "A4", "images": "gray",
                                               "margin_mm": 15} | rules))  # fmt: skip
    bid = read_folder(folder)
    secrets = secrets_of(bid, summary_of(bid, tender(), BIDDER))
    found = anonymous_reasons(FolderFile(path, where, "technical", media_type), asked, secrets)
    return [(reason.code.removeprefix("anonymous."), reason.zh) for reason in found]


def coloured(canvas: Canvas) -> None:
    canvas.setFillColorRGB(0, 0, 1)
    canvas.drawString(100, 500, "blue words")


def headed(canvas: Canvas) -> None:
    canvas.drawString(100, 825, "Hongyuan Group")


def named(canvas: Canvas) -> None:
    canvas.drawString(100, 400, f"code {BIDDER['credit_code'][:9]} {BIDDER['credit_code'][9:]}")


def pictured(canvas: Canvas) -> None:
    from reportlab.lib.utils import ImageReader

    canvas.drawImage(ImageReader(Image.new("RGB", (80, 80), (255, 0, 0))), 100, 300)


def small(canvas: Canvas) -> None:
    canvas.setPageSize((300, 400))


@pytest.mark.parametrize(
    ("draw", "properties", "found", "words"),
    [
        ([plain], {}, [], ""),
        ([plain, coloured], {}, ["colour"], "第 2 页有黑色以外的颜色：文字 #0000ff"),
        ([headed], {}, ["header"], "页眉：Hongyuan Group"),
        ([plain, plain, named], {}, ["name"], f"第 3 页出现了投标人信息「{BIDDER['credit_code']}」"),
        ([pictured], {}, ["image_colour"], "图片是彩色的（80×80）"),
        ([plain], {"author": "周工"}, ["metadata"], "Author：周工"),
        ([plain], {"subject": "江苏宏远建设"}, ["name"], "Subject：江苏宏远建设"),
        ([plain, small], {}, ["page_size"], "第 2 页"),
    ],
)
def test_a_pdf_tells_whose_it_is(
    folder: Path, draw: list[Any], properties: dict[str, str], found: list[str], words: str
) -> None:
    seen = traces(folder, "technical/plan.pdf", paper(*draw, **properties), "application/pdf")
    assert [code for code, _ in seen] == found
    assert all(words in zh for _, zh in seen)


def test_pages_and_fonts_are_limited(folder: Path) -> None:
    data = paper(plain, plain)
    seen = traces(folder, "technical/plan.pdf", data, "application/pdf", page_limit=1, fonts=("宋体",))
    assert [code for code, _ in seen] == ["font", "font", "pages"]
    allowed = traces(folder, "technical/plan.pdf", data, "application/pdf", fonts=("Times New Roman",))
    assert allowed == []


def word(**parts: str) -> bytes:
    names = {"document": "word/document.xml", "header": "word/header1.xml", "core": "docProps/core.xml"}
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for key, inner in parts.items():
            archive.writestr(names[key], f"<w:x {space}>{inner}</w:x>")
    return out.getvalue()


def test_a_word_file_tells_whose_it_is(folder: Path) -> None:
    data = word(
        document='<w:ins w:author="周晓岚"/><w:color w:val="FF0000"/><w:t>江苏宏</w:t><w:t>远建设</w:t>',
        header="<w:t>投标人</w:t>",
        core="<creator>zhou</creator>",
    )
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    seen = traces(folder, "technical/plan.docx", data, kind)
    assert sorted(code for code, _ in seen) == ["colour", "header", "metadata", "metadata", "name"]
    assert traces(folder, "technical/plan.docx", word(document="<w:t>施工</w:t>", core=""), kind) == []


def test_a_picture_tells_who_took_it(folder: Path) -> None:
    out, exif = io.BytesIO(), Image.Exif()
    exif[Base.Artist] = "Zhou"
    Image.new("L", (40, 40)).save(out, "JPEG", exif=exif)
    assert traces(folder, "technical/a.jpg", out.getvalue(), "image/jpeg") == [
        ("exif", "暗标 technical/a.jpg 的图片带有拍摄信息「Artist：Zhou」")
    ]


def test_the_name_of_a_file_tells_too(folder: Path) -> None:
    seen = traces(folder, "technical/江苏宏远建设方案.pdf", paper(plain), "application/pdf")
    assert [code for code, _ in seen] == ["name"]
    assert traces(folder, "technical/x.dwg", b"x", "image/vnd.dwg")[0][0] == "kind_unknown"


def bomb() -> bytes:
    """A workbook that says it holds a sheet of a gigabyte of blanks."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/a.xml", "w") as inner:
        for _ in range(600):
            inner.write(b" " * (1 << 20))
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [
        ("boq", "a.xlsx", b"PK\x03\x04 not a workbook"),
        ("boq", "a.xlsx", bomb()),
        ("pdf", "a.pdf", b"%PDF-1.7\n1 0 obj\n<</Type/Catalog/Pages 1 0 R>>\ntrailer<</Root 1 0 R>>"),
        ("word", "a.docx", word(document="x").replace(b"<w:x", b"<!DO")),
        ("picture", "a.png", b"\x89PNG\r\n\x1a\n"),
    ],
)
def test_hostile_files_are_named_not_followed(tmp_path: Path, kind: str, name: str, data: bytes) -> None:
    where = tmp_path / name
    where.write_bytes(data)
    asked = {"words": [], "rules": {}} if kind != "boq" else BOQ
    with pytest.raises(Refused) as refused:
        confined.look(kind, where, name, asked)
    assert refused.value.code == "bid.file_unreadable"


def test_the_child_opens_every_pdf_and_learns_no_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BID_PASSWORD", "secret")
    assert "BID_PASSWORD" not in confined._environment()
    where = tmp_path / "a.pdf"
    where.write_bytes(paper(plain))
    assert confined.look("pdf_opens", where, "a.pdf", {}) == {"locked": False, "pages": 1}
    where.write_bytes(b"%PDF-1.7")
    file = FolderFile("technical/a.pdf", where, "technical", "application/pdf")
    reason = checking._readable(file)
    assert reason is not None
    assert reason.code == "bid.broken_pdf"
    monkeypatch.setattr(confined.subprocess, "run", _killed)
    reason = checking._readable(file)
    assert reason is not None
    assert "读不完" in reason.zh


def _killed(command: list[str], **options: Any) -> Any:
    raise subprocess.TimeoutExpired(command, options["timeout"])


def test_a_file_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    where = tmp_path / "a.pdf"
    where.write_bytes(paper(plain))
    with pytest.raises(Refused) as refused:
        confined.look("pdf", where, "a.pdf", {"words": [], "rules": {}}, wall=0.001)
    assert refused.value.code == "bid.file_too_costly"


def test_a_child_does_not_take_all_the_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(confined, "MEMORY", 256 * 1024 * 1024)
    where = tmp_path / "a.csv"
    where.write_bytes(b"a" * (300 << 20))
    with pytest.raises(Refused) as refused:
        confined.look("boq", where, "a.csv", BOQ)
    assert refused.value.code in ("bid.file_too_costly", "bid.file_unreadable")


@pytest.mark.parametrize(
    ("rules", "field"),
    [
        ({"typo": 1}, "typo"),
        ({"boq": {**BOQ, "amount": "金额"}}, "amount"),
        ({"anonymous": {"page_size": "B5"}}, "page_size"),
        ({"anonymous": {"fonts": "宋体"}}, "fonts"),
        ({"project_manager": "yes"}, "project_manager"),
    ],
)
def test_rules_that_cannot_be_read_are_refused(rules: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        read_bid_rules(rules)
    assert field in refused.value.reasons[0].en


# -- two envelopes -----------------------------------------------------------------------------------


def call(*arguments: str | Path) -> int:
    return run(cli, [str(a) for a in arguments], Output())


def saved(tmp_path: Path, **changes: Any) -> Path:
    value = Platform().tender() | {"bid_rules": RULES}
    value["lots"] = [{**value["lots"][0], "scheme": "dual", **changes}]
    where = tmp_path / "tender.json"
    where.write_text(json.dumps(value))
    return where


def test_two_envelopes_of_one_bid(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(records.party("江苏一建", 11).issued.pem())
    source = saved(tmp_path)
    assert call("seal", folder, "--tender", source, "--key", key) == 0
    assert "两个信封组成一份投标" in capsys.readouterr().out
    tickets, summaries, roles = {}, {}, {}
    for part in ("technical", "price"):
        path, out = tmp_path / f"bid.{part}.mtse", io.BytesIO()
        ticket = Ticket.from_json(parse(path.with_name(path.name + ".ticket").read_bytes()))
        with path.open("rb") as stream:
            head = read_header(stream)
            envelope.open_body(stream, head, envelope.unwrap_as_bidder(head, ticket), out)
        found = bundle.read(out)
        tickets[part], roles[part] = ticket, {entry.role for entry in found.entries}
        summaries[part] = parse(found.read("bid_summary.json", 100_000))
    assert tickets["technical"].pseudonym == tickets["price"].pseudonym
    assert tickets["technical"].key_commitment != tickets["price"].key_commitment
    assert "price" not in summaries["technical"]
    assert summaries["price"]["price"] == "3200.00"
    assert roles == {
        "technical": {"bid_summary", "bid_summary_signature", "technical"},
        "price": {"bid_summary", "bid_summary_signature", "boq"},
    }


def test_a_first_envelope_that_tells_the_price_is_not_sealed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    key = tmp_path / "key.pem"
    key.write_bytes(records.party("江苏一建", 11).issued.pem())
    (folder / "technical/plan.pdf").write_bytes(paper(lambda c: c.drawString(90, 500, "we ask 3,200.00")))
    arguments = ["--tender", saved(tmp_path), "--key", key]
    assert call("check", folder, *arguments) == 7
    assert "第 1 页出现了报价「3,200.00」" in capsys.readouterr().err
    assert call("seal", folder, *arguments) == 7
    assert call("seal", folder, *arguments, "--despite", "bid.over_ceiling") == 7
    assert call("check", folder, "--anonymous", *arguments) == 0
    assert call("seal", folder, *arguments, "--despite", "bid.price_in_first_envelope") == 0
