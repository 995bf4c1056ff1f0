"""What to expect: the band in which each score should fall, from anchors.toml.

A score below its band is a weak model. A score above it is better than honest work has been on these data,
which most often means that the answer leaked into the features or the test rows into the training. Bands are
of metrics where more is better.

    [[anchor]]
    metric = "average_precision"     # name, protocol and model as in reports/metrics.json
    protocol = "stratified-5x"
    model = "xgboost-physics"        # may be left out where only one model has this metric and protocol
    source = "real"                  # the data that the band was measured on: real or synthetic
    low = 0.80
    high = 0.92
    expected = 0.86
    note = "who measured it, and how"
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import EvidenceError, ParamsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

_TEXT = ("metric", "protocol", "source", "note")
_NUMBERS = ("low", "high", "expected")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The band of one metric under one protocol."""

    metric: str
    protocol: str
    source: str  # real or synthetic
    low: float
    high: float
    expected: float
    note: str
    model: str | None = None  # None: the only one measured

    @property
    def name(self) -> str:
        """The metric with what it was measured under."""
        return "/".join(part for part in (self.metric, self.protocol, self.model) if part)


def load(path: Path) -> tuple[Anchor, ...]:
    """Read anchors.toml.

    Raises:
        ParamsError: the file is missing or not TOML, or an anchor has an unknown, missing or impossible
        value.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path.name}: no such file in {path.parent}; every project has one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ParamsError(f"{path.name}: not valid TOML: {error}") from None
    rows = table.pop("anchor", [])
    if table:
        raise ParamsError(f"{path.name}: unknown key {', '.join(sorted(table))}; expected only [[anchor]]")
    return tuple(_anchor(row, f"{path.name}: anchor {number}") for number, row in enumerate(rows, 1))


def judge(
    anchors: Iterable[Anchor], metrics: Sequence[Mapping[str, Any]], source: str
) -> list[dict[str, Any]]:
    """Compare measured metrics with their bands; return the evidence's `anchors`.

    Args:
        anchors: the bands.
        metrics: the evidence's `metrics`.
        source: `real` or `synthetic`, the data of this run. A band of the other kind is `not applicable`.

    Raises:
        EvidenceError: an applicable anchor fits no metric (it would guard nothing) or several models.

    >>> band = Anchor("ap", "holdout", "real", 0.8, 0.9, 0.86, "")
    >>> metrics = [{"name": "ap", "protocol": "holdout", "model": "tree", "value": 0.97}]
    >>> judge([band], metrics, "real")[0]["verdict"]
    'above'
    """
    verdicts = []
    for anchor in anchors:
        applies = anchor.source == source
        measured = _measured(anchor, metrics)
        if applies and len(measured) != 1:
            what = ", ".join(str(metric["model"]) for metric in measured) or "none"
            raise EvidenceError(f"anchors.toml: {anchor.name} must fit one measured metric; it fits {what}")
        value = float(measured[0]["value"]) if len(measured) == 1 else None
        verdicts.append(
            {
                **{key: getattr(anchor, key) for key in (*_TEXT, *_NUMBERS)},
                **({"model": measured[0]["model"]} if len(measured) == 1 else {}),
                "value": value,
                "verdict": _verdict(anchor, value) if applies and value is not None else "not applicable",
            }
        )
    return verdicts


def above(verdicts: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return one line for each score above its band, each a suspected leak."""
    return [
        f"{row['metric']}/{row['protocol']} of {row.get('model', 'the model')} is {row['value']:.4g}, "
        f"above the band {row['low']:g} to {row['high']:g}: suspect leakage"
        for row in verdicts
        if row["verdict"] == "above"
    ]


def _measured(anchor: Anchor, metrics: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [
        metric
        for metric in metrics
        if (metric["name"], metric["protocol"]) == (anchor.metric, anchor.protocol)
        and anchor.model in (None, metric["model"])
    ]


def _verdict(anchor: Anchor, value: float) -> str:
    if value < anchor.low:
        return "below"
    return "above" if value > anchor.high else "inside"


def _anchor(row: Mapping[str, Any], where: str) -> Anchor:
    needed = {*_TEXT, *_NUMBERS}
    if unknown := row.keys() - needed - {"model"}:
        raise ParamsError(f"{where}: unknown key {', '.join(sorted(unknown))}")
    if missing := needed - row.keys():
        raise ParamsError(f"{where}: missing key {', '.join(sorted(missing))}")
    for key in (*_TEXT, *({"model"} & row.keys())):
        if not isinstance(row[key], str):
            raise ParamsError(f"{where}: {key} is {row[key]!r}; expected text")
    for key in _NUMBERS:
        if isinstance(row[key], bool) or not isinstance(row[key], int | float):
            raise ParamsError(f"{where}: {key} is {row[key]!r}; expected a number")
    if row["source"] not in ("real", "synthetic"):
        raise ParamsError(f"{where}: source is {row['source']!r}; expected real or synthetic")
    low, expected, high = row["low"], row["expected"], row["high"]
    if not low <= expected <= high:
        raise ParamsError(f"{where}: expected {expected:g} is not between low {low:g} and high {high:g}")
    return Anchor(**row)
