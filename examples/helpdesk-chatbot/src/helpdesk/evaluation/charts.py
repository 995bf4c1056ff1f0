"""The pictures of the report: learning, risk, confidence, slices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import NullLocator, PercentFormatter

from ..portfolio.files import write_atomic
from ..portfolio.pictures import BLUE, GREY, ORANGE, axes, png
from . import measures
from .searches import BM25, HYBRID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from .curves import Point
    from .decisions import Decisions

FOLDER = "reports/figures"
_BINS = 25  # of the histograms of confidence
_FEWEST = 0.02  # share answered from which on the risk is drawn: before, it is that of a handful of questions


def draw(root: Path, found: Mapping[str, Any], decisions: Decisions, points: Sequence[Point]) -> None:
    """Draw every picture that the texts show."""
    source = f"{found['data']['source']} data: {found['data']['name']}"
    for name, figure in _figures(found, decisions, points, source):
        write_atomic(root / FOLDER / f"{name}.png", png(figure))


def _figures(
    found: Mapping[str, Any], decisions: Decisions, points: Sequence[Point], source: str
) -> Iterator[tuple[str, Figure]]:
    threshold = float(found["threshold"]["value"])
    yield "learning", learning(points, source)
    yield "risk", risk(decisions, threshold, source)
    yield "confidence", confidence(decisions, threshold, source)
    yield "slices", slices(found["slices"], source)


def learning(points: Sequence[Point], source: str) -> Figure:
    """Draw what is found and guessed against the number of past tickets of each intent."""
    figure, plot = axes(
        f"The first ticket is right for {points[0].found.value:.0%} of the questions with "
        f"{points[0].shots} past ticket{'s' * (points[0].shots > 1)} of each\n"
        f"topic, and for {points[-1].found.value:.0%} with all of them",
        "Past tickets of each topic (logarithmic)",
        "Share of the test questions",
        source,
    )
    x = [point.shots for point in points]
    lines = [("first ticket about the same thing", [point.found for point in points], BLUE, "o-")]
    guessed = [point.guessed for point in points if point.guessed is not None]
    if len(guessed) == len(points):
        lines.append(("topic guessed by the linear model", guessed, ORANGE, "s--"))
    for label, line, colour, style in lines:
        low, high = [one.low for one in line], [one.high for one in line]
        plot.fill_between(x, low, high, color=colour, alpha=0.15, linewidth=0)
        plot.plot(x, [one.value for one in line], style, color=colour, markersize=5, label=label)
    plot.set_xscale("log")
    plot.set_xticks(x, [str(n) for n in x[:-1]] + [f"all\n(~{x[-1]:,})"])
    plot.xaxis.set_minor_locator(NullLocator())
    plot.set_ylim(0, 1.02)
    _percent(plot, "y")
    plot.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def risk(decisions: Decisions, threshold: float, source: str) -> Figure:
    """Draw the share of wrong answers against the share of questions that are answered."""
    answered = decisions.answered
    wrong = float(np.mean(~decisions.right[answered])) if answered.any() else 0.0
    figure, plot = axes(
        f"Who answers only where it is sure is wrong less often: at the threshold\n"
        f"{answered.mean():.0%} of all questions are answered, {wrong:.1%} of those wrongly",
        "Share of all questions that are answered, the surest first",
        "Share of the answers that are wrong",
        source,
    )
    perfect = decisions.right.astype(np.float64)
    for label, score, colour, style in (
        ("by similarity of the first ticket", decisions.similarity, ORANGE, "--"),
        ("by calibrated confidence", decisions.confidence, BLUE, "-"),
        ("best possible order", perfect, GREY, ":"),
    ):
        coverage, share = measures.risk_coverage(decisions.right, score)
        enough = coverage >= _FEWEST
        if label.startswith("best"):  # rises only where nothing right is left
            coverage = np.linspace(_FEWEST, 1, 200)
            share = np.maximum(0, 1 - perfect.mean() / coverage)
            enough = coverage > 0
        plot.plot(coverage[enough], share[enough], style, color=colour, label=label)
    if answered.any():
        plot.plot(answered.mean(), wrong, "o", color="black", markersize=7, zorder=3)
        plot.annotate(
            f"threshold {threshold:.2f}",
            (float(answered.mean()), wrong),
            xytext=(-8, 10),
            textcoords="offset points",
            ha="right",
            fontsize=8,
        )
    plot.set_xlim(0, 1.01)
    plot.set_ylim(0, None)
    _percent(plot, "x")
    _percent(plot, "y")
    plot.legend(fontsize=8, frameon=False, loc="upper left")
    return figure


def confidence(decisions: Decisions, threshold: float, source: str) -> Figure:
    """Draw how confident the answers are: to what can be answered, and to what cannot."""
    scope = decisions.in_scope
    groups = [
        ("right ticket first", scope & decisions.right, BLUE),
        ("wrong ticket first", scope & ~decisions.right, ORANGE),
        ("out of scope", ~scope, GREY),
    ]
    shown = [(name, of, colour) for name, of, colour in groups if of.any()][::-1]
    figure, plot = axes(
        "How sure it is where it should be, and where it should not\n"
        "At the right: the share that is answered",
        "Confidence that the answer is right",
        "",
        source,
    )
    edges = np.linspace(0, 1, _BINS + 1)
    for place, (_, of, colour) in enumerate(shown):
        counts = np.histogram(decisions.confidence[of], edges)[0]
        plot.stairs(place + 0.8 * counts / counts.max(), edges, baseline=place, fill=True, color=colour)
        plot.plot([0, 1], [place, place], color=colour, linewidth=0.8)
        plot.text(1.02, place + 0.1, f"{decisions.answered[of].mean():.0%}", fontsize=11, color=colour)
    plot.axvline(threshold, color="black", linewidth=1, linestyle="--")
    plot.text(
        threshold - 0.01, len(shown) - 0.1, f"threshold {threshold:.2f}", fontsize=8, ha="right", va="bottom"
    )
    plot.set_yticks(
        [place + 0.3 for place in range(len(shown))],
        [f"{name}\n{of.sum():,} questions" for name, of, _ in shown],
        fontsize=9,
    )
    plot.tick_params(axis="y", length=0)
    plot.grid(visible=False, axis="y")
    plot.set(xlim=(0, 1.1), ylim=(-0.05, len(shown) + 0.05), xticks=np.linspace(0, 1, 6))
    plot.spines["left"].set_visible(False)
    return figure


def slices(rows: Sequence[Mapping[str, Any]], source: str) -> Figure:
    """Draw the first hit by kind of question, with the baseline beside it."""
    known = [row for row in rows if row["value"] is not None]
    names = list(dict.fromkeys((row["by"], row["group"]) for row in known if row["model"] == HYBRID))
    figure, plot = axes(
        "Where it finds the right ticket first, and where not\nDots with their 95 % intervals",
        "Share of the questions whose first ticket is about the same thing",
        "",
        source,
    )
    figure.set_size_inches(6.4, max(4.0, 1.4 + 0.24 * len(names)))
    places = _spaced(names)
    if not names:
        plot.text(0.5, 0.5, "no kind of question has enough of them", transform=plot.transAxes, ha="center")
    for model, shift, colour, style in ((BM25, -0.16, GREY, "s"), (HYBRID, 0.16, BLUE, "o")):
        for row in (row for row in known if row["model"] == model):
            at = places[row["by"].removesuffix(f", {BM25}"), row["group"]] + shift
            plot.plot(row["ci95"], [at, at], color=colour, linewidth=2, alpha=0.5)
            plot.plot(row["value"], at, style, color=colour, markersize=4.5 if style == "o" else 3.5)
        plot.plot([], [], f"{style}-", color=colour, label=model if model == HYBRID else f"{model} alone")
    count = {(row["by"], row["group"]): row["n"] for row in known if row["model"] == HYBRID}
    plot.set_yticks(
        list(places.values()), [f"{group} ({count[by, group]:,})" for by, group in places], fontsize=8
    )
    plot.grid(visible=False, axis="y")
    lowest = min((row["ci95"][0] for row in known), default=0.0)
    plot.set_xlim(max(0.0, np.floor(lowest * 10) / 10), 1.01)
    _percent(plot, "x")
    handles, labels = plot.get_legend_handles_labels()
    plot.legend(
        handles[::-1],
        labels[::-1],
        fontsize=8,
        frameon=False,
        ncols=2,
        loc="lower right",
        bbox_to_anchor=(1.01, 0.99),
    )
    return figure


def _spaced(names: Sequence[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """Return a height for each group, the first on top, with a gap between one `by` and the next."""
    heights, at = {}, 0.0
    for place, name in enumerate(names):
        if place and name[0] != names[place - 1][0]:
            at -= 0.7
        heights[name] = at
        at -= 1.0
    return heights


def _percent(plot: Axes, axis: str) -> None:
    getattr(plot, f"{axis}axis").set_major_formatter(PercentFormatter(1.0, decimals=0))
