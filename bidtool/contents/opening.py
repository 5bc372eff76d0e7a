"""Does a PDF open at all? The committee could not read one that is broken or locked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pypdf import PdfReader


def opens(where: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """``{"locked": bool, "pages": int}``; whatever the parser raises is the caller's to tell."""
    with where.open("rb") as stream:
        reader = PdfReader(stream)
        if reader.is_encrypted:
            return {"locked": True, "pages": 0}
        return {"locked": False, "pages": len(reader.pages)}
