"""A figure with its interval beside another: how name and numbers are written, where they lie on an axis."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.showcase.entry import Measure

_INITIALS = {
    "auc",
    "ap",
    "ndcg",
    "map",
    "mrr",
    "mae",
    "mse",
    "rmse",
    "mape",
    "roc",
    "pr",
    "f1",
    "r2",
    "bleu",
    "wer",
}


def metric_name(metric: str) -> str:
    """Return the name of a metric as a reader knows it.

    >>> metric_name("average precision"), metric_name("ndcg"), metric_name("roc auc")
    ('Average precision', 'NDCG', 'ROC AUC')
    """
    words = [word.upper() if word.casefold() in _INITIALS else word for word in metric.split()]
    whole = " ".join(words)
    return whole[:1].upper() + whole[1:]


def numbers(*values: float) -> list[str]:
    """Return figures with the same number of decimals, so that the largest has three digits or more.

    >>> numbers(0.9241, 0.8687, 0.9622), numbers(1234.6, 20), numbers(0.00123)
    (['0.924', '0.869', '0.962'], ['1,235', '20'], ['0.00123'])
    """
    largest = max(map(abs, values))
    if largest >= 1e9 or 0 < largest < 1e-6:
        return [_minus(f"{value:.2e}") for value in values]
    size = math.floor(math.log10(largest)) if largest else 0
    decimals = 3 if -2 <= size <= 0 else max(2 - size, 0)
    return [_minus(f"{value:,.{decimals}f}") for value in values]


def _minus(number: str) -> str:
    bare = number.removeprefix("-")
    return f"\N{MINUS SIGN}{bare}" if bare != number and re.search("[1-9]", bare) else bare


@dataclass(frozen=True, slots=True)
class Axis:
    """A straight scale whose ends are round numbers."""

    low: float
    high: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return where `value` lies: 0 at the low end, 1 at the high one."""
        return (value / 2 - self.low / 2) / (self.high / 2 - self.low / 2)


def axis(measures: Sequence[Measure]) -> Axis:
    """Return an axis on which all `measures` and their intervals lie."""
    ends = [end for one in measures for end in (one.value, one.low, one.high)]
    low, high = min(ends), max(ends)
    if high / 2 - low / 2 <= 1e-9 * max(abs(low), abs(high)):
        room = abs(high) / 4 or 0.5
        low, high = low - room, high + room
    span = high - low
    if not 1e-300 < span < 1e300 or max(abs(low), abs(high)) > 1e300:
        return Axis(low, high, (low, high))
    size = 10.0 ** math.floor(math.log10(span / 4))
    step = next(size * times for times in (1, 2, 5, 10) if size * times >= span / 4 * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    ticks = tuple(
        round(count * step, 12) if step > 1e-9 else count * step for count in range(first, last + 1)
    )
    return Axis(ticks[0], ticks[-1], ticks)


def interval_plot(model: Measure, baseline: Measure) -> dict[str, Any]:
    """Return the places of two figures with their intervals on one axis, as templates draw them."""
    scale = axis([model, baseline])
    labels = _short(scale.ticks)
    return {
        "ticks": [
            {"at": scale.at(tick), "label": label} for tick, label in zip(scale.ticks, labels, strict=True)
        ],
        "rows": [
            {"at": scale.at(one.value), "low": scale.at(one.low), "high": scale.at(one.high)}
            for one in (model, baseline)
        ],
    }


def _short(ticks: Sequence[float]) -> list[str]:
    """Return the fewest decimals that tell all ticks apart and are true of each."""
    largest, step = max(map(abs, ticks)), ticks[1] - ticks[0]
    if largest >= 1e6 or step < 1e-4:
        return [_minus(f"{tick:.3g}") for tick in ticks]
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return [_minus(f"{tick:,.{decimals}f}") for tick in ticks]
