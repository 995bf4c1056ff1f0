"""Open an export, whatever its kind; nothing is known here of tickets.

A row that cannot be read is reported and the next one is read. Reading can go on after any row: a text file
from a byte on, a spreadsheet from a row on. Text files take constant memory, whatever their size; of a
spreadsheet, the strings that its cells share are held.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from .csv_table import Table
from .json_lines import Objects
from .lines import open_text
from .spreadsheet import Sheet

if TYPE_CHECKING:
    from pathlib import Path

    from .reading import Export

TABLES, OBJECTS, SHEETS = (".csv", ".tsv", ".txt"), (".jsonl", ".ndjson", ".json"), (".xlsx",)


def open_export(path: Path, encoding: str) -> Export:
    """Open an export by the ending of its name.

    Raises:
        DataError: the ending is none of those known, or there is no first row that names the columns.
        ParamsError: there is no such encoding.
    """
    ending = path.suffix.lower()
    if ending in SHEETS:
        return Sheet(path)
    if ending not in (*TABLES, *OBJECTS):
        known = ", ".join((*TABLES, *OBJECTS, *SHEETS))
        raise DataError(f"{path.name}: of no known kind; expected a name that ends in {known}")
    text = open_text(path, encoding)
    return Table(text) if ending in TABLES else Objects(text)
