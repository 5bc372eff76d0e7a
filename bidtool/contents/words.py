"""Findings and forbidden words: what every reader of anonymous files has in common."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Any

#: More of one kind in one file tell nobody anything.
MOST_OF_A_KIND = 20
_TEXT_LIMIT = 64 * 1024 * 1024


class Findings:
    """``{"code", "page", "what"}`` rows, a bounded number of each code; ``page`` 0: the file as a whole."""

    def __init__(self, words: list[str]) -> None:
        self.rows: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}
        self._seen: set[tuple[str, int, str]] = set()
        self._words = [(word, folded(word)) for word in words if len(folded(word)) >= 2]

    def add(self, code: str, page: int, what: str) -> None:
        what = " ".join(what.split())[:80]
        if (code, page, what) in self._seen or self._counts.get(code, 0) >= MOST_OF_A_KIND:
            return
        self._seen.add((code, page, what))
        self._counts[code] = self._counts.get(code, 0) + 1
        self.rows.append({"code": code, "page": page, "what": what})

    def words_in(self, text: str, page: int, where: str = "") -> None:
        """Each forbidden word that stands in the text; blanks, width and case of letters do not hide it."""
        flat = folded(text)
        for word, plain in self._words:
            if plain in flat:
                self.add("name", page, f"{where}{word}")


def folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def traces(where: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """A plain text file: the words only."""
    found = Findings(asked["words"])
    with where.open("rb") as stream:
        data = stream.read(_TEXT_LIMIT)
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            found.words_in(data.decode(encoding), 0)
            break
        except UnicodeDecodeError:
            continue
    return {"findings": found.rows, "pages": 0}
