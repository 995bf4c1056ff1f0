"""How often the right ticket comes first for each kind of question, beside the baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.tickets import TRAITS
from . import measures
from .searches import BM25, HYBRID

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ..data.tickets import Ticket
    from ..params import Params
    from .searches import Places

MOST = 12  # groups of one kind; of more, the largest are shown
PLAIN = "plain"  # none of the traits
WEAKEST = "weakest topics"  # chosen by their figure, so chance has its part in it
_WEAK = 8


def by_kind(
    tickets: Sequence[Ticket], places: Mapping[str, Places], protocol: str, params: Params, *, named: bool
) -> list[dict[str, Any]]:
    """Return hit@1 by wording, language, queue and weakest topic; too few questions have no value.

    Args:
        tickets: the questions in scope.
        places: of the first right ticket, by search, in the same order.
        protocol: of the split.
        params: of the project.
        named: whether topics have names.
    """
    rows = []
    kinds = _groups(tickets)
    if named:
        found = measures.hits(places[HYBRID], 1)
        kinds |= {WEAKEST: _weakest(tickets, found, params.evaluation.minimum_slice)}
    for by, groups in kinds.items():
        for group, of in groups.items():
            for model in (HYBRID, BM25):
                hit = measures.hits(places[model], 1)[of]
                rows.append(
                    {
                        "by": by if model == HYBRID else f"{by}, {model}",
                        "group": group,
                        "protocol": protocol,
                        "model": model,
                        **_measured(hit, params),
                    }
                )
    return sorted(rows, key=lambda row: row["model"] != HYBRID)


def _measured(hit: NDArray[np.float64], params: Params) -> dict[str, Any]:
    found = measures.mean(hit, params) if len(hit) >= params.evaluation.minimum_slice else None
    return {
        "metric": measures.FIRST,
        "n": len(hit),
        "value": found.value if found else None,
        "ci95": found.as_list() if found else None,
    }


def _weakest(
    tickets: Sequence[Ticket], hit: NDArray[np.float64], minimum: int
) -> dict[str, NDArray[np.bool_]]:
    """Return which questions are of each of the topics that are found least often."""
    topics = np.array([ticket.intent for ticket in tickets])
    groups = {str(topic): topics == topic for topic in np.unique(topics)}
    enough = [topic for topic, of in groups.items() if of.sum() >= minimum]
    weak = sorted(enough, key=lambda topic: (float(hit[groups[topic]].mean()), topic))[:_WEAK]
    return {topic: groups[topic] for topic in weak}


def _groups(tickets: Sequence[Ticket]) -> dict[str, dict[str, NDArray[np.bool_]]]:
    """Return which questions are of each group; a kind with one group says nothing and is left out."""
    found = {}
    if any(ticket.traits for ticket in tickets):
        found["wording"] = {PLAIN: np.array([not ticket.traits for ticket in tickets])} | {
            trait: np.array([trait in ticket.traits for ticket in tickets]) for trait in TRAITS
        }
    for by in ("language", "queue"):
        values = [getattr(ticket, by) for ticket in tickets]
        names = sorted({value for value in values if value}, key=lambda name: (-values.count(name), name))
        if len(names) > 1:
            found[by] = {name: np.array([value == name for value in values]) for name in names[:MOST]}
    return {by: {group: of for group, of in groups.items() if of.any()} for by, groups in found.items()}
