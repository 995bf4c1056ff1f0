"""Read the first sheet of a spreadsheet row by row."""

from __future__ import annotations

import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

from ..portfolio.errors import DataError
from .reading import Place, Row

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ERRORS = ("#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!")  # of formulas


class Sheet:
    """The first sheet of a spreadsheet, with the names of its columns in the first row.

    Of a formula, the result that was last stored is read. Dates stay dates.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        first = next(self._cells(1), ())
        self._header = tuple("" if cell is None else str(cell).strip() for cell in first)
        if not any(self._header):
            raise DataError(f"{path.name}: the first row does not name the columns; expected a header")
        self.columns = tuple(name for name in dict.fromkeys(self._header) if name)

    def rows(self, after: Place) -> Iterator[Row]:
        """Yield the rows after a place; empty ones are left out."""
        first = max(after.line, 1) + 1
        for line, cells in enumerate(self._cells(first), first):
            if any(cell is not None for cell in cells):
                named = dict(zip(self._header, cells, strict=False))
                yield Row(line, {name: _of_cell(cell) for name, cell in named.items()}, "", Place(line))

    def _cells(self, first: int) -> Iterator[tuple[Any, ...]]:
        import openpyxl
        from openpyxl.utils.exceptions import InvalidFileException

        try:
            book = openpyxl.load_workbook(self._path, read_only=True, data_only=True)
            try:
                yield from book.worksheets[0].iter_rows(min_row=first, values_only=True)
            finally:
                book.close()
        except (
            zipfile.BadZipFile,
            InvalidFileException,
            KeyError,
            ValueError,
            SyntaxError,
            IndexError,
        ) as error:
            # SyntaxError is what the XML parser raises of a damaged sheet
            raise DataError(
                f"{self._path.name}: is no spreadsheet that can be read ({type(error).__name__}); "
                "save it again as .xlsx, or as CSV"
            ) from None


def _of_cell(cell: Any) -> Any:
    """Return a cell as text, but a date as it is; whole numbers are stored with a fraction of 0."""
    if cell is None or isinstance(cell, str):
        return "" if cell is None or cell in _ERRORS else cell
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell if isinstance(cell, date) else str(cell)
