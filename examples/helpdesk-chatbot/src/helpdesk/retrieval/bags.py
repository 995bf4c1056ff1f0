"""Texts as bags of features: how often each text has each word, or each run of characters."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from .text import grams_of_word

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Bags:
    """How often `texts` texts have each feature: one entry for each text and feature that it has."""

    texts: int
    features: tuple[str, ...]
    bounds: NDArray[np.int64]  # (features + 1,): where the entries of each feature begin and end
    rows: NDArray[np.int32]  # (entries,): which text; ascending within a feature
    counts: NDArray[np.int64]  # (entries,): how often, at least 1

    def spans(self) -> Iterator[tuple[str, slice]]:
        """Go through the features: each with where its entries are."""
        ends = self.bounds.tolist()
        return zip(self.features, map(slice, ends, ends[1:]), strict=True)

    def sums(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Add up a value for each entry over each text; shape (texts,)."""
        return np.bincount(self.rows, weights=values, minlength=self.texts).astype(np.float64, copy=False)

    def matrix(self) -> sparse.csr_array:
        """Return the counts, shape (features, texts)."""
        shape = (len(self.features), self.texts)
        return sparse.csr_array((self.counts, self.rows, self.bounds), shape=shape)


def bags_of_words(texts: Sequence[Sequence[str]]) -> Bags:
    """Count the words of texts, each given as its words; features are in the order of first sight."""
    place: defaultdict[str, int] = defaultdict()
    place.default_factory = place.__len__  # a new word gets the next number
    columns = np.fromiter(map(place.__getitem__, chain.from_iterable(texts)), dtype=np.int64)
    rows = np.repeat(np.arange(len(texts)), np.fromiter(map(len, texts), dtype=np.int64))
    entries, counts = np.unique(columns * max(1, len(texts)) + rows, return_counts=True)
    columns, rows = np.divmod(entries, max(1, len(texts)))
    bounds = np.searchsorted(columns, np.arange(len(place) + 1))
    return Bags(len(texts), tuple(place), bounds, rows.astype(np.int32), counts)


def bags_of_grams(words: Bags, sizes: Sequence[int]) -> Bags:
    """Turn bags of words into bags of the words' runs of characters.

    Runs do not reach beyond a word, so the counts are those of the words times what each word is made of: a
    product of two sparse matrices, and each word is taken apart once however many texts have it.
    """
    parts = bags_of_words([grams_of_word(word, sizes) for word in words.features])
    product = (parts.matrix() @ words.matrix()).tocsr()
    product.sort_indices()
    bounds, rows = product.indptr.astype(np.int64), product.indices.astype(np.int32)
    return Bags(words.texts, parts.features, bounds, rows, product.data)
