"""Where Chinese legal text breaks."""

from __future__ import annotations

import pytest

from documents.pdf.lines import break_lines, clusters


def _width(text: str) -> float:
    return sum(1.0 if ord(c) > 0x2000 else 0.5 for c in text)


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("工程（一标段）。", ["工", "程", "（一", "标", "段）。"]),
        ("报价 ¥ 8,750,000.00（含税）", ["报", "价 ", "¥ 8,750,000.00", "（含", "税）"]),
        ("运距 15 km，", ["运", "距 ", "15 km，"]),
        ("《招标投标法》第三十四条", ["《招", "标", "投", "标", "法》", "第三", "十", "四", "条"]),
        ("AC-13C 沥青", ["AC-13C ", "沥", "青"]),
        ("厚 4.5%，", ["厚 ", "4.5%，"]),
    ],
)
def test_pieces(text: str, pieces: list[str]) -> None:
    assert clusters(text) == pieces


def test_a_closing_mark_takes_its_character_to_the_next_line() -> None:
    assert break_lines("投标截止时间，开标", _width, 6, 6) == ["投标截止时", "间，开标"]


def test_a_digest_in_a_narrow_column_is_broken_where_it_must() -> None:
    assert break_lines("摘要" + "9f86d081884c", _width, 4, 4) == ["摘要", "9f86d081", "884c"]


def test_an_empty_text_is_one_empty_line() -> None:
    assert break_lines("", _width, 4, 4) == [""]
