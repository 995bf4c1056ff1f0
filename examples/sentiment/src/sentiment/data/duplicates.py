"""Find near-duplicates between two parts of the data: the test must hold nothing that was learned by heart.

MinHash with banding: texts are compared by their runs of words; only those that share a band of minima are
looked at closely, so the time grows with the number of texts and not with its square.

Source: Broder (1997), On the resemblance and containment of documents; banding as in Leskovec, Rajaraman and
Ullman (2020), Mining of Massive Datasets, section 3.4.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from ..model.text import normalise, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

BANDS, ROWS = 16, 4  # texts that share .8 of their runs meet in a band with a chance of .9998
_PRIME = np.uint64((1 << 31) - 1)


def near_duplicates(texts: Sequence[str], others: Sequence[str], *, run: int, share: float) -> list[int]:
    """Return the positions in `texts` of those that nearly repeat one of `others`.

    Args:
        texts: such as the training part. others: such as the test part.
        run: words in a run. share: of all runs of both texts that they must have in common, 0 to 1.

    >>> near_duplicates(["A fine pan, it works!", "Poor lid."], ["a FINE pan; it works"], run=2, share=0.8)
    [0]
    """
    left, right = [_runs(text, run) for text in texts], [_runs(text, run) for text in others]
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


def _runs(text: str, run: int) -> frozenset[int]:
    """Return the hashes of the runs of words of a text; a short text is one run."""
    text = normalise(text).lower()
    parts = [text[start:end] for start, end in words(text)] or [text]
    runs = (parts[place : place + run] for place in range(max(1, len(parts) - run + 1)))
    return frozenset(zlib.crc32(" ".join(words_).encode("utf-8", "surrogatepass")) for words_ in runs)


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
