"""What every kind of export gives: rows, and the place after each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ..portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .lines import Line

BROKEN, NO_OBJECT = "broken row", "no JSON object"


class Place(NamedTuple):
    """Where to go on reading."""

    line: int = 0  # the last one that was read; of a spreadsheet, the row
    byte: int | None = None  # after it


class Row(NamedTuple):
    """A row of an export."""

    line: int  # where it begins, from 1
    values: Mapping[str, Any]  # by column; empty if it could not be read
    problem: str  # why it could not be read; empty if it could
    after: Place


class Export(Protocol):
    """A file of rows."""

    columns: tuple[str, ...]  # of JSON lines, those of the first row

    def rows(self, after: Place) -> Iterator[Row]:
        """Yield the rows after a place; empty lines are left out."""


def first_line(line: Line | None, name: str) -> Line:
    """Return the first line of a file.

    Raises:
        DataError: there is none, or it cannot be read.
    """
    if line is None:
        raise DataError(f"{name}: is empty; expected an export of tickets")
    if line.problem:
        raise DataError(f"{name}: first line: {line.problem}; name its encoding in params.toml [own]")
    return line
