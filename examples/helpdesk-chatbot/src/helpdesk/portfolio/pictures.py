"""One look for the pictures of every report, and small files of them.

A title that says what to see, axes with units, colours that colour-blind readers can tell apart (Okabe and
Ito, 2008), and the kind of data in a corner.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from PIL import Image  # matplotlib depends on it

from .intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#6b6b6b"


def axes(title: str, x: str, y: str, source: str) -> tuple[Figure, Axes]:
    """Return a figure with one plot; `source` says in the corner what the data were."""
    figure = Figure(figsize=(6.4, 4.0), layout=ConstrainedLayoutEngine(rect=(0, 0.03, 1, 0.97)))
    plot: Axes = figure.add_subplot()
    plot.set_title(title, loc="left", fontsize=10)
    plot.set_xlabel(x)
    plot.set_ylabel(y)
    plot.spines[["top", "right"]].set_visible(False)
    plot.grid(visible=True, color="#e6e6e6", linewidth=0.8)
    plot.set_axisbelow(True)
    figure.text(0.995, 0.005, source, ha="right", va="bottom", fontsize=7, color=GREY)
    return figure, plot


def reliability(measured: Mapping[str, Any], *, what: str, rows: str, source: str) -> Figure:
    """Draw observed against predicted shares, bin by bin.

    Args:
        measured: the evidence's `calibration`.
        what: of what it is the probability, such as `failure`. rows: what is counted, such as `readings`.
        source: for the corner.
    """
    figure, plot = axes(
        "Do the probabilities mean what they say? Bars: 95 % interval of the share\n"
        f"Brier score {measured['brier']:.4f} (base rate alone {measured['baseline_brier']:.4f}), "
        f"expected calibration error {measured['ece']:.4f}",
        f"Predicted probability of {what} (mean of the bin)",
        f"Observed share of {what}",
        source,
    )
    plot.plot([0, 1], [0, 1], ":", color=GREY)
    for row in (row for row in measured["bins"] if row["n"]):
        low, high = wilson(row["observed"], row["n"])
        plot.plot([row["predicted"]] * 2, [low, high], color=BLUE, alpha=0.45, linewidth=2)
        plot.plot(row["predicted"], row["observed"], "o", color=BLUE)
        plot.text(row["predicted"], 1.06, f"{row['n']:,}", fontsize=7, ha="center", color=GREY)
    plot.text(0.5, 1.12, f"{rows} in the bin", fontsize=7, ha="center", color=GREY)
    plot.text(0.6, 0.63, "perfect", fontsize=8, ha="center", color=GREY, rotation=27)
    plot.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.17), yticks=[0, 0.2, 0.4, 0.6, 0.8, 1.0])
    return figure


def png(figure: Figure) -> bytes:
    """Return the picture at twice the usual resolution, in 64 colours: a third of the bytes."""
    drawn, small = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, format="png", dpi=200)
    Image.open(drawn).convert("RGB").quantize(64).save(small, format="png", optimize=True)
    return small.getvalue()
