"""The page around the text: head, foot with page numbers, the mark of a training document."""

from __future__ import annotations

import time
from calendar import timegm
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from documents.pdf import fonts
from documents.pdf.flow import RULE, SMALL, draw_line
from kernel.clock import beijing

MARGIN_X = 25 * mm
MARGIN_TOP = 28 * mm
MARGIN_BOTTOM = 24 * mm
TEXT_WIDTH = A4[0] - 2 * MARGIN_X
TEXT_HEIGHT = A4[1] - MARGIN_TOP - MARGIN_BOTTOM
TRAINING_LINE = "演练文件，不具有法律效力"
_CINNABAR = Color(0.66, 0.16, 0.12)
_WATER = Color(0.93, 0.89, 0.88)


@dataclass(frozen=True)
class Frame:
    """What every page says beside its text."""

    author: str
    number: str
    training: bool
    now: datetime


class PagedCanvas(Canvas):
    """Holds its pages back until their number is known; dates the file by its document, not by the clock."""

    def __init__(self, *args: Any, frame: Frame, **options: Any) -> None:
        super().__init__(*args, **{**options, "invariant": 1, "initialFontName": fonts.SONG.name})
        self._frame = frame
        self._pages: list[dict[str, Any]] = []
        _date(self._doc._timeStamp, frame.now)

    def showPage(self) -> None:
        self._pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        total = len(self._pages)
        for number, page in enumerate(self._pages, 1):
            self.__dict__.update(page)
            _foot(self, self._frame, number, total)
            super().showPage()
        super().save()


def _date(stamp: Any, now: datetime) -> None:
    at = now.astimezone(UTC)
    stamp.t = timegm(at.timetuple())
    stamp.lt = time.gmtime(stamp.t)
    stamp.YMDhms = tuple(stamp.lt)[:6]


def head(canvas: Any, frame: Frame) -> None:
    """Drawn before the text, so that the mark lies under it."""
    canvas.saveState()
    if frame.training:
        _mark(canvas)
    y = A4[1] - 17 * mm
    draw_line(canvas, MARGIN_X, y, frame.author, SMALL)
    if frame.training:
        _centered(canvas, y, TRAINING_LINE, replace(SMALL, face="hei", color=_CINNABAR))
    if frame.number:
        wide = fonts.width(frame.number, SMALL.face, SMALL.size)
        draw_line(canvas, A4[0] - MARGIN_X - wide, y, frame.number, SMALL)
    canvas.setStrokeColor(RULE)
    canvas.setLineWidth(0.5)
    canvas.line(MARGIN_X, y - 5, A4[0] - MARGIN_X, y - 5)
    canvas.restoreState()


def _mark(canvas: Any) -> None:
    style = replace(SMALL, face="hei", size=86, color=_WATER)
    wide = fonts.width("演　练", style.face, style.size)
    for height in (0.27, 0.7):
        canvas.saveState()
        canvas.translate(A4[0] / 2, A4[1] * height)
        canvas.rotate(35)
        draw_line(canvas, -wide / 2, -style.size / 3, "演　练", style)
        canvas.restoreState()


def _foot(canvas: Any, frame: Frame, number: int, total: int) -> None:
    y = 13 * mm
    _centered(canvas, y, f"第 {number} 页 共 {total} 页", replace(SMALL, color=Color(0, 0, 0)))
    made = f"生成于 {beijing(frame.now)}"
    style = replace(SMALL, size=7.5)
    draw_line(canvas, A4[0] - MARGIN_X - fonts.width(made, style.face, style.size), y, made, style)


def _centered(canvas: Any, y: float, text: str, style: Any) -> None:
    draw_line(canvas, (A4[0] - fonts.width(text, style.face, style.size)) / 2, y, text, style)
