"""How fast an export is imported, and in how much memory: reports/imports.md, written by `bench --imports`.

The exports are written here, of synthetic tickets as a help desk would have them: with greetings, signatures
and personal data that are redacted on the way. Time is that of the processor, since disks differ and machines
are shared. Each file is imported in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import generate, importing
from ..portfolio import evidence
from ..portfolio.errors import ProjectError
from ..portfolio.files import write_atomic
from .growth import say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ..data.tickets import Ticket
    from ..params import Own, Params

REPORT = "reports/imports.md"
SIZES = ((".csv", 10_000), (".csv", 100_000), (".jsonl", 10_000), (".xlsx", 10_000))
_MADE = 5_000  # tickets that are generated; a larger file has them again under other ids
_COLUMNS = ("id", "created", "queue", "priority", "subject", "body", "resolution", "resolved_at", "language")


@dataclass(frozen=True, slots=True)
class File:
    """What was measured with one export."""

    kind: str
    rows: int
    megabytes: float
    taken: int
    cpu_s: float  # of the import
    again_s: float  # of importing the same file once more
    most_mb: float  # memory of the whole process, at its highest

    @property
    def per_second(self) -> float:
        """Tickets a second of CPU."""
        return self.rows / self.cpu_s


def run(root: Path, params: Params) -> str:
    """Measure exports of each kind; returns the report.

    Raises:
        ProjectError: an import did not come to its end.
    """
    found = []
    for ending, rows in SIZES:
        say(f"{ending[1:]}, {rows:,} tickets")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                found.append(pool.submit(measure, ending, rows, params).result())
            except BrokenProcessPool:
                raise ProjectError(f"{rows:,} tickets as {ending}: the process was ended") from None
    text = _report(found, root, params)
    write_atomic(root / REPORT, text)
    return f"{text}\nwritten to {REPORT}"


def measure(ending: str, rows: int, params: Params) -> File:
    """Write an export of so many tickets, import it, and import it once more."""
    settings = replace(params, own=_usual(params.own))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / f"export{ending}"
        write_export(path, rows, params)
        began = time.process_time()
        done = importing.run(root, settings, path)
        cpu_s = time.process_time() - began
        taken = sum(1 for _ in done.tickets)
        began = time.process_time()
        importing.run(root, settings, path)
        again_s = time.process_time() - began
        size = path.stat().st_size / 1e6
    return File(ending[1:], rows, size, taken, cpu_s, again_s, _peak_mb())


def write_export(path: Path, rows: int, params: Params) -> None:
    """Write synthetic tickets, not redacted, as CSV, JSON lines or a spreadsheet."""
    made = generate.drafts(min(rows, _MADE), params.seed, params.generator, params.split)
    tickets = [draft.ticket for draft in made]
    if path.suffix == ".xlsx":
        _write_sheet(path, _rows(tickets, rows))
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        if path.suffix == ".csv":
            writer = csv.DictWriter(file, _COLUMNS)
            writer.writeheader()
            writer.writerows(_rows(tickets, rows))
        else:
            file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in _rows(tickets, rows))


def _rows(tickets: Sequence[Ticket], count: int) -> Iterator[dict[str, Any]]:
    for number in range(count):
        ticket = tickets[number % len(tickets)]
        row = {name: getattr(ticket, name) for name in _COLUMNS}
        for name in ("created", "resolved_at"):
            moment = row[name]
            row[name] = "" if moment is None else datetime.fromtimestamp(moment, UTC).isoformat()
        yield row | {"id": f"X{number:07d}"}


def _write_sheet(path: Path, rows: Iterator[dict[str, Any]]) -> None:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(_COLUMNS)
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)


def _usual(own: Own) -> Own:
    """Return the section [own] with the columns of the export that is written here."""
    names = dict.fromkeys(("preset", "intent", "date_form"), "") | {name: name for name in _COLUMNS}
    return replace(own, **names, encoding="utf-8", time_zone="UTC")  # type: ignore[arg-type]


def _peak_mb() -> float:
    """Return the most memory that this process has had; not a number on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def _report(files: Sequence[File], root: Path, params: Params) -> str:
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    lines = [
        "# How fast an export is imported\n",
        f"Synthetic tickets with personal data in {params.generator.personal_share:.0%} of them, read, "
        f"checked, redacted and committed {params.own.batch:,} at a time; processor time on one thread of "
        f"{cpu}, memory of the whole process. Made by `python -m helpdesk bench --imports`.\n",
        "| File | Tickets | MB | Taken | CPU, s | Tickets a second of CPU | The same again, s | Memory, MB |",
        f"| --- |{' ---: |' * 7}",
        *(
            f"| {one.kind} | {one.rows:,} | {one.megabytes:.1f} | {one.taken:,} | {one.cpu_s:.2f} "
            f"| {one.per_second:,.0f} | {one.again_s:.2f} | {one.most_mb:,.0f} |"
            for one in files
        ),
    ]
    return "\n".join(lines) + "\n"
