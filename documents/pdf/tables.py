"""Tables: repeated header, amounts right-aligned, columns as wide as their content asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from reportlab.lib.colors import Color
from reportlab.platypus import Flowable, LongTable, TableStyle

from documents.pdf.flow import CELL, RULE, Prose, Style
from documents.pdf.fonts import SONG
from documents.pdf.lines import clusters

HEAD_GROUND = Color(0.93, 0.94, 0.95)
_PADDING = 4.0


def table(
    header: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    width: float,
    widths: Sequence[float] | None,
    numbers: Sequence[int],
    total: Sequence[str] | None,
) -> Flowable:
    """``widths``: relative weights; without them by content. ``total``: a last row in bold."""
    if any(len(row) != len(header) for row in (*rows, *([total] if total else []))):
        raise ValueError("every row has as many cells as the header")
    body = replace(CELL, size=9 if len(header) > 6 else 9.5)
    cells = [[Prose(text, replace(body, face="hei", align="center")) for text in header]]
    cells += [_row(row, body, numbers) for row in rows]
    if total:
        cells.append(_row(total, replace(body, face="hei"), numbers))
    columns = _weighted(widths, width) if widths else _by_content(cells, numbers, width)
    out = LongTable(cells, colWidths=columns, repeatRows=1, splitInRow=1)
    out.setStyle(_style(bool(total)))
    out.spaceBefore, out.spaceAfter = 4, 8
    return out


def facts(rows: Sequence[tuple[str, str]], *, width: float) -> Flowable:
    """Terms at the left on a tint, values at the right."""
    term = replace(CELL, face="hei", size=10, leading=1.4)
    value = replace(CELL, size=10.5, leading=1.4)
    cells = [[Prose(name, term), Prose(text, value)] for name, text in rows]
    widest = max(row[0].natural() for row in cells) + 2 * _PADDING + 4
    left = min(max(widest, width * 0.2), width * 0.36)
    out = LongTable(cells, colWidths=[left, width - left], splitInRow=1)
    style = _style(False)
    style.add("BACKGROUND", (0, 0), (0, -1), HEAD_GROUND)
    style.add("BACKGROUND", (1, 0), (1, 0), Color(1, 1, 1))
    out.setStyle(style)
    out.spaceBefore, out.spaceAfter = 4, 8
    return out


def _row(row: Sequence[str], style: Style, numbers: Sequence[int]) -> list[Prose]:
    return [
        Prose(text, replace(style, align="right") if column in numbers else style)
        for column, text in enumerate(row)
    ]


def _style(total: bool) -> TableStyle:
    style = TableStyle(
        [
            # The table sets its font even where cells bring their own: never one that is not embedded.
            ("FONTNAME", (0, 0), (-1, -1), SONG.name),
            ("GRID", (0, 0), (-1, -1), 0.5, RULE),
            ("BOX", (0, 0), (-1, -1), 0.9, Color(0.2, 0.2, 0.2)),
            ("BACKGROUND", (0, 0), (-1, 0), HEAD_GROUND),
            ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ("LEFTPADDING", (0, 0), (-1, -1), _PADDING),
            ("RIGHTPADDING", (0, 0), (-1, -1), _PADDING),
            ("TOPPADDING", (0, 0), (-1, -1), 3),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ]
    )
    if total:
        style.add("BACKGROUND", (0, -1), (-1, -1), HEAD_GROUND)
    return style


def _weighted(weights: Sequence[float], width: float) -> list[float]:
    return [width * weight / sum(weights) for weight in weights]


def _by_content(cells: list[list[Prose]], numbers: Sequence[int], width: float) -> list[float]:
    """Each column its widest cell, if all have room; else figures and short columns keep theirs and the
    wordy ones share what is left, none narrower than its longest unbreakable piece."""
    columns = list(zip(*cells, strict=True))
    wide = [max(cell.natural() for cell in column) + 2 * _PADDING + 1 for column in columns]
    if sum(wide) <= width:
        spare = width - sum(wide)
        wordy = [i for i in range(len(wide)) if i not in numbers] or list(range(len(wide)))
        share = sum(wide[i] for i in wordy)
        return [w + (spare * w / share if i in wordy else 0) for i, w in enumerate(wide)]
    least = [w if i in numbers else min(w, _least(columns[i], width)) for i, w in enumerate(wide)]
    room = width - sum(least)
    if room <= 0:
        return _weighted(least, width)
    wanted = [w - low for w, low in zip(wide, least, strict=True)]
    return [low + room * want / sum(wanted) for low, want in zip(least, wanted, strict=True)]


def _least(column: Sequence[Prose], width: float) -> float:
    longest = max(cell.width_of(piece) for cell in column for piece in clusters(cell.text) or [""])
    four_ems = 4 * column[-1].style.size
    return min(max(longest, four_ems) + 2 * _PADDING + 1, width / 3)
