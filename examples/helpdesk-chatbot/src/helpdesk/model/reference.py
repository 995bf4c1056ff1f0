"""What questions look like to the model: what the drift check compares with later questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..retrieval.text import words
from . import split
from .decision import INTENT, QUEUE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from .decision import Decider


def features(decider: Decider, asked: Sequence[Ticket], past: Iterable[Ticket]) -> dict[str, NDArray[Any]]:
    """Return what drift compares: by name, a value for each question.

    Args:
        decider: of the model.
        asked: questions, in or out of scope.
        past: tickets that came before them; no question may be among them, since it would find itself.
    """
    known = {ticket.id: ticket for ticket in split.findable(past)}
    index = decider.index_of((id_, ticket.question) for id_, ticket in known.items())
    found = [decider.decide(ticket.question, index, lambda id_: known[id_].intent) for ticket in asked]
    guessed = {
        f"guessed {field}": np.array([str(getattr(one, field).label) for one in found])
        for field in (INTENT, QUEUE)
        if field in decider.guessers
    }
    return {
        "words": np.array([len(words(ticket.question)) for ticket in asked], dtype=np.float64),
        "known words": np.array([index.known_share(ticket.question) for ticket in asked]),
        "similarity": np.array([one.similarity for one in found]),
        "confidence": np.array([one.confidence for one in found]),
        "language": np.array([ticket.language for ticket in asked]),
        **guessed,
    }
