"""The five pictures of a report, each a matplotlib figure made from the evidence and the scored test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import FuncFormatter

from ..model import candidates, fitting
from ..model.costs import total_cost
from ..portfolio import pictures
from ..portfolio.pictures import BLUE, GREEN, GREY, ORANGE
from ..portfolio.ranking import average_precision

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from ..model.fitting import Labels, Scores
    from ..params import Params
    from .protocols import Scored

    Evidence = Mapping[str, Any]

COLOURS = {fitting.SERVED: BLUE, candidates.RAW: GREEN, candidates.BASELINE: ORANGE, "dummy": GREY}
LINES = {fitting.SERVED: "-", candidates.RAW: "--", candidates.BASELINE: "-.", "dummy": ":"}
_GRID = np.linspace(0.0, 1.0, 401)  # recall at which the curves of the resamples are compared
_BAND = 200  # resamples of the band; a picture shows no more than that


def _axes(found: Evidence, title: str, x: str, y: str, note: str = "") -> tuple[Figure, Axes]:
    return pictures.axes(title, x, y, _source(found, note))


def _source(found: Evidence, note: str = "") -> str:
    rows = f"{found['data']['split']['sizes']['test']:,} test readings"
    return f"{found['data']['source']} data, {note or rows}"


def precision_recall(found: Evidence, test: Scored, params: Params) -> Figure:
    """Precision against recall of every model, with the served one's band and its alarm threshold."""
    figure, axes = _axes(
        found,
        "Precision and recall of the alarms",
        "Recall (failures caught)",
        "Precision (alarms that are right)",
    )
    score = test.scores[fitting.SERVED]
    random = np.random.default_rng(params.seed)
    draws = (random.integers(len(score), size=len(score)) for _ in range(_BAND))
    curves = np.array(
        [_precision_at(test.failure[rows], score[rows]) for rows in draws if test.failure[rows].any()]
    )
    low, high = np.quantile(curves, [0.025, 0.975], axis=0)
    axes.fill_between(_GRID, low, high, color=BLUE, alpha=0.18, linewidth=0, label="95 % band")
    for name in reversed(list(COLOURS)):
        value = average_precision(test.failure, test.scores[name])
        curve = _precision_at(test.failure, test.scores[name])
        axes.plot(_GRID, curve, LINES[name], color=COLOURS[name], label=f"{name}, average {value:.3f}")
    at = found["threshold"]["at"]
    axes.plot(
        at["recall"],
        at["precision"],
        "o",
        color="black",
        label=f"alarm threshold {found['threshold']['value']:.3f}",
    )
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], fontsize=8, frameon=True, framealpha=0.9, loc="lower left")
    return figure


def _precision_at(failure: Labels, score: Scores) -> NDArray[np.float64]:
    """Return the precision at every recall of the grid; tied scores are reached together."""
    order = np.argsort(-score, kind="stable")
    last = np.append(score[order][1:] != score[order][:-1], True)
    found = np.cumsum(failure[order])[last]
    precision = found / (np.flatnonzero(last) + 1)
    reached = np.searchsorted(found / found[-1], np.clip(_GRID, 1e-9, 1 - 1e-12))
    return np.asarray(precision[reached])


def reliability(found: Evidence) -> Figure:
    """Observed against predicted share of failures, bin by bin."""
    return pictures.reliability(found["calibration"], what="failure", rows="readings", source=_source(found))


def cost(found: Evidence, test: Scored, params: Params) -> Figure:
    """Cost of wrong decisions at every threshold, with the chosen one, 0.5 and no alarms at all."""
    chosen, cost = found["threshold"], params.cost
    figure, axes = _axes(
        found,
        "Cost of wrong decisions by alarm threshold",
        "Alarm threshold (probability, logarithmic)",
        f"Cost per 1,000 readings ({cost.unit})",
    )
    grid = np.geomspace(0.001, 1.0, 300)
    per_thousand = 1000 / len(test.failure)
    costs = [total_cost(test.failure, test.scores[fitting.SERVED], at, cost) * per_thousand for at in grid]
    axes.plot(grid, costs, color=BLUE, label="on the test part")
    never = chosen["at"]["cost_per_1000_never_alarm"]
    axes.axhline(never, linestyle=":", color=GREY, label=f"no alarms at all: {never:,.0f}")
    for at, key, colour, mark in ((chosen["value"], "chosen", "black", "o"), (0.5, "half", ORANGE, "s")):
        value = chosen["at"][f"cost_per_1000_{key}"]
        what = "chosen on the training part" if key == "chosen" else "the common default"
        axes.plot(at, value, mark, color=colour, linestyle="", label=f"{what}, {at:.3g}: {value:,.0f}")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set_ylim(0, max(never, min(costs)) * 1.6)
    axes.legend(fontsize=8, frameon=True, framealpha=0.9, loc="upper center")
    return figure


def slices(found: Evidence) -> Figure:
    """Average precision by kind of row and recall by failure mode, each with its interval."""
    rows = [row for row in found["slices"] if row["value"] is not None][::-1]
    figure, axes = _axes(
        found,
        "Where the model is good and where not",
        "Average precision of the slice; recall of the failure mode",
        "",
        "test parts of five random splits",
    )
    for place, row in enumerate(rows):
        low, high = row["ci95"]
        ranking = row["metric"] != "recall"
        axes.plot([low, high], [place, place], color=BLUE if ranking else ORANGE, linewidth=2)
        axes.plot(row["value"], place, "o" if ranking else "s", color=BLUE if ranking else ORANGE)
    axes.set_yticks(
        range(len(rows)), [f"{row['by']}: {row['group']}  (n={row['n']:,})" for row in rows], fontsize=8
    )
    axes.set(xlim=(0, 1.02))
    axes.plot([], [], "o-", color=BLUE, label="average precision, 95 %")
    axes.plot([], [], "s-", color=ORANGE, label="recall at the alarm threshold, 95 %")
    axes.legend(fontsize=8, frameon=True, framealpha=0.9, loc="lower left")
    return figure


def importance(found: Evidence, drops: Mapping[str, NDArray[np.float64]]) -> Figure:
    """Loss of average precision by shuffled column; lines span the repeats."""
    figure, axes = _axes(
        found, "What the model relies on", "Loss of average precision when the column is shuffled", ""
    )
    names = sorted(drops, key=lambda name: float(drops[name].mean()))
    for place, name in enumerate(names):
        axes.barh(place, drops[name].mean(), color=BLUE, alpha=0.85)
        axes.plot([drops[name].min(), drops[name].max()], [place, place], color="black", linewidth=1)
    axes.set_yticks(range(len(names)), names, fontsize=8)
    return figure
