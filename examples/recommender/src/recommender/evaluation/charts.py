"""The pictures of the report, drawn from the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import split
from ..model.candidates import BASELINE
from ..portfolio.files import write_atomic
from ..portfolio.pictures import BLUE, GREEN, GREY, ORANGE, axes, png
from . import measures
from .slices import QUARTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from matplotlib.figure import Figure

    from .protocols import Tested

FOLDER = "reports/figures"
_COLOURS = {split.TEMPORAL: BLUE, split.GLOBAL: GREEN, split.RANDOM: GREY}


def draw(root: Path, found: dict[str, Any], primary: Tested) -> None:
    """Draw every picture that the texts show."""
    source = f"{found['data']['source']} data: {found['data']['name']}"
    for name, figure in _figures(found, primary, source):
        write_atomic(root / FOLDER / f"{name}.png", png(figure))


def _figures(found: dict[str, Any], primary: Tested, source: str) -> Iterator[tuple[str, Figure]]:
    yield "protocols", _protocols(found, source)
    yield "activity", _activity(found, source)
    yield "breadth", _breadth(found, source)
    yield "popularity", _popularity(primary, found, source)
    if primary.rmse:
        yield "lesson", _lesson(found, primary, source)


def _protocols(found: dict[str, Any], source: str) -> Figure:
    rows = [row for row in found["metrics"] if row["name"] == measures.HEADLINE]
    models = list(dict.fromkeys(row["model"] for row in rows))[::-1]
    figure, plot = axes(
        f"A random split makes {found['headline']['model']} look "
        f"{found['facts']['random_over_temporal']:.1f} times as good as one by time\n"
        "Mean over users with 95 % interval",
        f"NDCG@{found['facts']['k']}",
        "",
        source,
    )
    for place, protocol in enumerate(split.PROTOCOLS):
        for row in (row for row in rows if row["protocol"] == protocol):
            height = models.index(row["model"]) + 0.22 * (1 - place)
            plot.plot(row["ci95"], [height, height], color=_COLOURS[protocol], linewidth=2, alpha=0.5)
            label = protocol if row["model"] == models[0] else None
            plot.plot(row["value"], height, "o", color=_COLOURS[protocol], markersize=5, label=label)
    plot.set_yticks(range(len(models)), models)
    plot.set_xlim(left=0)
    plot.legend(loc="upper right", fontsize=8, frameon=False)
    return figure


def _activity(found: dict[str, Any], source: str) -> Figure:
    served = found["headline"]["model"]
    figure, plot = axes(
        f"Who gains from a personal list? {served} against the popular list\nBars: 95 % interval",
        "Users by how many items they have had",
        f"NDCG@{found['facts']['k']}, {found['headline']['protocol']}",
        source,
    )
    for shift, model, colour in ((-0.08, BASELINE, GREY), (0.08, served, BLUE)):
        rows = [row for row in found["slices"] if row["model"] == model and row["value"] is not None]
        for row in rows:
            place = next(n for n, name in enumerate(QUARTERS) if row["group"].startswith(name))
            label = model if row is rows[0] else None
            plot.plot([place + shift] * 2, row["ci95"], color=colour, linewidth=2, alpha=0.5)
            plot.plot(place + shift, row["value"], "o", color=colour, label=label)
    groups = [row["group"] for row in found["slices"] if row["model"] == served]
    plot.set_xticks(range(len(groups)), [group.replace(" (", "\n(") for group in groups], fontsize=8)
    plot.set_ylim(bottom=0)
    if plot.get_legend_handles_labels()[0]:  # none where every slice is too small
        plot.legend(fontsize=8, frameon=False)
    return figure


def _breadth(found: dict[str, Any], source: str) -> Figure:
    protocol = found["headline"]["protocol"]
    known: dict[str, dict[str, float]] = {}
    for row in found["metrics"]:
        if row["protocol"] == protocol:
            known.setdefault(row["model"], {})[row["name"]] = row["value"]
    figure, plot = axes(
        "Good lists or broad lists? Each dot is a model",
        "Share of the catalogue that is on somebody's list",
        f"NDCG@{found['facts']['k']}, {protocol}",
        source,
    )
    for name, row in known.items():
        colour = BLUE if name == found["headline"]["model"] else GREY if name == BASELINE else ORANGE
        plot.plot(row["coverage"], row["ndcg"], "o", color=colour)
        right = row["coverage"] > 0.7
        below = any(
            0 < other["ndcg"] - row["ndcg"] < 0.02 and abs(other["coverage"] - row["coverage"]) < 0.15
            for other in known.values()
        )
        plot.annotate(
            name,
            (row["coverage"], row["ndcg"]),
            xytext=(-6 if right else 6, -10 if below else 4),
            textcoords="offset points",
            ha="right" if right else "left",
            fontsize=8,
        )
    plot.set(xlim=(0, 1.03), ylim=(0, 1.08 * max(row["ndcg"] for row in known.values())))
    return figure


def _popularity(primary: Tested, found: dict[str, Any], source: str) -> Figure:
    """Draw how often each item is had, and how often it is recommended, most popular first."""
    train, served = primary.parts.train, found["headline"]["model"]
    had = np.bincount(train.item, minlength=len(train.items))
    order = np.argsort(-had, kind="stable")
    figure, plot = axes(
        "How much of all falls on the most popular items?",
        "Items, most popular first (share of the catalogue)",
        "Share of all",
        source,
    )
    along = np.arange(1, len(order) + 1) / len(order)
    lines = [("had in training", had, GREY)]
    for name, colour in ((BASELINE, ORANGE), (served, BLUE)):
        lists = primary.judged[name].lists
        lines.append((f"recommended by {name}", np.bincount(lists[lists >= 0], minlength=len(had)), colour))
    for label, counts, colour in lines:
        plot.plot(along, np.cumsum(counts[order]) / counts.sum(), color=colour, label=label)
    plot.set(xlim=(0, 1), ylim=(0, 1.02))
    plot.legend(fontsize=8, frameon=False, loc="lower right")
    return figure


def _lesson(found: dict[str, Any], primary: Tested, source: str) -> Figure:
    protocol = found["headline"]["protocol"]
    ndcg = {
        row["model"]: row["value"]
        for row in found["metrics"]
        if row["name"] == measures.HEADLINE and row["protocol"] == protocol
    }
    figure, plot = axes(
        "Guessing ratings well is not ranking well",
        "RMSE of the guessed rating, stars (lower is better)",
        f"NDCG@{found['facts']['k']} (higher is better)",
        source,
    )
    for name, error in primary.rmse.items():
        if name in ndcg:
            plot.plot(error, ndcg[name], "o", color=ORANGE)
            plot.annotate(name, (error, ndcg[name]), xytext=(6, 5), textcoords="offset points", fontsize=8)
    for name, colour in ((BASELINE, GREY), (found["headline"]["model"], BLUE)):
        plot.axhline(ndcg[name], color=colour, linestyle="--", linewidth=1)
        plot.text(
            0.99, ndcg[name], f"{name}: no rating is guessed", ha="right", va="bottom", fontsize=8,
            color=colour, transform=plot.get_yaxis_transform(),
        )  # fmt: skip
    errors = [error for name, error in primary.rmse.items() if name in ndcg]
    margin = max(max(errors) - min(errors), 0.05)
    plot.set(xlim=(min(errors) - margin, max(errors) + 2 * margin), ylim=(0, None))
    return figure
