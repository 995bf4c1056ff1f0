"""What the tables mean, in words that hold for whatever was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .searches import HYBRID
from .tables import GAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..data.ingestion import Manifest
    from ..portfolio.intervals import Interval
    from .curves import Point

    Metrics = Sequence[Mapping[str, Any]]

SPLITS = {
    "time": "what was asked last is answered from what was known before.",
    "official": "the one that the data come with.",
}
_PLANTED_NONE = "Nothing was planted in these data, so the recall of the redaction is not known here."


def verdict(metrics: Metrics) -> str:
    """Say which searches the hybrid is shown to be better than, and which not.

    >>> row = {"name": "gain_over_bm25", "value": 0.1, "ci95": [0.05, 0.15]}
    >>> verdict([row])
    'The hybrid is shown to be better than bm25 (+0.100, 95 % interval +0.050 to +0.150).'
    """
    said: dict[str, list[str]] = {
        "shown to be better than": [],
        "not shown to differ from": [],
        "worse than": [],
    }
    for row in metrics:
        if row["name"].startswith(GAIN):
            low, high = row["ci95"]
            kind = list(said)[0 if low > 0 else 2 if high < 0 else 1]
            other = row["name"].removeprefix(GAIN)
            said[kind].append(f"{other} ({row['value']:+.3f}, 95 % interval {low:+.3f} to {high:+.3f})")
    parts = [f"{kind} {_listed(others)}" for kind, others in said.items() if others]
    return (
        f"The hybrid is {', and '.join(parts)}." if parts else "There was nothing to compare the hybrid with."
    )


def at_threshold(metrics: Metrics) -> str:
    """Say what the threshold does with the test questions."""
    found = {row["name"]: row for row in metrics if row["model"] == HYBRID}
    share = {name: f"{row['value']:.1%}" for name, row in found.items()}
    said = f"At the threshold it answers {share['answered']} of the questions that past tickets can answer"
    if "accuracy_answered" in found:
        said += f", and {share['accuracy_answered']} of its answers are right"
    if "false_fallback" in found:
        said += f"; {share['false_fallback']} it hands over though it had the right ticket"
    if "oos_recall" in found:
        n = found["oos_recall"]["n"]
        said += f". Of {n:,} questions out of scope {share['oos_recall']} are not answered"
    return said + "."


def costs(threshold: Mapping[str, Any]) -> str:
    """Say what the threshold saves."""
    at, cost = threshold["at"], threshold["costs"]
    return (
        f"With a wrong answer at {cost['wrong_answer']:g} and a person at {cost['person']:g}, a hundred "
        f"questions cost {at['cost_per_100_chosen']:.0f}; {at['cost_per_100_always_answer']:.0f} if all were "
        f"answered, {at['cost_per_100_person']:.0f} if a person answered all. {at['asked_back']:.1%} of all "
        "questions are met with a question back."
    )


def confidence(metrics: Metrics, gain: Interval) -> str:
    """Say what the calibrated confidence is worth against a cut on the similarity."""
    area = next(row["value"] for row in metrics if row["name"] == "area_under_risk")
    kind = "better" if gain.low > 0 else "worse" if gain.high < 0 else "not shown to be better or worse"
    return (
        f"Area under the risk-coverage curve: {area:.4f} ordered by confidence, {area + gain.value:.4f} by "
        f"the similarity of the first ticket; the difference is {gain.value:+.4f} (95 % interval "
        f"{gain.low:+.4f} to {gain.high:+.4f}), so the confidence is {kind}."
    )


def quoted(metrics: Metrics) -> str:
    """Say how much of what is shown stands in the ticket that is cited."""
    row = next((row for row in metrics if row["name"] == "groundedness"), None)
    if row is None:
        return "These tickets have no answers, so nothing was quoted."
    return f"Of {row['n']:,} sentences shown, {row['value']:.1%} stand word for word in the ticket they cite."


def learning_in_short(points: Sequence[Point]) -> str:
    """Return the learning curve as a sentence."""
    if len(points) < 2:
        return "There are too few past tickets for a learning curve."
    few = points[:-1]
    shares = _listed([f"{point.found.value:.1%}" for point in few])
    return (
        f"With {_listed([str(point.shots) for point in few])} past tickets of each topic the first ticket is "
        f"right for {shares} of the test questions, with all of them for {points[-1].found.value:.1%}."
    )


def redaction_in_short(metrics: Metrics) -> str:
    """Say how much of the planted personal data is gone."""
    row = next((row for row in metrics if row["name"] == "redaction_recall"), None)
    if row is None:
        return _PLANTED_NONE
    share = f"{row['value']:.2%}"
    return f"Of {row['n']:,} planted pieces of personal data, {share} are gone before anything is stored."


def redacted(counts: Mapping[str, int]) -> str:
    """Say what was redacted before anything else was done."""
    found = [f"{count:,} of the kind {kind}" for kind, count in counts.items() if count]
    if not found:
        return "the texts were searched for personal data; none was found."
    return f"personal data were replaced: {_listed(found)}."


def counted(left_out: Mapping[str, int]) -> str:
    """Return reasons with their numbers.

    >>> counted({"near-duplicates of past tickets": 1200}), counted({})
    ('1,200 near-duplicates of past tickets', 'nothing')
    """
    return _listed([f"{count:,} {reason}" for reason, count in left_out.items()]) if left_out else "nothing"


def same_thing(intents: int) -> str:
    """Say when two tickets are about the same thing."""
    if intents:
        return f"that both were given the same one of {intents:,} intents"
    return "that both were given nearly the same answer"


def scope(asked: int, in_scope: int) -> str:
    """Say how many of the questions can be answered at all."""
    return f"{in_scope:,} of them can be answered from past tickets, {asked - in_scope:,} are out of scope."


def mixture(weights: Mapping[str, float]) -> str:
    """Say what the search is made of.

    >>> mixture({"bm25": 0.6, "tfidf": 0.4})
    '60 % bm25 and 40 % tfidf'
    """
    whole = sum(weights.values())
    return _listed([f"{100 * weight / whole:.0f} % {name}" for name, weight in weights.items() if weight])


def situation(manifest: Manifest, common: float) -> str:
    """Say how much of the work is always the same."""
    said = []
    if manifest.resolved:
        said.append(f"A person resolved {manifest.resolved:,} of {manifest.rows:,} tickets.")
    if manifest.intents:
        said.append(
            f"The ten most common of {manifest.intents:,} topics are {common:.0%} of the test questions."
        )
    return " ".join(said)


def _listed(parts: Sequence[str]) -> str:
    """Join with commas and an `and`.

    >>> _listed(["a", "b", "c"]), _listed(["a"])
    ('a, b and c', 'a')
    """
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
