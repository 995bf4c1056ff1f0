"""The figures of merit: pure functions of arrays, and their 95 % intervals over questions.

A ranking is measured by the place of the first ticket that is about the same thing as the question: places
count from 1, and 0 says that none of the tickets that were looked at is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..portfolio.intervals import Interval, bootstrap, paired_difference, wilson

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ..params import Params

    Metric = Callable[[NDArray[Any], NDArray[Any]], float]  # of truth and guess

FIRST = "hit@1"  # the headline: the first ticket is about the same thing


def first_places(relevant: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the place of the first relevant ticket of each ranking; 0 where there is none.

    Args:
        relevant: shape (questions, places), best first.

    >>> first_places(np.array([[False, True, True], [False, False, False]])).tolist()
    [2, 0]
    """
    if not relevant.shape[1]:
        return np.zeros(len(relevant), dtype=np.int64)
    return np.where(relevant.any(axis=1), relevant.argmax(axis=1) + 1, 0)


def hits(places: NDArray[np.int64], within: int) -> NDArray[np.float64]:
    """Return 1 for each question with a relevant ticket among the first `within`, else 0.

    >>> hits(np.array([2, 0, 1]), 1).tolist()
    [0.0, 0.0, 1.0]
    """
    return ((places > 0) & (places <= within)).astype(np.float64)


def reciprocal(places: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return 1 / place, and 0 where nothing was found; the mean is MRR.

    Source: Voorhees (1999), The TREC-8 Question Answering Track Report, section 3.

    >>> reciprocal(np.array([2, 0, 1])).tolist()
    [0.5, 0.0, 1.0]
    """
    return np.where(places > 0, 1 / np.maximum(places, 1), 0.0)


def accuracy(truth: NDArray[np.int64], guess: NDArray[np.int64]) -> float:
    """Return the share of right guesses."""
    return float(np.mean(truth == guess))


def macro_f1(truth: NDArray[np.int64], guess: NDArray[np.int64]) -> float:
    """Return the mean F1 of the classes that occur, in truth or as a guess; each counts the same.

    Args:
        truth, guess: shape (n,); the number of the class, 0 or more.

    >>> round(macro_f1(np.array([0, 0, 1, 2]), np.array([0, 1, 1, 1])), 4)  # (2/3 + 1/2 + 0) / 3
    0.3889
    """
    classes = int(max(truth.max(), guess.max())) + 1
    right = np.bincount(truth[truth == guess], minlength=classes)
    seen = np.bincount(truth, minlength=classes) + np.bincount(guess, minlength=classes)
    there = seen > 0
    return float(np.mean(2 * right[there] / seen[there]))


def risk_coverage(
    right: NDArray[np.bool_], confidence: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the share answered and the share of it that is wrong, for each confidence from the highest down.

    Questions with equal confidence are answered together. Source: Geifman and El-Yaniv (2017), Selective
    Classification for Deep Neural Networks, section 2.

    >>> risk_coverage(np.array([True, False, True]), np.array([0.9, 0.5, 0.5]))[1].round(3).tolist()
    [0.0, 0.333]
    """
    order = np.argsort(-confidence, kind="stable")
    last = np.append(confidence[order][1:] != confidence[order][:-1], True)
    answered = np.arange(1, len(order) + 1)[last]
    wrong = np.cumsum(~right[order])[last]
    return answered / len(order), wrong / answered


def area_under_risk(right: NDArray[np.bool_], confidence: NDArray[np.float64]) -> float:
    """Return the area under the risk-coverage curve: 0 is perfect, the share of wrong ones says nothing.

    >>> area_under_risk(np.array([True, False]), np.array([0.9, 0.1]))  # 0 for one half, 1/2 for the other
    0.25
    """
    coverage, risk = risk_coverage(right, confidence)
    return float(np.sum(risk * np.diff(coverage, prepend=0.0)))


def mean(values: NDArray[np.float64], params: Params) -> Interval:
    """Return the mean over questions with its interval.

    Resampling equal values would say that there is no doubt; where all are 0, or all 1, it is Wilson's.
    """
    if (values == values[0]).all():
        value = float(values[0])
        return Interval(value, *(wilson(value, len(values)) if value in (0, 1) else (value, value)))
    return measured(lambda _, one: float(one.mean()), values, values, params)


def difference(one: NDArray[np.float64], other: NDArray[np.float64], params: Params) -> Interval:
    """Return the mean of `one` minus that of `other`, on the same questions in every resample."""
    if (one == other).all():
        return Interval(0.0, 0.0, 0.0)
    return paired_difference(
        lambda _, values: float(values.mean()),
        np.arange(len(one)),
        one,
        other,
        resamples=params.evaluation.resamples,
        seed=params.seed,
    )


def measured(metric: Metric, truth: NDArray[Any], guess: NDArray[Any], params: Params) -> Interval:
    """Return `metric(truth, guess)` with its interval."""
    again, seed = params.evaluation.resamples, params.seed
    if len(truth) > 1 and (truth == truth[0]).all():  # the bootstrap draws again what does not vary
        rows = np.arange(len(truth))
        return bootstrap(
            lambda drawn, _: metric(truth[drawn], guess[drawn]), rows, rows, resamples=again, seed=seed
        )
    return bootstrap(metric, truth, guess, resamples=again, seed=seed)


def row(name: str, protocol: str, model: str, found: Interval, n: int) -> dict[str, Any]:
    """Return one of the evidence's `metrics`."""
    return {
        "name": name,
        "protocol": protocol,
        "model": model,
        "value": found.value,
        "ci95": found.as_list(),
        "n": n,
    }
