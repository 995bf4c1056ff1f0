"""How probable it is that the first ticket is right: a logistic regression on a handful of features.

There are two of them. Of a ticket whose intent is known, the intent model has an opinion; of one that was
learned a minute ago it has none, so there the search speaks alone. How long a question is counts in neither:
people are short in a chat and long in a ticket.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import optimize, special

from ..retrieval.text import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..params import Threshold
    from ..retrieval.index import Hit
    from .linear import Spread

    # Features, shape (questions, 3 or 4), and whether the first ticket was about the question's topic.
    Judged = tuple[NDArray[np.float64], NDArray[np.bool_]]

BY_SEARCH, BY_BOTH = 3, 4  # features without and with an intent
_RIDGE = 1e-3  # holds the weights where a feature parts right from wrong without exception
_SHORTEST = 3  # letters of a word that says something; "8" and "a" are in some ticket, too
_IDEOGRAPHS = "\u3040"  # from here on one character can be a word


@dataclass(frozen=True, slots=True)
class Logistic:
    """A logistic regression without weights below 0: a better match never makes it less sure."""

    weights: NDArray[np.float64]  # (features,)
    bias: float

    @classmethod
    def fit(cls, features: NDArray[np.float64], right: NDArray[np.bool_]) -> Logistic:
        """Fit it by the largest likelihood; where all are right, or all wrong, it always says their share.

        Args:
            features: shape (questions, features).
            right: shape (questions,); at least one.
        """
        if right.all() or not right.any():
            share = (right.sum() + 1) / (len(right) + 2)  # Laplace's rule: nobody is always right
            return cls(np.zeros(features.shape[1]), float(special.logit(share)))
        spread = np.maximum(features.std(axis=0), 1e-9)
        scaled, sign = features / spread, np.where(right, 1.0, -1.0)

        def loss(row: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
            margin = sign * (scaled @ row[:-1] + row[-1])
            pull = -sign * special.expit(-margin) / len(sign)
            slope = np.append(scaled.T @ pull + _RIDGE * row[:-1], pull.sum())
            return float(-special.log_expit(margin).mean() + _RIDGE / 2 * (row[:-1] ** 2).sum()), slope

        bounds = [(0.0, None)] * scaled.shape[1] + [(None, None)]
        found = optimize.minimize(loss, np.zeros(len(bounds)), jac=True, method="L-BFGS-B", bounds=bounds)
        return cls(found.x[:-1] / spread, float(found.x[-1]))

    def probabilities(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of each row, shape (rows,)."""
        return np.asarray(special.expit(features @ self.weights + self.bias))


@dataclass(frozen=True, slots=True)
class Confidence:
    """The two regressions; without intents there is but one."""

    by_search: Logistic
    by_both: Logistic | None

    @classmethod
    def fit(cls, search: Judged, both: Judged) -> Confidence:
        """Fit on validation questions.

        Args:
            search: in the order of the search alone.
            both: in the order with the intent model; no rows without one.
        """
        return cls(Logistic.fit(*search), Logistic.fit(*both) if len(both[0]) else None)

    def of(self, features: NDArray[np.float64]) -> float:
        """Return the probability that the first ticket is right, 0 to 1.

        Args:
            features: shape (3,) or (4,).
        """
        model = self.by_both if len(features) == BY_BOTH and self.by_both else self.by_search
        return float(model.probabilities(features[None, : len(model.weights)])[0])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything in it, as arrays."""
        both = {"both": _row(self.by_both)} if self.by_both else {}
        return {"search": _row(self.by_search), **both}

    @classmethod
    def restore(cls, arrays: Mapping[str, NDArray[Any]]) -> Confidence:
        """Make one of what `arrays` returned."""
        return cls(_logistic(arrays["search"]), _logistic(arrays["both"]) if "both" in arrays else None)


def says_something(question: str) -> bool:
    """Say whether a question has a word at all; a letter or a number alone finds tickets, too.

    >>> says_something("VPN?"), says_something("2 b"), says_something("日本")
    (True, False, True)
    """
    return any(
        (len(word) >= _SHORTEST and not word.isdigit()) or word >= _IDEOGRAPHS for word in words(question)
    )


def features(
    first: str, pool: Sequence[Hit], known: float, intent_of: Callable[[str], str], intents: Spread | None
) -> NDArray[np.float64]:
    """Return what the confidence is made of.

    Args:
        first: the ticket that is to be judged.
        pool: what the search has found, with the search's own scores; `first` is among them.
        known: share of the question that is in words which some ticket has.
        intent_of: what a ticket is about; "" where nobody has said so: then it is a topic of its own.
        intents: what the intent model thinks of the question; None without one.

    Returns:
        Shape (3,): the ticket's score, its lead over the best one of another topic, `known`. Shape (4,) where
        the model knows the ticket's intent: its probability, how far the text is on the right side of the
        likeliest one's hyperplane, the lead, `known`.
    """
    topic = intent_of(first) or first
    score = other = 0.0
    for hit in pool:
        if (intent_of(hit.ticket) or hit.ticket) != topic:
            other = max(other, hit.score)
        elif hit.ticket == first:
            score = hit.score
    if intents is None or topic not in intents.probabilities:
        return np.array([score, score - other, known], dtype=np.float64)
    row = [intents.probabilities[topic], intents.farthest, score - other, known]
    return np.array(row, dtype=np.float64)


def threshold(confidence: NDArray[np.float64], right: NDArray[np.bool_], costs: Threshold) -> float:
    """Return the confidence from which on answering costs least in all; the highest of equally good ones.

    Args:
        confidence: shape (questions,), 0 to 1.
        right: shape (questions,).
        costs: the section [threshold].

    Returns:
        Halfway between the last that is answered and the first that is not; above 1 where none is answered.

    >>> from helpdesk.params import Threshold
    >>> right = np.array([True, True, False])
    >>> threshold(np.array([0.9, 0.75, 0.25]), right, Threshold(5.0, 1.0, 0.5))
    0.5
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, wrong = confidence[order], ~right[order]
    # How many can be answered: those with equal confidence are answered together, or not.
    counts = np.append(0, np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True)) + 1)
    wrongs = np.append(0, np.cumsum(wrong))[counts]
    cost = costs.wrong_answer * wrongs + costs.person * (len(order) - counts)
    answered = int(counts[np.argmin(cost)])
    if not answered:
        return float(np.nextafter(1.0, 2.0))
    below = float(ranked[answered]) if answered < len(ranked) else 0.0
    return (float(ranked[answered - 1]) + below) / 2


def _row(model: Logistic) -> NDArray[np.float64]:
    return np.append(model.weights, model.bias)


def _logistic(row: NDArray[np.float64]) -> Logistic:
    return Logistic(row[:-1], float(row[-1]))
