"""Do the probabilities mean what they say? Predicted against observed shares."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def brier(truth: NDArray[Any], score: NDArray[Any]) -> float:
    """Mean squared error of the probabilities; 0 is perfect. Source: Brier (1950)."""
    return float(np.mean((score - truth) ** 2))


def table(truth: NDArray[Any], score: NDArray[Any], *, bins: int, base_rate: float) -> dict[str, Any]:
    """Compare predicted with observed shares in equally wide bins; returns the evidence's `calibration`.

    Args:
        truth: shape (n,); 1 or 0. score: shape (n,); probability of 1.
        bins: how many. base_rate: share of 1 in the training part, which a model without features predicts.

    Source of the expected calibration error: Naeini, Cooper and Hauskrecht (2015), section 3.

    >>> found = table(np.array([0, 1, 1, 1]), np.array([0.25, 0.25, 0.75, 0.75]), bins=2, base_rate=0.5)
    >>> found["ece"], found["bins"][1]["observed"]
    (0.25, 1.0)
    """
    place = np.minimum((score * bins).astype(int), bins - 1)
    rows, error = [], 0.0
    for n in range(bins):
        here = place == n
        predicted, observed = (float(v[here].mean()) if here.any() else None for v in (score, truth))
        if predicted is not None and observed is not None:
            error += abs(predicted - observed) * float(here.mean())
        rows.append(
            {
                "low": n / bins,
                "high": (n + 1) / bins,
                "n": int(here.sum()),
                "predicted": predicted,
                "observed": observed,
            }
        )
    return {
        "brier": brier(truth, score),
        "baseline_brier": brier(truth, np.full(len(truth), base_rate)),
        "ece": error,
        "bins": rows,
    }
