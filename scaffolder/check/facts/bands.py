"""The bands of anchors.toml and the evidence, held against what was measured.

Everything is worked out anew: that a verdict says `inside` shows nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

ANCHORS = "anchors.toml"
ROUNDING = 1e-5  # relative; evidence has six significant digits


@dataclass(frozen=True, slots=True)
class Band:
    """Where the score of a metric under a protocol should fall."""

    metric: str
    protocol: str
    model: str | None
    source: str | None
    low: float
    high: float

    @property
    def name(self) -> str:
        """The metric with what it was measured under."""
        return "/".join(part for part in (self.metric, self.protocol, self.model) if part)

    def fits(self, other: Band) -> bool:
        """Return True when both are about the same score; a band that names no model fits any."""
        same = (self.metric, self.protocol, self.source) == (other.metric, other.protocol, other.source)
        return same and (self.model is None or other.model is None or self.model == other.model)

    def ends_as(self, other: Band) -> bool:
        """Return True when both have the same ends, but for rounding."""
        return close(self.low, other.low) and close(self.high, other.high)

    def is_wider(self, other: Band) -> bool:
        """Return True when it reaches further than another one at either end."""
        return not self.ends_as(other) and (self.low < other.low or self.high > other.high)


def close(a: float, b: float) -> bool:
    """Return True when two figures are the same within the rounding of the evidence."""
    return math.isclose(a, b, rel_tol=ROUNDING, abs_tol=1e-9)


def declared(anchors: Mapping[str, Any]) -> tuple[Band, ...]:
    """Return the bands of anchors.toml that are whole; the others say nothing."""
    rows = anchors.get("anchor")
    return tuple(_bands(rows if isinstance(rows, list) else ()))


def _bands(rows: Iterable[Any]) -> Iterator[Band]:
    for row in rows:
        if not isinstance(row, dict):
            continue
        names = [row.get(key) for key in ("metric", "protocol", "model", "source")]
        ends = [row.get(key) for key in ("low", "high")]
        if all(isinstance(one, str | None) for one in names) and all(map(_is_number, ends)):
            yield Band(str(names[0]), str(names[1]), names[2], names[3], float(ends[0]), float(ends[1]))  # type: ignore[arg-type]


def problems(evidence: Mapping[str, Any], known: Sequence[Band] | None) -> Iterator[str]:
    """Yield what is wrong with the anchors of an evidence, each with its place and figures.

    Args:
        evidence: a valid one.
        known: the bands of anchors.toml; None where there is no such file.
    """
    for number, row in enumerate(evidence["anchors"]):
        band = next(iter(_bands([row])))
        where = f"anchors[{number}] {band.name}"
        if known is None:
            yield f"{where}: there is no {ANCHORS} that its band comes from"
            continue
        same = [one for one in known if one.fits(band)]
        unmoved = next((one for one in same if one.ends_as(band)), None)
        if unmoved is None:
            yield f"{where}: {_moved(band, same)}"
        if band.source in (None, evidence["data"]["source"]):
            valid = unmoved or next(iter(same), band)  # a band that was moved to fit says nothing
            yield from _outside(where, valid, row, evidence["metrics"])
        elif row["verdict"] != "not applicable":
            yield f"{where}: says {row['verdict']}, but is a band of {band.source} data"


def _moved(band: Band, same: Sequence[Band]) -> str:
    if not same:
        return f"its band {band.low:g} to {band.high:g} is not in {ANCHORS}"
    there = " or ".join(f"{one.low:g} to {one.high:g}" for one in same[:3])
    how = "loosened" if band.is_wider(same[0]) else "moved"
    return f"band {how} to {band.low:g} to {band.high:g}; {ANCHORS} has {there}"


def _outside(
    where: str, band: Band, row: Mapping[str, Any], metrics: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    measured = [
        one
        for one in metrics
        if (one["name"], one["protocol"]) == (band.metric, band.protocol)
        and band.model in (None, one["model"])
    ]
    if len(measured) != 1 or row["value"] is None:
        yield f"{where}: fits {len(measured)} measured metrics, expected one with its value"
        return
    value, model = float(measured[0]["value"]), measured[0]["model"]
    if not close(value, row["value"]):
        yield f"{where}: has the value {row['value']:g}, but {model} has {value:g} in metrics"
    verdict = "above" if value > band.high else "below" if value < band.low else "inside"
    figures = f"{value:g} is {verdict} the band {band.low:g} to {band.high:g}"
    if verdict == "above":
        yield f"{where}: {figures}: suspected leak"
    elif verdict == "below":
        yield f"{where}: {figures}: a weak model, or too few rows"
    if row["verdict"] != verdict:
        yield f"{where}: says {row['verdict']}, but {figures}"


def applicable(evidence: Mapping[str, Any]) -> int:
    """Return how many anchors are of the kind of data that was measured on."""
    source = evidence["data"]["source"]
    return sum(1 for row in evidence["anchors"] if row.get("source", source) == source)


def left_out(evidence: Mapping[str, Any], known: Iterable[Band]) -> list[str]:
    """Return what was measured above a band of these data that the evidence does not judge it by."""
    judged = list(_bands(evidence["anchors"]))
    return [
        f"{band.name} is {row['value']:g}, above {band.low:g} to {band.high:g}"
        for band in known
        if band.source == evidence["data"]["source"] and not any(band.fits(one) for one in judged)
        for row in evidence["metrics"]
        if (row["name"], row["protocol"]) == (band.metric, band.protocol)
        and band.model in (None, row["model"])
        and row["value"] > band.high
    ]


def wider(own: Iterable[Band], template: Sequence[Band]) -> list[str]:
    """Return the bands of a project that its owner made wider than those of the template."""
    return [
        f"{band.name} {band.low:g} to {band.high:g}"
        for band in own
        if (same := [one for one in template if one.fits(band)]) and all(band.is_wider(one) for one in same)
    ]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -1e300 < value < 1e300
