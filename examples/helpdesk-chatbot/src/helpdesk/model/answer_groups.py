"""What a ticket is about where nobody has said so: nearly the same answer, the same thing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from ..portfolio.near_duplicates import first_alike
from ..retrieval.text import words
from ..serving.answers import extract

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..data.tickets import Ticket
    from ..params import Split

_SENTENCES = 10  # of an answer that are compared; greeting and signature are left out before
_DIGITS = re.compile(r"\d+")


def with_topics(tickets: Sequence[Ticket], params: Split) -> list[Ticket]:
    """Return the tickets with an intent each: the first ticket that was given nearly the same answer.

    An open ticket has no answer yet, so its intent stays empty. Numbers in answers do not count: those of two
    orders differ though the advice is the same.

    Args:
        tickets: in the order of time.
        params: the section [split]; how near is near.
    """
    resolved = [ticket for ticket in tickets if ticket.is_resolved]
    alike = first_alike(
        (advice(ticket.resolution) for ticket in resolved), run=params.run, share=params.near_duplicate
    )
    names = {ticket.id: f"as {resolved[leader].id}" for ticket, leader in zip(resolved, alike, strict=True)}
    return [replace(ticket, intent=names.get(ticket.id, "")) for ticket in tickets]


def advice(resolution: str) -> list[str]:
    """Return the words of an answer that say what to do, without greeting, signature and numbers."""
    said = extract(resolution, "", _SENTENCES)
    return words(_DIGITS.sub(" ", " ".join(one.text for one in said)))
