"""How far an import is, and what has happened to its rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .reading import Place


@dataclass(slots=True)
class Counts:
    """What has happened to the rows of a file."""

    rows: int = 0  # read, empty ones not counted
    taken: int = 0
    repeated: int = 0  # rows that say what an earlier one has said
    open: int = 0  # of those taken: without a resolution
    refused: dict[str, int] = field(default_factory=dict)  # by reason
    redacted: dict[str, int] = field(default_factory=dict)  # pieces of personal data in those taken


@dataclass(slots=True)
class Import:
    """A file that is being imported, or has been."""

    number: int
    place: Place
    is_done: bool
    counts: Counts


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that is not taken; its text is not kept, as it is not redacted."""

    line: int
    reason: str
    field: str  # of `columns.FIELDS`; empty: the whole row
