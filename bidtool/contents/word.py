"""Traces of the author in a DOCX: properties, headers, tracked changes, comments, colours, fonts, pictures.

A DOCX has no pages before it is laid out; findings say page 0 and what they stand in.
"""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from bidtool.contents.fonts import allowed
from bidtool.contents.pictures import look_at
from bidtool.contents.words import Findings

_ENTRY, _UNPACKED = 64 * 1024 * 1024, 256 * 1024 * 1024
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: Local names of properties that name people or their firm.
_PROPERTIES = frozenset({"creator", "lastModifiedBy", "Company", "Manager", "keywords", "contentStatus"})
_HEADER = re.compile(r"word/(header|footer)\d*\.xml")
_PICTURE = re.compile(r"word/media/.+\.(jpe?g|png|tiff?|gif|bmp)", re.IGNORECASE)
_BLACK = frozenset({"000000", "auto", "AUTO"})
_PAGE_NUMBER = re.compile(r"[\s\-—–·•第共页/0-9０-９]*")


def traces(where: Path, asked: dict[str, Any]) -> dict[str, Any]:
    found, rules = Findings(asked["words"]), asked["rules"]
    with zipfile.ZipFile(where) as archive:
        if sum(e.file_size for e in archive.infolist()) > _UNPACKED:
            raise ValueError("解压后过大 / too large when unpacked")
        for entry in archive.infolist():
            if entry.file_size > _ENTRY:
                raise ValueError(f"{entry.filename[:60]}：过大 / too large")
            _entry(found, entry.filename, archive.read(entry), rules)
    return {"findings": found.rows, "pages": 0}


def _entry(found: Findings, name: str, data: bytes, rules: dict[str, Any]) -> None:
    if _PICTURE.fullmatch(name):
        if rules.get("images") == "none":
            found.add("image", 0, name)
        look_at(found, io.BytesIO(data), 0, rules)
    elif name.startswith("docProps/") and name.endswith(".xml"):
        _properties(found, _xml(data))
    elif name.startswith("word/") and name.endswith(".xml"):
        _content(found, name, _xml(data), rules)
    elif name.startswith("_xmlsignatures/"):
        found.add("signature", 0, name)


def _xml(data: bytes) -> ElementTree.Element:
    # OOXML has no document types; without them no entity can grow.
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise ValueError("XML 含文档类型声明 / the XML declares a document type")
    return ElementTree.fromstring(data)


def _properties(found: Findings, root: ElementTree.Element) -> None:
    for element in root.iter():
        text, local = (element.text or "").strip(), element.tag.rpartition("}")[2]
        if text and local in _PROPERTIES:
            found.add("metadata", 0, f"{local}：{text}")
        found.words_in(text, 0, f"{local}：")


def _content(found: Findings, name: str, root: ElementTree.Element, rules: dict[str, Any]) -> None:
    text = "".join(element.text or "" for element in root.iter(f"{_W}t"))
    place = name.removeprefix("word/").removesuffix(".xml")
    found.words_in(text, 0, f"{place}：")
    if _HEADER.fullmatch(name) and text.strip():
        number = rules.get("page_numbers") and _PAGE_NUMBER.fullmatch(text)
        if not rules.get("headers") and not number:
            found.add("header", 0, text)
    for element in root.iter():
        author = element.get(f"{_W}author")
        if author:
            found.add("metadata", 0, f"{place} {element.tag.rpartition('}')[2]}：{author}")
        if name == "word/document.xml":
            _run(found, element, rules)


def _run(found: Findings, element: ElementTree.Element, rules: dict[str, Any]) -> None:
    """Colour, shading and font of runs of the text itself (styles that nobody uses do not count)."""
    if rules.get("black_only"):
        if element.tag == f"{_W}color" and (element.get(f"{_W}val") or "auto") not in _BLACK:
            found.add("colour", 0, f"#{element.get(f'{_W}val')}")
        if element.tag == f"{_W}highlight":
            found.add("colour", 0, str(element.get(f"{_W}val")))
    if element.tag == f"{_W}rFonts" and rules.get("fonts"):
        for key in ("eastAsia", "ascii"):
            font = element.get(f"{_W}{key}")
            if font and not allowed(font, rules["fonts"]):
                found.add("font", 0, font)
