"""What more past tickets are worth: the learning curve of the whole model, and of its guess of the topic.

For each number of tickets, that many of every topic are drawn, the index is filled and the topic model fitted
with them alone, and the same test questions are asked. The settings stay those chosen with all tickets.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import measures, searches

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from ..params import Params
    from ..portfolio.intervals import Interval
    from .searches import Past, Search

LEARNING = "learning_"  # before the names of these metrics
_DRAWS = 2  # of the tickets; which few they are matters
_MOST = 300  # questions that are asked of each index; topics are guessed of all


@dataclass(frozen=True, slots=True)
class Point:
    """What a number of past tickets of each topic achieves."""

    shots: int  # of each topic, at most; of the last point the median
    tickets: int  # in all
    found: Interval  # hit@1 of the index
    guessed: Interval | None  # accuracy of the topic model; None where topics have no names


@dataclass(frozen=True, slots=True)
class Learned:
    """What some past tickets have taught."""

    search: Search
    guesses: (
        Callable[[Sequence[str]], Sequence[str]] | None
    )  # topics of questions; None where they have no names


def curve(
    past: Past,
    asked: Sequence[tuple[str, str]],
    params: Params,
    *,
    learn: Callable[[Past], Learned],
    whole: tuple[NDArray[np.float64], NDArray[np.float64] | None],
) -> list[Point]:
    """Measure at each of `evaluation.shots` that is below what there is; the last point has all tickets.

    Args:
        past: the tickets that can be found.
        asked: test questions with their topics, all of which are in `past`.
        params: of the project.
        learn: learns from some past tickets, and from nothing else.
        whole: with all tickets, 1 for each question whose first ticket is right, and for each whose topic is
            guessed.
    """
    by_topic: dict[str, list[str]] = defaultdict(list)
    for ticket, topic in past.topics.items():
        by_topic[topic].append(ticket)
    usual = int(np.median([len(ids) for ids in by_topic.values()]))
    some = _some(asked, params.seed)
    points = []
    for shots in (n for n in params.evaluation.shots if n < usual):
        hits, right, tickets = [], [], 0
        for draw in range(_DRAWS):
            part = past.without_others(_drawn(by_topic, shots, params.seed + draw))
            learned, tickets = learn(part), len(part.topics)
            hits.append(measures.hits(searches.places(learned.search, some, part, 1), 1))
            if learned.guesses is not None:
                said = learned.guesses([question for question, _ in asked])
                right.append([one == topic for one, (_, topic) in zip(said, asked, strict=True)])
        guessed = np.mean(right, axis=0) if right else None
        points.append(_point(shots, tickets, np.mean(hits, axis=0), guessed, params))
    return [*points, _point(usual, len(past.topics), *whole, params)]


def _point(
    shots: int,
    tickets: int,
    found: NDArray[np.float64],
    guessed: NDArray[np.float64] | None,
    params: Params,
) -> Point:
    told = None if guessed is None else measures.mean(guessed, params)
    return Point(shots, tickets, measures.mean(found, params), told)


def rows(points: Sequence[Point], n: int) -> list[dict[str, Any]]:
    """Return the curve as the evidence's `metrics`, but for its last point, which has all tickets."""
    found = []
    for point in points[:-1]:
        protocol = f"{point.shots}-shot"
        found.append(
            measures.row(f"{LEARNING}{measures.FIRST}", protocol, searches.HYBRID, point.found, min(n, _MOST))
        )
        if point.guessed is not None:
            found.append(measures.row(f"{LEARNING}intent_accuracy", protocol, "linear", point.guessed, n))
    return found


def _drawn(by_topic: Mapping[str, Sequence[str]], shots: int, seed: int) -> list[str]:
    """Return ids, in their order: `shots` of each topic; with more shots, the same ones and others."""
    draw = np.random.default_rng(seed)
    chosen = []
    for topic in sorted(by_topic):
        order = draw.permutation(len(by_topic[topic]))[:shots]
        chosen += [by_topic[topic][place] for place in order]
    return sorted(chosen)


def _some(asked: Sequence[tuple[str, str]], seed: int) -> Sequence[tuple[str, str]]:
    if len(asked) <= _MOST:
        return asked
    chosen = np.random.default_rng(seed).choice(len(asked), _MOST, replace=False)
    return [asked[place] for place in np.sort(chosen)]
