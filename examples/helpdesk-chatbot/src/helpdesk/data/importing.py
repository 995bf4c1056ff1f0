"""Import the owner's export: of any size, interrupted at any time, the same file again and again.

data/import.db       what was read, and how far (see `staging`): the tickets of all files imported so far
data/refused.jsonl   the rows that were refused: line, reason, column; never what they say
reports/import.md    the same in figures
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of
from . import columns, import_report, staging
from .exports import open_export
from .import_state import RefusedRow
from .rows import Refused, rules, to_ticket
from .staging import Staging
from .tickets import to_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ..params import Own, Params
    from .import_state import Counts, Import
    from .reading import Row
    from .rows import Rules
    from .tickets import Ticket

_READING = 1  # raise it when rows are read or redacted in another way: files are then read again
_SAYS_EVERY_S = 5.0


@dataclass(frozen=True, slots=True)
class Imported:
    """The tickets of all files imported so far, and what happened to their rows."""

    root: Path
    rows: int
    refused: dict[str, int]  # by reason
    redacted: dict[str, int]  # pieces of personal data by kind

    @property
    def tickets(self) -> Iterator[Ticket]:
        """Redacted, in the order of time, then of id, each id once; read from disk as they are asked for."""
        return staging.latest(self.root)


def run(root: Path, params: Params, file: Path) -> Imported:
    """Import a file, or go on with it where an earlier run was stopped.

    A file that was imported already is not read again. Of an id in several files, the file that was imported
    last counts.

    Raises:
        DataError: the file is none that can be read, or more of its rows are refused than
            `own.most_refused` lets pass; nothing of it is kept then.
        ParamsError: encoding or time zone do not exist.
    """
    export = open_export(file, params.own.encoding)
    named = columns.resolve(params.own, export.columns, file.name)
    judged = rules(params, named)
    state, content = _state(file), sha256_of(file)
    with Staging(root) as store:
        one = store.begin(content, _reading(params), file.name)
        if one.place.line and not one.is_done:
            sys.stderr.write(f"{file.name}: going on after line {one.place.line:,}\n")
        if not one.is_done:
            _read(store, one, _said(export.rows(one.place), file), judged, params.own)
            if _state(file) != state:
                store.forget(one)
                raise DataError(f"{file.name}: was changed while it was read; import it again")
        import_report.write_refused(root, store.refused(one), named)
        _refuse_most(store, one, file.name, params.own.most_refused)
        if not one.is_done:
            one.is_done = True
            store.commit(one, (), ())
        done = store.done()
        summary = import_report.Summary(file.name, one.counts, store.replaced(one), named, done)
        import_report.write(root, summary, store.refused(one))
    return Imported(
        root, sum(counts.rows for _, counts in done), _sum("refused", done), _sum("redacted", done)
    )


def _read(store: Staging, one: Import, rows: Iterator[Row], judged: Rules, own: Own) -> None:
    """Read the rows that are left, a batch at a time; stop where the file will be refused in any case."""
    while batch := list(islice(rows, own.batch)):
        first = one.counts.rows == 0
        _take(store, one, batch, judged)
        if first and not one.counts.taken and len(batch) == own.batch and own.most_refused < 1:
            return


def _take(store: Staging, one: Import, batch: list[Row], judged: Rules) -> None:
    """Sort the rows of a batch into new, repeated and refused ones, and commit them."""
    counts, refused = one.counts, []
    tickets: list[tuple[int, Ticket, dict[str, int]]] = []
    for row in batch:
        try:
            if row.problem:
                raise Refused(row.problem, "")
            ticket, pieces = to_ticket(row.values, judged)
        except Refused as reason:
            refused.append(RefusedRow(row.line, reason.reason, reason.field))
        else:
            tickets.append((row.line, ticket, pieces))
    known = store.lines_of(one, [ticket.id for _, ticket, _ in tickets])
    new, redacted = [], Counter(counts.redacted)
    for number, ticket, pieces in tickets:
        line = to_line(ticket)
        before = known.setdefault(ticket.id, line)
        if before is line:
            new.append((ticket, line))
            redacted.update(pieces)
        elif before == line:
            counts.repeated += 1
        else:
            refused.append(RefusedRow(number, "another ticket has the id", "id"))
    counts.rows += len(batch)
    counts.taken += len(new)
    counts.open += sum(not ticket.is_resolved for ticket, _ in new)
    counts.refused = dict(Counter(counts.refused) + Counter(row.reason for row in refused))
    counts.redacted = dict(redacted)
    one.place = batch[-1].after
    store.commit(one, new, refused)


def _refuse_most(store: Staging, one: Import, name: str, most: float) -> None:
    """Refuse a file of which too many rows are refused."""
    refused = sum(one.counts.refused.values())
    if one.counts.rows and refused <= most * one.counts.rows:
        return
    reasons = import_report.in_short(store.refused(one))
    store.forget(one)
    if not one.counts.rows:
        raise DataError(f"{name}: has no rows; expected a ticket in each line after the first")
    hint = "; another own.encoding, such as cp1252?" if "wrong encoding" in one.counts.refused else ""
    raise DataError(
        f"{name}: {refused:,} of {one.counts.rows:,} rows are refused, more than own.most_refused lets pass: "
        f"{reasons}{hint}; nothing of it is kept, {import_report.REFUSED} has the lines"
    )


def _said(rows: Iterable[Row], file: Path) -> Iterator[Row]:
    """Pass rows on; say on stderr how far they are, if it takes long."""
    size, start = file.stat().st_size, time.monotonic()
    due = start + _SAYS_EVERY_S
    for count, row in enumerate(rows, 1):
        yield row
        if time.monotonic() >= due:
            due += _SAYS_EVERY_S
            share = "" if row.after.byte is None else f", {row.after.byte / size:.0%}"
            speed = count / (time.monotonic() - start)
            sys.stderr.write(f"{file.name}: line {row.line:,}{share}, {speed:,.0f} rows/s\n")


def _state(file: Path) -> tuple[int, int]:
    """Return length and time of change, which another content has with it."""
    state = file.stat()
    return state.st_size, state.st_mtime_ns


def _reading(params: Params) -> str:
    """Name the settings that make another ticket of the same row."""
    own = params.own
    named = [getattr(own, field) for field in columns.FIELDS]
    how = [_READING, own.preset, own.encoding, own.date_form, own.time_zone, *named]
    return repr([*how, params.data.longest, params.data.languages])


def _sum(name: str, done: list[tuple[str, Counts]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for _, counts in done:
        total.update(getattr(counts, name))
    return dict(total)
