"""Which reviews are learned from and which are tested on. A score means little without the name of its split.

- held-out-templates: synthetic data, tested on products whose reviews use phrase templates never trained on
- grouped-by-product: where products have ids, none is in two parts; a review without one stands for itself
- by-text: where none has, each review stands for itself

A review is put into a part by the hash of its product (or text) and the seed, so that a review that is added
later moves no other. Training reviews that nearly repeat one of the test are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..portfolio.errors import DataError
from ..portfolio.files import sha256_of
from ..portfolio.near_duplicates import near_duplicates
from .text import normalise, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..data.reviews import Review
    from ..params import Params

HELD_OUT = "held-out-templates"
GROUPED = "grouped-by-product"
BY_TEXT = "by-text"
SEEN = "seen-templates"  # of synthetic data, for comparison: what a careless split would report


@dataclass(frozen=True, slots=True)
class Parts:
    """The reviews of each part; none is in two."""

    protocol: str
    train: list[Review]
    validation: list[Review]
    test: list[Review]
    seen: list[Review]  # synthetic data: further test reviews from the training's templates; else empty
    near_duplicates: int  # training and validation reviews left out since the test has nearly the same text


def parts(reviews: Sequence[Review], params: Params) -> Parts:
    """Cut the reviews into parts; the same for the same seed.

    Raises:
        DataError: a part would hold fewer than 20 reviews, or one label alone.
    """
    settings, seed = params.split, params.seed
    synthetic = any(review.phrases == "held-out" for review in reviews)
    grouped = any(review.product for review in reviews)
    protocol = HELD_OUT if synthetic else GROUPED if grouped else BY_TEXT
    train: list[Review] = []
    validation: list[Review] = []
    test: list[Review] = []
    seen: list[Review] = []
    for review in reviews:
        key = review.product or review.text
        share = _share(f"{seed} test {key}")
        if review.phrases == "held-out" or (not synthetic and share < settings.test_share):
            test.append(review)
        elif synthetic and share < settings.test_share / 2:
            seen.append(review)
        elif _share(f"{seed} validation {key}") < settings.validation_share:
            validation.append(review)
        else:
            train.append(review)
    tested = [review.text for review in (*test, *seen)]
    (train, left_out), (validation, more) = (_without(part, tested, params) for part in (train, validation))
    for name, part in (("training", train), ("validation", validation), ("test", test)):
        _refuse_small(name, part, protocol)
    return Parts(protocol, train, validation, test, seen, left_out + more)


def fingerprint(reviews: Sequence[Review]) -> str:
    """Return the sha256 of the ids, in their order: two equal ones are the same part."""
    return sha256_of("\n".join(review.id for review in reviews).encode())


def _without(part: list[Review], tested: Sequence[str], params: Params) -> tuple[list[Review], int]:
    settings = params.split
    repeats = set(
        near_duplicates(
            (_words(review.text) for review in part),
            (_words(text) for text in tested),
            run=settings.shingle_words,
            share=settings.duplicate_share,
        )
    )
    return [review for place, review in enumerate(part) if place not in repeats], len(repeats)


def _words(text: str) -> list[str]:
    """Return the words in small letters; a text without any is one word."""
    text = normalise(text).lower()
    return [text[start:end] for start, end in words(text)] or [text]


def _share(key: str) -> float:
    """Return a number from 0 to below 1 that is always the same for `key`."""
    return int(sha256_of(key.encode("utf-8", "surrogatepass"))[:12], 16) / 16**12


def _refuse_small(name: str, part: Sequence[Review], protocol: str) -> None:
    if len(part) < 20 or len({review.label for review in part}) < 2:
        raise DataError(
            f"the {name} part has {len(part)} reviews under {protocol}; expected at least 20 with both labels"
        )
