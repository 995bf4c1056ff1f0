"""Read CSV (RFC 4180) row by row; a damaged row costs no other."""

from __future__ import annotations

import csv
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from ..portfolio.errors import DataError
from .lines import LONGEST
from .reading import BROKEN, Place, Row, first_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .lines import Line, TextFile

_DELIMITERS = ",;\t|"


class Table:
    """A CSV file with the names of its columns in the first line."""

    def __init__(self, file: TextFile) -> None:
        self._file, self._name = file, file.path.name
        csv.field_size_limit(LONGEST)
        first = first_line(next(file.read(), None), self._name)
        self._delimiter = max(_DELIMITERS, key=first.text.count)
        self._begins = Place(0, file.start)
        if first.text.startswith("sep="):  # how spreadsheets are told the delimiter
            self._delimiter, self._begins = first.text[4:5], Place(first.number, first.end)
        header = next(self._records(self._begins), None)
        if header is None or header.problem or not any(header.cells):
            raise DataError(f"{self._name}: the first line does not name the columns; expected a header")
        self._header = tuple(cell.strip() for cell in header.cells)
        self._has_twins = len(set(self._header)) < len(self._header)
        self._first = header.after
        self.columns = tuple(dict.fromkeys(self._header))

    def rows(self, after: Place) -> Iterator[Row]:
        """Yield the rows after a place."""
        width = len(self._header)
        for record in self._records(after if after.line else self._first, width):
            if record.problem:
                yield Row(record.line, {}, record.problem, record.after)
            elif any(record.cells):
                yield Row(record.line, self._named(record.cells), "", record.after)

    def _named(self, cells: list[str]) -> dict[str, str]:
        """Return the cells by column; of columns that share a name, the last that holds something counts."""
        pairs = zip(self._header, cells, strict=False)
        if not self._has_twins:
            return dict(pairs)
        return dict.fromkeys(self._header, "") | {name: cell for name, cell in pairs if cell}

    def _records(self, after: Place, width: int | None = None) -> Iterator[_Record]:
        return _Records(self._file.read(after.line, after.byte), self._delimiter, width).read()


class _Record(NamedTuple):
    line: int
    cells: list[str]
    problem: str
    after: Place


class _Records:
    """Lines as CSV records.

    A quotation mark that is never closed would take in all that follows. So a record that cannot be one is
    given up at the end of its first line, and the lines after it are read again.
    """

    def __init__(self, lines: Iterator[Line], delimiter: str, width: int | None) -> None:
        self._lines, self._width = lines, width
        self._again: deque[Line] = deque()  # given back
        self._taken: list[Line] = []  # of the current record
        self._size = 0  # characters of them
        self._reader = csv.reader(self, delimiter=delimiter, strict=True)

    def read(self) -> Iterator[_Record]:
        """Yield the records of all lines."""
        while True:
            self._taken, self._size = [], 0
            cells: list[str] = []
            try:
                cells = next(self._reader)
                problem = "" if self._fits(cells) else BROKEN
            except StopIteration:
                if not self._taken:
                    return
                problem = BROKEN  # within quotation marks to the end of the file
            except csv.Error:
                problem = next((line.problem for line in self._taken[:1] if line.problem), BROKEN)
            yield self._record(cells, problem)

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        """Give the parser its next line."""
        line = self._again.popleft() if self._again else next(self._lines)
        self._taken.append(line)
        self._size += len(line.text)
        if line.problem or self._size > LONGEST:
            raise csv.Error(line.problem)
        return line.text

    def _fits(self, cells: list[str]) -> bool:
        """Tell whether there are as many cells as columns; empty ones at the end do not count."""
        return (
            not self._width
            or not cells
            or len(cells) == self._width
            or (len(cells) > self._width and not any(cells[self._width :]))
        )

    def _record(self, cells: list[str], problem: str) -> _Record:
        first, last = self._taken[0], self._taken[-1]
        if problem and len(self._taken) > 1:
            self._again.extendleft(reversed(self._taken[1:]))
            last = first
        return _Record(first.number, [] if problem else cells, problem, Place(last.number, last.end))
