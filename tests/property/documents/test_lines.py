"""Lines: nothing lost, nothing at a line's start that may not stand there, nothing wider than the column."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from documents.pdf.lines import NO_END, NO_START, break_lines, clusters

TEXT = st.text(alphabet="盐城市路工程，。、（）《》“”：；abcXYZ0189.,¥ -/第", max_size=120)


def _width(text: str) -> float:
    return sum(1.0 if ord(c) > 0x2000 else 0.5 for c in text)


@given(TEXT)
def test_pieces_are_the_text(text: str) -> None:
    assert "".join(clusters(text)) == text


@given(TEXT, st.integers(4, 30), st.integers(4, 30))
def test_lines_are_the_text_and_fit(text: str, first: int, rest: int) -> None:
    lines = break_lines(text, _width, first, rest)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert _width(lines[0]) <= first
    assert all(_width(line) <= rest for line in lines[1:])


@given(TEXT, st.integers(8, 30))
def test_no_line_starts_with_a_closing_mark(text: str, room: int) -> None:
    pieces = {piece.rstrip(): _width(piece.rstrip()) for piece in clusters(text)}
    if max(pieces.values(), default=0) > room:
        return
    lines = break_lines(text, _width, room, room)
    assert [line for line in lines[1:] if line and line[0] in NO_START and text[0] not in NO_START] == []
    assert [line for line in lines[:-1] if line and line[-1] in NO_END] == []
