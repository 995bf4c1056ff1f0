"""The evidence as Markdown tables; a caption under each says whether the data were real or synthetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Evidence = Mapping[str, Any]


def results(evidence: Evidence) -> str:
    """Return the headline metric of every model under every protocol, and the difference to the baseline."""
    headline = evidence["headline"]
    rows = [
        (row["protocol"], _model(row["model"], headline), row["value"], _spread(row), row["n"])
        for row in evidence["metrics"]
        if row["name"] == headline["metric"]
    ]
    table = _table(["Protocol", "Model", headline["metric"], "95 % interval", "n"], rows)
    difference = headline["difference"]
    better = "higher" if headline["higher_is_better"] else "lower"
    return _captioned(
        f"{table}\n\nDifference to {headline['baseline']['name']} under {headline['protocol']}, on the same "
        f"resamples: {difference['value']:+.3f} (95 % interval {cell(difference['ci95'])}); "
        f"{better} is better.",
        evidence,
    )


def metrics(evidence: Evidence) -> str:
    """Return every metric of every model under the headline's protocol."""
    headline = evidence["headline"]
    measured = [row for row in evidence["metrics"] if row["protocol"] == headline["protocol"]]
    values = {(row["model"], row["name"]): row["value"] for row in measured}
    names = list(dict.fromkeys(row["name"] for row in measured))
    models = dict.fromkeys(row["model"] for row in measured)
    rows = [(_model(model, headline), *(values.get((model, name)) for name in names)) for model in models]
    return _captioned(_table([f"Model ({headline['protocol']})", *names], rows), evidence)


def slices(evidence: Evidence) -> str:
    """Return the metric of each group of rows, with the number of rows."""
    if not evidence.get("slices"):
        return "*No slices were measured.*"
    rows = [
        (
            row["by"],
            row["group"],
            row["metric"],
            "too few rows" if row["value"] is None else row["value"],
            row["ci95"],
            row["n"],
        )
        for row in evidence["slices"]
    ]
    return _captioned(_table(["Slice by", "Group", "Metric", "Value", "95 % interval", "n"], rows), evidence)


def anchors(evidence: Evidence) -> str:
    """Return the band that each score was expected in, and whether it is."""
    if not evidence["anchors"]:
        return "*There are no anchors.*"
    rows = [
        (
            row["metric"],
            row["protocol"],
            row.get("model"),
            row.get("source"),
            [row["low"], row["high"]],
            row["value"],
            row["verdict"],
        )
        for row in evidence["anchors"]
    ]
    header = ["Metric", "Protocol", "Model", "Measured on", "Band", "Here", "Verdict"]
    return _captioned(_table(header, rows), evidence)


def calibration(evidence: Evidence) -> str:
    """Return predicted against observed shares, bin by bin; empty bins are left out."""
    measured = evidence.get("calibration")
    if not measured:
        return "*Calibration was not measured.*"
    rows = [
        ([row["low"], row["high"]], row["predicted"], row["observed"], row["n"])
        for row in measured["bins"]
        if row["n"]
    ]
    known = "baseline_brier" in measured
    base = f" (of the base rate alone: {cell(measured['baseline_brier'])})" if known else ""
    scores = (
        f"Brier score {cell(measured['brier'])}{base}; expected calibration error {cell(measured['ece'])}."
    )
    table = _table(["Predicted between", "Mean predicted", "Share observed", "n"], rows)
    return _captioned(f"{table}\n\n{scores}", evidence)


def behaviour(evidence: Evidence) -> str:
    """Return the share of failed cases of each capability: the metrics called `failure_rate`."""
    rows = [
        (row["protocol"], row["model"], row["value"], row["ci95"], row["n"], row.get("note", ""))
        for row in evidence["metrics"]
        if row["name"] == "failure_rate"
    ]
    if not rows:
        return "*Behaviour was not tested.*"
    header = ["Capability", "Model", "Failed", "95 % interval", "Cases", "Budget"]
    return _captioned(_table(header, rows), evidence)


def latency(evidence: Evidence) -> str:
    """Return how long an answer takes."""
    measured = evidence.get("latency")
    if not measured:
        return "*Latency was not measured; `bench` measures it.*"
    rows = [
        (row["what"], row["p50_ms"], row["p95_ms"], row["p99_ms"], row["n"], row["threads"])
        for row in (measured, measured.get("compared_with"))
        if row
    ]
    table = _table(["What", "p50 ms", "p95 ms", "p99 ms", "n", "Threads"], rows)
    return _captioned(f"{table}\n\nMeasured on {measured.get('cpu', evidence['run']['cpu'])}.", evidence)


def figures(evidence: Evidence, pictures: Iterable[Mapping[str, str]]) -> str:
    """Return the pictures that portfolio.toml names, with their alternative texts."""
    shown = "\n\n".join(f"![{picture['alt']}]({picture['path']})" for picture in pictures)
    return _captioned(shown, evidence) if shown else "*There are no figures.*"


def caption(evidence: Evidence) -> str:
    """Return the line that stands under every table."""
    data, seed = evidence["data"], evidence["run"]["seed"]
    return f"*{data['source'].capitalize()} data: {data['name']}, {data['rows']:,} rows; seed {seed}.*"


TABLES: Mapping[str, Callable[[Evidence], str]] = {
    function.__name__: function
    for function in (results, metrics, slices, anchors, calibration, behaviour, latency)
}


def cell(value: str | float | Sequence[float] | None) -> str:
    """Return a figure as the tables show it; what was not measured is `n/a`.

    >>> cell(0.87123), cell(0.00012), cell(1234.5), cell(10000), cell([0.8, 0.9]), cell(None)
    ('0.871', '0.00012', '1,234.5', '10,000', '0.800 to 0.900', 'n/a')
    """
    if value is None:
        return "n/a"
    if isinstance(value, str):
        return value.replace("|", r"\|")
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        if 0 < abs(value) < 0.001:
            return f"{value:.2g}"
        return f"{value:.3f}" if abs(value) < 100 else f"{value:,.1f}"
    return " to ".join(cell(float(end)) for end in value)


def _table(header: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table; a column that starts with a text stands left, one of figures right."""
    rule = ["---" if isinstance(first, str) else "---:" for first in (rows[0] if rows else header)]
    lines = (header, rule, *([cell(value) for value in row] for row in rows))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _captioned(table: str, evidence: Evidence) -> str:
    return f"{table}\n\n{caption(evidence)}"


def _spread(row: Mapping[str, Any]) -> Any:
    """Return the interval, or the standard deviation over repeated splits where there is one instead."""
    return f"sd {cell(row['sd'])}" if row["ci95"] is None and "sd" in row else row["ci95"]


def _model(name: str, headline: Mapping[str, Any]) -> str:
    """Mark the model that the headline is about, and its baseline."""
    if name == headline.get("model"):
        return f"**{name}**"
    return f"{name} (baseline)" if name == headline["baseline"]["name"] else name
