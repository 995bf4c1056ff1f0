"""Where the model is good and where not: by kind of review, and the worst single mistakes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..model import training
from .measures import HEADLINE, METRICS, interval
from .protocols import Scored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ..params import Params

_LONGEST = 160  # characters of a review that a table shows


def slices(scored: Scored, tokens: Sequence[int], params: Params) -> list[dict[str, Any]]:
    """Measure the served model by length, domain, rating and purchase.

    Args:
        scored: the test part. tokens: of each of its reviews. params: of the project.
    """
    return [
        _row(by, group, of, scored, params)
        for by, groups in _groups(scored, np.asarray(tokens)).items()
        for group, of in groups.items()
    ]


def _groups(scored: Scored, tokens: NDArray[np.int64]) -> dict[str, dict[str, NDArray[np.bool_]]]:
    thirds = np.quantile(tokens, [1 / 3, 2 / 3])
    place = np.searchsorted(thirds, tokens)
    reviews = scored.reviews
    found = {"length": {name: place == n for n, name in enumerate(("short", "middle", "long"))}}
    for by, values in (
        ("domain", [review.domain for review in reviews]),
        ("rating", [_extremity(review.rating) for review in reviews]),
        (
            "purchase",
            [None if r.verified is None else "verified" if r.verified else "not verified" for r in reviews],
        ),
    ):
        names = sorted({value for value in values if value is not None})
        if len(names) > 1:
            found[by] = {name: np.array([value == name for value in values]) for name in names[:20]}
    return found


def _extremity(rating: int | None) -> str | None:
    return None if rating is None else "1 or 5 stars" if rating in (1, 5) else "2 or 4 stars"


def _row(by: str, group: str, of: NDArray[np.bool_], scored: Scored, params: Params) -> dict[str, Any]:
    labels, score = scored.labels[of], scored.scores[training.SERVED][of]
    found: dict[str, Any] = {
        "by": by,
        "group": group,
        "metric": HEADLINE,
        "protocol": scored.protocol,
        "model": training.SERVED,
        "n": int(of.sum()),
        "positives": int(labels.sum()),
        "value": None,
        "ci95": None,
    }
    if of.sum() < params.evaluation.minimum_slice or len(set(labels.tolist())) < 2:
        return found
    part = [review for review, wanted in zip(scored.reviews, of, strict=True) if wanted]
    here = Scored(scored.protocol, part, labels, {})
    measured = interval(METRICS[HEADLINE], here, score, params)
    return found | {"value": measured.value, "ci95": measured.as_list()}


def worst_mistakes(scored: Scored, shown: int = 20) -> list[dict[str, Any]]:
    """Return the most confident wrong answers of the test part, most confident first."""
    score = scored.scores[training.SERVED]
    wrong = np.flatnonzero((score >= 0.5) != (scored.labels == 1))
    order = wrong[np.argsort(-np.abs(score[wrong] - 0.5), kind="stable")][:shown]
    return [
        {
            "id": scored.reviews[n].id,
            "label": "positive" if scored.labels[n] else "negative",
            "probability": float(score[n]),
            "text": _cut(scored.reviews[n].text),
        }
        for n in order
    ]


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
