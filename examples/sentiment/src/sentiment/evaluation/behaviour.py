"""What the model must be able to do, each ability tried on cases made for it, with a budget for failures.

    MFT  minimum functionality: short texts whose label nobody doubts
    INV  invariance: a change that means nothing must not move the answer
    DIR  direction: a change that means something must move it that way, or leave it

Source: Ribeiro, Wu, Guestrin and Singh (2020), Beyond Accuracy: Behavioral Testing of NLP Models with
CheckList.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ..data.phrases import NEGATIVE, POSITIVE
from ..model import training
from ..portfolio.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ..model.fitting import Scores
    from ..params import Params

    Predict = Callable[[Sequence[str]], Scores]

Kind = Literal["MFT", "INV", "DIR"]
THINGS = ("camera", "service", "story", "mattress", "phone", "lamp", "soup", "bag")
FRAMES = ("The {thing} is {adjective}.", "It is a {adjective} {thing}.", "I found the {thing} {adjective}.")
DENIALS = (
    "The {thing} is not {adjective}.",
    "I would not call the {thing} {adjective}.",
    "It was never {adjective}.",
)
NAMES = {
    "one": ("Emily", "Jake", "Claire", "Brad", "Anne", "Todd"),
    "other": ("Lakisha", "Jamal", "Aaliyah", "Mehmet", "Priya", "Wei"),
}
BRANDS = ("Acme", "Globex", "Initech", "Umbra", "Vandelay", "Hooli")
SETTINGS = ("{name} gave me this {thing} and it is {adjective}.", "{name} says the {thing} is {adjective}.")
LABELLED = ("My {name} {thing} is {adjective}.", "This {thing} by {name} is {adjective}.")
PRAISE, COMPLAINT = "I love it, it is excellent.", "I hated it, it is awful."
_CASES = 200  # of each ability


@dataclass(frozen=True, slots=True)
class Ability:
    """One ability and how its cases went."""

    name: str
    kind: Kind
    failed: int
    cases: int
    budget: float
    example: str  # of a failure; empty where there is none
    of_reviews: bool  # whether its cases, and so the example, are reviews, which may not be ours to publish

    @property
    def rate(self) -> float:
        """Share of failed cases, 0 to 1."""
        return self.failed / self.cases

    def as_metric(self) -> dict[str, Any]:
        """Return one of the evidence's `metrics`."""
        verdict = "kept" if self.rate <= self.budget else "exceeded"
        return {
            "name": "failure_rate",
            "protocol": f"{self.name} ({self.kind})",
            "model": training.SERVED,
            "value": self.rate,
            "ci95": list(wilson(self.rate, self.cases)),
            "n": self.cases,
            "note": f"{self.budget:.0%} {verdict}",
        }


def abilities(predict: Predict, texts: Sequence[str], params: Params) -> list[Ability]:
    """Try every ability.

    Args:
        predict: raw texts to probabilities of positive.
        texts: reviews that changes are made to; the model has not learned from them.
        params: of the project.
    """
    draw = random.Random(params.seed)  # noqa: S311
    budget = params.behaviour
    sample = draw.sample(list(texts), min(_CASES, len(texts)))
    return [
        _minimum("vocabulary", FRAMES, predict, draw, budget=budget.vocabulary, denied=False),
        _minimum("negation", DENIALS, predict, draw, budget=budget.negation, denied=True),
        _typos(sample, [_typo(text, draw) for text in sample], predict, params),
        _swapped("names", _people(draw), predict, budget.names, budget.moved),
        _swapped("brands", _brands(draw), predict, budget.brands, budget.moved),
        _direction("praise", sample, PRAISE, predict, budget.praise, sign=+1),
        _direction("complaint", sample, COMPLAINT, predict, budget.complaint, sign=-1),
    ]


def gap(predict: Predict, params: Params) -> dict[str, float]:
    """Return how far apart the mean probabilities of two groups of names, and of brands, lie.

    The texts are the same but for the names: a counterfactual gap.
    """
    draw = random.Random(params.seed)  # noqa: S311
    found = {}
    for name, pairs in (("names", _people(draw)), ("brands", _brands(draw))):
        one, other = (predict([pair[place] for pair in pairs]) for place in (0, 1))
        found[f"gap_{name}"] = float(abs(one.mean() - other.mean()))
    return found


def _people(draw: random.Random) -> list[tuple[str, str]]:
    return _named(SETTINGS, NAMES["one"], NAMES["other"], draw)


def _brands(draw: random.Random) -> list[tuple[str, str]]:
    return _named(LABELLED, BRANDS[:3], BRANDS[3:], draw)


def _minimum(
    name: str, frames: Sequence[str], predict: Predict, draw: random.Random, *, budget: float, denied: bool
) -> Ability:
    lexicon = [(word, True) for word in POSITIVE] + [(word, False) for word in NEGATIVE]
    cases = list(itertools.product(frames, THINGS, lexicon))
    chosen = draw.sample(cases, min(_CASES, len(cases)))
    texts = [frame.format(thing=thing, adjective=word) for frame, thing, (word, _) in chosen]
    expected = np.array([positive != denied for _, _, (_, positive) in chosen])
    return _counted(name, "MFT", texts, (predict(texts) >= 0.5) != expected, budget)


def _typos(before: Sequence[str], after: Sequence[str], predict: Predict, params: Params) -> Ability:
    one, other = predict(before), predict(after)
    failed = (np.abs(one - other) > params.behaviour.moved) & ((one >= 0.5) != (other >= 0.5))
    return _counted("typo", "INV", after, failed, params.behaviour.typo, of_reviews=True)


def _swapped(
    name: str, pairs: Sequence[tuple[str, str]], predict: Predict, budget: float, moved: float
) -> Ability:
    one, other = (predict([pair[place] for pair in pairs]) for place in (0, 1))
    return _counted(name, "INV", [pair[1] for pair in pairs], np.abs(one - other) > moved, budget)


def _direction(
    name: str, texts: Sequence[str], added: str, predict: Predict, budget: float, *, sign: int
) -> Ability:
    after = [f"{text} {added}" for text in texts]
    wrong_way = sign * (predict(after) - predict(texts)) < -0.05  # less than that is rounding of int8
    return _counted(name, "DIR", after, wrong_way, budget, of_reviews=True)


def _counted(
    name: str,
    kind: Kind,
    texts: Sequence[str],
    failed: NDArray[np.bool_],
    budget: float,
    *,
    of_reviews: bool = False,
) -> Ability:
    example = texts[int(np.argmax(failed))] if failed.any() else ""
    example = " ".join(example.split())[:160]
    return Ability(name, kind, int(failed.sum()), len(texts), budget, example, of_reviews)


def _named(
    frames: Sequence[str], ones: Sequence[str], others: Sequence[str], draw: random.Random
) -> list[tuple[str, str]]:
    """Return pairs of texts that differ in a name alone."""
    cases = list(itertools.product(frames, THINGS, (*POSITIVE[:10], *NEGATIVE[:10])))
    pairs = []
    for frame, thing, adjective in draw.sample(cases, min(_CASES, len(cases))):
        words = {"thing": thing, "adjective": adjective}
        pairs.append(
            (frame.format(name=draw.choice(ones), **words), frame.format(name=draw.choice(others), **words))
        )
    return pairs


def _typo(text: str, draw: random.Random) -> str:
    """Swap two neighbouring letters inside one word, as fingers do."""
    places = [n for n in range(1, len(text) - 2) if text[n - 1 : n + 3].isalpha()]
    if not places:
        return text
    at = draw.choice(places)
    return f"{text[:at]}{text[at + 1]}{text[at]}{text[at + 2 :]}"
