"""How the work grows with the tickets: reports/growth.md, written by `bench --growth`.

Each size runs in a process of its own, so that its memory is its own. The library bm25s answers the same
questions by turns with two indexes: one with BM25 alone, as the library has it, and one with everything. The
library stores scores that depend on all tickets, so one more ticket costs it a new index.
"""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import generate
from ..data.redact import redact
from ..data.tickets import OUT_OF_SCOPE
from ..portfolio import evidence
from ..portfolio.errors import ProjectError
from ..portfolio.files import write_atomic
from ..retrieval.index import TicketIndex
from ..retrieval.text import words
from .growth_table import Size, Times, table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..params import Params, Retrieval

    Entries = list[tuple[str, str]]  # id and question

REPORT = "reports/growth.md"
TICKETS = 15_000  # times 1 and times 10
_BOTH = {"bm25": 0.5, "tfidf": 0.5}  # how the two are mixed does not change how long it takes
_LATER = 400  # tickets that come after the others: first they are questions, then they are added
_REBUILDS = 3
_FIRST = 10  # tickets that a search returns
_COMPARED = 50  # questions whose answers must be those of a rebuilt index
_TEXT = """\
# How the work grows

Synthetic tickets, redacted; BM25 over words and TF-IDF over runs of {grams} characters, on {threads} thread
of {cpu}. The questions are the {later} tickets that come next. Made by `python -m helpdesk bench --growth
{scale}`.

{table}

Times of searches and changes are p50 / p99 / worst; of building, the median of {rebuilds}. A search scores
every ticket. bm25s answers from words alone; one more ticket costs it what building costs. After the changes
the index gave the same tickets and scores, to the last bit, as one built anew ({compared} questions), or this
report would not be here. The memory of a ticket has its text in it; that of the process has the generator and
bm25s in it, too.
"""


def run(root: Path, params: Params, most: int) -> str:
    """Measure 15,000 tickets and, where `most` is 10, ten times as many; returns the report.

    Raises:
        ProjectError: a size did not come to its end, or an index was not what a rebuild gives.
    """
    rows = []
    for count in (scale * TICKETS for scale in (1, 10) if scale <= most):
        say(f"{count:,} tickets")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                rows.append(pool.submit(measure, count, params).result())
            except BrokenProcessPool:
                raise ProjectError(f"{count:,} tickets: the process was ended; too little memory?") from None
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    text = _TEXT.format(
        grams=" and ".join(map(str, params.retrieval.grams)),
        threads=params.threads,
        cpu=cpu,
        later=_LATER,
        scale=rows[-1].tickets // TICKETS,
        table=table(rows),
        rebuilds=_REBUILDS,
        compared=_COMPARED,
    )
    write_atomic(root / REPORT, text)
    return f"{text}\nwritten to {REPORT}"


def measure(count: int, params: Params) -> Size:
    """Build an index of so many tickets, search it and change it."""
    entries, later = tickets_and_later(count, params)
    say("  generated")
    build_s, index = _built(lambda: TicketIndex.build(params.retrieval, _BOTH, entries))
    say(f"  index built in {build_s:.2f} s")
    library_build_s, library = _built(lambda: _library(entries, params.retrieval))
    searches = _searches(index, entries, library, [text for _, text in later], params.retrieval)
    say(f"  searched in {searches[0].p50:.1f} ms, worst {searches[0].worst:.1f}")
    ticket_bytes = index.memory_bytes() / len(index)
    changes, kept = change(index, later)
    say(f"  added in {changes[0].p50:.2f} ms, worst {changes[0].worst:.2f}")
    anew = TicketIndex.build(params.retrieval, _BOTH, entries + kept)
    refuse_difference(index, anew, [text for _, text in later[:_COMPARED]])
    mean = float(np.mean([len(words(text)) for _, text in entries]))
    return Size(count, mean, build_s, library_build_s, searches, changes, ticket_bytes, _peak_mb())


def tickets_and_later(count: int, params: Params) -> tuple[Entries, Entries]:
    """Generate so many tickets and some that come after them; ids and redacted questions."""
    drafts = generate.drafts(count + _LATER, params.seed, params.generator, params.split)
    tickets = [draft.ticket for draft in drafts if draft.ticket.intent != OUT_OF_SCOPE]
    entries = [(ticket.id, redact(ticket.question).text) for ticket in tickets]
    return entries[:count], entries[count:]


def change(index: TicketIndex, later: Entries) -> tuple[tuple[Times, Times, Times], Entries]:
    """Add tickets, give each another text, take half of them out; returns the times and what is left."""
    swapped = [(ticket, text) for (ticket, _), (_, text) in zip(later, reversed(later), strict=True)]
    half = len(later) // 2
    add = _times([partial(index.add, *entry) for entry in later])
    replace = _times([partial(index.replace, *entry) for entry in swapped])
    retract = _times([partial(index.retract, ticket) for ticket, _ in swapped[half:]])
    return (add, replace, retract), swapped[:half]


def refuse_difference(index: TicketIndex, anew: TicketIndex, questions: Sequence[str]) -> None:
    """Refuse an index that does not find what a rebuilt one finds, with the same scores to the last bit."""
    for question in questions:
        if index.search(question, _FIRST) != anew.search(question, _FIRST):
            raise ProjectError(f"the changed index differs from a rebuilt one; asked: {question[:80]!r}")


def say(line: str) -> None:
    """Tell whoever waits how far the work is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _library(entries: Entries, params: Retrieval) -> Any:
    import bm25s

    library = bm25s.BM25(method="lucene", k1=params.k1, b=params.b)
    library.index([words(text) for _, text in entries], show_progress=False)
    return library


def _searches(
    index: TicketIndex, entries: Entries, library: Any, questions: Sequence[str], params: Retrieval
) -> tuple[Times, Times, Times]:
    """Time each question by turns: both retrievers, BM25 alone, and the library."""
    alone = TicketIndex.build(params, {"bm25": 1.0}, entries)
    ways: tuple[Callable[[str], object], ...] = (
        lambda question: index.search(question, _FIRST),
        lambda question: alone.search(question, _FIRST),
        lambda question: library.retrieve([words(question)], k=_FIRST, show_progress=False),
    )
    for way in ways:
        way(questions[0])  # what is loaded at the first call is not timed
    taken = np.array([[_milliseconds(partial(way, question)) for way in ways] for question in questions])
    everything, words_alone, by_library = map(_percentiles, taken.T)
    return everything, words_alone, by_library


def _built(build: Callable[[], Any]) -> tuple[float, Any]:
    """Build several times; returns the median of the seconds, and what was built last."""
    taken, built = [], None
    for _ in range(_REBUILDS):
        del built  # two at once would count as memory that the work needs
        began = time.perf_counter()
        built = build()
        taken.append(time.perf_counter() - began)
    return float(np.median(taken)), built


def _times(actions: Sequence[Callable[[], object]]) -> Times:
    return _percentiles(np.array([_milliseconds(action) for action in actions]))


def _milliseconds(action: Callable[[], object]) -> float:
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1e3


def _percentiles(taken: NDArray[np.float64]) -> Times:
    return Times(*(float(value) for value in np.percentile(taken, [50, 99, 100])))


def _peak_mb() -> float:
    """Return the most memory that this process has had; not a number on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)
