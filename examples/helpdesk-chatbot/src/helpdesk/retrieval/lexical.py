"""Two ways to compare a question with tickets by what is written: by words, and by runs of characters.

What depends on all tickets, such as how rare a word is, is worked out from live counts when a question comes.
What is stored of a ticket depends on that ticket alone. So after any sequence of changes the scores are those
of a fresh index over the same tickets, bit for bit.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from .bags import Bags, bags_of_grams, bags_of_words
from .growing import Growing
from .postings import MOST, Postings
from .text import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# 1 + ln(count), from a table: a vectorised logarithm's last bit may depend on a number's place in memory.
_DAMPED = np.array([0.0, *(1 + math.log(count) for count in range(1, MOST + 1))])
_DAMPED_F32 = _DAMPED.astype(np.float32)
_GRAIN = 2.0**30  # squares are rounded to whole multiples of 1 / this: their sum is exact in any order


class Bm25:
    """BM25 over words, divided by the most that a ticket could have for the question.

    score = sum of idf(w) tf / (tf + k1 (1 - b + b length / mean length)) over the question's words, with
    idf(w) = ln(1 + (N - df + 0.5) / (df + 0.5)); a word that comes twice in the question counts twice. Each
    fraction stays below 1, so the sum of the idf is the bound; words that no ticket has are in it, too.

    Source: Robertson and Zaragoza (2009), The Probabilistic Relevance Framework, with the idf of Lucene,
    which is positive for every word (Kamphuis et al. 2020, Which BM25 do you mean?).
    """

    name = "bm25"

    def __init__(self, k1: float, b: float) -> None:
        self._k1, self._b = k1, b
        self._postings = Postings()
        self._lengths = Growing(np.int64)  # words
        self._tickets = self._words = 0

    def read(self, texts: Sequence[str]) -> Bags:
        """Count the words of texts."""
        return bags_of_words([words(text) for text in texts])

    def add(self, slots: NDArray[np.int32], read: Bags) -> None:
        """Take tickets in, each at its slot."""
        self._postings.add(slots, read)
        self._lengths.put(slots, read.sums(read.counts))
        self._tickets += read.texts
        self._words += int(read.counts.sum())

    def remove(self, slots: NDArray[np.int32], texts: Sequence[str]) -> None:
        """Take tickets out that were added with these slots and texts."""
        read = self.read(texts)
        self._postings.remove(slots, read)
        self._lengths.put(slots, 0)
        self._tickets -= read.texts
        self._words -= int(read.counts.sum())

    def scores(self, read: Bags) -> NDArray[np.float32]:
        """Score every slot for a question (one text); shape (slots,), 0 to 1, 0 where no word is shared."""
        if self._words == 0 or not read.features:
            return np.zeros(self._lengths.size, dtype=np.float32)
        weights = self._weights(read)
        relative = self._lengths.rows / (self._words / self._tickets)
        damping = (self._k1 * (1 - self._b + self._b * relative)).astype(np.float32)
        found = self._postings.matrix(read.features, self._lengths.size)
        found.data = found.data / (found.data + damping.take(found.indices))
        scores: NDArray[np.float32] = found @ np.array(weights, dtype=np.float32)
        return scores / np.float32(sum(weights))

    def known_share(self, read: Bags) -> float:
        """Return the share of a question's idf that lies in words which some ticket has; 0 without words."""
        weights = self._weights(read)
        known = map(bool, self._postings.tickets_with(read.features))
        return sum(weight for weight, is_known in zip(weights, known, strict=True) if is_known) / (
            sum(weights) or 1.0
        )

    def memory_bytes(self) -> int:
        """Memory of everything in it."""
        return self._postings.memory_bytes() + self._lengths.nbytes

    def _weights(self, read: Bags) -> list[float]:
        """Return for each word of a question how often it has the word, times the word's idf."""
        return [
            times * math.log(1 + (self._tickets - having + 0.5) / (having + 0.5))
            for times, having in zip(
                read.counts.tolist(), self._postings.tickets_with(read.features), strict=True
            )
        ]


class CharTfidf:
    """Cosine of runs of characters within words: mistyped and compound words share most of theirs.

    The weights are lnc.ltc in SMART's notation: 1 + ln(tf) on both sides, idf on the question's side alone,
    both brought to length 1. As a ticket's vector has no idf in it, other tickets cannot change it. Here
    idf = 1 + ln((N + 1) / (df + 1)), which is positive for every run.

    Source: Manning, Raghavan and Schütze (2008), Introduction to Information Retrieval, section 6.4.3.
    """

    name = "tfidf"

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = tuple(sizes)
        self._postings = Postings()
        self._scale = Growing(np.float32)  # 1 / length of the ticket's vector; 0 where nothing is
        self._tickets = 0

    def read(self, texts: Sequence[str]) -> Bags:
        """Count the runs of characters of texts."""
        return bags_of_grams(bags_of_words([words(text) for text in texts]), self._sizes)

    def add(self, slots: NDArray[np.int32], read: Bags) -> None:
        """Take tickets in, each at its slot."""
        self._postings.add(slots, read)
        squares = np.rint(_DAMPED[np.minimum(read.counts, MOST)] ** 2 * _GRAIN)
        lengths = np.sqrt(read.sums(squares) / _GRAIN)
        self._scale.put(slots, np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0))
        self._tickets += read.texts

    def remove(self, slots: NDArray[np.int32], texts: Sequence[str]) -> None:
        """Take tickets out that were added with these slots and texts."""
        read = self.read(texts)
        self._postings.remove(slots, read)
        self._scale.put(slots, 0)
        self._tickets -= read.texts

    def scores(self, read: Bags) -> NDArray[np.float32]:
        """Score every slot for a question (one text); shape (slots,), 0 to 1, 0 where no run is shared."""
        if self._tickets == 0 or not read.features:
            return np.zeros(self._scale.size, dtype=np.float32)
        weights = self._weights(read)
        length = math.sqrt(math.fsum(weight * weight for weight in weights))
        found = self._postings.matrix(read.features, self._scale.size)
        found.data = _DAMPED_F32.take(found.data)
        products: NDArray[np.float32] = found @ np.array(weights, dtype=np.float32)
        cosines: NDArray[np.float32] = products * self._scale.rows / np.float32(length)
        return np.minimum(cosines, np.float32(1))

    def memory_bytes(self) -> int:
        """Memory of everything in it."""
        return self._postings.memory_bytes() + self._scale.nbytes

    def _weights(self, read: Bags) -> list[float]:
        """Return for each run of a question its damped count, times the run's idf."""
        return [
            _DAMPED.item(min(times, MOST)) * (1 + math.log((self._tickets + 1) / (having + 1)))
            for times, having in zip(
                read.counts.tolist(), self._postings.tickets_with(read.features), strict=True
            )
        ]
