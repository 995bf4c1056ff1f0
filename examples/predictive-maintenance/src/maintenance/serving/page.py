"""The page to try the service by hand: one form, filled into web/index.html."""

from __future__ import annotations

import json
from dataclasses import asdict
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any

from ..model.quantities import QUANTITIES
from ..portfolio.report import project_title

if TYPE_CHECKING:
    from ..params import Params
    from .readiness import Loader

_WEB = Path(__file__).with_name("web")
_QUALITIES = {"L": "low", "M": "medium", "H": "high"}


def render(root: Path, params: Params, loader: Loader) -> str:
    """Return the page of the project at `root` as HTML, filled with the first example."""
    examples = read_examples()
    first = examples[0]["reading"]
    tone, status = _status(loader)
    cost = loader.predictor.model.metadata["cost"] if loader.predictor else asdict(params.cost)
    return Template((_WEB / "index.html").read_text(encoding="utf-8")).substitute(
        title=escape(project_title(root)),
        tone=tone,
        status=escape(status),
        costs=f"{cost['missed_failure'] / cost['false_alarm']:g}",
        examples="\n".join(_example(example) for example in examples),
        qualities="\n".join(_quality(letter, first["type"]) for letter in _QUALITIES),
        fields="\n".join(_field(name, limits, first[name]) for name, limits in asdict(params.ranges).items()),
    )


def read_examples() -> list[dict[str, Any]]:
    """Return the examples that the page offers: a name and a reading each."""
    return list(json.loads((_WEB / "examples.json").read_text(encoding="utf-8")))


def _status(loader: Loader) -> tuple[str, str]:
    """Return the tone and the words of the line that says what answers."""
    if loader.predictor is None:
        return "alert", f"Not ready: {loader.state}."
    model = loader.predictor.model
    if model.metadata["data"]["source"] == "synthetic":
        return (
            "note",
            f"Model {model.version}, trained on synthetic data: a demonstration, not a real machine.",
        )
    return "fine", f"Model {model.version}, trained on {model.metadata['data']['name']}."


def _example(example: dict[str, Any]) -> str:
    reading = escape(json.dumps(example["reading"]))
    name = escape(example["name"])
    return f'<button type="button" aria-pressed="false" data-reading="{reading}">{name}</button>'


def _quality(letter: str, chosen: str) -> str:
    checked = " checked" if letter == chosen else ""
    return (
        f'<label><input type="radio" name="type" value="{letter}"{checked} aria-describedby="type-problem">'
        f"{letter} <small>{_QUALITIES[letter]}</small></label>"
    )


def _field(name: str, limits: tuple[float, float], value: float) -> str:
    low, high = limits
    quantity = QUANTITIES[name]
    step = 10**-quantity.decimals
    number = f'min="{low:g}" max="{high:g}" step="{step:g}" value="{value:g}"'
    celsius = f'<span id="{name}-celsius"></span>' if quantity.unit == "K" else ""
    return (
        f'<div class="field"><label class="name" for="{name}">{quantity.label.capitalize()}</label>'
        f'<span class="hint" id="{name}-hint">{low:,.0f} to {high:,.0f} {quantity.unit}{celsius}</span>'
        f'<span class="entry"><input type="number" id="{name}" name="{name}" {number} required '
        f'inputmode="decimal" aria-describedby="{name}-hint {name}-problem">'
        f'<span class="unit">{quantity.unit}</span></span>'
        f'<input type="range" id="{name}-slider" {number} aria-label="{quantity.label}, slider">'
        f'<p class="problem" id="{name}-problem"></p></div>'
    )
