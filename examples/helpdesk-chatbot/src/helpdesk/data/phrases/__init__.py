"""What people write to the synthetic help desk and what it answers: a TOML file a language, read here.

[intents.NAME]      what a question may be about: its queue, its usual priority, how common it is
[[….cases]]         an answer in sentences, and the questions that it answers
                    Questions and subjects are phrase templates in three groups that have none in common: a
                    wording of the test group is in use in the test period alone, so that it cannot be
                    learned by heart.
[slots]             what may stand for {name} in a template; # is a digit
[frames]            greetings and the like, which say nothing about the intent; of all groups
[out_of_scope]      questions that no help desk answers, in two groups
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

LANGUAGES = ("en", "de")
GROUPS = ("training", "validation", "test")
FRAMES = (
    "greetings",  # before a question
    "details",  # what somebody adds that helps nobody
    "urgent",  # raises the priority
    "patient",  # lowers it
    "closings",  # after a question
    "about",  # names the {topic}
    "topic_subjects",  # subjects that name the {topic} alone
    "vague",  # subjects that say nothing
    "again",  # how a second mail about the same thing begins
    "answer_greetings",
    "answer_closings",
    "fillers",  # how a colloquial question begins
)

Texts = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrase:
    """A question's template, and the sentences that answer it."""

    text: str
    answer: Texts


@dataclass(frozen=True, slots=True)
class Intent:
    """What questions of one kind look like, and how they are answered."""

    name: str
    queue: str
    priority: str  # before somebody says that it is urgent, or that it is not
    weight: int  # how common it is beside the others
    topics: Texts  # what people call it, whatever the group
    subjects: Mapping[str, Texts]  # by group
    phrases: Mapping[str, tuple[Phrase, ...]]  # by group


@dataclass(frozen=True, slots=True)
class Language:
    """Everything that is said in one language."""

    code: str  # ISO 639-1
    intents: Mapping[str, Intent]
    slots: Mapping[str, Texts]
    frames: Mapping[str, Texts]  # by FRAMES
    colloquial: Mapping[str, str]  # a word, and how it is written in a hurry
    personal: Mapping[str, Texts]  # by kind: sentences with {piece}
    out_of_scope: Mapping[str, Texts]  # by group, but training


@cache
def language(code: str) -> Language:
    """Read the phrases of one of LANGUAGES."""
    text = resources.files(__name__).joinpath(f"{code}.toml").read_text(encoding="utf-8")
    found = tomllib.loads(text)
    return Language(
        code=code,
        intents={name: _intent(name, entry) for name, entry in found["intents"].items()},
        slots=_texts(found["slots"]),
        frames=_texts(found["frames"]),
        colloquial=found["colloquial"],
        personal=_texts(found["personal"]),
        out_of_scope=_texts(found["out_of_scope"]),
    )


def _intent(name: str, entry: Mapping[str, Any]) -> Intent:
    phrases = {
        group: tuple(
            Phrase(text, tuple(case["answer"])) for case in entry["cases"] for text in case.get(group, ())
        )
        for group in GROUPS
    }
    return Intent(
        name=name,
        queue=entry["queue"],
        priority=entry["priority"],
        weight=entry["weight"],
        topics=tuple(entry["topics"]),
        subjects=_texts(entry["subjects"]),
        phrases=phrases,
    )


def _texts(table: Mapping[str, list[str]]) -> dict[str, Texts]:
    return {name: tuple(texts) for name, texts in table.items()}
