"""The words and phrase templates of the synthetic reviews.

`seen` templates are for all parts of the split, `held-out` ones for the test alone. Both draw on the same
adjectives and aspects, so that the meaning of a word can be learned from one and asked for in the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .reviews import Phrases

Templates = Mapping[Phrases, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Domain:
    """What is bought, and what one says something about."""

    things: tuple[str, ...]
    aspects: tuple[str, ...]


DOMAINS: Mapping[str, Domain] = {
    "kitchen": Domain(
        ("pan", "kettle", "knife set", "blender", "toaster", "baking tin"),
        ("handle", "lid", "coating", "finish", "weight", "motor"),
    ),
    "electronics": Domain(
        ("headset", "charger", "speaker", "keyboard", "webcam", "power bank"),
        ("battery", "sound", "cable", "display", "connection", "casing"),
    ),
    "books": Domain(
        ("novel", "cookbook", "guide", "biography", "atlas", "textbook"),
        ("plot", "writing", "layout", "printing", "index", "ending"),
    ),
    "clothing": Domain(
        ("jacket", "pair of shoes", "shirt", "backpack", "scarf", "pair of gloves"),
        ("fit", "fabric", "stitching", "colour", "zip", "lining"),
    ),
}

POSITIVE = (
    "excellent", "sturdy", "lovely", "superb", "reliable", "delightful", "solid", "impressive", "brilliant",
    "perfect", "outstanding", "pleasant", "good", "great", "wonderful", "flawless", "fantastic", "well made",
    "satisfying", "first-rate",
)  # fmt: skip
NEGATIVE = (
    "awful", "flimsy", "grim", "terrible", "rickety", "disappointing", "shoddy", "mediocre", "worthless",
    "faulty", "dreadful", "annoying", "bad", "poor", "horrible", "defective", "pathetic", "badly made",
    "frustrating", "second-rate",
)  # fmt: skip

# {adjective} has the sign of the review, {opposite} the other one.
OPENINGS: Mapping[Phrases, Mapping[bool, tuple[str, ...]]] = {
    "seen": {
        True: ("{adjective} buy", "Simply {adjective}", "My verdict: {adjective}", "Five stars", "Worth it"),
        False: (
            "{adjective} buy",
            "Simply {adjective}",
            "My verdict: {adjective}",
            "One star",
            "Save your money",
        ),
    },
    "held-out": {
        True: ("In a word: {adjective}", "{adjective} all round", "Turned out {adjective}", "Review"),
        False: ("In a word: {adjective}", "{adjective} all round", "Turned out {adjective}", "Review"),
    },
}
SENTENCES: Templates = {
    "seen": (
        "the {aspect} is {adjective}.",
        "I find the {aspect} {adjective}.",
        "what a {adjective} {thing}!",
        "this {thing} has a {adjective} {aspect} and a {adjective} {other}.",
        "after a month of use the {aspect} still seems {adjective} to me.",
        "my sister calls the {aspect} {adjective}, and she is right.",
        "everything about it is {adjective}, the {aspect} most of all.",
        "for the price you get a {adjective} {aspect}.",
        "the {aspect} feels {adjective} in daily use.",
        "I had expected something else, and the {aspect} is {adjective} indeed.",
        "{adjective} is how I would sum up the {aspect}.",
        "we all agree here: a {adjective} {aspect}, whatever others write.",
        "out of five I give the {aspect} its due, since it is {adjective}.",
        "the first thing that struck us was a {adjective} {aspect}.",
        "friends asked about the {thing}, and I said: {adjective}, in one word.",
        "you will see for yourself how {adjective} the {aspect} can be.",
        "this time they made the {aspect} {adjective}.",
        "weeks of rain and travel left it as {adjective} as on the first day.",
    ),
    "held-out": (
        "out of the box, the {aspect} struck me as {adjective}.",
        "if you care about the {aspect}: {adjective}.",
        "{adjective} {aspect}, {adjective} {other}; that sums up this {thing}.",
        "nobody in our house doubts that the {aspect} is {adjective}.",
        "the makers delivered a {adjective} {aspect} this time.",
        "weeks later I would still describe the {thing} as {adjective}.",
    ),
}
NEGATIONS: Templates = {
    "seen": (
        "the {aspect} is not {opposite} at all.",
        "the {aspect} isn't {opposite}.",
        "there is nothing {opposite} about the {aspect}.",
        "I would not call the {aspect} {opposite}.",
        "the {thing} was never {opposite}.",
        "you will not hear me call the {aspect} {opposite}.",
        "{opposite}? No, not this {aspect}.",
        "it does not have a {opposite} {aspect} or a {opposite} {other}.",
    ),
    "held-out": (
        "you will not find the {aspect} {opposite}.",
        "{opposite} is not the word for this {aspect}.",
        "never a {opposite} {aspect} with this {thing}.",
    ),
}
CONTRASTS: Templates = {
    "seen": (
        "the {other} looks {opposite}, but the {aspect} is {adjective}.",
        "some say the {other} is {opposite}; what counts is the {aspect}, and that is {adjective}.",
        "although the {other} seemed {opposite} at first, it all proved {adjective}.",
        "I had read of a {opposite} {other}, but mine is {adjective}.",
    ),
    "held-out": (
        "granted, the {other} could be called {opposite}, but overall it is {adjective}.",
        "although I had read of a {opposite} {other}, mine proved {adjective}.",
    ),
}
# Said by people of either opinion.
CLOSINGS: Templates = {
    "seen": (
        "It arrived on a Tuesday.",
        "I bought this {thing} for my brother.",
        "The box was larger than I thought.",
        "This was my second {thing} in two years.",
        "I use it about twice a week.",
    ),
    "held-out": (
        "Delivery took four days.",
        "We needed a {thing} for the new flat.",
        "A colleague has the same {thing}.",
    ),
}
