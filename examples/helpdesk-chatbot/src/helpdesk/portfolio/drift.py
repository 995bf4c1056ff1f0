"""Do new data still look like those the model was trained on?

Two figures a feature. PSI, the population stability index, compares shares of rows in bins; it is read as
below 0.1 no change, 0.1 to 0.2 some, from 0.2 on a change to act on. KS, the Kolmogorov-Smirnov statistic, is
the largest distance between the two cumulated distributions; it finds narrow changes that bins hide. Neither
needs the truth, and neither says that the predictions got worse, only that nobody has measured them on data
like these.

Sources: Siddiqi (2006), Credit Risk Scorecards (PSI and its reading); Smirnov (1948), Annals of Mathematical
Statistics 19(2), 279-281 (two-sample KS).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy import stats

from .errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

Level = Literal["none", "moderate", "alarm", "too few rows"]

MODERATE = 0.5  # share of the alarm from which on a change is moderate
# A shift that gives a PSI of 0.2 on a normal feature (0.45 standard deviations) gives a KS of about 0.18.
KS_ALARM = 0.18
KS_CHANCE = 0.001  # p value from which on a KS distance counts as chance


@dataclass(frozen=True, slots=True)
class Drift:
    """How far one feature has moved."""

    name: str
    psi: float | None  # 0 or more; None where there are too few rows
    ks: float | None  # 0..1; None for text and for too few rows
    p_value: float | None  # of `ks`
    level: Level
    n: int  # rows of the current data


def psi(reference: NDArray[Any], current: NDArray[Any], *, bins: int = 10) -> float:
    """Return the population stability index of one feature.

    It is the sum over bins of (current - reference) x ln(current / reference), of shares of rows.

    Numbers are binned by quantiles of the reference. A feature with at most `bins` distinct values, and text,
    has a bin a value, and one for values that the reference does not have. Missing numbers have a bin of
    their own. An empty bin counts as half a row, since the logarithm of nothing is undefined.

    Args:
        reference: shape (n,); what the model was trained on.
        current: shape (m,); the new data.
        bins: 2 or more.

    Returns:
        0 or more; 0 for equal shares.

    Raises:
        DataError: one of them has no rows.

    >>> before, after = np.array([0] * 50 + [1] * 50), np.array([0] * 20 + [1] * 80)
    >>> round(psi(before, after), 3)  # (.2 - .5) ln(.2 / .5) + (.8 - .5) ln(.8 / .5)
    0.416
    """
    reference, current = np.asarray(reference), np.asarray(current)
    if not len(reference) or not len(current):
        raise DataError("no rows to compare; drift needs some on both sides")
    if _is_text(reference) != _is_text(current):
        raise DataError(f"a feature of {reference.dtype} cannot be compared with one of {current.dtype}")
    if _is_text(reference):
        reference, current = reference.astype(str), current.astype(str)  # None and nan become a word each
    values = np.unique(reference[~_missing(reference)])
    if _is_text(reference) or len(values) <= bins:
        before, after = _by_value(reference, values), _by_value(current, values)
    else:
        edges = np.unique(np.quantile(reference[~_missing(reference)], np.linspace(0, 1, bins + 1)[1:-1]))
        before, after = _by_range(reference, edges), _by_range(current, edges)
    expected = np.maximum(before, 0.5) / len(reference)
    actual = np.maximum(after, 0.5) / len(current)
    moved = np.where(before + after > 0, (actual - expected) * np.log(actual / expected), 0.0)
    return float(moved.sum())


def ks(reference: NDArray[Any], current: NDArray[Any]) -> tuple[float, float]:
    """Return the two-sample Kolmogorov-Smirnov statistic (0..1) and the p value of no change.

    Missing numbers are left out.

    Raises:
        DataError: one of them has no numbers.
    """
    before, after = (column[~_missing(column)].astype(np.float64) for column in (reference, current))
    if not len(before) or not len(after):
        raise DataError("no numbers to compare; drift needs some on both sides")
    result = stats.ks_2samp(before, after, method="asymp")
    return float(result.statistic), float(result.pvalue)


def compare(
    reference: Mapping[str, NDArray[Any]],
    current: Mapping[str, NDArray[Any]],
    *,
    minimum: int = 500,
    psi_alarm: float = 0.2,
    ks_alarm: float = KS_ALARM,
) -> list[Drift]:
    """Compare every feature of the reference; the order is the reference's.

    Args:
        reference: feature name to its values, shape (n,).
        current: the same features, shape (m,); further ones are ignored.
        minimum: rows below which chance alone moves the figures too much for a verdict.
        psi_alarm: PSI from which on it is an alarm; half of it is moderate.
        ks_alarm: KS from which on it is an alarm, unless its p value says chance; half of it is moderate.

    Raises:
        DataError: the current data lack a feature.
    """
    if lacking := [name for name in reference if name not in current]:
        raise DataError(f"current data lack {', '.join(lacking)}; expected {', '.join(reference)}")
    limits = {"psi_alarm": psi_alarm, "ks_alarm": ks_alarm}
    return [
        _compared(name, np.asarray(before), np.asarray(current[name]), minimum=minimum, **limits)
        for name, before in reference.items()
    ]


def table(drifts: Iterable[Drift]) -> str:
    """Return the comparison as a Markdown table."""
    lines = ["| Feature | Rows | PSI | KS | p value | Change |", "| --- | ---: | ---: | ---: | ---: | --- |"]
    for drift in drifts:
        psi_, ks_ = ("n/a" if figure is None else f"{figure:.3f}" for figure in (drift.psi, drift.ks))
        p_value = "n/a" if drift.p_value is None else f"{drift.p_value:.2g}"
        lines.append(f"| {drift.name} | {drift.n:,} | {psi_} | {ks_} | {p_value} | {drift.level} |")
    return "\n".join(lines) + "\n"


def _compared(
    name: str,
    before: NDArray[Any],
    after: NDArray[Any],
    *,
    minimum: int,
    psi_alarm: float,
    ks_alarm: float,
) -> Drift:
    if min(len(before), len(after)) < minimum:
        return Drift(name, None, None, None, "too few rows", len(after))
    try:
        index = psi(before, after)
    except DataError as error:
        raise DataError(f"{name}: {error}") from None
    distance = p_value = None
    if not (_is_text(before) or _missing(before).all() or _missing(after).all()):
        distance, p_value = ks(before, after)
    beyond_chance = distance if distance is not None and p_value is not None and p_value < KS_CHANCE else 0.0
    severity = max(index / psi_alarm, beyond_chance / ks_alarm)
    level: Level = "alarm" if severity >= 1 else "moderate" if severity >= MODERATE else "none"
    return Drift(name, index, distance, p_value, level, len(after))


def _is_text(column: NDArray[Any]) -> bool:
    return column.dtype.kind not in "biuf"


def _missing(column: NDArray[Any]) -> NDArray[np.bool_]:
    if column.dtype.kind == "f":
        return np.asarray(np.isnan(column))
    return np.zeros(len(column), dtype=np.bool_)


def _by_value(column: NDArray[Any], values: NDArray[Any]) -> NDArray[np.float64]:
    """Count the rows of each value, then the missing ones, then those of any other value."""
    counts = [np.sum(column == value) for value in values] + [np.sum(_missing(column))]
    return np.array([*counts, len(column) - sum(counts)], dtype=np.float64)


def _by_range(column: NDArray[Any], edges: NDArray[Any]) -> NDArray[np.float64]:
    """Count the rows between the edges, then the missing ones."""
    present = column[~_missing(column)]
    ranges = np.bincount(np.searchsorted(edges, present, side="right"), minlength=len(edges) + 1)
    return np.append(ranges, len(column) - len(present)).astype(np.float64)
