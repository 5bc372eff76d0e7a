"""PDF documents: text comes out again, every font is embedded, equal input gives equal bytes."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from documents import checks
from documents.pdf import PdfDocument, fonts
from kernel.errors import Refused
from kernel.money import Money

NOW = datetime(2026, 11, 24, 6, 5, 9, tzinfo=UTC)
LEGAL = "根据《中华人民共和国招标投标法》第三十五条，“开标”由招标人主持，邀请所有投标人参加。"


def _record(*, training: bool = True, name: str = "江苏润扬路桥工程集团有限公司") -> bytes:
    document = PdfDocument(
        "盐城市聚亨路改造工程开标记录",
        number="YC2026-SZ-0417-KB",
        training=training,
        now=NOW,
        proof_url="https://example.cn/record/YC2026-SZ-0417",
    )
    document.facts(
        [("招标项目", "盐城市聚亨路（青年路—世纪大道）改造工程"), ("开标时间", "2026-11-24 14:00:00")]
    )
    document.heading("一、开标经过").paragraph(LEGAL * 3).heading("（一）唱标", 2)
    words = Money("8750000").words()
    document.table(["投标人", "报价（元）", "大写"], [[name, "8,750,000.00", words]], numbers=(1,))
    document.page_break().note("注：由开标大厅日志生成。")
    document.signature_lines(["监管部门代表", ("招标人代表", "王敏\n2026-11-24 14:52:10")])
    return document.build()


def _pages(pdf: bytes) -> list[str]:
    return ["".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(pdf)).pages]


def _fonts(pdf: bytes) -> list[DictionaryObject]:
    reader = PdfReader(io.BytesIO(pdf))
    return [
        font.get_object() for page in reader.pages for font in page["/Resources"].get("/Font", {}).values()
    ]


def test_text_comes_out_again_on_numbered_pages() -> None:
    first, second = _pages(_record())
    assert LEGAL * 3 in first
    for said in ("编号：YC2026-SZ-0417-KB", "人民币捌佰柒拾伍万元整", "8,750,000.00", "扫码核验"):
        assert said in first
    assert ("第1页共2页" in first, "第2页共2页" in second) == (True, True)
    assert "监管部门代表" in second
    assert "王敏" in second
    reader = PdfReader(io.BytesIO(_record()))
    assert reader.metadata is not None
    assert (reader.metadata.title, reader.metadata.creation_date) == ("盐城市聚亨路改造工程开标记录", NOW)
    assert reader.trailer["/Root"]["/Lang"] == "zh-CN"


def test_every_font_is_embedded_and_subset() -> None:
    found = _fonts(_record(name="㐂𠮷公司"))
    assert len(found) >= 4
    for font in found:
        assert "/FontFile2" in font["/FontDescriptor"], font["/BaseFont"]
        assert "+" in font["/BaseFont"]


def test_the_head_names_who_wrote_it() -> None:
    bidder = PdfDocument("施工组织设计", training=False, now=NOW, author="江苏润扬路桥工程集团有限公司")
    assert _pages(bidder.build())[0].startswith("江苏润扬路桥工程集团有限公司施工组织设计")
    assert _pages(_record(training=False))[0].startswith("明堂公共资源交易平台")


def test_training_marks_every_page_and_nothing_else_does() -> None:
    assert all("演练文件，不具有法律效力" in page and page.count("演") == 3 for page in _pages(_record()))
    assert all("演" not in page for page in _pages(_record(training=False)))


def test_equal_input_gives_equal_bytes_in_another_process_too() -> None:
    assert _record() == _record()
    assert _record() != _record(training=False)
    words = "from tests.integration.documents.test_pdf import _record; import sys; sys.stdout.buffer.write(_record())"
    script = f"import os, django; django.setup(); {words}"
    root = Path(django_settings.BASE_DIR)
    done = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, check=True)
    assert done.stdout == _record()


def test_rare_characters_print_in_another_font() -> None:
    text = "项目经理：䶮𠮷、㐂某、㙍氏、𪚥氏"
    assert (
        "".join(text.split())
        in _pages(PdfDocument("名册", training=False, now=NOW).paragraph(text).build())[0]
    )


def test_characters_that_no_font_has_are_named() -> None:
    document = PdfDocument("名册", training=False, now=NOW).table(["姓名"], [["\U00032000某\U0001fae0"]])
    with pytest.raises(Refused) as refused:
        document.build()
    assert refused.value.code == "pdf.glyph_missing"
    assert "U+32000" in refused.value.reasons[0].zh
    assert "U+1FAE0" in refused.value.reasons[0].en


def test_control_characters_never_reach_a_page() -> None:
    with pytest.raises(Refused) as refused:
        PdfDocument("名\x00册", training=False, now=NOW).build()
    assert refused.value.code == "pdf.glyph_missing"


def test_missing_fonts_name_their_packages(settings: Any, tmp_path: Path) -> None:
    settings.PDF_FONT_DIRS = [str(tmp_path)]
    fonts._files.cache_clear()
    try:
        with pytest.raises(Refused) as refused:
            PdfDocument("标题", training=False, now=NOW).build()
        messages = checks.pdf_fonts(None)
    finally:
        fonts._files.cache_clear()
    assert refused.value.code == "pdf.fonts_missing"
    assert "fonts-arphic-uming fonts-wqy-zenhei" in refused.value.reasons[0].zh
    assert [m.id for m in messages] == ["documents.W001", "documents.W002"]


def test_two_hundred_rows_repeat_their_header_on_each_page() -> None:
    rows = [[n, f"0402{n:08d}", "水泥稳定碎石基层 厚 20 cm" * 3, "m³", "1,234.50"] for n in range(1, 201)]
    header = ["序号", "项目编码", "项目名称及特征", "单位", "工程量"]
    document = PdfDocument("工程量清单", training=False, now=NOW)
    document.table(header, rows, numbers=(4,), total=["", "", "合计", "", "246,900.00"])
    pages = _pages(document.build())
    assert len(pages) > 5
    assert all("序号项目编码项目名称及特征单位工程量" in page for page in pages)
    text = "".join(pages)
    assert [text.count(f"0402{n:08d}") for n in range(1, 201)] == [1] * 200
    assert "合计246,900.00" in pages[-1]


def test_a_row_taller_than_a_page_goes_on() -> None:
    document = PdfDocument("说明", training=False, now=NOW)
    document.table(["项", "说明"], [["一", "本工程采用综合单价法计价。" * 400]])
    document.facts([("说明", "本工程采用综合单价法计价。" * 400)])
    assert len(_pages(document.build())) > 2


def test_a_row_of_other_length_than_the_header_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="as many cells"):
        PdfDocument("表", training=False, now=NOW).table(["甲", "乙"], [["1"]])
