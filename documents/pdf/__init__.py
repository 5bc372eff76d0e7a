"""Chinese legal documents as PDF: see :class:`PdfDocument`."""

from documents.pdf.document import PdfDocument
from documents.pdf.fonts import FONTS_MISSING, GLYPH_MISSING

__all__ = ["FONTS_MISSING", "GLYPH_MISSING", "PdfDocument"]
