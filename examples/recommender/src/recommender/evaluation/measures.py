"""Metrics of judged lists with their intervals, in the form that the evidence holds them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model.candidates import BASELINE
from ..portfolio.intervals import Interval, bootstrap, paired_difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from ..model.judge import Judged
    from ..params import Params
    from .protocols import Tested

HEADLINE = "ndcg"
PER_USER = ("ndcg", "recall", "map")
GAIN = "ndcg_gain"  # over popularity, on the same resamples


def of_protocol(tested: Tested, params: Params) -> list[dict[str, Any]]:
    """Return every metric of every model under one protocol."""
    rows = []
    for name, judged in tested.judged.items():
        for metric in PER_USER:
            interval = mean(getattr(judged, metric), params)
            rows.append(_row(metric, tested, name, interval, len(judged.users)))
        if name != BASELINE:
            gain = difference(tested, name, params)
            rows.append(_row(GAIN, tested, name, gain, len(judged.users)))
        rows += _of_lists(judged, tested, name)
        if name in tested.rmse:
            row = _row("rmse", tested, name, None, len(tested.parts.test))
            rows.append(row | {"value": tested.rmse[name]})
    return rows


def mean(values: NDArray[np.float64], params: Params) -> Interval:
    """Return the mean over users with its interval; users are drawn."""
    if (values == values[0]).all():
        return Interval(float(values[0]), float(values[0]), float(values[0]))
    return bootstrap(
        lambda _, one: float(one.mean()),
        values,
        values,
        resamples=params.evaluation.resamples,
        seed=params.seed,
    )


def difference(tested: Tested, name: str, params: Params, other: str = BASELINE) -> Interval:
    """Return mean NDCG of `name` minus that of `other`, on the same users in every resample."""
    one, two = (tested.judged[model].ndcg for model in (name, other))
    if (one == two).all():
        return Interval(0.0, 0.0, 0.0)
    return paired_difference(
        lambda _, values: float(values.mean()),
        np.arange(len(one)),
        one,
        two,
        resamples=params.evaluation.resamples,
        seed=params.seed,
    )


def coverage(lists: NDArray[np.int32], items: int) -> float:
    """Return the share of the catalogue that is on somebody's list.

    >>> coverage(np.array([[0, 1], [1, -1]]), 4)
    0.5
    """
    return len(np.unique(lists[lists >= 0])) / items


def novelty(lists: NDArray[np.int32], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean surprise of each list in bits: -log2 of the share of users who have had an item.

    Args:
        lists: places of items, -1 for none; shape (users, k).
        share: of the training users who have had each item, shape (items,). An item that nobody has had
            counts as had by half a user.

    Source: Vargas and Castells (2011), Rank and relevance in novelty and diversity metrics, RecSys 5,
    section 3.1.

    >>> novelty(np.array([[0, 1]]), np.array([0.5, 0.125]))
    array([2.])
    """
    bits = -np.log2(share)
    there = lists >= 0
    return np.asarray((np.where(there, bits[lists], 0)).sum(axis=1) / np.maximum(there.sum(axis=1), 1))


def gini(lists: NDArray[np.int32], items: int) -> float:
    """Return how unequally the recommendations fall on the catalogue: 0 all alike, near 1 on a few.

    >>> gini(np.array([[0], [1]]), 2), round(gini(np.array([[0], [0]]), 4), 2)
    (0.0, 0.75)

    Source: Adomavicius and Kwon (2012), IEEE TKDE 24(5), section 4.3.
    """
    counts = np.sort(np.bincount(lists[lists >= 0], minlength=items))
    rank = np.arange(1, items + 1)
    return float((2 * rank - items - 1) @ counts / (items * counts.sum()))


def shares(tested: Tested) -> NDArray[np.float64]:
    """Return the share of the training users who have had each item, at least that of half a user."""
    train = tested.parts.train
    users = len(np.unique(train.user))
    counts = np.bincount(train.item, minlength=len(train.items))
    return np.maximum(counts, 0.5) / users


def value(rows: list[dict[str, Any]], metric: str, protocol: str, model: str) -> Mapping[str, Any]:
    """Return one row of the metrics."""
    return next(
        row for row in rows if (row["name"], row["protocol"], row["model"]) == (metric, protocol, model)
    )


def _of_lists(judged: Judged, tested: Tested, name: str) -> list[dict[str, Any]]:
    """Return what all lists together look like."""
    items, n = len(tested.parts.train.items), len(judged.users)
    figures = {
        "coverage": coverage(judged.lists, items),
        "novelty_bits": float(novelty(judged.lists, shares(tested)).mean()),
        "gini": gini(judged.lists, items),
    }
    return [_row(metric, tested, name, None, n) | {"value": figure} for metric, figure in figures.items()]


def _row(metric: str, tested: Tested, model: str, interval: Interval | None, n: int) -> dict[str, Any]:
    return {
        "name": metric,
        "protocol": tested.parts.protocol,
        "model": model,
        "value": interval.value if interval else None,
        "ci95": interval.as_list() if interval else None,
        "n": n,
    }
