"""How sure a figure is: 95 % intervals by resampling the test rows.

Percentile bootstrap: draw as many rows as there are, with replacement, measure again, and take the middle
95 % of the results. Rows are drawn without regard to their class, so the chance in the number of positives
is part of the interval (a stratified draw would be narrower); a draw in which every truth is the same
measures nothing and is drawn again. Where rows belong together (one user's ratings, one device's days) name
their group: whole groups are drawn, or the interval would be too narrow.

Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 8 (what to resample) and
13 (percentiles).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import EvidenceError

Values = NDArray[Any]
Metric = Callable[[Values, Values], float]

TAILS = (0.025, 0.975)
FEWEST_RESAMPLES = 40  # below, a tail of 2.5 % holds less than one resample


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with its 95 % interval."""

    value: float  # measured on the rows as they are
    low: float
    high: float

    def as_list(self) -> list[float]:
        """Return [low, high], which evidence calls ci95."""
        return [self.low, self.high]


def bootstrap(
    metric: Metric, truth: Values, score: Values, *, resamples: int, seed: int, groups: Values | None = None
) -> Interval:
    """Measure `metric(truth, score)` with its 95 % interval.

    Args:
        metric: any figure of (truth, score). It is called once a resample, so it should be quick.
        truth: shape (n, ...); not all the same.
        score: shape (n, ...).
        resamples: at least 40; 1,000 is usual for an interval.
        seed: the same seed draws the same rows.
        groups: shape (n,); rows with the same value are drawn together. None: every row by itself.

    Raises:
        EvidenceError: no rows, lengths differ, every truth is the same, or the metric is not a finite number.

    >>> hours = np.arange(10.0)
    >>> mean = bootstrap(lambda _, x: x.mean(), hours, hours, resamples=1000, seed=1)
    >>> mean.value, round(mean.low, 1), round(mean.high, 1)
    (4.5, 2.7, 6.3)
    """
    truth, score = np.asarray(truth), np.asarray(score)
    _check((truth, score), groups, resamples)
    return _percentiles(lambda rows: metric(truth[rows], score[rows]), truth, groups, resamples, seed)


def paired_difference(
    metric: Metric,
    truth: Values,
    score_a: Values,
    score_b: Values,
    *,
    resamples: int,
    seed: int,
    groups: Values | None = None,
) -> Interval:
    """Measure the metric of `score_a` minus that of `score_b`, both on the same rows in every resample.

    A draw that is easy for one score is easy for the other, so this interval is narrower than two separate
    ones suggest. Arguments and errors as in `bootstrap`.
    """
    truth, a, b = np.asarray(truth), np.asarray(score_a), np.asarray(score_b)
    _check((truth, a, b), groups, resamples)

    def difference(rows: Values) -> float:
        return metric(truth[rows], a[rows]) - metric(truth[rows], b[rows])

    return _percentiles(difference, truth, groups, resamples, seed)


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `n` (above 0); stays within 0..1. Source: Wilson (1927).

    >>> [round(end, 3) for end in wilson(0.0, 100)]
    [0.0, 0.037]
    """
    z = 1.96
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * float(np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)))
    return max(0.0, middle - half), min(1.0, middle + half)


def _percentiles(
    measure: Callable[[Values], float], truth: Values, groups: Values | None, resamples: int, seed: int
) -> Interval:
    """Apply `measure`, a function of row numbers, to all rows and to each draw of rows."""
    random = np.random.default_rng(seed)
    if groups is None:
        units = None
    else:
        _, unit_of_row = np.unique(groups, return_inverse=True)
        by_unit = np.argsort(unit_of_row, kind="stable")
        units = np.split(by_unit, np.cumsum(np.bincount(unit_of_row))[:-1])

    def draw() -> Values:
        while True:
            count = len(truth) if units is None else len(units)
            drawn = random.integers(count, size=count)
            rows = drawn if units is None else np.concatenate([units[unit] for unit in drawn])
            if _varies(truth[rows]):
                return rows

    value = float(measure(np.arange(len(truth))))
    results = np.array([measure(draw()) for _ in range(resamples)], dtype=np.float64)
    if not (np.isfinite(value) and np.isfinite(results).all()):
        raise EvidenceError(
            "the metric is not a finite number on these rows; an interval needs it on every resample"
        )
    low, high = np.quantile(results, TAILS)
    return Interval(value, float(low), float(high))


def _check(columns: tuple[Values, ...], groups: Values | None, resamples: int) -> None:
    lengths = {len(column) for column in (*columns, *(() if groups is None else (groups,)))}
    if lengths == {0}:
        raise EvidenceError("no rows to measure on; an interval needs at least two")
    if len(lengths) > 1:
        raise EvidenceError(f"truth, score and groups have {sorted(lengths)} rows; expected the same number")
    if not _varies(columns[0]):
        raise EvidenceError(
            f"every truth is {columns[0].flat[0]}; an interval needs both classes or different values"
        )
    if groups is not None and len(np.unique(groups)) < 2:
        raise EvidenceError("all rows belong to one group; an interval needs at least two groups")
    if resamples < FEWEST_RESAMPLES:
        raise EvidenceError(f"{resamples} resamples; a 95 % interval needs at least {FEWEST_RESAMPLES}")


def _varies(truth: Values) -> bool:
    return bool((truth != truth[0]).any())
