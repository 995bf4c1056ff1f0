"""How the work grows with the data: reports/growth.md, written by `bench --growth`.

The logs have the activity and the popularity of the synthetic data, but no taste: that takes longest to make,
and changes nothing in how long the rest takes. Each size runs in a process of its own, so that its memory is
its own. The lists of all users are timed by turns with the product of all users with all items: whoever ranks
everything has to calculate it, so the ratio says what folding in, leaving out and choosing add to it.
"""

from __future__ import annotations

import sys
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.interactions import Interactions
from ..model import candidates
from ..model.als import ImplicitAls
from ..model.judge import ranked
from ..portfolio import evidence, store
from ..portfolio.errors import ProjectError
from ..portfolio.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray
    from scipy import sparse

    from ..model.als import Factors
    from ..params import Generator, Params

REPORT = "reports/growth.md"
# How many times more interactions, users and items than by default.
SCALES = ((1, 1, 1), (10, 10, 2), (100, 100, 4))
_ROUNDS = 3
_BLOCK = 1_000  # users whose choices are drawn at once


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured with one amount of data; times are medians, in seconds, memory is in megabytes."""

    users: int
    items: int
    rows: int
    fit_s: float
    lists_s: float  # of all users: folded in, scored, what was seen left out, the best chosen
    fold_s: float  # of it, folding in
    product_s: float  # the product of users and items alone, in the same chunks
    lists_mb: float  # most that the lists took beyond the data and the model
    whole_mb: float  # most that the process took, with everything

    @property
    def ratio(self) -> float:
        """How many times as long as the product alone the lists take."""
        return self.lists_s / self.product_s

    @property
    def scores_mb(self) -> float:
        """What the scores of all users would take, had they to be in memory at once."""
        return self.users * self.items * 4 / 1e6


def run(root: Path, params: Params, most: int) -> str:
    """Measure 1, 10 and 100 times the default data, up to `most` times; returns the report.

    Raises:
        ProjectError: a size did not come to its end, as when memory runs out.
    """
    chosen = als_settings(root, params)
    rows = []
    for times, users, items in (scale for scale in SCALES if scale[0] <= most):
        size = (params.data.users * users, params.data.items * items)
        say(f"{times} x: {size[0]:,} users, {size[1]:,} items")
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            try:
                found = pool.submit(measure, size, chosen, params).result()
            except BrokenProcessPool:
                raise ProjectError(f"{times} x the data: the process was ended; too little memory?") from None
        say(f"{times} x: fit {found.fit_s:.1f} s, lists {found.lists_s:.1f} s, {found.whole_mb:,.0f} MB")
        rows.append((times, found))
    text = _report(rows, chosen, root, params)
    write_atomic(root / REPORT, text)
    return f"{text}\nwritten to {REPORT}"


def als_settings(root: Path, params: Params) -> dict[str, float]:
    """Return what training chose for implicit ALS, else the first of params.toml."""
    try:
        stored: dict[str, float] = store.current(root).metadata["settings"][ImplicitAls.name]
    except (ProjectError, OSError):  # no model yet
        return candidates.grid(params, explicit=False, items=1)[ImplicitAls.name][0]
    return stored


def measure(size: tuple[int, int], chosen: dict[str, float], params: Params) -> Size:
    """Fit a log of so many users and items, and make the lists of all of them."""
    found = log_alike(*size, params.seed, params.generator)
    say(f"  {len(found):,} interactions drawn")
    began = time.perf_counter()
    model = candidates.make(ImplicitAls.name, chosen, params).fit(found)
    fit_s = time.perf_counter() - began
    assert isinstance(model, ImplicitAls)  # noqa: S101
    say(f"  fitted in {fit_s:.1f} s")
    histories, k, chunk = found.matrix(), params.evaluation.k, params.training.chunk_users
    times = []
    for number in range(_ROUNDS):
        times.append(_by_turns(model, histories, k, chunk))
        say(f"  lists, round {number + 1} of {_ROUNDS}: {times[-1][0]:.1f} s")
    lists_s, fold_s, product_s = np.median(np.array(times), axis=0).tolist()
    lists_mb = memory_mb(model, histories, k, chunk)
    return Size(*size, histories.nnz, fit_s, lists_s, fold_s, product_s, lists_mb, _peak_mb())


def log_alike(users: int, items: int, seed: int, shape: Generator) -> Interactions:
    """Draw a log with the generator's activity and popularity, and without taste; the same for the same seed.

    Each user's items are drawn without replacement: those with the smallest of exponential times, which tick
    as fast as an item is popular (Efraimidis and Spirakis 2006).
    """
    draw = np.random.default_rng([seed, users, items])
    wanted = draw.lognormal(np.log(shape.typical_ratings), shape.activity_spread, users)
    counts = np.clip(wanted, shape.fewest_ratings, items // 2).astype(np.int64)
    rate = (np.arange(1, items + 1) + items * shape.popularity_shift) ** -shape.popularity_exponent
    chosen = [_choices(counts[first : first + _BLOCK], rate, draw) for first in range(0, users, _BLOCK)]
    item = np.concatenate(chosen)
    return Interactions(
        tuple(f"u{number}" for number in range(users)),
        tuple(f"i{number}" for number in range(items)),
        np.repeat(np.arange(users, dtype=np.int32), counts),
        item,
        np.ones(len(item), dtype=np.float32),
        np.zeros(len(item), dtype=np.int64),
    )


def memory_mb(model: ImplicitAls, histories: sparse.csr_array, k: int, chunk: int) -> float:
    """Return the most that making all lists takes beyond what is there already; tracing slows it down."""
    tracemalloc.start()
    _lists(model, histories, k, chunk)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return most / 1e6


def say(line: str) -> None:
    """Tell whoever waits how far the work is."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _choices(counts: NDArray[np.int64], rate: NDArray[Any], draw: np.random.Generator) -> NDArray[np.int32]:
    times = draw.standard_exponential((len(counts), len(rate)), dtype=np.float32) / rate.astype(np.float32)
    order = np.argsort(times, axis=1).astype(np.int32)
    return order[np.arange(len(rate)) < counts[:, None]]


def _by_turns(
    model: ImplicitAls, histories: sparse.csr_array, k: int, chunk: int
) -> tuple[float, float, float]:
    """Time all lists, the folding in alone, and the product alone."""
    moments = [time.perf_counter()]
    _lists(model, histories, k, chunk)
    moments.append(time.perf_counter())
    users = np.concatenate([model.fold_in(part) for part in _chunks(histories, chunk)])
    moments.append(time.perf_counter())
    _product(users, model.arrays()["items"], chunk)
    moments.append(time.perf_counter())
    lists_s, fold_s, product_s = np.diff(moments).tolist()
    return lists_s, fold_s, product_s


def _lists(model: ImplicitAls, histories: sparse.csr_array, k: int, chunk: int) -> NDArray[np.int32]:
    return np.concatenate([ranked(model, part, k) for part in _chunks(histories, chunk)])


def _product(users: Factors, items: Factors, chunk: int) -> None:
    scores = np.empty((chunk, len(items)), dtype=np.float32)
    for first in range(0, len(users), chunk):
        part = users[first : first + chunk]
        np.matmul(part, items.T, out=scores[: len(part)])


def _chunks(histories: sparse.csr_array, chunk: int) -> Iterator[sparse.csr_array]:
    return (histories[first : first + chunk, :] for first in range(0, histories.shape[0], chunk))


def _peak_mb() -> float:
    """Return the most memory that this process has had; not a number on Windows, which does not tell."""
    try:
        import resource
    except ImportError:
        return float("nan")
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (1e6 if sys.platform == "darwin" else 1e3)


def _report(rows: list[tuple[int, Size]], chosen: dict[str, float], root: Path, params: Params) -> str:
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    settings = ", ".join(f"{key} {value:g}" for key, value in chosen.items())
    lines = [
        "# How the work grows\n",
        f"Implicit ALS ({settings}) on {params.threads} thread of {cpu}. The lists are the best "
        f"{params.evaluation.k} of all items for all users, {params.training.chunk_users:,} users at a time. "
        f"Times are medians of {_ROUNDS} by turns. Made by `python -m recommender bench --growth "
        f"{rows[-1][0]}`.\n",
        "| Data | Users | Items | Interactions | Fit, s | All lists, s | of it folding in, s "
        "| Product alone, s | Lists / product | Memory of the lists, MB | All scores at once, MB "
        "| Whole process, MB |",
        f"| --- |{' ---: |' * 11}",
        *(_line(times, row) for times, row in rows),
        "\nSynthetic: activity and popularity as in `params.toml`, no taste. The product is of all users "
        "with all items, in the same chunks, and nothing is chosen from it.",
    ]
    return "\n".join(lines) + "\n"


def _line(times: int, row: Size) -> str:
    return (
        f"| {times} x | {row.users:,} | {row.items:,} | {row.rows:,} | {row.fit_s:.3g} | {row.lists_s:.3g} "
        f"| {row.fold_s:.3g} | {row.product_s:.3g} | {row.ratio:.1f} | {row.lists_mb:,.0f} "
        f"| {row.scores_mb:,.0f} | {row.whole_mb:,.0f} |"
    )
