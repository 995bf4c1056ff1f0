"""Synthetic tickets: what happens is decided first, then it is put into words and lived through.

Planted on purpose, so that a score means something: three groups of phrase templates, of which those of the
test period cannot be learned by heart; intents that share their words; near-duplicates, mistyped, colloquial
and short questions; wrong queues; open tickets; personal data; and questions that are not for the desk at
all. No sentence is taken from a real ticket.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import life_cycle, personal, wording
from .out_of_scope import OutOfScope
from .phrases import LANGUAGES, language
from .tickets import OUT_OF_SCOPE, Ticket

if TYPE_CHECKING:
    from ..params import Generator, Split
    from .phrases import Intent, Language

ENGLISH, GERMAN = LANGUAGES
# How often a question of a period is worded with each group of templates.
_GROUPS = {
    "training": {"training": 1.0},
    "validation": {"training": 0.3, "validation": 0.7},
    "test": {"training": 0.15, "validation": 0.15, "test": 0.7},
}
_LATE_SHARE = 0.05  # of the test period's length: so long after a period begins its wordings come into use
_REPEAT_AMONG = 150  # the last so many questions: somebody asks one of them again
_BY_AGENT_SHARE = 0.15  # of the planted pieces: these stand in the answer


@dataclass(frozen=True, slots=True)
class Draft:
    """A ticket before it is redacted, and the personal data in it: kind and text of each piece."""

    ticket: Ticket
    planted: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Moment:
    created: int
    period: str  # the part of the split that it falls into
    group: str  # the templates that are used then


@dataclass(frozen=True, slots=True)
class _Question:
    """What somebody wants, in words; the answer draws on the same slots."""

    intent: Intent
    spoken: Language
    slots: wording.Slots
    worded: wording.Worded
    group: str


def drafts(count: int, seed: int, shape: Generator, split: Split) -> list[Draft]:
    """Make `count` tickets and the questions out of scope beside them; the same for the same seed.

    Args:
        count: of the tickets that are for the desk.
        seed: any whole number.
        shape: shares and lengths.
        split: which share of the time is validation and test.

    Returns:
        In the order of time and of id. Texts are raw: they hold personal data.
    """
    draw = random.Random(f"tickets {seed}")  # noqa: S311
    moments = _moments(count + _strangers(count, shape, split), split, draw, shape)
    late = [place for place, moment in enumerate(moments) if moment.period != "training"]
    strange = set(draw.sample(late, len(moments) - count))
    out_of_scope = OutOfScope(draw, shape)
    asked: list[_Question] = []
    made = []
    for place, moment in enumerate(moments):
        id_ = f"T{place + 1:06d}"
        if place in strange:
            made.append(_stranger(id_, moment, out_of_scope, draw, shape))
            continue
        repeated = bool(asked) and draw.random() < shape.duplicate_share
        question = _again(asked, draw) if repeated else _fresh(moment, draw, shape)
        asked.append(question)
        made.append(_planted(_lived(id_, moment, question, draw, shape), question.spoken, draw, shape))
    return made


def _strangers(count: int, shape: Generator, split: Split) -> int:
    """Return how many questions out of scope make up their share of validation and test."""
    held_back = 1 - (1 - split.test_share) * (1 - split.validation_share)
    share = shape.out_of_scope_share * held_back
    return round(count * share / (1 - share))


def _moments(count: int, split: Split, draw: random.Random, shape: Generator) -> list[_Moment]:
    """Return the times of `count` questions; new wordings are used from a while after a period's beginning.

    That while makes sure that no wording of a period is used before it, however the split rounds.
    """
    test = round(count * (1 - split.test_share))
    starts = {"training": 0, "validation": round(test * (1 - split.validation_share)), "test": test}
    found = []
    for place, created in enumerate(life_cycle.moments(count, shape.days, draw)):
        period = max((start, name) for name, start in starts.items() if start <= place)[1]
        settled = place - _LATE_SHARE * count * split.test_share
        usual = max((start, name) for name, start in starts.items() if start <= max(settled, 0))[1]
        groups = _GROUPS[usual]
        found.append(_Moment(created, period, draw.choices(list(groups), list(groups.values()))[0]))
    return found


def _fresh(moment: _Moment, draw: random.Random, shape: Generator) -> _Question:
    spoken = language(GERMAN if draw.random() < shape.german_share else ENGLISH)
    intents = list(spoken.intents.values())
    intent = draw.choices(intents, [intent.weight for intent in intents])[0]
    slots = wording.Slots(draw, spoken.slots)
    worded = wording.question(intent, moment.group, spoken, slots=slots, draw=draw, shape=shape)
    return _Question(intent, spoken, slots, worded, moment.group)


def _again(asked: list[_Question], draw: random.Random) -> _Question:
    """Return one of the last questions nearly word by word, as after a day without an answer."""
    original = draw.choice(asked[-_REPEAT_AMONG:])
    worded = original.worded
    if "near-duplicate" not in worded.traits:
        again = draw.choice(original.spoken.frames["again"])
        worded = replace(worded, body=f"{again} {worded.body}", traits=(*worded.traits, "near-duplicate"))
    return replace(original, worded=worded)


def _lived(id_: str, moment: _Moment, question: _Question, draw: random.Random, shape: Generator) -> Ticket:
    """Return the ticket that a question becomes: sorted, ranked and, unless it is open, answered."""
    intent, spoken, worded = question.intent, question.spoken, question.worded
    urgency = life_cycle.priority(intent.priority, worded.pressure)
    end = life_cycle.START + shape.days * life_cycle.DAY
    resolved_at = life_cycle.resolved_at(moment.created, urgency, end, draw, shape.unresolved_share)
    answer = wording.answer(worded.answer, spoken, question.slots, draw)
    queues = sorted({other.queue for other in spoken.intents.values()})
    return Ticket(
        id=id_,
        body=worded.body,
        subject=worded.subject,
        created=moment.created,
        queue=life_cycle.queue(intent.queue, queues, draw, shape.label_noise),
        priority=urgency,
        resolution=answer if resolved_at else "",
        resolved_at=resolved_at,
        language=spoken.code,
        intent=intent.name,
        phrases=question.group,
        traits=worded.traits,
    )


def _planted(ticket: Ticket, spoken: Language, draw: random.Random, shape: Generator) -> Draft:
    """Put personal data into a share of the tickets: now and then into the answer."""
    if draw.random() >= shape.personal_share:
        return Draft(ticket)
    planted = []
    for kind in draw.sample(personal.KINDS, draw.choice((1, 1, 1, 2))):
        piece = personal.piece(kind, draw)
        said = draw.choice(spoken.personal[kind]).format(piece=piece)
        planted.append((kind, piece))
        if ticket.resolution and draw.random() < _BY_AGENT_SHARE:
            told = draw.choice(spoken.personal[f"{kind}_by_agent"]).format(piece=piece)
            ticket = replace(ticket, resolution=f"{ticket.resolution}\n{told}")
        else:
            ticket = replace(ticket, body=f"{ticket.body} {said}")
    return Draft(replace(ticket, traits=(*ticket.traits, "personal data")), tuple(planted))


def _stranger(
    id_: str, moment: _Moment, out_of_scope: OutOfScope, draw: random.Random, shape: Generator
) -> Draft:
    """Return a question that is not for the desk; nobody asks one before validation."""
    code = GERMAN if draw.random() < shape.german_share else ENGLISH
    worded = out_of_scope.question(moment.period, code)
    ticket = Ticket(
        id=id_,
        subject=worded.subject,
        body=worded.body,
        created=moment.created,
        language=code,
        intent=OUT_OF_SCOPE,
        phrases=moment.period,
        traits=worded.traits,
    )
    return Draft(ticket)
