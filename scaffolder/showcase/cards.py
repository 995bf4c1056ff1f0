"""Cards: the picture that a shared link shows, 1200 by 630 pixels, for each project and for the index."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from scaffolder.showcase.plot import interval_plot, metric_name, numbers
from scaffolder.showcase.typeset import Page, Text, require

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.showcase.entry import Entry
    from scaffolder.showcase.owner import Owner

WIDTH, HEIGHT = 1200, 630
WHITE, ALMOST_WHITE = 255, 252  # the means of the quantizer leave paper not quite white
LONGEST = 300  # characters of a text that a card could ever show


def card(entry: Entry, owner: Owner | None) -> bytes:
    """Return the card of one project as a PNG; a text that is too long ends with an ellipsis.

    Raises:
        ExtraMissing: typst or pillow is not installed.
        TypesettingFailed: typst could not set the card.
    """
    return cards([entry], owner)[0]


def cards(entries: Sequence[Entry], owner: Owner | None) -> list[bytes]:
    """Return a card for each project, in the same order; faster than one at a time.

    Raises:
        ExtraMissing: typst or pillow is not installed.
        TypesettingFailed: typst could not set the cards.
    """
    return _drawn([_project(one, owner) for one in entries])


def index_card(owner: Owner | None, entries: Sequence[Entry]) -> bytes:
    """Return the card of the index: whose projects these are, and which.

    Raises:
        ExtraMissing: typst or pillow is not installed.
        TypesettingFailed: typst could not set the card.
    """
    titles = ", ".join(one.title for one in entries)
    shown = {
        "kind": "index",
        "title": _text(owner.name if owner else "Portfolio"),
        "headline": _text(owner.headline if owner else "Projects, each measured against a simple baseline"),
        "projects": _text(titles),
    }
    return _drawn([shown])[0]


def _drawn(shown: list[dict[str, Any]]) -> list[bytes]:
    return [_small(one) for one in Page("card.typ", {"cards": shown}).pictures()] if shown else []


def _small(picture: bytes) -> bytes:
    """Return a PNG with a palette: these few colours and their shades take a third of the bytes."""
    image = require("PIL.Image")
    smaller = io.BytesIO()
    with image.open(io.BytesIO(picture)) as whole:
        few = whole.convert("RGB").quantize(method=image.Quantize.FASTOCTREE, dither=image.Dither.NONE)
    few.putpalette([WHITE if level >= ALMOST_WHITE else level for level in few.getpalette()])
    few.save(smaller, "PNG")
    return smaller.getvalue()


def _project(entry: Entry, owner: Owner | None) -> dict[str, Any]:
    headline = entry.evidence["headline"]
    model, baseline = entry.model, entry.baseline
    value, base, *_ = numbers(
        *(model.value, baseline.value), *(model.low, model.high, baseline.low, baseline.high)
    )
    return {
        "kind": "project",
        "title": _text(entry.title),
        "problem": _text(entry.problem),
        "metric": _text(metric_name(entry.metric)),
        "model": {"name": _text(str(headline.get("model", "model"))), "value": value},
        "baseline": {"name": _text(f"baseline: {headline['baseline']['name']}"), "value": base},
        "figure-size": 116 if len(value) <= 6 else 72,
        "plot": interval_plot(model, baseline),
        "owner": _text(owner.name if owner else ""),
        "source": "Synthetic data" if entry.is_synthetic else "",
    }


def _text(said: str) -> Text:
    return Text("", Text("", said).plain[:LONGEST])
