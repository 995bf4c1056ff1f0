"""What the texts say beside the tables: sentences, small tables and three examples."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from . import decisions, sentences, tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..data.ingestion import Manifest
    from ..data.tickets import Ticket
    from ..model.split import Parts
    from ..params import Params
    from ..portfolio.store import StoredModel
    from .examination import Examination

_LONGEST = 160  # characters of a question that a text shows


def collect(
    metrics: Sequence[Mapping[str, Any]],
    threshold: Mapping[str, Any],
    params: Params,
    *,
    manifest: Manifest,
    stored: StoredModel,
    parts: Parts,
    seen: Examination,
) -> dict[str, Any]:
    """Return the evidence's `facts`."""
    here = [row for row in metrics if row["protocol"] == parts.protocol]
    metadata = stored.metadata
    gain = decisions.gain_over_similarity(seen.decisions, params)
    return {
        "searches": tables.searches(here),
        "decisions": tables.decisions(here),
        "verdict": sentences.verdict(here),
        "at_threshold": sentences.at_threshold(here),
        "costs_in_words": sentences.costs(threshold),
        "outcomes": tables.outcomes(threshold),
        "confidence_in_words": sentences.confidence(here, gain),
        "gain_over_similarity": gain.value,
        "gain_over_similarity_low": gain.low,
        "gain_over_similarity_high": gain.high,
        "quoted": sentences.quoted(here),
        "learning": tables.learning(seen.points),
        "learning_in_short": sentences.learning_in_short(seen.points),
        "predictions": tables.predictions(here),
        "guessed": ", ".join(seen.guessed) or "nothing",
        "redaction": tables.redaction(manifest.planted, manifest.missed),
        "redaction_in_short": sentences.redaction_in_short(here),
        "redacted_in_words": sentences.redacted(manifest.redacted),
        "left_out": sentences.counted(parts.left_out),
        "split_in_words": sentences.SPLITS[parts.protocol],
        "same_thing": sentences.same_thing(manifest.intents),
        "scope_in_words": sentences.scope(len(seen.asked), len(seen.in_scope)),
        "situation": sentences.situation(manifest, _most_common(seen.in_scope)),
        "mixture": sentences.mixture(metadata["weights"]),
        "choices": tables.choices(metadata["tried"]),
        "chosen_on": str(metadata["chosen_on"]),
        **_examples(seen, quoted=manifest.kind == "synthetic", named=parts.named),
    }


def _most_common(asked: Sequence[Ticket]) -> float:
    """Return the share of the ten most common topics."""
    counts = Counter(ticket.intent for ticket in asked if ticket.intent)
    return sum(count for _, count in counts.most_common(10)) / max(1, counts.total())


def _examples(seen: Examination, *, quoted: bool, named: bool) -> dict[str, str]:
    """Return a question answered rightly, one answered wrongly and one handed over, each the surest."""
    found = seen.decisions
    kinds = {
        "right": (found.answered & found.right, found.confidence),
        "wrong": (found.answered & ~found.right, found.confidence),
        "handed_over": (~found.answered & (~found.in_scope | found.in_scope.all()), found.confidence),
    }
    told = {}
    for name, (of, order) in kinds.items():
        rows = np.flatnonzero(of)
        row = int(rows[np.argmax(order[rows])]) if len(rows) else None
        told[f"example_{name}"] = "none" if row is None else _described(seen, row, quoted=quoted, named=named)
    return told


def _described(seen: Examination, row: int, *, quoted: bool, named: bool) -> str:
    """Put one question and what became of it into words; texts that are not ours are not quoted."""
    ticket, decision = seen.asked[row], seen.found[row]
    said = f"“{_cut(ticket.question)}”" if quoted else f"{ticket.id} (text not published)"
    if not seen.decisions.in_scope[row]:
        said += ", out of scope"
    elif named:
        said += f", about {ticket.intent}"
    first = f"{decision.hits[0].ticket} first" if decision.hits else "no ticket found"
    outcome = "answered" if decision.answer else "not answered"
    return f"{said}: {first}, confidence {decision.confidence:.2f}, {outcome}"


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
