"""Which tickets are learned from, which choose the settings, and which judge.

Tickets with dates are split by time: what is asked later is answered from what was known earlier. Public
sets come with a split of their own. Either way, a question that nearly repeats a past ticket is not asked,
and no question of the generator that is worded with the templates of past tickets: it is known by heart.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..data.tickets import OUT_OF_SCOPE
from ..portfolio.errors import DataError
from ..portfolio.near_duplicates import near_duplicates
from ..retrieval.text import words
from .answer_groups import with_topics

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..data.ingestion import Manifest
    from ..data.tickets import Ticket
    from ..params import Params, Split

    Tickets = tuple[Ticket, ...]

TIME, OFFICIAL = "time", "official"
TRAINING, VALIDATION, TEST = "training", "validation", "test"
REPEATED, REWORDED, NO_TOPIC = (
    "near-duplicates of past tickets",
    "worded with templates of past tickets",
    "without a known topic",
)
FEWEST = 20  # questions in scope of a part; fewer choose or judge nothing


@dataclass(frozen=True, slots=True)
class Parts:
    """The split. Questions out of scope are among validation and test alone."""

    protocol: str  # time or official
    named: (
        bool  # whether somebody has said what tickets are about; else tickets with one answer are one topic
    )
    train: Tickets  # tickets before the validation
    validation: Tickets  # questions that choose the settings, answered from train
    past: Tickets  # all tickets before the test: of these is what is served
    test: Tickets  # questions that judge, answered from past
    left_out: dict[str, int]  # questions of the test period that are not asked, by reason


def parts(tickets: Sequence[Ticket], manifest: Manifest, params: Params) -> Parts:
    """Split tickets.

    Args:
        tickets: all of them, in the order of time.
        manifest: what is known of them.
        params: of the project.

    Raises:
        DataError: a part has too few questions.
    """
    named = manifest.intents > 0
    given = tickets if named else with_topics(tickets, params.split)
    if manifest.split == OFFICIAL:
        early, middle, late = _official(given, params)
        train, past = early, [*early, *middle]
    else:
        early, middle, late = _by_time(given, params.split)
        train, past = _known_before(middle, early), _known_before(late, [*early, *middle])
    train, past = _in_scope(train), _in_scope(past)
    validation, _ = _unknown_by_heart(middle, train, VALIDATION, params.split)
    test, left_out = _unknown_by_heart(late, past, TEST, params.split)
    for name, questions, before in ((VALIDATION, validation, train), (TEST, test, past)):
        _refuse_few(name, questions, before)
    return Parts(manifest.split, named, tuple(train), tuple(validation), tuple(past), tuple(test), left_out)


def findable(tickets: Iterable[Ticket]) -> list[Ticket]:
    """Return the tickets that can answer; all of them where none can, as in public sets of questions."""
    known = list(tickets)
    return [ticket for ticket in known if ticket.is_resolved] or known


def _by_time(tickets: Sequence[Ticket], split: Split) -> tuple[Sequence[Ticket], ...]:
    test = round(len(tickets) * (1 - split.test_share))
    validation = round(test * (1 - split.validation_share))
    return tickets[:validation], tickets[validation:test], tickets[test:]


def _official(tickets: Sequence[Ticket], params: Params) -> tuple[Sequence[Ticket], ...]:
    by_part: dict[str, list[Ticket]] = defaultdict(list)
    for ticket in tickets:
        by_part[ticket.part].append(ticket)
    train, validation = by_part[TRAINING], by_part[VALIDATION]
    if not validation:
        drawn = _some_of_each(train, params.split.validation_share, params.seed)
        validation = [ticket for ticket in train if ticket.id in drawn]
        train = [ticket for ticket in train if ticket.id not in drawn]
    return train, validation, by_part[TEST]


def _some_of_each(tickets: Sequence[Ticket], share: float, seed: int) -> set[str]:
    """Return the ids of a share of the tickets of each intent."""
    by_intent: dict[str, list[str]] = defaultdict(list)
    for ticket in tickets:
        by_intent[ticket.intent].append(ticket.id)
    draw = random.Random(f"validation {seed}")  # noqa: S311
    return {id_ for ids in by_intent.values() for id_ in draw.sample(ids, round(share * len(ids)))}


def _known_before(later: Sequence[Ticket], tickets: Sequence[Ticket]) -> list[Ticket]:
    """Return tickets as they were when `later` began: what was resolved after that was still open."""
    began = later[0].created if later else None
    if began is None:
        return list(tickets)
    return [
        replace(ticket, resolution="", resolved_at=None) if (ticket.resolved_at or 0) > began else ticket
        for ticket in tickets
    ]


def _in_scope(tickets: Sequence[Ticket]) -> list[Ticket]:
    return [ticket for ticket in tickets if ticket.intent != OUT_OF_SCOPE]


def _unknown_by_heart(
    questions: Sequence[Ticket], past: Sequence[Ticket], group: str, split: Split
) -> tuple[list[Ticket], dict[str, int]]:
    """Return the questions that are not known by heart, and how many are left out for which reason."""
    near = near_duplicates(
        [words(ticket.question) for ticket in questions],
        [words(ticket.question) for ticket in past],
        run=split.run,
        share=split.near_duplicate,
    )
    repeated = set(near)
    kept: list[Ticket] = []
    left_out: Counter[str] = Counter()
    for place, ticket in enumerate(questions):
        if ticket.phrases not in ("", group):
            left_out[REWORDED] += 1
        elif place in repeated:
            left_out[REPEATED] += 1
        elif not ticket.intent:
            left_out[NO_TOPIC] += 1
        else:
            kept.append(ticket)
    return kept, dict(left_out)


def _refuse_few(name: str, questions: Sequence[Ticket], past: Sequence[Ticket]) -> None:
    topics = {ticket.intent for ticket in past}
    known = sum(ticket.intent in topics for ticket in questions)
    if known < FEWEST:
        raise DataError(
            f"data/tickets.jsonl: only {known} questions of the {name} part are about something that earlier "
            f"tickets are about, expected {FEWEST}; bring more tickets, or set a larger share in params.toml "
            "[split]"
        )
