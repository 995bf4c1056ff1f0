"""What the tables mean, in words and small tables that hold for whatever was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..model.als import ImplicitAls
from ..model.candidates import BASELINE, RATING_MODELS
from ..model.popularity import Random
from . import measures

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Metrics = Sequence[Mapping[str, Any]]

NO_RATINGS = "This log has no ratings, so there is none to guess, and no RMSE."
LESSON_PICTURE = "reports/figures/lesson.png"
_ALT = (
    "NDCG against RMSE of the models that guess ratings, far below dashed lines for the popular list and the "
    "served model, which guess none"
)


def verdict(metrics: Metrics) -> str:
    """Say which personal models beat the popular list, interval and all, and which do not, and where."""
    gained = [row for row in metrics if row["name"] == measures.GAIN and row["model"] != Random.name]
    protocols = list(dict.fromkeys(row["protocol"] for row in gained))
    lost: dict[str, list[str]] = {row["model"]: [] for row in gained}
    for row in gained:
        if row["ci95"][0] <= 0:
            lost[row["model"]].append(row["protocol"])
    winners = [model for model, where in lost.items() if not where]
    losers = [
        f"{model} ({'every protocol' if where == protocols else ', '.join(where)})"
        for model, where in lost.items()
        if where
    ]
    said = [
        f"Shown to beat the popular list under every protocol: {', '.join(winners) or 'none'}.",
        f"Not shown to beat it: {', '.join(losers) or 'none'}.",
    ]
    return " ".join(said)


def gains(metrics: Metrics) -> str:
    """Return the table of each model's NDCG minus that of the popular list, on the same users."""
    rows = [row for row in metrics if row["name"] == measures.GAIN]
    protocols = list(dict.fromkeys(row["protocol"] for row in rows))
    cells = {
        (
            row["model"],
            row["protocol"],
        ): f"{row['value']:+.3f} ({row['ci95'][0]:+.3f} to {row['ci95'][1]:+.3f})"
        for row in rows
    }
    lines = [f"| Model | {' | '.join(protocols)} |", f"| --- |{' ---: |' * len(protocols)}"]
    lines += [
        f"| {model} | {' | '.join(cells[model, protocol] for protocol in protocols)} |"
        for model in dict.fromkeys(row["model"] for row in rows)
    ]
    return "\n".join(lines)


def lesson(metrics: Metrics, rmse: Mapping[str, float], protocol: str) -> str:
    """Return the table of explicit against implicit: the rating's error beside the quality of the list."""
    if not rmse:
        return NO_RATINGS
    what = {
        "mean": "every rating is the mean",
        RATING_MODELS[0]: "how kind the user, how liked the item",
        RATING_MODELS[1]: "the same with factors: matrix factorisation of ratings",
        BASELINE: "the popular list",
        ImplicitAls.name: "matrix factorisation of what was had at all",
    }
    ndcg = _ndcg(metrics, protocol)
    lines = ["| Model | What it guesses | RMSE, stars | NDCG |", "| --- | --- | ---: | ---: |"]
    for name, words in what.items():
        error = f"{rmse[name]:.3f}" if name in rmse else "n/a"
        quality = f"{ndcg[name]:.3f}" if name in ndcg else "n/a"
        lines.append(f"| {name} | {words} | {error} | {quality} |")
    return "\n".join(lines) + f"\n\n![{_ALT}]({LESSON_PICTURE})"


def lesson_in_short(metrics: Metrics, rmse: Mapping[str, float], protocol: str) -> str:
    """Return the lesson as a sentence."""
    if not rmse:
        return NO_RATINGS
    ndcg, (biases, factors) = _ndcg(metrics, protocol), RATING_MODELS
    return (
        f"Factors bring the RMSE of guessed ratings from {rmse[biases]:.3f} to {rmse[factors]:.3f} stars; "
        f"lists sorted by those guesses have an NDCG of {ndcg[factors]:.3f}, the popular list "
        f"{ndcg[BASELINE]:.3f}, the same algebra on what was had at all {ndcg[ImplicitAls.name]:.3f}."
    )


def choices(tried: Metrics, chosen: Mapping[str, Any]) -> str:
    """Return the table of what was tried on the validation part; the chosen settings are bold."""
    lines = ["| Model | Settings | NDCG on validation | RMSE |", "| --- | --- | ---: | ---: |"]
    for row in tried:
        settings = shown(row["settings"])
        best = row["settings"] == chosen[row["model"]]
        error = f"{row['rmse']:.4f}" if "rmse" in row else "n/a"
        lines.append(
            f"| {row['model']} | {f'**{settings}**' if best else settings} | {row['ndcg']:.4f} | {error} |"
        )
    return "\n".join(lines)


def shown(settings: Mapping[str, float]) -> str:
    """Return settings as a text.

    >>> shown({"factors": 16, "alpha": 2.0}), shown({})
    ('factors 16, alpha 2', 'none')
    """
    return ", ".join(f"{key} {value:g}" for key, value in settings.items()) or "none"


def _ndcg(metrics: Metrics, protocol: str) -> dict[str, float]:
    return {
        row["model"]: row["value"]
        for row in metrics
        if (row["name"], row["protocol"]) == (measures.HEADLINE, protocol)
    }
