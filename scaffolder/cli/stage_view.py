"""The stages as one sees them: a live table on a terminal, elsewhere one line for each finished stage."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from scaffolder.cli import output
from scaffolder.stages import STAGES, StageResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from rich.table import Table

STYLES = {"running": "cyan", "passed": "green", "failed": "bold red", "interrupted": "yellow"}
REFRESH_HZ = 4


@contextmanager
def stage_view(stream: TextIO) -> Iterator[Callable[[StageResult], None]]:
    """Show the stages on `stream` while entered; give what has to be called with each change of one."""
    if not stream.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda result: _print_line(result, stream)
        return
    from rich.console import Console
    from rich.live import Live

    rows = {name: StageResult(name, "waiting") for name in STAGES}
    console = Console(file=stream, highlight=False, markup=False, emoji=False)
    with Live(_table(rows.values()), console=console, refresh_per_second=REFRESH_HZ) as live:

        def update(result: StageResult) -> None:
            rows[result.name] = result
            live.update(_table(rows.values()))

        yield update


def _print_line(result: StageResult, stream: TextIO) -> None:
    if result.state != "running":
        output.line(
            f"{result.name:<11}  {result.state:<11}  {_seconds(result):>7}  {result.result}".rstrip(), stream
        )


def _table(rows: Iterable[StageResult]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold", expand=True)
    table.add_column("Stage", no_wrap=True)
    table.add_column("State", no_wrap=True, min_width=len("interrupted"))
    table.add_column("Time", no_wrap=True, justify="right", min_width=len("100.0 s"))
    table.add_column("Result", ratio=1)
    for row in rows:
        style = STYLES.get(row.state, "dim")
        moving = row.state == "running"  # a line that changes keeps to one row, or the table would jump
        result = Text(
            row.result,
            style="dim" if moving else "",
            no_wrap=moving,
            overflow="ellipsis" if moving else "fold",
        )
        table.add_row(row.name, Text(row.state, style=style), _seconds(row), result)
    return table


def _seconds(result: StageResult) -> str:
    return f"{result.seconds:.1f} s" if result.seconds else ""
