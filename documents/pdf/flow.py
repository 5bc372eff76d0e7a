"""What flows over the pages: prose, signature lines, the title with its QR code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import segno
from reportlab.lib.colors import Color, black
from reportlab.lib.units import mm
from reportlab.platypus import Flowable

from documents.pdf import fonts
from documents.pdf.lines import break_lines

GREY = Color(0.35, 0.37, 0.4)
RULE = Color(0.55, 0.57, 0.6)


@dataclass(frozen=True)
class Style:
    """``indent`` of the first line in ems; ``leading`` as a multiple of ``size`` (points); ``align`` left,
    right, center or justify."""

    face: str = "song"
    size: float = 12
    leading: float = 1.65
    align: str = "left"
    indent: float = 0
    before: float = 0
    after: float = 0
    color: Color = black


BODY = Style(align="justify", indent=2, after=3)
CELL = Style(size=9.5, leading=1.35)
SMALL = Style(size=9, leading=1.4, color=GREY)


class Prose(Flowable):
    """One paragraph; may go on over the page, never with a single line left alone."""

    def __init__(self, text: str, style: Style, lines: list[str] | None = None) -> None:
        super().__init__()
        self.text = text
        self.style = style
        self.lines = lines or []
        self.given = lines is not None
        self.keepWithNext = False
        self._step = style.size * style.leading

    def getSpaceBefore(self) -> float:
        return self.style.before

    def getSpaceAfter(self) -> float:
        return self.style.after

    def width_of(self, text: str) -> float:
        return fonts.width(text, self.style.face, self.style.size)

    def natural(self) -> float:
        """Points it takes when it need not break."""
        return self.width_of(self.text)

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width = availWidth
        if not self.given:
            indent = self.style.indent * self.style.size
            self.lines = break_lines(self.text, self.width_of, availWidth - indent, availWidth)
        self.height = len(self.lines) * self._step
        return availWidth, self.height

    def split(self, availWidth: float, availHeight: float) -> list[Flowable]:
        self.wrap(availWidth, availHeight)
        fit = int(availHeight // self._step)
        if fit >= len(self.lines):
            # Its lines have room, its table row has not: a piece of one would break the row's splitting.
            return []
        fit = min(fit, len(self.lines) - 2)
        if fit < 2:
            return []
        top = Prose(self.text, replace(self.style, after=0), self.lines[:fit])
        top._goes_on = True
        return [top, Prose(self.text, replace(self.style, before=0, indent=0), self.lines[fit:])]

    _goes_on = False

    def draw(self) -> None:
        style = self.style
        for number, line in enumerate(self.lines):
            indent = style.indent * style.size if number == 0 else 0.0
            free = self.width - indent - self.width_of(line)
            last = number == len(self.lines) - 1 and not self._goes_on
            stretch = 0.0
            if style.align == "justify" and not last and 0 < free < 3 * style.size:
                stretch = free / max(1, len(line) - 1)
            x = indent + {"center": free / 2, "right": free}.get(style.align, 0.0)
            y = self.height - number * self._step - (self._step + style.size * 0.76) / 2
            draw_line(self.canv, x, y, line, style, stretch)


def draw_line(canvas: Any, x: float, y: float, text: str, style: Style, stretch: float = 0.0) -> None:
    """Text at a baseline, each character in a font that has it."""
    words = canvas.beginText(x, y)
    words.setFillColor(style.color)
    words.setCharSpace(stretch)
    for name, part in fonts.runs(text, style.face):
        words.setFont(name, style.size)
        words.textOut(part)
    words.setCharSpace(0)
    canvas.drawText(words)


class SignatureLine(Flowable):
    """``label：______`` and the date below to be filled in by hand; or, in place of the blank and its date,
    how it was signed electronically. A long label has a line of its own."""

    _LABEL = Style(size=11, leading=1.35)
    _VALUE = Style(face="kai", size=10, leading=1.3)
    _foot = 20.0
    _DATE = "　　　　年　　月　　日"

    def __init__(self, label: str, signed: Sequence[str] = ()) -> None:
        super().__init__()
        # "招标人：某某公司" has its colon already.
        self.label = Prose(label if "：" in label else f"{label}：", self._LABEL)
        self.signed = [Prose(line, self._VALUE) for line in signed]

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width = availWidth - 8
        inline = self.label.natural() <= self.width * 0.42
        self._start = self.label.natural() + 2 if inline else 0.0
        label = self.label.wrap(self._start or self.width, availHeight)[1]
        value = sum(line.wrap(self.width - self._start - 6, availHeight)[1] for line in self.signed)
        self._above = max(value, 20.0) + 3
        self.height = self._foot + self._above + (0 if inline else label) + 8
        return availWidth, self.height

    def draw(self) -> None:
        inline = self._start > 0
        self.label.drawOn(self.canv, 0, self._foot + 2 if inline else self._foot + self._above)
        y = self._foot + 2 + sum(line.height for line in self.signed)
        for line in self.signed:
            y -= line.height
            line.drawOn(self.canv, self._start + 3, y)
        self.canv.setLineWidth(0.6)
        self.canv.line(self._start, self._foot, self.width, self._foot)
        if not self.signed:
            style = replace(SMALL, color=black)
            left = self.width - fonts.width(self._DATE, style.face, style.size)
            draw_line(self.canv, left, 5, self._DATE, style)


class QrCode(Flowable):
    """A QR code as vector squares, ``side`` points wide."""

    def __init__(self, content: str, side: float = 22 * mm) -> None:
        super().__init__()
        self.matrix = segno.make(content, error="m", micro=False).matrix
        self.width = self.height = side

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        step = self.width / len(self.matrix)
        self.canv.setFillColor(black)
        path = self.canv.beginPath()
        for row, cells in enumerate(self.matrix):
            y = self.height - (row + 1) * step
            for column, dark in enumerate(cells):
                if dark:
                    path.rect(column * step, y, step, step)
        self.canv.drawPath(path, stroke=0, fill=1)


class Title(Flowable):
    """The title in the middle, its number beneath, the QR code of its proof at the right."""

    _TITLE = Style(face="hei", size=18, leading=1.4, align="center")
    _NUMBER = Style(size=10.5, leading=1.4, align="center")
    _CAPTION = Style(size=8, leading=1.2, align="center", color=GREY)

    def __init__(self, title: str, number: str, proof_url: str) -> None:
        super().__init__()
        self.title = Prose(title, self._TITLE)
        self.number = Prose(f"编号：{number}", self._NUMBER) if number else None
        self.code = QrCode(proof_url) if proof_url else None

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width = availWidth
        self._side = self.code.width + 5 * mm if self.code else 0.0
        measure = partial(Prose.wrap, availWidth=availWidth - 2 * self._side, availHeight=availHeight)
        self._words = measure(self.title)[1] + (measure(self.number)[1] + 4 if self.number else 0)
        self.height = max(self._words, self.code.height + 12 if self.code else 0) + 14
        return availWidth, self.height

    def draw(self) -> None:
        if self.code:
            left = self.width - self.code.width
            top = self.height - self.code.height
            self.code.drawOn(self.canv, left, top)
            caption = Prose("扫码核验", self._CAPTION)
            caption.wrap(self.code.width, 20)
            caption.drawOn(self.canv, left, top - 11)
        y = self.height - max(0.0, (self.height - 14 - self._words) / 2) - self.title.height
        self.title.drawOn(self.canv, self._side, y)
        if self.number:
            self.number.drawOn(self.canv, self._side, y - 4 - self.number.height)
