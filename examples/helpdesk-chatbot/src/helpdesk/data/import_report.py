"""Say what an import has done: reports/import.md, data/refused.jsonl and one line of reasons."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..portfolio.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from .import_state import Counts, RefusedRow

REFUSED, REPORT = "data/refused.jsonl", "reports/import.md"
_EXAMPLES = 3  # lines of each reason


@dataclass(frozen=True, slots=True)
class Summary:
    """What is reported of an import."""

    name: str  # of the file
    counts: Counts
    replaced: int  # of its tickets: they say something else than an earlier file did
    columns: Mapping[str, str]  # by field
    files: Sequence[tuple[str, Counts]]  # all that have been imported so far


def write_refused(root: Path, rows: Iterable[RefusedRow], columns: Mapping[str, str]) -> None:
    """Write data/refused.jsonl a row at a time; the old file stays until the new one is whole."""
    path = root / REFUSED
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        with draft.open("x", encoding="utf-8") as file:
            for row in rows:
                column = columns.get(row.field, row.field)
                found = {"line": row.line, "reason": row.reason, "column": column}
                file.write(json.dumps(found, ensure_ascii=False) + "\n")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def in_short(rows: Iterable[RefusedRow]) -> str:
    """Return the reasons, the most frequent first, each with its first lines."""
    return ", ".join(
        f"{reason} {count:,} (line {', '.join(map(str, lines))}{', ...' if count > len(lines) else ''})"
        for reason, count, lines in _reasons(rows)
    )


def write(root: Path, done: Summary, refused: Iterable[RefusedRow]) -> None:
    """Write reports/import.md."""
    counts = done.counts
    lines = [f"# Import of {_cell(done.name)}", ""]
    lines += _table(
        ("rows", "count"),
        [
            ("read", counts.rows),
            ("taken", counts.taken),
            ("of those, still open (no resolution)", counts.open),
            ("of those, in place of an earlier file's", done.replaced),
            ("said the same as an earlier row", counts.repeated),
            ("refused", sum(counts.refused.values())),
        ],
    )
    if reasons := _reasons(refused):
        rows = [(reason, count, ", ".join(map(str, first))) for reason, count, first in reasons]
        lines += ["", "## Refused", "", f"Every line is in `{REFUSED}`.", ""]
        lines += _table(("reason", "rows", "first lines"), rows)
    if counts.redacted:
        lines += ["", "## Personal data replaced in the tickets taken", ""]
        lines += _table(("kind", "pieces"), sorted(counts.redacted.items()))
    lines += ["", "## Columns", "", *_table(("thing", "column"), list(done.columns.items()))]
    if len(done.files) > 1:
        files = [(one, each.rows, each.taken) for one, each in done.files]
        lines += ["", "## All files so far, the latest last", "", *_table(("file", "rows", "taken"), files)]
    write_atomic(root / REPORT, "\n".join([*lines, ""]))


def _reasons(rows: Iterable[RefusedRow]) -> list[tuple[str, int, list[int]]]:
    """Count the rows of each reason, and keep the first lines."""
    counts: dict[str, int] = defaultdict(int)
    first: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        reason = f"{row.reason} ({row.field})" if row.field and row.field not in row.reason else row.reason
        counts[reason] += 1
        if len(first[reason]) < _EXAMPLES:
            first[reason].append(row.line)
    return sorted(
        ((reason, count, first[reason]) for reason, count in counts.items()), key=lambda one: -one[1]
    )


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """Return a Markdown table; numbers with thousands separators."""
    shown = [[f"{cell:,}" if isinstance(cell, int) else _cell(str(cell)) for cell in row] for row in rows]
    return [f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *shown)]


def _cell(text: str) -> str:
    """Return a name from outside so that it cannot be markup."""
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain.translate({ord(sign): f"\\{sign}" for sign in "\\|<>[]*_`#!"})
