"""A Chinese legal document: title, text, tables, signature lines, on pages that say where they belong."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial

from django.conf import settings
from reportlab.lib.pagesizes import A4
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    KeepTogether,
    PageBreak,
    PageTemplate,
    Table,
    TableStyle,
)
from reportlab.platypus import Frame as TextFrame

from documents.pdf import fonts, pages, seals, tables
from documents.pdf.flow import BODY, SMALL, Prose, SignatureLine, Style, Title

_HEADINGS = {
    1: Style(face="hei", size=14, leading=1.5, before=10, after=5),
    2: Style(face="hei", size=12, leading=1.5, before=7, after=3),
    3: Style(face="kai", size=12, leading=1.5, before=5, after=2),
}


class PdfDocument:
    """Put it together, then ``build()``. All text is plain; nothing in it is markup.

    ``number`` stands on every page; ``training`` marks every page 演练; ``now`` dates it; ``proof_url``
    becomes a QR code; ``author`` stands at the head of every page, the platform if it is left out. Equal
    input gives equal bytes.
    """

    def __init__(
        self,
        title: str,
        *,
        number: str = "",
        training: bool,
        now: datetime,
        proof_url: str = "",
        author: str = "",
    ) -> None:
        self.title = _plain(title)
        self.proof_url = proof_url
        author = _plain(author) or settings.PLATFORM_NAME
        self._frame = pages.Frame(author, _plain(number), training, now)
        self._flow: list[Flowable] = []
        self._characters: set[str] = set(self.title + self._frame.number + proof_url + author)

    def heading(self, text: str, level: int = 1) -> PdfDocument:
        """Levels 1 to 3; stays on the page of what follows it."""
        self._flow.append(CondPageBreak(70))
        self._flow.append(Prose(self._said(text), _HEADINGS[level]))
        self._flow[-1].keepWithNext = True
        return self

    def paragraph(self, text: str, *, indent: bool = True, align: str = "justify") -> PdfDocument:
        """正文; each line break begins a paragraph of its own. ``align`` justify, left, center or right."""
        style = replace(BODY, indent=BODY.indent if indent else 0, align=align)
        for line in text.splitlines() or [""]:
            self._flow.append(Prose(self._said(line), style))
        return self

    def note(self, text: str) -> PdfDocument:
        """A remark in small grey type."""
        self._flow.append(Prose(self._said(text), replace(SMALL, before=2, after=4)))
        return self

    def facts(self, rows: Iterable[tuple[str, str]]) -> PdfDocument:
        """Pairs ``(term, value)`` as a table of two columns."""
        pairs = [(self._said(term), self._said(value)) for term, value in rows]
        self._flow.append(tables.facts(pairs, width=pages.TEXT_WIDTH))
        return self

    def table(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[object]],
        widths: Sequence[float] | None = None,
        numbers: Sequence[int] = (),
        total: Sequence[object] | None = None,
    ) -> PdfDocument:
        """A table whose header is repeated on each page. ``widths``: relative; ``numbers``: indexes of
        right-aligned columns; ``total``: a closing row. ``ValueError`` if a row has other cells than the
        header."""
        self._flow.append(
            tables.table(
                [self._said(cell) for cell in header],
                [[self._said(cell) for cell in row] for row in rows],
                width=pages.TEXT_WIDTH,
                widths=widths,
                numbers=numbers,
                total=[self._said(cell) for cell in total] if total is not None else None,
            )
        )
        return self

    def signature_lines(self, signers: Iterable[str | tuple[str, str]]) -> PdfDocument:
        """Two beside each other: a label, or ``(label, how it was signed)`` for an electronic signature
        (its line breaks are kept)."""
        lines: list[Flowable] = []
        for signer in signers:
            label, signed = (signer, "") if isinstance(signer, str) else signer
            lines.append(SignatureLine(self._said(label), [self._said(s) for s in signed.splitlines()]))
        lines += [Prose("", BODY)] * (len(lines) % 2)
        rows = list(zip(lines[::2], lines[1::2], strict=True))
        half = pages.TEXT_WIDTH / 2
        out = Table(rows, colWidths=[half, half], spaceBefore=12, spaceAfter=6)
        out.setStyle(
            TableStyle(
                [
                    ("FONTNAME", (0, 0), (-1, -1), fonts.SONG.name),
                    ("LEFTPADDING", (0, 0), (-1, -1), 0),
                    ("RIGHTPADDING", (0, 0), (-1, -1), 0),
                    ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
                ]
            )
        )
        self._flow.append(KeepTogether([out]) if len(rows) <= 8 else out)
        return self

    def signature_slots(self, count: int) -> PdfDocument:
        """Empty signature fields for ``count`` electronic signatures (``seals.MOST`` at most), named
        ``seals.field_name(1)`` and so on."""
        self._flow += seals.slots(count)
        return self

    def page_break(self) -> PdfDocument:
        self._flow.append(PageBreak())
        return self

    def build(self) -> bytes:
        """The PDF. ``Refused``: pdf.fonts_missing naming packages, pdf.glyph_missing naming characters."""
        fonts.check()
        fonts.check_characters(self._characters)
        out = io.BytesIO()
        document = BaseDocTemplate(
            out, pagesize=A4, title=self.title, author=self._frame.author, creator="Mingtang", lang="zh-CN"
        )
        area = TextFrame(
            pages.MARGIN_X, pages.MARGIN_BOTTOM, pages.TEXT_WIDTH, pages.TEXT_HEIGHT,
            leftPadding=0, rightPadding=0, topPadding=0, bottomPadding=0,
        )  # fmt: skip
        template = PageTemplate("page", [area], onPage=lambda canvas, _: pages.head(canvas, self._frame))
        document.addPageTemplates([template])
        with fonts.ONE_AT_A_TIME:
            document.build(self._parts(), canvasmaker=partial(pages.PagedCanvas, frame=self._frame))
        return out.getvalue()

    def _parts(self) -> list[Flowable]:
        parts: list[Flowable] = [Title(self.title, self._frame.number, self.proof_url), *self._flow]
        if self.proof_url:
            parts.append(Prose(f"本文件的存证可在此核验：{self.proof_url}", replace(SMALL, before=10)))
        return parts

    def _said(self, value: object) -> str:
        text = _plain(str(value))
        self._characters.update(text)
        return text


def _plain(text: str) -> str:
    """One line of text: white space of every kind but 全角空格 becomes a space."""
    return "".join(" " if c.isspace() and c != "\u3000" else c for c in text).strip(" ")
