"""Do the probabilities mean what they say? Predicted against observed shares of failures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import fitting
from .measures import brier

if TYPE_CHECKING:
    from ..params import Params
    from .protocols import Scored


def table(scored: Scored, protocol: str, params: Params) -> dict[str, Any]:
    """Compare predicted with observed shares in equally wide bins.

    Source of the expected calibration error: Naeini, Cooper and Hauskrecht (2015), section 3.
    """
    failure, score = scored.failure, scored.scores[fitting.SERVED]
    count = params.evaluation.bins
    place = np.minimum((score * count).astype(int), count - 1)
    bins, error = [], 0.0
    for n in range(count):
        here = place == n
        predicted, observed = (float(v[here].mean()) if here.any() else None for v in (score, failure))
        if predicted is not None and observed is not None:
            error += abs(predicted - observed) * float(here.mean())
        bins.append(
            {
                "low": n / count,
                "high": (n + 1) / count,
                "n": int(here.sum()),
                "predicted": predicted,
                "observed": observed,
            }
        )
    return {
        "protocol": protocol,
        "model": fitting.SERVED,
        "brier": brier(failure, score),
        "baseline_brier": brier(failure, scored.scores["dummy"]),
        "ece": error,
        "bins": bins,
    }
