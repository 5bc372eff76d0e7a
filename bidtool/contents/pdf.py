"""Traces of the author in a PDF: properties, XMP, notes, signatures, attachments; and page by page text in other
colours or fonts, text in the margins, pictures."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from pdfminer.converter import PDFPageAggregator
from pdfminer.layout import LTChar, LTContainer, LTCurve, LTImage, LTPage
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdfpage import PDFPage
from pdfminer.psparser import PSLiteral
from PIL import Image, UnidentifiedImageError
from pypdf import PdfReader

from bidtool.contents import pictures
from bidtool.contents.fonts import allowed, flat
from bidtool.contents.words import Findings
from kernel.bid_rules import PAGE_SIZES

#: PDF 32000-1 §14.3.3: the information dictionary; what names people or their firm.
_PEOPLE = ("/Author", "/Company", "/Manager", "/LastModifiedBy", "/Keywords")
_XMP_PEOPLE = frozenset({"creator", "Company", "Manager", "Author", "rights", "owner", "publisher",
                         "LastModifiedBy", "contributor"})  # fmt: skip
_PAGE_NUMBER = re.compile(r"[\s\-—–·•第共页/0-9０-９]*")
_MM, _SIZE_SLACK = 72 / 25.4, 8.0
_DARK, _LIGHT = 0.03, 0.97
_PAGES, _XMP = 5000, 4 * 1024 * 1024


def traces(where: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """``asked``: ``words`` that must not stand in the file, ``rules`` (:class:`kernel.bid_rules.AnonymousRules`
    as an object, or empty: then only the words are looked for)."""
    found, rules = Findings(asked["words"]), asked["rules"]
    if rules:
        with where.open("rb") as stream:
            document(found, PdfReader(stream))
    pages = 0
    for page in _pages(where):
        pages += 1
        if pages > _PAGES:
            raise ValueError(f"超过 {_PAGES} 页 / more than {_PAGES} pages")
        _page(found, page, pages, rules)
    if rules.get("page_limit") and pages > rules["page_limit"]:
        found.add("pages", 0, f"{pages}")
    return {"findings": found.rows, "pages": pages}


def document(found: Findings, reader: PdfReader) -> None:
    """What stands beside the pages."""
    for key, value in (reader.metadata or {}).items():
        text = str(value).strip()
        if text and key in _PEOPLE:
            found.add("metadata", 0, f"{key[1:]}：{text}")
        found.words_in(text, 0, f"{key[1:]}：")
    root: Any = reader.trailer["/Root"].get_object()
    if "/Metadata" in root:
        _xmp(found, root["/Metadata"].get_object().get_data()[:_XMP])
    names = root.get("/Names")
    if names is not None and "/EmbeddedFiles" in names.get_object():
        found.add("attachment", 0, "EmbeddedFiles")
    for number, page in enumerate(reader.pages, start=1):
        if number > _PAGES:
            break
        for note in page.get("/Annots") or ():
            _note(found, number, note.get_object())
    for item in _titles(reader.outline):
        found.words_in(item, 0, "书签：")


def _note(found: Findings, page: int, note: Any) -> None:
    if note.get("/FT") == "/Sig" or (note.get("/Subtype") == "/Widget" and "/V" in note and _signed(note)):
        found.add("signature", page, str(note.get("/T", "")))
    elif note.get("/T") and note.get("/Subtype") not in ("/Link", "/Widget"):
        found.add("metadata", page, f"批注作者：{note.get('/T')}")
    found.words_in(str(note.get("/Contents") or ""), page, "批注：")
    if note.get("/Subtype") == "/FileAttachment":
        found.add("attachment", page, "FileAttachment")


def _signed(note: Any) -> bool:
    value = note["/V"].get_object() if hasattr(note["/V"], "get_object") else note["/V"]
    return isinstance(value, dict) and "/ByteRange" in value


def _titles(outline: Any) -> Iterator[str]:
    for item in outline:
        if isinstance(item, list):
            yield from _titles(item)
        else:
            yield str(getattr(item, "title", "") or "")


def _xmp(found: Findings, data: bytes) -> None:
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        found.add("metadata", 0, "XMP：DOCTYPE")
        return
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        found.words_in(data.decode("utf-8", "replace"), 0, "XMP：")
        return
    for element in root.iter():
        local = element.tag.rpartition("}")[2]
        text = " ".join("".join(element.itertext()).split())
        if local in _XMP_PEOPLE and text:
            found.add("metadata", 0, f"XMP {local}：{text}")
        for key, value in element.attrib.items():
            if key.rpartition("}")[2] in _XMP_PEOPLE and value.strip():
                found.add("metadata", 0, f"XMP {key.rpartition('}')[2]}：{value}")
            found.words_in(value, 0, "XMP：")
    found.words_in(" ".join(root.itertext()), 0, "XMP：")


def _pages(where: Path) -> Iterator[LTPage]:
    manager = PDFResourceManager(caching=True)
    device = PDFPageAggregator(manager)
    interpreter = PDFPageInterpreter(manager, device)
    with where.open("rb") as stream:
        for page in PDFPage.get_pages(stream):
            interpreter.process_page(page)
            yield device.get_result()


def _page(found: Findings, page: LTPage, number: int, rules: dict[str, Any]) -> None:
    text: list[str] = []
    margins: dict[str, list[str]] = {"页眉": [], "页脚": []}
    band = rules.get("margin_mm", 0) * _MM
    for item in _leaves(page):
        if isinstance(item, LTChar):
            text.append(item.get_text())
            _char(found, item, number, rules)
            if item.y0 >= page.y1 - band:
                margins["页眉"].append(item.get_text())
            elif item.y1 <= page.y0 + band:
                margins["页脚"].append(item.get_text())
        elif isinstance(item, LTImage) and rules:
            _image(found, item, number, rules)
        elif isinstance(item, LTCurve) and rules.get("black_only"):
            if item.fill and not _neutral(item.non_stroking_color):
                found.add("colour", number, f"填充 {_said(item.non_stroking_color)}")
            if item.stroke and not _neutral(item.stroking_color):
                found.add("colour", number, f"线条 {_said(item.stroking_color)}")
    found.words_in("".join(text), number)
    if rules and not rules.get("headers"):
        for place, chars in margins.items():
            words = "".join(chars).strip()
            if words and not (rules.get("page_numbers") and _PAGE_NUMBER.fullmatch(words)):
                found.add("header", number, f"{place}：{words}")
    if rules.get("page_size"):
        _size(found, page, number, rules["page_size"])


def _size(found: Findings, page: LTPage, number: int, wanted: str) -> None:
    sides = sorted((page.width, page.height))
    if any(abs(a - mm * _MM) > _SIZE_SLACK for a, mm in zip(sides, PAGE_SIZES[wanted], strict=True)):
        found.add("page_size", number, f"{sides[0] / _MM:.0f}×{sides[1] / _MM:.0f} mm")


def _leaves(item: Any) -> Iterator[Any]:
    """Everything drawn, also inside forms, without recursion: forms nest as deep as a file likes."""
    waiting = [item]
    while waiting:
        here = waiting.pop()
        if isinstance(here, LTContainer):
            waiting.extend(reversed(list(here)))
        else:
            yield here


def _char(found: Findings, char: LTChar, number: int, rules: dict[str, Any]) -> None:
    if not char.get_text().strip():
        return
    if rules.get("black_only") and not _black(char.graphicstate.ncolor):
        found.add("colour", number, f"文字 {_said(char.graphicstate.ncolor)}")
    if rules.get("fonts") and not allowed(char.fontname, rules["fonts"]):
        found.add("font", number, flat(char.fontname) and char.fontname.rpartition("+")[2])


def _rgb(colour: Any) -> tuple[float, float, float] | None:
    """Grey, RGB or CMYK as RGB; ``None``: a pattern or another space."""
    values = colour if isinstance(colour, tuple | list) else (colour,)
    if not all(isinstance(v, int | float) for v in values):
        return None
    match len(values):
        case 1:
            return (values[0],) * 3
        case 3:
            return values[0], values[1], values[2]
        case 4:
            return tuple((1 - v) * (1 - values[3]) for v in values[:3])  # type: ignore[return-value]
    return None


def _black(colour: Any) -> bool:
    """Nothing but black counts for text; white text on white paper would be a mark too."""
    rgb = _rgb(colour)
    return rgb is not None and max(rgb) <= _DARK


def _neutral(colour: Any) -> bool:
    """Black lines and fills, and white ones, which are paper."""
    rgb = _rgb(colour)
    return colour is None or (rgb is not None and (max(rgb) <= _DARK or min(rgb) >= _LIGHT))


def _said(colour: Any) -> str:
    rgb = _rgb(colour)
    if rgb is None:
        return str(colour)[:40]
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, v))):02x}" for v in rgb)


def _image(found: Findings, item: LTImage, number: int, rules: dict[str, Any]) -> None:
    if rules.get("images") == "none":
        found.add("image", number, f"{item.srcsize[0]}×{item.srcsize[1]}")
    filters = [str(getattr(f, "name", f)) for f, _ in item.stream.get_filters()]
    if filters and filters[-1] in ("DCTDecode", "DCT", "JPXDecode"):
        data = item.stream.get_rawdata() if len(filters) == 1 else item.stream.get_data()
        try:
            pictures.look_at(found, io.BytesIO(data or b""), number, rules)
        except (UnidentifiedImageError, OSError) as error:
            found.add("image_unreadable", number, str(error))
    elif rules.get("images") == "gray" and not item.imagemask and _raw_coloured(item):
        found.add("image_colour", number, f"{item.srcsize[0]}×{item.srcsize[1]}")


def _raw_coloured(item: LTImage) -> bool:
    """Pixels as they are when they are plain RGB; for other spaces the name of the space decides."""
    names = [str(s.name if isinstance(s, PSLiteral) else s) for s in item.colorspace]
    if names and names[0] in ("DeviceGray", "CalGray", "G"):
        return False
    width, height = item.srcsize
    if names[:1] in (["DeviceRGB"], ["RGB"], ["CalRGB"]) and item.bits == 8:
        data = item.stream.get_data()
        if len(data) >= width * height * 3:
            return pictures.coloured(Image.frombytes("RGB", (width, height), data[: width * height * 3]))
    return True
