"""The owner's own log, CSV or parquet, by the names of its columns in params.toml, section [own].

A log with ratings is explicit feedback; one without is implicit: plays, purchases, clicks, one row an event.
"""

from __future__ import annotations

import csv
import io
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from ..portfolio.errors import DataError, ParamsError
from .contract import LONGEST_ID, LONGEST_TITLE
from .interactions import Interactions, Item, ordered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ..params import Own

_MILLISECONDS = (
    100_000_000_000  # from here on a time is in milliseconds: in seconds, it would be the year 5138
)
_COLUMNS = ("user", "item", "rating", "time", "title", "genres")


def read(path: Path, columns: Own) -> tuple[Interactions, list[Item], bool]:
    """Read the log; returns the interactions, the items, and whether there are ratings.

    Events of one pair become one entry, as `own.repeats` says: `last` keeps the last, `sum` adds them up.

    Raises:
        ParamsError: no column is named for user, item or time.
        DataError: a named column is not there, or a cell is not what it should be.
    """
    for needed in ("user", "item", "time"):
        if not getattr(columns, needed):
            raise ParamsError(f"params.toml: own.{needed} is empty; say which column of {path.name} it is")
    named = {key: getattr(columns, key) for key in _COLUMNS if getattr(columns, key)}
    users: dict[str, int] = {}
    items: dict[str, int] = {}
    described: dict[int, tuple[str, tuple[str, ...]]] = {}
    events: dict[tuple[int, int], tuple[float, int]] = {}
    for where, cells in _events(path, named):
        user, item = (_id(cells[key], named[key], where) for key in ("user", "item"))
        value = _value(cells["rating"], columns, where) if columns.rating else 1.0
        time = _time(cells["time"], columns.time, where)
        pair = (users.setdefault(user, len(users)), items.setdefault(item, len(items)))
        described.setdefault(pair[1], _described(item, cells))
        events[pair] = _merged(events.get(pair), (value, time), columns)
    if not events:
        raise DataError(f"{path.name}: no rows below the header")
    table = np.array([(*pair, *event) for pair, event in events.items()], dtype=np.float64)
    found = ordered(list(users), list(items), (table[:, 0], table[:, 1], table[:, 2], table[:, 3]))
    catalogue = [Item(id_, described[place][0], None, described[place][1]) for id_, place in items.items()]
    return found, catalogue, bool(columns.rating)


def _merged(before: tuple[float, int] | None, event: tuple[float, int], columns: Own) -> tuple[float, int]:
    if before is None:
        return event
    last = max(before, event, key=lambda one: one[1])
    total = before[0] + event[0]
    return (total, last[1]) if columns.repeats == "sum" and not columns.rating else last


def _events(path: Path, named: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open("rb") as file:
        columnar = file.read(4) == b"PAR1"
    yield from _parquet(path, named) if columnar else _csv(path, named)


def _csv(path: Path, named: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        # A spreadsheet's byte-order mark is no fault here: no hash says what this file should be.
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise DataError(f"{path.name}: not UTF-8; save the file as UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        _check_columns(path, named, header)
        places = {key: header.index(column) for key, column in named.items()}
        for cells in reader:
            where = f"{path.name}:{reader.line_num}"
            if len(cells) != len(header):
                raise DataError(f"{where}: {len(cells)} cells; expected {len(header)} as in the header")
            yield where, {key: cells[place] for key, place in places.items()}
    except csv.Error as error:
        raise DataError(f"{path.name}:{reader.line_num}: not a CSV row: {error}") from None


def _parquet(path: Path, named: dict[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError:
        raise DataError(f"{path.name}: reading parquet needs pyarrow: `pip install pyarrow`") from None
    try:
        file = pq.ParquetFile(path)
        _check_columns(path, named, file.schema_arrow.names)
        number = 0
        for batch in file.iter_batches(columns=list(named.values())):
            columns = {key: batch.column(column).to_pylist() for key, column in named.items()}
            for cells in zip(*columns.values(), strict=True):
                number += 1
                yield f"{path.name}: row {number}", dict(zip(columns, cells, strict=True))
    except pa.ArrowException as error:
        reason = str(error).splitlines()[0][:120]
        raise DataError(f"{path.name}: not a whole parquet file: {reason}") from None


def _check_columns(path: Path, named: dict[str, str], header: list[str]) -> None:
    missing = [f"{column} (own.{key})" for key, column in named.items() if column not in header]
    if missing:
        raise DataError(
            f"{path.name}: no column {', '.join(missing)}; it has {', '.join(header)[:200] or 'no header'}"
        )


def _id(cell: Any, column: str, where: str) -> str:
    text = "" if cell is None else str(cell).strip()
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise DataError(f"{where}: {column} is {text[:40]!r}; expected an id of 1 to {LONGEST_ID} characters")
    return text


def _value(cell: Any, columns: Own, where: str) -> float:
    try:
        value = float(cell)
    except (TypeError, ValueError):
        value = math.nan
    if not columns.lowest <= value <= columns.highest:
        raise DataError(
            f"{where}: {columns.rating} is {str(cell)[:20]!r}; "
            f"expected a number from {columns.lowest:g} to {columns.highest:g}"
        )
    return value


def _time(cell: Any, column: str, where: str) -> int:
    """Read seconds or milliseconds since 1970, or an ISO 8601 date and time; without a zone it is UTC."""
    if isinstance(cell, datetime):
        moment = cell
    else:
        text = "" if cell is None else str(cell).strip()
        try:
            seconds = float(text)
        except ValueError:
            try:
                moment = datetime.fromisoformat(text)
            except ValueError:
                raise DataError(
                    f"{where}: {column} is {text[:30]!r}; expected seconds since 1970 or a date such as "
                    "2026-05-01T12:00:00"
                ) from None
        else:
            if not 0 <= seconds < _MILLISECONDS * 100:
                raise DataError(f"{where}: {column} is {text[:30]!r}; expected seconds since 1970")
            return int(seconds / 1000 if seconds >= _MILLISECONDS else seconds)
    return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())


def _described(item: str, cells: dict[str, Any]) -> tuple[str, tuple[str, ...]]:
    title = str(cells.get("title") or "").strip()[:LONGEST_TITLE] or item
    genres = str(cells.get("genres") or "").replace(",", "|").split("|")
    return title, tuple(genre.strip() for genre in genres if genre.strip())
