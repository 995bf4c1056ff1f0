"""What is learned from, what chooses and what judges: nothing of the later gets into the earlier."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from helpdesk import params
from helpdesk.data import ingestion
from helpdesk.data.tickets import OUT_OF_SCOPE, Ticket
from helpdesk.model import answer_groups, split
from helpdesk.params import Split
from helpdesk.portfolio.errors import DataError
from helpdesk.portfolio.near_duplicates import near_duplicates
from helpdesk.retrieval.text import words

if TYPE_CHECKING:
    from pathlib import Path

    from helpdesk.data.ingestion import Manifest
    from helpdesk.params import Params

TOPICS = ("printer", "password", "invoice", "travel", "screen")
_DAY = 86_400


@pytest.fixture(scope="module")
def settings(settings: Params) -> Params:
    """The shares that the counts below are worked out with, whatever the owner has set."""
    return replace(settings, seed=42, split=Split(0.2, 0.2, near_duplicate=0.8, run=3))


@pytest.fixture(scope="module")
def manifest(trained: Path) -> Manifest:
    return ingestion.read(trained)[1]


@pytest.fixture(scope="module")
def found(trained: Path) -> split.Parts:
    tickets, manifest = ingestion.read(trained)
    return split.parts(tickets, manifest, params.load(trained))


def tickets(count: int) -> list[Ticket]:
    """One a day, each about one of TOPICS, in words that no other ticket has, resolved an hour later."""
    return [
        Ticket(
            id=f"T{day:04d}",
            body=f"My {TOPICS[day % 5]} fails with code{day} in room{day} at desk{day}",
            created=day * _DAY,
            resolution=f"Restart the {TOPICS[day % 5]}.",
            resolved_at=day * _DAY + 3600,
            intent=TOPICS[day % 5],
        )
        for day in range(count)
    ]


# ---- canaries: on the synthetic tickets as they are


def test_the_later_is_later(found: split.Parts) -> None:
    periods = [found.train, found.validation, found.test]
    for before, after in pairwise(periods):
        assert max(t.created or 0 for t in before) <= min(t.created or 0 for t in after)
    assert max(t.created or 0 for t in found.past) <= min(t.created or 0 for t in found.test)


def test_no_ticket_is_on_both_sides(found: split.Parts) -> None:
    ids = [{ticket.id for ticket in part} for part in (found.train, found.validation, found.test)]
    assert not ids[0] & ids[1]
    assert not ids[2] & {ticket.id for ticket in found.past}
    assert ids[0] <= {ticket.id for ticket in found.past}


def test_no_question_nearly_repeats_a_past_one(found: split.Parts, settings: Params) -> None:
    for past, asked in ((found.train, found.validation), (found.past, found.test)):
        near = near_duplicates(
            [words(ticket.question) for ticket in asked],
            [words(ticket.question) for ticket in past],
            run=settings.split.run,
            share=settings.split.near_duplicate,
        )
        assert near == []


def test_no_question_is_worded_as_past_ones(found: split.Parts) -> None:
    assert {ticket.phrases for ticket in found.train} == {"training"}
    assert {ticket.phrases for ticket in found.validation} == {"validation"}
    assert {ticket.phrases for ticket in found.past} == {"training", "validation"}
    assert {ticket.phrases for ticket in found.test} == {"test"}
    assert found.left_out[split.REWORDED] > 0


def test_out_of_scope_is_never_learned(found: split.Parts) -> None:
    assert not [ticket for ticket in (*found.train, *found.past) if ticket.intent == OUT_OF_SCOPE]
    for part in (found.validation, found.test):
        assert [ticket for ticket in part if ticket.intent == OUT_OF_SCOPE]


def test_an_answer_that_was_given_later_is_not_known(found: split.Parts) -> None:
    for past, later in ((found.train, found.validation), (found.past, found.test)):
        begins = min(ticket.created or 0 for ticket in later)
        assert all(ticket.resolved_at is None or ticket.resolved_at <= begins for ticket in past)


# ---- by hand


def test_a_ticket_resolved_in_the_test_period_is_open_before_it(manifest: Manifest, settings: Params) -> None:
    given = tickets(400)
    given[250] = replace(
        given[250], resolved_at=399 * _DAY
    )  # asked before the validation, resolved after all
    given[240] = replace(given[240], resolved_at=300 * _DAY)  # ... resolved in the validation period
    got = split.parts(given, manifest, settings)
    train, past = ({ticket.id: ticket for ticket in part} for part in (got.train, got.past))
    assert not train["T0250"].is_resolved
    assert not past["T0250"].is_resolved
    assert past["T0250"].resolved_at is None
    assert not train["T0240"].is_resolved
    assert past["T0240"].is_resolved
    assert train["T0100"].is_resolved


def test_shares_are_those_of_the_settings(manifest: Manifest, settings: Params) -> None:
    got = split.parts(tickets(400), manifest, settings)
    assert (len(got.train), len(got.validation), len(got.past), len(got.test)) == (256, 64, 320, 80)
    assert got.left_out == {}
    assert got.protocol == "time"


def test_a_repeated_question_is_left_out_and_counted(manifest: Manifest, settings: Params) -> None:
    given = tickets(400)
    given[390] = replace(given[390], body=f"{given[3].body.upper()}!!!", intent=given[3].intent)
    given[391] = replace(given[391], intent="")
    got = split.parts(given, manifest, settings)
    assert {"T0390", "T0391"}.isdisjoint(ticket.id for ticket in got.test)
    assert got.left_out == {split.REPEATED: 1, split.NO_TOPIC: 1}


def test_too_few_questions_are_refused_with_their_number(manifest: Manifest, settings: Params) -> None:
    with pytest.raises(DataError, match=r"only 10 questions of the validation part .* expected 20"):
        split.parts(tickets(60), manifest, settings)


# ---- a split that comes with the data


def test_an_official_split_is_kept(manifest: Manifest, settings: Params) -> None:
    given = [
        replace(
            ticket,
            part=("training", "training", "validation", "test")[place % 4],
            resolution="",
            created=None,
        )
        for place, ticket in enumerate(tickets(400))
    ]
    got = split.parts(given, replace(manifest, split="official"), settings)
    assert {ticket.part for ticket in got.train} == {"training"}
    assert {ticket.part for ticket in got.validation} == {"validation"}
    assert {ticket.part for ticket in got.test} == {"test"}
    assert len(got.past) == 300
    assert split.findable(got.past) == list(got.past)  # none has an answer, so all can be found


def test_without_a_validation_part_a_share_of_each_intent_becomes_it(
    manifest: Manifest, settings: Params
) -> None:
    given = [
        replace(ticket, part="training" if place < 300 else "test", created=None)
        for place, ticket in enumerate(tickets(400))
    ]
    official = replace(manifest, split="official")
    got = split.parts(given, official, settings)
    counts = [sum(ticket.intent == topic for ticket in got.validation) for topic in TOPICS]
    assert counts == [12] * 5
    assert len(got.train) == 240
    assert got == split.parts(given, official, settings)
    other = split.parts(given, official, replace(settings, seed=settings.seed + 1))
    assert other.validation != got.validation


# ---- tickets without intents: one answer is one topic


def answered(id_: str, resolution: str) -> Ticket:
    return Ticket(id=id_, body="help", resolution=resolution)


def test_tickets_with_nearly_one_answer_are_about_one_thing(settings: Params) -> None:
    advice = "Open the settings, choose network, delete the old profile. Then restart the laptop and log in."
    given = [
        answered("T1", f"Hello Anna,\n{advice}\nKind regards\nBen"),
        answered(
            "T2",
            "Your order 4711 was sent on Monday. It arrives within three days; a link to follow it was sent.",
        ),
        answered("T3", f"Dear customer,\n{advice}\nBest wishes\nyour service desk"),
        answered("T4", ""),
        answered(
            "T5",
            "Your order 815 was sent on Monday. It arrives within three days; a link to follow it was sent.",
        ),
    ]
    got = answer_groups.with_topics(given, settings.split)
    assert [ticket.intent for ticket in got] == ["as T1", "as T2", "as T1", "", "as T2"]
    assert [replace(ticket, intent="") for ticket in got] == given


def test_without_intents_the_split_has_topics_of_answers(manifest: Manifest, settings: Params) -> None:
    given = [replace(ticket, intent="") for ticket in tickets(400)]
    got = split.parts(given, replace(manifest, intents=0), settings)
    assert not got.named
    assert {ticket.intent for ticket in got.past} == {f"as T000{n}" for n in range(5)}
    assert len(got.test) == 80
