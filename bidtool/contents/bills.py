"""A priced bill of quantities (CSV or XLSX): its columns, its sum, its arithmetic."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

FEN = Decimal("0.01")
_HEAD_ROWS = 40
_ROWS, _COLUMNS, _CELL = 200_000, 200, 4000
_UNPACKED = 512 * 1024 * 1024
_LISTED = 20
Row = tuple[Any, ...]


def read_bill(where: Path, asked: dict[str, Any]) -> dict[str, Any]:
    """``asked``: :class:`kernel.bid_rules.BoqRules` as an object. The answer: ``missing`` columns of the sheet that
    comes closest, number of ``lines``, ``sum`` of their amounts, ``total`` of the labelled row (or ``None``),
    ``wrong`` lines ``[row, quantity, unit price, amount]`` and ``empty`` rows without a price."""
    bill, fewest = Bill(asked), list(asked["columns"])
    for rows in _sheets(where):
        fewest = min(fewest, bill.take(rows), key=len)
    return {
        "missing": [] if bill.found else fewest,
        "lines": bill.lines,
        "sum": f"{bill.sum:.2f}",
        "total": f"{bill.total:.2f}" if bill.total is not None else None,
        "wrong": bill.wrong,
        "empty": bill.empty,
    }


class Bill:
    """The lines of all sheets that have the columns."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self.asked = asked
        self.found, self.lines, self.sum = False, 0, Decimal(0)
        self.total: Decimal | None = None
        self.wrong: list[list[str]] = []
        self.empty: list[int] = []

    def take(self, rows: Iterable[Row]) -> list[str]:
        """Read one sheet; the columns it lacks."""
        places: dict[str, int] | None = None
        closest: list[str] = list(self.asked["columns"])
        for no, row in enumerate(rows, start=1):
            if no > _ROWS:
                raise ValueError(f"超过 {_ROWS} 行 / more than {_ROWS} rows")
            if places is None:
                lacking, here = self._head(row)
                closest = min(closest, lacking, key=len)
                if not lacking:
                    places, self.found = here, True
                elif no >= _HEAD_ROWS:
                    break
            else:
                self._line(no, row, places)
        return closest

    def _head(self, row: Row) -> tuple[list[str], dict[str, int]]:
        texts = {_plain(cell): place for place, cell in reversed(list(enumerate(row))) if cell is not None}
        places = {name: texts[_plain(name)] for name in self.asked["columns"] if _plain(name) in texts}
        return [name for name in self.asked["columns"] if name not in places], places

    def _line(self, no: int, row: Row, places: dict[str, int]) -> None:
        def cell(name: str) -> Any:
            place = places[self.asked[name]]
            return row[place] if place < len(row) else None

        quantity, price, amount = (number(cell(name)) for name in ("quantity", "unit_price", "amount"))
        label = self.asked["total"]
        if label and any(_plain(c) == _plain(label) for c in row if isinstance(c, str)):
            self.total = amount if amount is None else _fen(amount)
        elif quantity is not None and amount is not None and price is not None:
            self.lines += 1
            self.sum += _fen(amount)
            if abs(_fen(quantity * price) - _fen(amount)) > FEN and len(self.wrong) < _LISTED:
                self.wrong.append([str(no), f"{quantity}", f"{price}", f"{_fen(amount)}"])
        elif quantity is not None and len(self.empty) < _LISTED:
            self.empty.append(no)


def number(cell: Any) -> Decimal | None:
    """A cell as a number: what a spreadsheet keeps as a binary float reads as its shortest decimal text."""
    if isinstance(cell, bool) or cell is None or isinstance(cell, datetime):
        return None
    text = repr(cell) if isinstance(cell, int | float) else str(cell)
    text = text.strip().lstrip("¥￥").replace(",", "").replace("，", "").strip()
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value.adjusted()) < 20 else None


def _fen(value: Decimal) -> Decimal:
    return value.quantize(FEN, ROUND_HALF_UP)


def _plain(cell: Any) -> str:
    """A heading without blanks and without its unit in brackets: 综合单价（元） is 综合单价."""
    text = "".join(str(cell)[:_CELL].split()).replace("(", "（")
    return text.split("（", 1)[0]


def _sheets(where: Path) -> Iterator[Iterable[Row]]:
    if where.suffix.lower() == ".csv":
        yield _csv(where)
        return
    _check_unpacked(where)
    import openpyxl

    book = openpyxl.load_workbook(where, read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        # A sheet says its own size, truly or not: columns are bounded by us.
        yield sheet.iter_rows(values_only=True, max_col=_COLUMNS)


def _csv(where: Path) -> Iterator[Row]:
    data = where.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("gb18030")
    csv.field_size_limit(_CELL)
    for row in csv.reader(io.StringIO(text, newline="")):
        yield tuple(row[:_COLUMNS])


def _check_unpacked(where: Path) -> None:
    import zipfile

    with zipfile.ZipFile(where) as archive:
        if sum(entry.file_size for entry in archive.infolist()) > _UNPACKED:
            raise ValueError("解压后过大 / too large when unpacked")
