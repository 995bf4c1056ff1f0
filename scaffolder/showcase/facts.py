"""What the pages say of one entry: figures and intervals as words, and as places on a scale."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from scaffolder.showcase.entry import Measure
from scaffolder.showcase.plot import axis, interval_plot, metric_name, numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from scaffolder.showcase.entry import Entry
    from scaffolder.showcase.plot import Axis

MOST_ROWS = 300  # of one table
Outcome = Literal["better", "worse", "open"]

VERDICTS: dict[Outcome, str] = {
    "better": "better than the baseline",
    "worse": "worse than the baseline",
    "open": "not shown to differ from the baseline",
}


@dataclass(frozen=True, slots=True)
class Value:
    """A figure in words."""

    value: str
    low: str
    high: str

    @property
    def interval(self) -> str:
        """The interval in words."""
        return f"{self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Headline:
    """The headline against its baseline."""

    metric: str
    better: str
    model: str
    baseline: str
    protocol: str
    shown: Value  # of the model
    other: Value  # of the baseline
    difference: Value
    outcome: Outcome
    verdict: str
    plot: dict[str, Any]  # see plot.interval_plot

    @property
    def scale(self) -> str:
        """The ends of the scale in words."""
        ticks = self.plot["ticks"]
        return f"{ticks[0]['label']} to {ticks[-1]['label']}"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table of measurements."""

    metric: str
    protocol: str
    model: str
    role: Literal["", "shown", "baseline"]
    value: str
    interval: str
    n: str
    place: dict[str, float] | None  # on the table's scale


class Table(NamedTuple):
    """A table of words."""

    name: str
    headings: tuple[str, ...]
    lines: Sequence[tuple[str, ...]]


def headline(entry: Entry) -> Headline:
    """Return what the evidence says first."""
    found = entry.evidence["headline"]
    model, baseline = entry.model, entry.baseline
    difference = Measure(found["difference"]["value"], *found["difference"]["ci95"])
    words = numbers(
        *(model.value, model.low, model.high, baseline.value, baseline.low, baseline.high),
    )
    result = outcome(difference, higher_is_better=found["higher_is_better"])
    return Headline(
        metric=metric_name(entry.metric),
        better="higher is better" if found["higher_is_better"] else "lower is better",
        model=str(found.get("model", "model")),
        baseline=found["baseline"]["name"],
        protocol=found["protocol"],
        shown=Value(*words[:3]),
        other=Value(*words[3:]),
        difference=Value(*map(signed, numbers(difference.value, difference.low, difference.high))),
        outcome=result,
        verdict=VERDICTS[result],
        plot=interval_plot(model, baseline),
    )


def outcome(difference: Measure, *, higher_is_better: bool) -> Outcome:
    """Return what the interval of the difference to the baseline shows.

    >>> outcome(Measure(0.1, -0.1, 0.3), higher_is_better=True)
    'open'
    """
    low, high = sorted((difference.low, difference.high))
    if low <= 0 <= high:
        return "open"
    return "better" if (low > 0) == higher_is_better else "worse"


def signed(number: str) -> str:
    """Return a number in words with its sign.

    >>> signed("0.334"), signed("0.000")
    ('+0.334', '0.000')
    """
    is_positive = number[0] != "\N{MINUS SIGN}" and any(digit in number for digit in "123456789")
    return f"+{number}" if is_positive else number


def main_rows(entry: Entry) -> tuple[list[Row], list[dict[str, Any]]]:
    """Return the measurements of the headline's metric and protocol, and the ticks of their scale."""
    head = entry.evidence["headline"]
    found = [
        one
        for one in entry.evidence["metrics"]
        if one["name"] == head["metric"] and one["protocol"] == head["protocol"]
    ][:MOST_ROWS]
    if not found:
        return [], []
    spans = [Measure(one["value"], *(one["ci95"] or (one["value"],) * 2)) for one in found]
    ends = [end for one in spans for end in (one.value, one.low, one.high)]
    whole = Measure(min(ends), min(ends), max(ends))
    ticks: list[dict[str, Any]] = interval_plot(whole, whole)["ticks"]
    return _rows(entry, found, axis(spans)), ticks


def tables(entry: Entry) -> list[Table]:
    """Return what else was measured, as tables."""
    measured, parts, expected = entry.evidence["metrics"], entry.evidence.get("slices", []), _bands(entry)
    found = [
        Table(
            f"All {len(measured):,} measurements",
            ("Protocol", "Metric", "Model", "Value", "95 % interval", "n"),
            [
                (row.protocol, row.metric, row.model, row.value, row.interval, row.n)
                for row in _rows(entry, measured[:MOST_ROWS], None)
            ],
        ),
        Table(
            f"{len(parts):,} slices of the test data",
            ("Slice by", "Group", "Metric", "Value", "95 % interval", "n"),
            _slices(parts[:MOST_ROWS]),
        ),
        Table(
            "Against the bands that honest work reaches",
            ("Metric", "Model", "Protocol", "Band", "Found", "Verdict"),
            expected[:MOST_ROWS],
        ),
    ]
    cut = f", of which {MOST_ROWS} are shown"
    return [
        one._replace(name=one.name + cut * (len(whole) > MOST_ROWS))
        for one, whole in zip(found, (measured, parts, expected), strict=True)
        if one.lines
    ]


def _rows(entry: Entry, found: Sequence[dict[str, Any]], scale: Axis | None) -> list[Row]:
    head = entry.evidence["headline"]
    roles: dict[str, Literal["shown", "baseline"]] = {head["baseline"]["name"]: "baseline"}
    if "model" in head:
        roles[head["model"]] = "shown"
    return [
        Row(
            metric=metric_name(one["name"].replace("_", " ")),
            protocol=one["protocol"],
            model=one["model"],
            role=roles.get(one["model"], ""),
            value=words[0],
            interval=_interval(one, words),
            n=f"{one['n']:,}",
            place=_place(one, scale),
        )
        for one in found
        for words in [numbers(one["value"], *(one["ci95"] or ()))]
    ]


def _interval(found: dict[str, Any], words: Sequence[str]) -> str:
    if found["ci95"]:
        return f"{words[1]} to {words[2]}"
    return f"sd {numbers(found['sd'])[0]}" if "sd" in found else "n/a"


def _place(found: dict[str, Any], scale: Axis | None) -> dict[str, float] | None:
    if scale is None:
        return None
    low, high = found["ci95"] or (found["value"],) * 2
    return {"at": scale.at(found["value"]), "low": scale.at(low), "high": scale.at(high)}


def _slices(found: Sequence[dict[str, Any]]) -> list[tuple[str, ...]]:
    lines: list[tuple[str, ...]] = []
    for one in found:
        words = numbers(one["value"] or 0, *(one["ci95"] or ()))
        is_known = one["value"] is not None
        lines.append(
            (
                *(one["by"], one["group"], metric_name(one["metric"].replace("_", " "))),
                words[0] if is_known else "too few rows",
                f"{words[1]} to {words[2]}" if is_known and one["ci95"] else "n/a",
                f"{one['n']:,}",
            )
        )
    return lines


def _bands(entry: Entry) -> list[tuple[str, ...]]:
    """Return the bands that apply to the data of this run, with what was found."""
    lines: list[tuple[str, ...]] = []
    for one in entry.evidence["anchors"]:
        if one["value"] is None or one["verdict"] == "not applicable":
            continue
        low, high, value = numbers(one["low"], one["high"], one["value"])
        named = metric_name(one["metric"].replace("_", " ")), one.get("model", ""), one["protocol"]
        lines.append((*named, f"{low} to {high}", value, one["verdict"]))
    return lines


def run(entry: Entry) -> list[tuple[str, str]]:
    """Return what is needed to run it again and get the same, in words."""
    found, data = entry.evidence["run"], entry.evidence["data"]
    artifact, latency = entry.evidence["artifact"], entry.evidence.get("latency")
    sizes = ", ".join(f"{name} {count:,}" for name, count in data["split"]["sizes"].items())
    seconds = ", ".join(f"{stage} {time:,.1f} s" for stage, time in found["seconds"].items())
    facts = [
        ("Data", f"{data['name']}, {data['rows']:,} rows"),
        ("Licence of the data", data.get("licence", "")),
        ("Split", f"{data['split']['protocol']}{': ' if sizes else ''}{sizes}"),
        ("Seed", str(found["seed"])),
        ("Commit", "" if found["git_commit"] == "unknown" else found["git_commit"]),
        ("Run", day(found["created"])),
        ("Python", found["python"]),
        ("Machine", f"{found['platform']}, {found['cpu']}"),
        ("Time", seconds),
        ("Latency", latency_words(latency) if latency else ""),
        ("Model file", f"{size(artifact['bytes'])}, sha256 {artifact['sha256'][:12]}"),
        ("Data file", f"sha256 {data['sha256'][:12]}"),
    ]
    return [(name, said) for name, said in facts if said]


def latency_words(found: dict[str, Any]) -> str:
    """Return how long an answer takes, in words."""
    threads = f"{found['threads']} thread{'s' * (found['threads'] != 1)}"
    return (
        f"{found['what']}: {ms(found['p50_ms'])} at the median, {ms(found['p99_ms'])} at the "
        f"ninety-ninth percentile ({threads})"
    )


def ms(value: float) -> str:
    """Return a time in milliseconds with two digits.

    >>> ms(0.2949), ms(3.4797), ms(123.4)
    ('0.29 ms', '3.5 ms', '123 ms')
    """
    decimals = 0 if value >= 10 else 1 if value >= 1 else 2
    return f"{value:,.{decimals}f} ms"


def size(count: int) -> str:
    """Return a size in bytes in words.

    >>> size(441030), size(1984252), size(12)
    ('441 kB', '2.0 MB', '12 bytes')
    """
    if count < 1_000:
        return f"{count} bytes"
    return f"{count / 1e3:,.0f} kB" if count < 999_500 else f"{count / 1e6:,.1f} MB"


def day(created: str) -> str:
    """Return the day of a time in words.

    >>> day("2026-11-06T00:12:19Z")
    '6 November 2026'
    """
    try:
        found = datetime.fromisoformat(created.removesuffix("Z"))
    except ValueError:
        return created
    return f"{found.day} {_MONTHS[found.month - 1]} {found.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
