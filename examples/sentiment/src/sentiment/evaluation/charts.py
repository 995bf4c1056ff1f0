"""The pictures of a report, each a matplotlib figure made from the evidence and the scored test."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import baseline, training
from ..model.band import confidence
from ..portfolio import pictures
from ..portfolio.files import write_atomic
from ..portfolio.pictures import BLUE, GREEN, GREY, ORANGE
from .protocols import FP32

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from matplotlib.figure import Figure

    from ..params import Params
    from .protocols import Scored

    Evidence = Mapping[str, Any]

FOLDER = "reports/figures"
COLOURS = {training.SERVED: BLUE, FP32: GREEN, baseline.TFIDF: ORANGE}


def draw(root: Path, params: Params, found: Evidence, test: Scored) -> list[Path]:
    """Write every picture; returns their paths."""
    made = {
        "risk_coverage": risk_coverage(found, test),
        "latency": latency(found, params),
        "reliability": pictures.reliability(
            found["calibration"], what="positive reviews", rows="reviews", source=_source(found)
        ),
        "behaviour": behaviour(found),
        "slices": slices(found),
    }
    paths = [root / FOLDER / f"{name}.png" for name in made]
    for path, figure in zip(paths, made.values(), strict=True):
        write_atomic(path, pictures.png(figure))
    return paths


def _source(found: Evidence, note: str = "") -> str:
    rows = f"{found['data']['split']['sizes']['test']:,} test reviews"
    return f"{found['data']['source']} data, {found['facts']['kind']} model, {note or rows}"


def risk_coverage(found: Evidence, test: Scored) -> Figure:
    """Share of wrong answers against share of reviews that are answered, surest first."""
    figure, axes = pictures.axes(
        "What abstaining buys: wrong answers among those that are given",
        "Share of reviews answered, surest first",
        "Share of the answers that are wrong",
        _source(found),
    )
    for name, colour in COLOURS.items():
        score = test.scores[name]
        order = np.argsort(-confidence(score), kind="stable")
        wrong = ((score >= 0.5) != (test.labels == 1))[order]
        counts = np.arange(1, len(wrong) + 1)
        start = max(1, len(wrong) // 50)  # the first few say nothing
        axes.plot(
            (counts / len(wrong))[start:], (np.cumsum(wrong) / counts)[start:], color=colour, label=name
        )
    counted = found["threshold"]["confusion"]
    answered = counted["right"] + counted["wrong"]
    if answered:
        share = answered / len(test.labels)
        axes.plot(share, counted["wrong"] / answered, "o", color="black", label="at the neutral band")
    axes.set(xlim=(0, 1.02))
    axes.set_ylim(bottom=0)
    axes.legend(fontsize=8, frameon=True, framealpha=0.9, loc="upper left")
    return figure


def latency(found: Evidence, params: Params) -> Figure:
    """Median and 99th percentile of both graphs by length, with the reduction."""
    facts = found["facts"]
    figure, axes = pictures.axes(
        "What int8 buys: time of one answer by length\nBars: median; lines: to the 99th percentile",
        "Tokens in the text",
        "Milliseconds",
        f"{facts['bench_requests']} answers in turn, {params.threads} thread, {facts['vnni']}",
    )
    lengths = [n for n in params.bench.tokens if f"reduction_{n}" in facts]
    for shift, name, colour in ((-0.2, "fp32", GREEN), (0.2, "int8", BLUE)):
        places = np.arange(len(lengths)) + shift
        middle = np.array([facts[f"{name}_{n}_p50_ms"] for n in lengths])
        late = np.array([facts[f"{name}_{n}_p99_ms"] for n in lengths])
        axes.bar(places, middle, width=0.38, color=colour, label=f"ONNX {name}")
        axes.vlines(places, middle, late, color=GREY, linewidth=1.2)
    top = axes.get_ylim()[1]
    for place, n in enumerate(lengths):
        axes.text(
            place, top * 0.98, f"{-100 * facts[f'reduction_{n}']:+.0f} %", ha="center", va="top", fontsize=8
        )
    axes.set_xticks(range(len(lengths)), [str(n) for n in lengths])
    axes.set_ylim(top=top * 1.02)
    axes.legend(fontsize=8, frameon=True, framealpha=0.9, loc="center left")
    return figure


def behaviour(found: Evidence) -> Figure:
    """Share of failed cases of each ability, with its budget."""
    rows = [row for row in found["metrics"] if row["name"] == "failure_rate"][::-1]
    figure, axes = pictures.axes(
        "What the model can and cannot do: failed cases by ability",
        "Share of cases that failed, 95 % interval; grey: the budget",
        "",
        f"{found['data']['source']} data, {found['facts']['kind']} model",
    )
    for place, row in enumerate(rows):
        budget = float(row["note"].partition(" ")[0].rstrip("%")) / 100
        kept = row["value"] <= budget
        axes.plot(row["ci95"], [place, place], color=BLUE if kept else ORANGE, linewidth=2)
        axes.plot(row["value"], place, "o" if kept else "s", color=BLUE if kept else ORANGE)
        axes.plot([budget, budget], [place - 0.3, place + 0.3], color=GREY, linewidth=2)
    axes.set_yticks(range(len(rows)), [f"{row['protocol']}  (n={row['n']})" for row in rows], fontsize=8)
    axes.plot([], [], "o-", color=BLUE, label="within its budget")
    axes.plot([], [], "s-", color=ORANGE, label="over its budget")
    axes.set_xlim(left=-0.01)
    axes.legend(fontsize=8, frameon=True, framealpha=0.9, loc="lower right")
    return figure


def slices(found: Evidence) -> Figure:
    """Accuracy by kind of review, each with its interval."""
    rows = [row for row in found["slices"] if row["value"] is not None][::-1]
    figure, axes = pictures.axes(
        "Where the model is good and where not",
        "Accuracy of the slice, with its 95 % interval",
        "",
        _source(found),
    )
    for place, row in enumerate(rows):
        axes.plot(row["ci95"], [place, place], color=BLUE, linewidth=2)
        axes.plot(row["value"], place, "o", color=BLUE)
    axes.axvline(found["headline"]["value"], linestyle=":", color=GREY)
    names = [f"{row['by']}: {row['group']}  (n={row['n']:,})" for row in rows]
    axes.set_yticks(range(len(rows)), names, fontsize=8)
    axes.set_xlim(right=1.01)
    return figure
