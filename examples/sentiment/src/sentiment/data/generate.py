"""Synthetic product reviews: what they say is decided first, then said in one of many ways.

Planted on purpose, so that a score means something: wrong labels, negation, concession, several domains, and
products whose reviews use only phrase templates that no other review uses. A model that has learned phrases
by heart fails on those; one that has learned what the words mean does not. No sentence is taken from a real
review.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .phrases import CLOSINGS, CONTRASTS, DOMAINS, NEGATIONS, NEGATIVE, OPENINGS, POSITIVE, SENTENCES
from .reviews import Phrases, Review, compose

if TYPE_CHECKING:
    from ..params import Generator


@dataclass(frozen=True, slots=True)
class _Product:
    id: str
    domain: str
    name: str
    phrases: Phrases


def reviews(rows: int, seed: int, shape: Generator) -> list[Review]:
    """Make `rows` reviews; the same for the same seed."""
    draw = random.Random(f"reviews {seed}")  # noqa: S311
    products = _products(draw, shape)
    return [_review(number, draw.choice(products), draw, shape) for number in range(1, rows + 1)]


def _products(draw: random.Random, shape: Generator) -> list[_Product]:
    held_out = round(shape.products * shape.held_out_share)
    made = []
    for number in range(shape.products):
        domain = draw.choice(list(DOMAINS))
        name = draw.choice(DOMAINS[domain].things)
        made.append(_Product(f"S{number:05d}", domain, name, "held-out" if number < held_out else "seen"))
    return made


def _review(number: int, product: _Product, draw: random.Random, shape: Generator) -> Review:
    means_well = draw.random() < shape.positive_share
    title = draw.choice(OPENINGS[product.phrases][means_well]).format(adjective=_adjective(means_well, draw))
    parts = [_sentence(means_well, product, draw, shape) for _ in range(draw.choice((1, 2, 2, 3, 3, 4)))]
    if draw.random() < 0.5:
        parts.append(_said(draw.choice(CLOSINGS[product.phrases]), {"thing": product.name}))
    draw.shuffle(parts)
    label = int(means_well != (draw.random() < shape.label_noise))
    return Review(
        id=f"s{number:07d}",
        text=compose(title, " ".join(parts)),
        label=label,
        product=product.id,
        domain=product.domain,
        rating=draw.choice((4, 5) if label else (1, 2)),
        verified=draw.random() < shape.verified_share,
        phrases=product.phrases,
    )


def _sentence(means_well: bool, product: _Product, draw: random.Random, shape: Generator) -> str:
    """Say one thing about one aspect: plainly, by denying the opposite, or after conceding something."""
    aspect, other = draw.sample(DOMAINS[product.domain].aspects, 2)
    kind = draw.random()
    words = {"thing": product.name, "aspect": aspect, "other": other}
    if kind < shape.negation_share:
        text = draw.choice(NEGATIONS[product.phrases])
        return _said(text, words, opposite=_adjective(not means_well, draw))
    if kind < shape.negation_share + shape.contrast_share:
        text = draw.choice(CONTRASTS[product.phrases])
        return _said(
            text, words, opposite=_adjective(not means_well, draw), adjective=_adjective(means_well, draw)
        )
    return _said(draw.choice(SENTENCES[product.phrases]), words, adjective=_adjective(means_well, draw))


def _said(text: str, words: dict[str, str], **adjectives: str) -> str:
    said = _with_articles(text.format(**words, **adjectives))
    return said[0].upper() + said[1:]


def _with_articles(text: str) -> str:
    return re.sub(r"\b([aA]) (?=[aeio])", r"\1n ", text)


def _adjective(positive: bool, draw: random.Random) -> str:
    return draw.choice(POSITIVE if positive else NEGATIVE)
