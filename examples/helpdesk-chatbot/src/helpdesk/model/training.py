"""Fit the model and store it: what `train` does. What is chosen, and how: fitting.py and choosing.py.

models/<version>/
    model.npz          the linear models and the confidence; loading them cannot run code
    tickets.jsonl      every resolved ticket, with which a new service starts; no figure comes from this file
    reference.npz      what the validation questions look like, for the drift check
"""

from __future__ import annotations

import io
import json
import platform
import sys
import time
from dataclasses import asdict
from importlib.metadata import version as installed
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ingestion
from ..data.tickets import OUT_OF_SCOPE, to_bytes
from ..portfolio import store
from ..portfolio.files import sha256_of, write_atomic
from . import reference, split
from .answer_groups import with_topics
from .fitting import fit
from .ordering import NAME

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..data.ingestion import Manifest
    from ..data.tickets import Ticket
    from ..params import Params
    from .decision import Decider, Settings
    from .fitting import Fitted
    from .split import Parts

MODEL, TICKETS, REFERENCE = "model.npz", "tickets.jsonl", "reference.npz"
TIMING = "models/timing.json"
CONFIDENCE = "confidence"  # before the names of its arrays; those of a linear model have its field
_GOLDEN_TICKETS = 200  # the first ones, of which a loaded model has to find again what it found here


def train(root: Path, params: Params) -> str:
    """Choose, fit and store the model; returns what to tell about it.

    Raises:
        DataError: no tickets yet, or too few.
    """
    began = time.perf_counter()
    tickets, manifest = ingestion.read(root)
    parts = split.parts(tickets, manifest, params)
    sys.stderr.write(
        f"{len(parts.train):,} tickets to learn from, {len(parts.validation):,} questions to choose with\n"
    )
    fitted = fit(parts, params)
    served = _served(tickets, parts, params)
    metadata = _metadata(params, parts, manifest, fitted)
    metadata["golden"] = decided(fitted.decider, served, parts.validation[0].question)
    files = {
        MODEL: npz(arrays(fitted.decider)),
        TICKETS: to_bytes(served),
        REFERENCE: npz(reference.features(fitted.chosen, parts.validation, parts.train)),
    }
    version = store.save(root, files, metadata, keep=params.model.versions_kept)
    # Outside the version: the same data and settings give the same version, however long it took.
    seconds = {"version": version, "seconds": round(time.perf_counter() - began, 3)}
    write_atomic(root / TIMING, json.dumps(seconds) + "\n")
    settings = fitted.decider.settings
    mixed = ", ".join(f"{name} {weight:.0%}" for name, weight in mixture(settings).items())
    return (
        f"model {version}: {mixed}; answers from a confidence of {settings.threshold:.3f}; "
        f"{len(served):,} tickets; {seconds['seconds']:.0f} s"
    )


def mixture(settings: Settings) -> dict[str, float]:
    """Return what a ticket's score is made of: shares that add up to 1."""
    share, whole = 1 - settings.intent_weight, sum(settings.weights.values())
    search = {name: share * weight / whole for name, weight in settings.weights.items()}
    return search | ({NAME: settings.intent_weight} if settings.intent_weight else {})


def arrays(decider: Decider) -> dict[str, NDArray[Any]]:
    """Return the numbers of all models, each name with that of its model before it."""
    models = {field: model.arrays() for field, model in decider.guessers.items()}
    models[CONFIDENCE] = decider.sureness.arrays()
    return {f"{owner}.{name}": array for owner, some in models.items() for name, array in some.items()}


def decided(decider: Decider, tickets: Sequence[Ticket], question: str) -> dict[str, Any]:
    """Return the decision about a question with the first tickets: what a service repeats when it starts."""
    some = {ticket.id: ticket for ticket in tickets[:_GOLDEN_TICKETS]}
    index = decider.index_of((id_, ticket.question) for id_, ticket in some.items())
    decision = decider.decide(question, index, lambda id_: some[id_].intent)
    hits = [hit.ticket for hit in decision.hits]
    return {"question": question, "tickets": hits, "confidence": decision.confidence}


def npz(some: dict[str, NDArray[Any]]) -> bytes:
    """Return arrays as the bytes of a compressed file."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **some)
    return buffer.getvalue()


def _served(tickets: Sequence[Ticket], parts: Parts, params: Params) -> list[Ticket]:
    """Return what a service starts with: the latest tickets, too, which the models have not seen."""
    known = tickets if parts.named else with_topics(tickets, params.split)
    return split.findable(ticket for ticket in known if ticket.intent != OUT_OF_SCOPE)


def _metadata(params: Params, parts: Parts, manifest: Manifest, fitted: Fitted) -> dict[str, Any]:
    settings = fitted.decider.settings
    return {
        "kind": manifest.kind,
        "seed": params.seed,
        "fields": sorted(fitted.decider.guessers),
        "weights": mixture(settings),
        "settings": asdict(settings),
        "threshold": settings.threshold,
        "base_rate": fitted.base_rate,
        "regularisation": fitted.regularisation,
        "tried": [asdict(trial) for trial in fitted.trials],
        "chosen_on": _CHOSEN_ON[parts.protocol].format(n=len(parts.validation)),
        "data": asdict(manifest),
        "trained_on": {
            "protocol": parts.protocol,
            "rows": len(parts.past),
            "sha256": sha256_of(to_bytes(parts.past)),
        },
        "made_with": {
            "python": platform.python_version(),
            **{name: installed(name) for name in ("numpy", "scipy", "scikit-learn")},
        },
    }


_CHOSEN_ON = {
    split.TIME: "{n:,} questions of the time just before the test",
    split.OFFICIAL: "{n:,} questions of the validation part",
}
