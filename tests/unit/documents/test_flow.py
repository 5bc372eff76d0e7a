"""Prose breaks between pages in two pieces, or not at all."""

from __future__ import annotations

import pytest

from documents.pdf.flow import CELL, Prose

TEXT = "密钥遗失，由监管方分片开启，过程已存证，各方在场。" * 4


@pytest.mark.parametrize("height", range(0, 200, 3))
def test_a_split_has_two_pieces_or_none(height: int) -> None:
    pieces = Prose(TEXT, CELL).split(120.0, float(height))
    assert len(pieces) in (0, 2)
    assert [line for piece in pieces for line in piece.lines] in ([], _lines())


def _lines() -> list[str]:
    whole = Prose(TEXT, CELL)
    whole.wrap(120.0, 1000.0)
    return list(whole.lines)
