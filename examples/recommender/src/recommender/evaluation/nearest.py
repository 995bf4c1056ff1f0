"""From which catalogue on an index of nearest neighbours would pay: reports/index.md, by `bench --index`.

The service scores every item for a user. That is exact, and simple, and grows with the catalogue. An index
(here HNSW as faiss has it: Malkov and Yashunin 2018) looks at few items, and misses some of the best. It
knows distances, so each item gets one number more, with which the nearest items are those with the highest
product (Bachrach et al. 2014, section 3.1); and it is asked for as many items more as the user has had, since
it cannot leave them out itself.

The users are those of the log. The items' factors are those that implicit ALS found; larger catalogues get
further items, each drawn near one of those.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ingestion
from ..model import candidates
from ..model.als import ImplicitAls
from ..model.top import top_k
from ..portfolio import evidence
from ..portfolio.errors import ModelError
from ..portfolio.files import write_atomic
from .growth import als_settings, say

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from ..model.als import Factors
    from ..params import Params

REPORT = "reports/index.md"
SIZES = (3_000, 10_000, 30_000, 100_000)  # items, after the log's own catalogue
WANTED = 0.95  # share of the exact list that the index has to find
_USERS = 400
_LINKS, _BUILD = 16, 100  # of an item to others; candidates while building
_BREADTHS = (16, 32, 64, 128, 256, 512, 1024, 2048)  # candidates of a search: more find more, and take longer
_NEAR = 0.3  # standard deviations of the factors that a drawn item lies from its model


@dataclass(frozen=True, slots=True)
class Row:
    """One catalogue; times are medians of single users, in milliseconds."""

    items: int
    exact_ms: float
    index_ms: float
    recall: float
    breadth: int
    build_s: float

    @property
    def pays(self) -> bool:
        """Whether the index is quicker and finds enough."""
        return self.recall >= WANTED and self.index_ms < self.exact_ms


def run(root: Path, params: Params) -> str:
    """Measure; returns the report.

    Raises:
        ModelError: faiss is not installed. DataError: no interactions yet.
    """
    if find_spec("faiss") is None:
        raise ModelError("the index is that of faiss, which is not installed: `pip install faiss-cpu`")
    found, _, _ = ingestion.read(root)
    say("fitting implicit ALS")
    model = candidates.make(ImplicitAls.name, als_settings(root, params), params).fit(found)
    assert isinstance(model, ImplicitAls)  # noqa: S101
    some = found.matrix()[:_USERS, :]
    users = model.fold_in(some)
    seen = np.split(some.indices, some.indptr[1:-1])
    own = model.arrays()["items"]
    rows = []
    for size in (len(own), *(size for size in SIZES if size > len(own))):
        rows.append(measure(catalogue(own, size, params.seed), users, seen, params.evaluation.k))
        say(f"{size:,} items: exact {rows[-1].exact_ms:.3f} ms, index {rows[-1].index_ms:.3f} ms")
    text = _report(rows, own.shape[1], len(users), root, params)
    write_atomic(root / REPORT, text)
    return f"{text}\nwritten to {REPORT}"


def catalogue(own: Factors, size: int, seed: int) -> Factors:
    """Return factors of `size` items: those of the log, and others each drawn near one of them."""
    draw = np.random.default_rng([seed, size])
    near = own[draw.integers(len(own), size=size - len(own))]
    step = _NEAR * own.std(axis=0) * draw.standard_normal(near.shape, dtype=np.float32)
    return np.ascontiguousarray(np.vstack([own, near + step]), dtype=np.float32)


def measure(items: Factors, users: Factors, seen: list[NDArray[Any]], k: int) -> Row:
    """Compare the exact list with the index's, one user after the other, by turns.

    The search is as broad as it has to be to find enough, or as broad as it may.
    """
    began = time.perf_counter()
    index = _built(_longer(items))
    build_s = time.perf_counter() - began
    asked = list(zip(users, seen, strict=True))
    exact = [_exact(items, user, had, k) for user, had in asked]
    for breadth in _BREADTHS:
        index.hnsw.efSearch = breadth
        recall = _recall([_by_index(index, user, had, k) for user, had in asked], exact)
        if recall >= WANTED:
            break
    times = []
    for user, had in asked:
        moments = [time.perf_counter()]
        _exact(items, user, had, k)
        moments.append(time.perf_counter())
        _by_index(index, user, had, k)
        moments.append(time.perf_counter())
        times.append(np.diff(moments))
    exact_ms, index_ms = (1000 * np.median(np.array(times), axis=0)).tolist()
    return Row(len(items), exact_ms, index_ms, recall, breadth, build_s)


def _longer(items: Factors) -> Factors:
    """Return the factors with one column more, so that all rows have the same length."""
    square = (items**2).sum(axis=1)
    return np.column_stack([items, np.sqrt(square.max() - square)])


def _built(points: Factors) -> Any:
    import faiss

    faiss.omp_set_num_threads(1)
    index = faiss.IndexHNSWFlat(points.shape[1], _LINKS)
    index.hnsw.efConstruction = _BUILD
    index.add(points)
    return index


def _exact(items: Factors, user: Factors, had: NDArray[Any], k: int) -> NDArray[Any]:
    scores = items @ user
    scores[had] = -np.inf
    return np.asarray(top_k(scores[None, :], k)[0])


def _by_index(index: Any, user: Factors, had: NDArray[Any], k: int) -> NDArray[Any]:
    place = np.append(user, np.float32(0))[None, :]
    found = index.search(place, k + len(had))[1][0]
    return np.asarray(found[~np.isin(found, had)][:k])


def _recall(found: list[NDArray[Any]], exact: list[NDArray[Any]]) -> float:
    """Return the share of the exact lists' items that were found."""
    hits = sum(int(np.isin(best, some).sum()) for some, best in zip(found, exact, strict=True))
    return hits / sum(map(len, exact))


def verdict(rows: list[Row]) -> str:
    """Say from which of the measured catalogues on the index pays, up to the largest."""
    paying = [row for row in rows if row.pays]
    if not paying or not rows[-1].pays:
        return f"Up to {rows[-1].items:,} items scoring all of them is as quick, or the index finds too few."
    first = next(row for place, row in enumerate(rows) if all(later.pays for later in rows[place:]))
    return (
        f"From {first.items:,} items on, of the catalogues measured, the index is quicker: "
        f"{first.index_ms:.2f} ms instead of {first.exact_ms:.2f}, and it finds {first.recall:.1%} of the "
        "list. Below, scoring everything costs less and misses nothing."
    )


def _report(rows: list[Row], factors: int, users: int, root: Path, params: Params) -> str:
    cpu = evidence.run_facts(root, params.seed, {})["cpu"]
    lines = [
        "# Where an index would pay\n",
        f"The best {params.evaluation.k} unseen items for one user with known factors, {users} users, exact "
        f"and by index in turn; {factors} factors of implicit ALS, one thread of {cpu}. The index is HNSW "
        f"({_LINKS} links) as faiss has it, as broad a search as it takes to find {WANTED:.0%} of the list. "
        "Made by `python -m recommender bench --index`.\n",
        "| Items | Exact, ms | Index, ms | Exact / index | Of the list found | Candidates of a search "
        "| Building the index, s |",
        f"|{' ---: |' * 7}",
        *(
            f"| {row.items:,} | {row.exact_ms:.3f} | {row.index_ms:.3f} | {row.exact_ms / row.index_ms:.2f} "
            f"| {row.recall:.1%} | {row.breadth} | {row.build_s:.1f} |"
            for row in rows
        ),
        f"\n{verdict(rows)}",
    ]
    return "\n".join(lines) + "\n"
