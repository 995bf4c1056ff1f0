"""What `bench --growth` measures with each number of tickets, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Times:
    """How long one thing takes, in milliseconds."""

    p50: float
    p99: float
    worst: float

    def __str__(self) -> str:
        """Return the three as the report has them."""
        return f"{self.p50:.2f} / {self.p99:.2f} / {self.worst:.2f}"


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured with one number of tickets."""

    tickets: int
    words: float  # of a ticket, on average
    build_s: float  # median
    library_build_s: float  # the same of bm25s, words alone
    searches: tuple[Times, Times, Times]  # everything, BM25 alone, bm25s
    changes: tuple[Times, Times, Times]  # add, replace, retract
    ticket_bytes: float  # of the index with its texts
    process_mb: float  # most that the process took, with the generator and bm25s


def table(sizes: Sequence[Size]) -> str:
    """Return the sizes side by side, in Markdown."""
    lines = [
        ["", *(f"{size.tickets:,} tickets" for size in sizes)],
        ["---", *("---:" for _ in sizes)],
        ["Words of a ticket, mean", *(f"{size.words:.1f}" for size in sizes)],
        ["Build the index, s", *(f"{size.build_s:.2f}" for size in sizes)],
        ["Build that of bm25s, s", *(f"{size.library_build_s:.2f}" for size in sizes)],
        ["Search, both retrievers, ms", *(str(size.searches[0]) for size in sizes)],
        ["Search, BM25 alone, ms", *(str(size.searches[1]) for size in sizes)],
        ["Search, bm25s, ms", *(str(size.searches[2]) for size in sizes)],
        ["Add one ticket, ms", *(str(size.changes[0]) for size in sizes)],
        ["... as a share of building", *(_share(size.changes[0].p50, size) for size in sizes)],
        ["... the worst", *(_share(size.changes[0].worst, size) for size in sizes)],
        ["Replace one ticket, ms", *(str(size.changes[1]) for size in sizes)],
        ["Retract one ticket, ms", *(str(size.changes[2]) for size in sizes)],
        ["Memory of a ticket, bytes", *(f"{size.ticket_bytes:,.0f}" for size in sizes)],
        ["Memory of the process at most, MB", *(f"{size.process_mb:,.0f}" for size in sizes)],
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _share(milliseconds: float, size: Size) -> str:
    return f"1 / {size.build_s * 1e3 / milliseconds:,.0f}"
