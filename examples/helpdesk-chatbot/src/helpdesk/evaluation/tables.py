"""Small tables for the texts: what was found, decided, guessed, learned, redacted and tried."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .searches import HYBRID, MAJORITY, MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..portfolio.intervals import Interval
    from .curves import Point

    Metrics = Sequence[Mapping[str, Any]]

GAIN = "gain_over_"
LINEAR = "linear"
_DECISIONS = {
    "answered": "questions in scope that are answered",
    "accuracy_answered": "answers that are right",
    "false_fallback": "questions in scope that are not answered, though the first ticket was right",
    "oos_recall": "questions out of scope that are not answered",
    "oos_auroc": "chance that a question in scope has more confidence than one out of scope",
    "area_under_risk": "share of wrong answers, averaged over all shares that could be answered",
    "groundedness": "shown sentences that stand word for word in the ticket they cite",
}


def searches(metrics: Metrics) -> str:
    """Return the table of the searches: every figure, and what the hybrid is ahead by."""
    found = {(row["name"], row["model"]): row for row in metrics}
    names = [
        name for name, model in found if model == MAJORITY and (name.startswith("hit@") or name == "mrr")
    ]
    lines = [
        f"| Search | {' | '.join(names)} | hit@1 of the hybrid minus this (95 % interval) |",
        f"| --- |{' ---: |' * (len(names) + 1)}",
    ]
    for model in (model for model in MODELS if ("mrr", model) in found):
        figures = [f"{found[name, model]['value']:.3f}" for name in names]
        gain = found.get((f"{GAIN}{model}", HYBRID))
        lines.append(f"| {model} | {' | '.join(figures)} | {_signed(gain) if gain else 'n/a'} |")
    return "\n".join(lines)


def decisions(metrics: Metrics) -> str:
    """Return the table of what the threshold does."""
    found = {row["name"]: row for row in metrics if row["model"] == HYBRID}
    lines = ["| Figure | Share of | Value (95 % interval) | n |", "| --- | --- | ---: | ---: |"]
    lines += [
        f"| `{name}` | {what} | {_row(found[name])} | {found[name]['n']:,} |"
        for name, what in _DECISIONS.items()
        if name in found
    ]
    return "\n".join(lines)


def outcomes(threshold: Mapping[str, Any]) -> str:
    """Return the table of what became of the questions."""
    count = threshold["confusion"]
    return "\n".join(
        [
            "| Test questions | Answered | Not answered |",
            "| --- | ---: | ---: |",
            f"| First ticket right | {count['answered_right']:,} | {count['handed_over_though_right']:,} |",
            f"| First ticket wrong | {count['answered_wrong']:,} | {count['handed_over_wrong']:,} |",
            f"| Out of scope | {count['answered_out_of_scope']:,} | {count['handed_over_out_of_scope']:,} |",
        ]
    )


def learning(points: Sequence[Point]) -> str:
    """Return the learning curve as a table."""
    lines = [
        "| Past tickets of each topic | Tickets | First ticket right (95 % interval) "
        "| Topic guessed (95 % interval) |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for point in points:
        shots = "all" if point is points[-1] else f"{point.shots}"
        lines.append(f"| {shots} | {point.tickets:,} | {_shown(point.found)} | {_shown(point.guessed)} |")
    return "\n".join(lines)


def predictions(metrics: Metrics) -> str:
    """Return the table of what is guessed about a question, beside the most common guess."""
    values = {(row["name"], row["model"]): row for row in metrics}
    fields = [
        name.removesuffix("_macro_f1")
        for name, model in values
        if name.endswith("_macro_f1") and model != MAJORITY
    ]
    if not fields:
        return "These tickets have no labels that could be guessed."
    lines = [
        "| Guess | Accuracy (95 % interval) | Most common one | Macro F1 (95 % interval) | Most common one "
        "| n |",
        f"| --- |{' ---: |' * 5}",
    ]
    for name in fields:
        cells = []
        for metric in (f"{name}_accuracy", f"{name}_macro_f1"):
            model = values[metric, LINEAR]
            cells += [_row(model), f"{values[metric, MAJORITY]['value']:.3f}"]
        lines.append(f"| {name} | {' | '.join(cells)} | {model['n']:,} |")
    return "\n".join(lines)


def redaction(planted: Mapping[str, int], missed: Mapping[str, int]) -> str:
    """Return the table of planted personal data and what is left of it."""
    if not planted:
        return ""
    lines = ["| Planted | Pieces | Still readable | Recall |", "| --- | ---: | ---: | ---: |"]
    for kind, count in planted.items():
        left = missed.get(kind, 0)
        lines.append(f"| {kind} | {count:,} | {left:,} | {1 - left / count:.3f} |")
    return "\n".join(lines)


def choices(tried: Metrics) -> str:
    """Return the table of what was tried on the validation part; the chosen setting of each kind is bold."""
    lines = ["| What | Setting | Measure | On validation |", "| --- | --- | --- | ---: |"]
    for row in tried:
        setting = f"**{row['setting']}**" if row["chosen"] else row["setting"]
        lines.append(f"| {row['what']} | {setting} | {row['measure']} | {row['value']:.4f} |")
    return "\n".join(lines)


def _signed(row: Mapping[str, Any]) -> str:
    low, high = row["ci95"]
    return f"{row['value']:+.3f} ({low:+.3f} to {high:+.3f})"


def _shown(found: Interval | None) -> str:
    return "n/a" if found is None else f"{found.value:.3f} ({found.low:.3f} to {found.high:.3f})"


def _row(row: Mapping[str, Any]) -> str:
    low, high = row["ci95"]
    return f"{row['value']:.3f} ({low:.3f} to {high:.3f})"
