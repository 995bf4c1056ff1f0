"""Put a question into words: a template, what stands around it, and how people type.

Nothing is known here of tickets, times or queues.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Mapping

    from ..params import Generator
    from .phrases import Intent, Language, Texts

_WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
# Shares of the questions that are not short.
_ABOUT_SHARE = 0.7  # say what it is about
_DETAIL_SHARE, _GREETING_SHARE, _CLOSING_SHARE = 0.25, 0.45, 0.4
_PRESSURE_SHARE = 0.2  # say how urgent it is
_VAGUE_SHARE, _TOPIC_SHARE = 0.25, 0.4  # of the subjects; the others are the intent's own
_SHORT_TOPIC_SHARE = 0.4  # of the short ones: name the topic, and that is all


class Slots(dict[str, str]):
    """What stands for each name in the templates of one ticket: drawn when first asked for, then kept."""

    def __init__(self, draw: random.Random, values: Mapping[str, Texts]) -> None:
        super().__init__()
        self._draw, self._values = draw, values

    def __missing__(self, name: str) -> str:
        value = self._draw.choice(self._values[name]).format_map(self)
        self[name] = re.sub("#", lambda _: self._draw.choice(string.digits), value)
        return self[name]


@dataclass(frozen=True, slots=True)
class Worded:
    """A question in words."""

    subject: str
    body: str
    answer: Texts  # sentences that answer it
    pressure: int  # 1: said to be urgent; -1: said to have time; 0: neither
    traits: tuple[str, ...]


def question(
    intent: Intent, group: str, spoken: Language, *, slots: Slots, draw: random.Random, shape: Generator
) -> Worded:
    """Word a question of `intent` with phrase templates of `group`."""
    slots["topic"] = draw.choice(intent.topics).format_map(slots)
    traits = []
    if draw.random() < shape.short_share:
        traits.append("short")
        subject, body, pressure = "", _short(intent, group, spoken, draw).format_map(slots), 0
        phrase = intent.phrases["training"][0]  # a few words do not tell more: they get the usual answer
    else:
        subject = _capital(_subject(intent, group, spoken, draw).format_map(slots))
        phrase = draw.choice(intent.phrases[group])
        body, pressure = _body(phrase.text, spoken, slots, draw)
    worded = Worded(subject, body, phrase.answer, pressure, tuple(traits))
    return _typed(worded, spoken, draw, shape)


def stranger(text: str, spoken: Language, slots: Slots, draw: random.Random, shape: Generator) -> Worded:
    """Word a question that is not for the desk: with the same courtesies, so that they do not tell it."""
    if draw.random() < shape.short_share:
        return _typed(Worded("", text.format_map(slots), (), 0, ("short",)), spoken, draw, shape)
    subject = draw.choice(spoken.frames["vague"])
    body = _courteous([text], spoken, slots, draw)
    return _typed(Worded(subject, body, (), 0, ()), spoken, draw, shape)


def answer(sentences: Texts, spoken: Language, slots: Slots, draw: random.Random) -> str:
    """Word an answer: greeting, sentences, signature."""
    hello = draw.choice(spoken.frames["answer_greetings"])
    goodbye = draw.choice(spoken.frames["answer_closings"])
    return f"{hello}\n{' '.join(sentences).format_map(slots)}\n{goodbye}"


def hurried(text: str, spoken: Language) -> str:
    """Write `text` as into a chat: in small letters, shortened, without the last full stop."""
    words = spoken.colloquial
    shortened = _WORD.sub(lambda found: words.get(found[0].lower(), found[0].lower()), text)
    return shortened.rstrip(".")


def mistyped(text: str, draw: random.Random) -> str:
    """Mistype one word in six or so, of four letters or more, if there is any."""
    places = [found.span() for found in _WORD.finditer(text) if len(found[0]) >= 4]
    if not places:
        return text
    for start, end in sorted(draw.sample(places, max(1, len(places) // 6)), reverse=True):
        text = text[:start] + _slipped(text[start:end], draw) + text[end:]
    return text


def _slipped(word: str, draw: random.Random) -> str:
    at = draw.randrange(1, len(word) - 1)
    kind = draw.randrange(4)
    if kind == 0 and word[at] != word[at + 1]:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    other = draw.choice([letter for letter in string.ascii_lowercase if letter != word[at]])
    return word[:at] + other + word[at + 1 :]


def _typed(worded: Worded, spoken: Language, draw: random.Random, shape: Generator) -> Worded:
    """Type a question: now and then in a hurry, or with mistakes."""
    subject, body, traits = worded.subject, worded.body, list(worded.traits)
    if draw.random() < shape.colloquial_share:
        traits.append("colloquial")
        filler = draw.choice(spoken.frames["fillers"])
        subject, body = hurried(subject, spoken), f"{filler} {hurried(body, spoken)}"
    if draw.random() < shape.typo_share and (slipped := mistyped(body, draw)) != body:
        traits.append("typo")
        body = slipped
    return replace(worded, subject=subject, body=body, traits=tuple(traits))


def _short(intent: Intent, group: str, spoken: Language, draw: random.Random) -> str:
    if draw.random() < _SHORT_TOPIC_SHARE:
        return draw.choice(spoken.frames["topic_subjects"])
    return draw.choice(intent.subjects[group])


def _subject(intent: Intent, group: str, spoken: Language, draw: random.Random) -> str:
    kind = draw.random()
    if kind < _VAGUE_SHARE:
        return draw.choice(spoken.frames["vague"])
    if kind < _VAGUE_SHARE + _TOPIC_SHARE:
        return draw.choice(spoken.frames["topic_subjects"])
    return draw.choice(intent.subjects[group])


def _body(template: str, spoken: Language, slots: Slots, draw: random.Random) -> tuple[str, int]:
    """Return the sentences of a body, and the pressure in it."""
    frames, parts, pressure = spoken.frames, [template], 0
    if draw.random() < _ABOUT_SHARE:
        parts.insert(draw.randint(0, 1), draw.choice(frames["about"]))
    if draw.random() < _DETAIL_SHARE:
        parts.insert(draw.randint(0, 1), draw.choice(frames["details"]))
    if draw.random() < _PRESSURE_SHARE:
        pressure = draw.choice((1, 1, -1))
        parts.append(draw.choice(frames["urgent" if pressure > 0 else "patient"]))
    return _courteous(parts, spoken, slots, draw), pressure


def _courteous(parts: list[str], spoken: Language, slots: Slots, draw: random.Random) -> str:
    """Return the sentences in one, now and then with a greeting and thanks."""
    if draw.random() < _GREETING_SHARE:
        parts = [draw.choice(spoken.frames["greetings"]), *parts]
    if draw.random() < _CLOSING_SHARE:
        parts = [*parts, draw.choice(spoken.frames["closings"])]
    return " ".join(_capital(part.format_map(slots)) for part in parts)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]
