"""Places for electronic signatures on a document's page, and what such a signature shows (电子印章).

The picture proves nothing: anybody can draw one. What proves is the signature below it, which the page of
signatures says too.
"""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfdoc import PDFArray, PDFDictionary, PDFName, PDFString
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable

from documents.pdf import fonts
from documents.pdf.flow import RULE, SMALL, Style, draw_line
from documents.pdf.lines import break_lines

WIDTH, HEIGHT, GAP, COLUMNS = 77 * mm, 38 * mm, 6 * mm, 2
#: Slots of a document at most; whoever signs after them signs without a picture.
MOST = 60
RED = Color(0.80, 0.09, 0.09)
_PRINT, _LOCKED = 4, 128
#: SignaturesExist and AppendOnly, from the start: the flags must not change when somebody signs.
_SIGNED_APPEND_ONLY = 3


def field_name(number: int) -> str:
    """Name of the signature field of the ``number``-th slot, from 1."""
    return f"Signature{number}"


class SignatureSlots(Flowable):
    """One row of empty signature fields, ``first`` the number of its first one."""

    def __init__(self, first: int, count: int) -> None:
        super().__init__()
        self.first, self.count = first, count

    def wrap(self, availWidth: float, availHeight: float) -> tuple[float, float]:
        self.width, self.height = availWidth, HEIGHT + GAP
        return self.width, self.height

    def draw(self) -> None:
        for place in range(self.count):
            x = place * (WIDTH + GAP)
            self.canv.saveState()
            self.canv.setStrokeColor(RULE)
            self.canv.setDash(2, 2)
            self.canv.setLineWidth(0.4)
            self.canv.rect(x, GAP, WIDTH, HEIGHT)
            self.canv.restoreState()
            _add_field(self.canv, field_name(self.first + place), (x, GAP, x + WIDTH, GAP + HEIGHT))


def _add_field(canvas: Any, name: str, box: tuple[float, float, float, float]) -> None:
    """An empty signature field (ISO 32000-2 §12.7.5.5) with its widget on this page."""
    left, bottom = canvas.absolutePosition(box[0], box[1])
    right, top = canvas.absolutePosition(box[2], box[3])
    widget = PDFDictionary(
        {
            "Type": PDFName("Annot"),
            "Subtype": PDFName("Widget"),
            "FT": PDFName("Sig"),
            "T": PDFString(name),
            "F": _PRINT | _LOCKED,
            "Rect": PDFArray([round(v, 2) for v in (left, bottom, right, top)]),
        }
    )
    canvas._addAnnotation(widget)
    form = canvas.acroForm
    form.sigFlags = _SIGNED_APPEND_ONLY
    form.fields.append(form.getRef(widget))


def slots(count: int) -> list[Flowable]:
    """Rows of at most :data:`MOST` slots, to flow over as many pages as they need."""
    count = min(count, MOST)
    return [SignatureSlots(n, min(COLUMNS, count - n + 1)) for n in range(1, count + 1, COLUMNS)]


def picture(name: str, lines: Sequence[str], *, seal: bool) -> bytes:
    """One page in the size of a slot: a round seal with the organization's ``name`` around a star, or a
    person's square one, and beside it ``lines`` (who, by which authority, when).

    ``Refused``: pdf.fonts_missing, pdf.glyph_missing.
    """
    fonts.check()
    fonts.check_characters({c for text in (name, *lines) for c in text})
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(WIDTH, HEIGHT), invariant=1, initialFontName=fonts.SONG.name)
    with fonts.ONE_AT_A_TIME:
        (_round if seal else _square)(canvas, name)
        _words(canvas, lines)
        canvas.showPage()
        canvas.save()
    return out.getvalue()


def _round(canvas: Any, name: str) -> None:
    centre, radius = HEIGHT / 2, HEIGHT / 2 - 2
    canvas.setStrokeColor(RED)
    canvas.setFillColor(RED)
    canvas.setLineWidth(1.8)
    canvas.circle(centre, centre, radius)
    _star(canvas, centre, centre, radius * 0.28)
    text = name[:40]
    size = min(10.5, 210 / max(len(text), 12))
    # The name runs over the upper part of the ring, at most 280 degrees, as on a stamp of metal.
    step = math.radians(min(280 / max(len(text) - 1, 1), 34))
    around = radius - size - 1
    for place, character in enumerate(text):
        angle = math.pi / 2 + step * (len(text) - 1) / 2 - place * step
        canvas.saveState()
        canvas.translate(centre + around * math.cos(angle), centre + around * math.sin(angle))
        canvas.rotate(math.degrees(angle) - 90)
        style = Style(face="song", size=size, color=RED)
        draw_line(canvas, -fonts.width(character, "song", size) / 2, 0, character, style)
        canvas.restoreState()
    style = Style(face="song", size=6.5, color=RED)
    word = "电子签章"
    draw_line(canvas, centre - fonts.width(word, "song", 6.5) / 2, centre - radius * 0.62, word, style)


def _star(canvas: Any, x: float, y: float, radius: float) -> None:
    path = canvas.beginPath()
    for point in range(10):
        reach = radius if point % 2 == 0 else radius * 0.382
        angle = math.pi / 2 + point * math.pi / 5
        spot = (x + reach * math.cos(angle), y + reach * math.sin(angle))
        (path.moveTo if point == 0 else path.lineTo)(*spot)
    path.close()
    canvas.drawPath(path, stroke=0, fill=1)


def _square(canvas: Any, name: str) -> None:
    """A person's seal: the name in a red frame, two columns from the right when it is long."""
    side = HEIGHT * 0.5
    left, bottom = (HEIGHT - side) / 2, (HEIGHT - side) / 2
    canvas.setStrokeColor(RED)
    canvas.setLineWidth(1.6)
    canvas.rect(left, bottom, side, side)
    text = name[:12]
    across = math.ceil(math.sqrt(len(text) or 1))
    size = side / (across + 0.6)
    for place, character in enumerate(text):
        column, row = divmod(place, math.ceil(len(text) / across))
        x = left + side - (column + 1) * side / across + (side / across - size) / 2
        y = bottom + side - (row + 1) * side / math.ceil(len(text) / across) + size * 0.2
        draw_line(canvas, x, y, character, Style(face="kai", size=size, color=RED))


def _words(canvas: Any, lines: Sequence[str]) -> None:
    style = replace(SMALL, size=7, leading=1.4)
    left, room = HEIGHT + 2 * mm, WIDTH - HEIGHT - 3 * mm
    broken = [
        part
        for line in lines
        for part in break_lines(line, lambda text: fonts.width(text, style.face, style.size), room, room)
    ]
    step = style.size * style.leading
    top = HEIGHT / 2 + step * len(broken) / 2
    for number, line in enumerate(broken[: int(HEIGHT // step)]):
        draw_line(canvas, left, top - (number + 0.8) * step, line, style)
