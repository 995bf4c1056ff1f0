from __future__ import annotations

import random

from parts import near_duplicates as module
from parts.near_duplicates import near_duplicates

WORDS = ["the", "a", "pan", "lid", "handle", "works", "broke", "again", "never", "after", "week", "sturdy"]


def some_texts(number: int, seed: int) -> list[list[str]]:
    drawn = random.Random(seed)  # noqa: S311
    return [drawn.choices(WORDS, k=drawn.randint(1, 40)) for _ in range(number)]


def test_near_duplicates_are_found_and_others_are_not() -> None:
    text = [f"word{number}" for number in range(20)]
    near, other = [*text[:-1], "another"], [*reversed(text)]
    assert near_duplicates([other, text], [near], run=3, share=0.8) == [1]


def test_they_agree_with_comparing_everything() -> None:
    """MinHash must find every pair that the slow way finds."""
    texts = some_texts(400, 7)
    changed = [[*text, "yes"] for text in texts[:40]]
    runs = [module._runs(text, 3) for text in texts]
    others = [module._runs(text, 3) for text in changed]
    slow = [
        place for place, one in enumerate(runs) if any(module._jaccard(one, other) >= 0.8 for other in others)
    ]
    assert near_duplicates(iter(texts), iter(changed), run=3, share=0.8) == slow
    assert len(slow) >= 20


def test_short_and_empty_texts_repeat_only_themselves() -> None:
    texts = [[], ["pan"], ["pan", "lid"]]
    assert near_duplicates(texts, [["pan"]], run=3, share=0.8) == [1]
    assert near_duplicates(texts, [[]], run=3, share=0.8) == [0]
    assert near_duplicates([], texts, run=3, share=0.8) == []
    assert near_duplicates(texts, [], run=3, share=0.8) == []


def test_the_order_of_the_words_counts() -> None:
    assert near_duplicates([["lid", "pan", "works"]], [["works", "pan", "lid"]], run=2, share=0.5) == []
