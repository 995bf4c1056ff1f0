"""Guess a label from a text: linear support vector machines over words, pairs of words and n-grams.

Fitted with scikit-learn; guessing needs numpy and scipy alone, and arrays that cannot run code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, sparse, special

from ..retrieval.bags import bags_of_grams, bags_of_words
from ..retrieval.text import pairs, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..retrieval.bags import Bags

_HOTTEST = 10.0  # range of ln temperature that is searched, both ways


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Which feature has which column, and how much it counts."""

    sizes: tuple[int, ...]  # of the runs of characters
    columns: Mapping[str, int]
    idf: NDArray[np.float32]  # (columns,)
    idf_unknown: float  # of what no text has

    @classmethod
    def of(cls, texts: Sequence[str], sizes: Sequence[int], largest: int) -> Vocabulary:
        """Take the features that most texts have, the alphabet deciding between equals."""
        found = [
            (int(count), name)
            for bags in _bags(texts, sizes)
            for name, count in zip(bags.features, np.diff(bags.bounds), strict=True)
        ]
        found = sorted(found, key=lambda one: (-one[0], one[1]))[:largest]
        counts = np.array([count for count, _ in found], dtype=np.float64)
        idf = 1 + np.log((1 + len(texts)) / (1 + counts))
        columns = {name: column for column, (_, name) in enumerate(found)}
        return cls(tuple(sizes), columns, idf.astype(np.float32), 1 + float(np.log(1 + len(texts))))

    def matrix(self, texts: Sequence[str]) -> sparse.csr_array:
        """Return (1 + ln tf) idf of texts, shape (texts, columns); words and n-grams each of length 1."""
        blocks = [self._block(bags) for bags in _bags(texts, self.sizes)]
        return sparse.csr_array(blocks[0] + blocks[1])

    def _block(self, bags: Bags) -> sparse.csr_array:
        places = np.array([self.columns.get(name, -1) for name in bags.features], dtype=np.int32)
        columns = np.repeat(places, np.diff(bags.bounds))
        known = columns >= 0
        # What no text has counts in the length: one known word among letters that mean nothing says little.
        idf = np.where(known, self.idf[columns], self.idf_unknown) if len(self.idf) else np.ones(len(columns))
        values = (1 + np.log(bags.counts)) * idf
        lengths = np.sqrt(np.bincount(bags.rows, weights=values**2, minlength=bags.texts))
        values = (values / lengths[bags.rows]).astype(np.float32)[known]
        return sparse.csr_array(
            (values, (bags.rows[known], columns[known])), shape=(bags.texts, len(self.idf))
        )


@dataclass(frozen=True, slots=True)
class Spread:
    """What a model thinks of one text."""

    probabilities: Mapping[str, float]  # of each label
    farthest: float  # distance from the likeliest label's hyperplane; below 0: of none of the labels


@dataclass(frozen=True, slots=True)
class LinearText:
    """One hyperplane for each label, and the temperature that turns distances into probabilities."""

    labels: tuple[str, ...]
    vocabulary: Vocabulary
    weights: NDArray[np.float32]  # (columns, labels)
    bias: NDArray[np.float32]  # (labels,)
    temperature: float = 1.0

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        sizes: Sequence[int],
        largest: int,
        regularisation: float,
        seed: int,
    ) -> LinearText:
        """Fit one label against the rest, for each label.

        Args:
            texts: to learn from.
            labels: of each; at least two different ones.
            sizes: of the runs of characters.
            largest: features of the vocabulary at most.
            regularisation: C; the larger, the closer to the texts.
            seed: of the order in which the solver goes through the texts.
        """
        from sklearn.svm import LinearSVC

        vocabulary = Vocabulary.of(texts, sizes, largest)
        machine = LinearSVC(C=regularisation, random_state=seed)
        machine.fit(vocabulary.matrix(texts), np.array(labels))
        weights, bias = machine.coef_.T, machine.intercept_
        if len(machine.classes_) == 2:  # one hyperplane between the two: the first label is its other side
            weights, bias = np.hstack([-weights, weights]), np.array([-bias[0], bias[0]])
        names = tuple(str(name) for name in machine.classes_)
        return cls(names, vocabulary, weights.astype(np.float32), bias.astype(np.float32))

    def with_temperature(self, texts: Sequence[str], labels: Sequence[str]) -> LinearText:
        """Choose the temperature with which the probabilities of held-back texts are the likeliest.

        As many texts as there are cannot show that none is ever wrong, so one more is taken as wrong.

        Source: Guo, Pleiss, Sun and Weinberger (2017), On Calibration of Modern Neural Networks, section 4.2;
        the softened target is that of Platt (1999), Probabilistic Outputs for Support Vector Machines.
        """
        place = {label: number for number, label in enumerate(self.labels)}
        known = [number for number, label in enumerate(labels) if label in place]
        if not known:
            return self
        distances = self.distances([texts[number] for number in known])
        truth = np.array([place[labels[number]] for number in known])
        wrong = 1 / (len(truth) + 2)

        def surprise(log_temperature: float) -> float:
            logs = special.log_softmax(distances / np.exp(log_temperature), axis=1)
            of_truth = logs[np.arange(len(truth)), truth]
            of_others = (logs.sum(axis=1) - of_truth) / (len(place) - 1)
            return float(-((1 - wrong) * of_truth + wrong * of_others).mean())

        best = optimize.minimize_scalar(surprise, bounds=(-_HOTTEST, _HOTTEST), method="bounded")
        return self.at(float(np.exp(best.x)))

    def at(self, temperature: float) -> LinearText:
        """Return the same model with another temperature."""
        return LinearText(self.labels, self.vocabulary, self.weights, self.bias, temperature)

    def distances(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return how far on its side each text is of each label's hyperplane, shape (texts, labels)."""
        product = self.vocabulary.matrix(texts) @ self.weights
        return np.asarray(product, dtype=np.float64) + self.bias

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of each label, shape (texts, labels); rows add up to 1."""
        return np.asarray(special.softmax(self.distances(texts) / self.temperature, axis=1))

    def spread(self, text: str) -> Spread:
        """Return the probability of each label for one text, and the distance of the likeliest."""
        distances = self.distances([text])
        probabilities = special.softmax(distances[0] / self.temperature)
        return Spread(dict(zip(self.labels, probabilities.tolist(), strict=True)), float(distances.max()))

    def guesses(self, texts: Sequence[str]) -> list[str]:
        """Return the likeliest label of each text."""
        return [self.labels[place] for place in self.distances(texts).argmax(axis=1)]

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything in it, as arrays."""
        return {
            "labels": np.array(self.labels),
            "features": np.array(list(self.vocabulary.columns)),
            "idf": self.vocabulary.idf,
            "idf_unknown": np.array(self.vocabulary.idf_unknown),
            "sizes": np.array(self.vocabulary.sizes),
            "weights": self.weights,
            "bias": self.bias,
            "temperature": np.array(self.temperature),
        }

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> LinearText:
        """Make a model of what `arrays` returned."""
        columns = {name: column for column, name in enumerate(arrays["features"].tolist())}
        vocabulary = Vocabulary(
            tuple(arrays["sizes"].tolist()), columns, arrays["idf"], float(arrays["idf_unknown"])
        )
        labels = tuple(arrays["labels"].tolist())
        return cls(labels, vocabulary, arrays["weights"], arrays["bias"], float(arrays["temperature"]))


def _bags(texts: Sequence[str], sizes: Sequence[int]) -> tuple[Bags, Bags]:
    """Count words with pairs of words, and runs of characters; the latter are marked."""
    split = [words(text) for text in texts]
    found = bags_of_words([[*one, *pairs(one)] for one in split])
    runs = bags_of_grams(bags_of_words(split), sizes)
    marked = tuple(f"\x00{name}" for name in runs.features)
    return found, type(runs)(runs.texts, marked, runs.bounds, runs.rows, runs.counts)
