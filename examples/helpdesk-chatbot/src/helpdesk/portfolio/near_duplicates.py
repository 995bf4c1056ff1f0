"""Find near-duplicates between two parts of the data: the test must hold nothing that was learned by heart.

MinHash with banding: texts are compared by their runs of words; only those that share a band of minima are
looked at closely, so the time grows with the number of texts and not with its square. What a word is, and
whether capitals count, is said by whoever calls.

Source: Broder (1997), On the resemblance and containment of documents; banding as in Leskovec, Rajaraman and
Ullman (2020), Mining of Massive Datasets, section 3.4.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

BANDS, ROWS = 16, 4  # texts that share .8 of their runs meet in a band with a chance of .9998
_PRIME = np.uint64((1 << 31) - 1)


def near_duplicates(
    texts: Iterable[Sequence[str]], others: Iterable[Sequence[str]], *, run: int, share: float
) -> list[int]:
    """Return the positions in `texts` of those that nearly repeat one of `others`.

    Args:
        texts: such as the training part, each as its words. others: such as the test part, likewise.
        run: words in a run. share: of all runs of both texts that they must have in common, 0 to 1.

    >>> near_duplicates([["a", "fine", "pan"], ["poor", "lid"]], [["a", "fine", "pan"]], run=2, share=0.8)
    [0]
    """
    left, right = [_runs(words, run) for words in texts], [_runs(words, run) for words in others]
    bands: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for place, runs in enumerate(right):
        for key in _keys(runs):
            bands[key].append(place)
    found = []
    for place, runs in enumerate(left):
        candidates = {other for key in _keys(runs) for other in bands.get(key, ())}
        if any(_jaccard(runs, right[other]) >= share for other in candidates):
            found.append(place)
    return found


def first_alike(texts: Iterable[Sequence[str]], *, run: int, share: float) -> list[int]:
    """Return for each text the position of the first one that it nearly repeats; its own where there is none.

    Args:
        texts: each as its words.
        run: words in a run. share: of all runs of both texts that they must have in common, 0 to 1.

    >>> first_alike([["a", "fine", "pan"], ["poor", "lid"], ["a", "fine", "pan"]], run=2, share=0.8)
    [0, 1, 0]
    """
    runs = [_runs(words, run) for words in texts]
    bands: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    found = []
    for place, these in enumerate(runs):
        keys = _keys(these)
        earlier = sorted({other for key in keys for other in bands.get(key, ())})
        first = next((other for other in earlier if _jaccard(these, runs[other]) >= share), place)
        if first == place:  # one that repeats another finds nobody whom that other would not find
            for key in keys:
                bands[key].append(place)
        found.append(first)
    return found


def _runs(words: Sequence[str], run: int) -> frozenset[int]:
    """Return the hashes of the runs of words of a text; a short text is one run."""
    runs = (words[place : place + run] for place in range(max(1, len(words) - run + 1)))
    return frozenset(zlib.crc32(" ".join(each).encode("utf-8", "surrogatepass")) for each in runs)


def _keys(runs: frozenset[int]) -> list[tuple[int, bytes]]:
    values = np.fromiter(runs, dtype=np.uint64, count=len(runs)) % _PRIME
    minima = ((_FACTORS[:, None] * values + _OFFSETS[:, None]) % _PRIME).min(axis=1)
    return [(band, minima[band * ROWS : (band + 1) * ROWS].tobytes()) for band in range(BANDS)]


def _jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / len(one | other)


def _hashes() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    random = np.random.default_rng(20_260_101)  # any fixed numbers will do
    size = BANDS * ROWS
    return (
        random.integers(1, int(_PRIME), size, dtype=np.uint64),
        random.integers(0, int(_PRIME), size, dtype=np.uint64),
    )


_FACTORS, _OFFSETS = _hashes()
