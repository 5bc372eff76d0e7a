"""Fonts that can be embedded, found on this machine at run time, and which of them has a character.

reportlab embeds TrueType outlines only; Debian's Noto CJK is CFF and will not do.
"""

from __future__ import annotations

import functools
import os
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from kernel.errors import Kind, ReasonForm, Refused

FONTS_MISSING = ReasonForm(
    "pdf.fonts_missing",
    zh="服务器缺少可嵌入的中文字体，不能生成 PDF；请安装：{packages}",
    en="the server lacks Chinese fonts that can be embedded, so no PDF can be made; install: {packages}",
    kind=Kind.BUSY,
)
GLYPH_MISSING = ReasonForm(
    "pdf.glyph_missing",
    zh="字库中没有以下字，未生成文件：{characters}",
    en="no installed font has these characters, so the document was not made: {characters}",
)


#: reportlab's fonts keep their place while they are subset: one document at a time.
ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Source:
    """A font file of a Debian package; ``index`` is the face inside a collection."""

    name: str
    file: str
    index: int
    package: str


SONG = Source("MtSong", "uming.ttc", 0, "fonts-arphic-uming")
HEI = Source("MtHei", "wqy-zenhei.ttc", 0, "fonts-wqy-zenhei")
KAI = Source("MtKai", "ukai.ttc", 0, "fonts-arphic-ukai")
WENKAI = Source("MtWenKai", "LXGWWenKai-Regular.ttf", 0, "fonts-lxgw-wenkai")
#: For characters the text fonts lack (GB 18030, Unicode extensions): the nearest in style first.
RARE = (
    Source("MtSongHK", "uming.ttc", 1, "fonts-arphic-uming"),
    WENKAI,
    HEI,
    Source("MtHanaA", "HanaMinA.ttf", 0, "fonts-hanazono"),
    Source("MtHanaB", "HanaMinB.ttf", 0, "fonts-hanazono"),
)
_FACES = {"song": (SONG, *RARE), "hei": (HEI, SONG, *RARE), "kai": (KAI, SONG, *RARE)}
#: The Arphic fonts set 、。 in the middle of their square, as in Taiwan; on the mainland they stand at its
#: lower left (GB/T 15834), so these marks come from a font that has them there.
_MARKS = {
    **{("song", mark): HEI for mark in "。、"},
    **{("kai", mark): WENKAI for mark in "。、，；：！？"},
    **{("hei", mark): SONG for mark in "，；：！"},
}
#: Without these there is no document at all.
NEEDED = (SONG, HEI, KAI)


@functools.cache
def _files() -> dict[str, Path]:
    wanted = {source.file for faces in _FACES.values() for source in faces}
    found: dict[str, Path] = {}
    for root in settings.PDF_FONT_DIRS:
        for folder, _, names in os.walk(root, followlinks=True):
            for name in wanted.intersection(names):
                found.setdefault(name, Path(folder) / name)
    return found


def missing_packages(sources: Iterable[Source] = NEEDED) -> list[str]:
    """Debian packages to install before these fonts are here; empty when all are."""
    return sorted({source.package for source in sources if source.file not in _files()})


class Embedded(TTFont):
    """A font whose rare characters can be copied and searched: reportlab maps glyphs beyond the Basic
    Multilingual Plane to text that no reader understands, so they are written as UTF-16 here."""

    def addObjects(self, doc: Any) -> None:
        subsets = [
            (self.getSubsetInternalName(n, doc)[1:], subset)
            for n, subset in enumerate(self.state[doc].subsets)
        ]
        super().addObjects(doc)
        for name, subset in subsets:
            font = doc.idToObject["BasicFonts"].dict[name]
            stream = doc.idToObject[f"toUnicodeCMap:{font.BaseFont}"]
            for code in subset:
                if code > 0xFFFF:
                    pair = chr(code).encode("utf-16-be").hex().upper()
                    stream.content = stream.content.replace(f"> <{code:04X}>", f"> <{pair}>")


@functools.cache
def _loaded(source: Source) -> TTFont | None:
    path = _files().get(source.file)
    if path is None:
        return None
    font = Embedded(source.name, str(path), subfontIndex=source.index)
    pdfmetrics.registerFont(font)
    return font


def check() -> None:
    """``Refused(pdf.fonts_missing)`` naming the packages, unless the fonts of a document are here."""
    if packages := missing_packages():
        raise Refused(FONTS_MISSING(packages=" ".join(packages)))


@functools.cache
def font_of(face: str, character: str) -> TTFont | None:
    """The first font of a face (song, hei, kai) that has the character; ``None`` if none has.

    Control and direction characters, and those of private meaning, print in none.
    """
    if unicodedata.category(character)[0] == "C":
        return None
    code = ord(character)
    first = _MARKS.get((face, character))
    for source in (first, *_FACES[face]) if first else _FACES[face]:
        font = _loaded(source)
        # Glyph 0 is the empty box.
        if font is not None and font.face.charToGlyph.get(code, 0):
            return font
    return None


def check_characters(characters: Iterable[str]) -> None:
    """``Refused(pdf.glyph_missing)`` naming each character that would print as an empty box."""
    lost = sorted(c for c in set(characters) if font_of("song", c) is None)
    if lost:
        raise Refused(GLYPH_MISSING(characters="、".join(f"{c}（U+{ord(c):04X}）" for c in lost)))


@functools.cache
def _em(face: str, character: str) -> float:
    font = font_of(face, character)
    if font is None:  # measured while the document is put together; refused when it is built
        return 1.0
    return float(font.face.charWidths.get(ord(character), font.face.defaultWidth)) / 1000


def width(text: str, face: str, size: float) -> float:
    """Points the text takes in one line."""
    return size * sum(_em(face, c) for c in text)


def runs(text: str, face: str) -> Iterator[tuple[str, str]]:
    """``(font name, text)`` in order: one run unless a rare character needs another font."""
    for font, characters in groupby(text, lambda c: font_of(face, c)):
        part = "".join(characters)
        if font is None:
            raise Refused(GLYPH_MISSING(characters=part))
        yield font.fontName, part
