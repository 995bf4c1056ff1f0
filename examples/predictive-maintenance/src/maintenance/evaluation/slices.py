"""Where the model is good and where not: by kind of row, by failure mode, and the worst single mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import contract
from ..model import features, fitting
from ..portfolio.ranking import average_precision
from .measures import HEADLINE, at_threshold, interval
from .protocols import REPEATED

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from ..params import Params
    from .measures import Metric
    from .protocols import Scored

WEAR = ("low", "middle", "high")  # thirds of all readings
FEWEST_FAILURES = 5  # in a slice whose ranking is measured; below, one failure decides the figure


def slices(
    readings: pd.DataFrame, scored: Scored, groups: NDArray[Any] | None, threshold: float, params: Params
) -> list[dict[str, Any]]:
    """Measure the served model by quality class, tool wear and failure mode, on the pooled random test parts.

    Args:
        readings: all of them, canonical columns.
        scored: pooled test parts; a row may be in several, so `groups` must hold its copies together.
        groups: number of the tool of every row of `scored`.
        threshold: probability from which on an alarm is raised.
        params: of the project.
    """
    rows = readings.iloc[scored.rows]
    thirds = np.quantile(readings["wear_min"], [1 / 3, 2 / 3])
    wear = np.array(WEAR)[np.searchsorted(thirds, rows["wear_min"])]
    kinds = {("type", name): (rows["type"] == name).to_numpy() for name in features.TYPES}
    kinds |= {("tool wear", name): wear == name for name in WEAR}
    alarm = at_threshold(threshold)["recall"]
    measured = [_ranking(*by, of, scored=scored, groups=groups, params=params) for by, of in kinds.items()]
    return measured + [
        _recall(mode, of, alarm, scored=scored, groups=groups, params=params)
        for mode, of in _modes(rows, scored.failure == 1).items()
    ]


def _modes(rows: pd.DataFrame, failed: NDArray[np.bool_]) -> dict[str, NDArray[np.bool_]]:
    """Return by mode which failures have it; nothing where the data know no modes."""
    # The random-failure flag is no part of the label: a failure with that flag alone has none of the modes.
    known = [mode for mode in contract.MODES if mode in rows and mode != "rnf"]
    modes = {mode.upper(): failed & (rows[mode] == 1).to_numpy() for mode in known}
    return modes | {"none of them": failed & ~np.any(list(modes.values()), axis=0)} if modes else {}


def _ranking(
    by: str,
    group: str,
    of: NDArray[np.bool_],
    *,
    scored: Scored,
    groups: NDArray[Any] | None,
    params: Params,
) -> dict[str, Any]:
    failure, score = scored.failure[of], scored.scores[fitting.SERVED][of]
    row = _row(by, group, HEADLINE, len(failure)) | {"positives": int(failure.sum())}
    if len(failure) < params.evaluation.minimum_slice or failure.sum() < FEWEST_FAILURES:
        return row
    found = interval(average_precision, failure, score, params, None if groups is None else groups[of])
    return row | {"value": found.value, "ci95": found.as_list()}


def _recall(
    mode: str,
    of: NDArray[np.bool_],
    alarm: Metric,
    *,
    scored: Scored,
    groups: NDArray[Any] | None,
    params: Params,
) -> dict[str, Any]:
    """Measure the share of one mode's failures that raise an alarm; resampled with all rows, as they came."""
    row = _row("failure mode", mode, "recall", int(of.sum()))
    if of.sum() < params.evaluation.minimum_slice:
        return row
    found = interval(alarm, of, scored.scores[fitting.SERVED], params, groups)
    return row | {"value": found.value, "ci95": found.as_list()}


def _row(by: str, group: str, metric: str, n: int) -> dict[str, Any]:
    """Return a slice without a value, which is what too small a one keeps."""
    return {
        "by": by,
        "group": group,
        "metric": metric,
        "protocol": REPEATED,
        "model": fitting.SERVED,
        "n": n,
        "value": None,
        "ci95": None,
    }


def worst_mistakes(readings: pd.DataFrame, scored: Scored, shown: int = 3) -> dict[str, str]:
    """Describe the failures with the lowest and the good rows with the highest probability."""
    rows, score = readings.iloc[scored.rows], scored.scores[fitting.SERVED]
    order = np.argsort(score, kind="stable")
    lowest = [n for n in order if scored.failure[n] == 1][:shown]
    highest = [n for n in order[::-1] if scored.failure[n] == 0][:shown]
    return {
        f"{kind}_{place + 1}": _described(rows.iloc[found[place]], float(score[found[place]]))
        if place < len(found)
        else "none"
        for kind, found in (("missed", lowest), ("false_alarm", highest))
        for place in range(shown)
    }


def _described(row: pd.Series[Any], score: float) -> str:
    modes = [mode.upper() for mode in contract.MODES if row.get(mode) == 1]
    return (
        f"reading {row['uid']}: class {row['type']}, {row['speed_rpm']:g} rpm, {row['torque_nm']:g} Nm, "
        f"{row['wear_min']:g} min of wear, "
        f"{row['process_temperature_k'] - row['air_temperature_k']:.1f} K above the air; "
        f"predicted {score:.3f}; modes: {', '.join(modes) or 'none'}"
    )
