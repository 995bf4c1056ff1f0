"""What a query may ask for is measured in time that does not grow with what it asks for."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from graphql import parse

from recommender.serving import limits, schema

if TYPE_CHECKING:
    from recommender.params import Params


def refused(query: str, settings: Params) -> tuple[str, object]:
    """Return message and code of the only error."""
    result = asyncio.run(schema.make(settings.service).execute(query))
    assert result.errors
    assert len(result.errors) == 1
    return result.errors[0].message, (result.errors[0].extensions or {}).get("code")


def doubling(fragments: int) -> str:
    """A short query of 2^n selections: each fragment spreads the next one twice."""
    chain = " ".join(
        f"fragment f{number} on Item {{ ...f{number + 1} ...f{number + 1} }}" for number in range(fragments)
    )
    return f'{{ item(id: "1") {{ ...f0 }} }} {chain} fragment f{fragments} on Item {{ id }}'


@pytest.mark.parametrize("fragments", [15, 100])
def test_fragments_that_double_are_refused_without_being_followed(fragments: int, settings: Params) -> None:
    """Followed one by one, the hundred would take longer than the universe has lasted."""
    message, code = refused(doubling(fragments), settings)
    assert code == "TOO_COSTLY"
    assert message.startswith("the query could have ")


def test_written_out_counts_every_selection() -> None:
    assert limits.written_out(parse(doubling(3))) == 2 + 2 + 4 + 8 + 8
    assert limits.written_out(parse("{ a b { c } ... on B { d } }")) == 5
    assert limits.written_out(parse("{ a } query q { b }")) == 2


def test_a_fragment_within_itself_is_left_to_the_rules(settings: Params) -> None:
    query = '{ item(id: "1") { ...f } } fragment f on Item { ...g } fragment g on Item { ...f }'
    message, _ = refused(query, settings)
    assert "Cannot spread fragment" in message


def test_a_fragment_that_is_not_there_is_left_to_the_rules(settings: Params) -> None:
    message, _ = refused('{ item(id: "1") { ...nowhere } }', settings)
    assert "nowhere" in message


def test_many_levels_break_no_recursion(settings: Params) -> None:
    query = '{ item(id: "1") { ... on Item ' + "{ similar { item " * 600 + "{ id }" + "} }" * 600 + " } }"
    roomy = replace(settings, service=replace(settings.service, max_tokens=100_000))
    message, _ = refused(query, roomy)
    assert "nested too deeply" in message
