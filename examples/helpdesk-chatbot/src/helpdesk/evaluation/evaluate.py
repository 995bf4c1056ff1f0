"""Judge the stored model on later questions, and write every figure to reports/metrics.json.

A score better than honest work can be is written down, too, and then refused: most often the future has
leaked into the past.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ..data import ingestion
from ..data.tickets import to_bytes
from ..model import split, training
from ..portfolio import anchors, evidence
from ..portfolio.errors import LeakageSuspected, ModelError
from ..portfolio.files import sha256_of
from ..serving import bench
from ..serving.predictor import Predictor
from . import findings
from .examination import examine

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.ingestion import Manifest
    from ..model.split import Parts
    from ..params import Params
    from ..portfolio.store import StoredModel


def run(root: Path, params: Params, *, accept_suspicious: bool = False) -> str:
    """Evaluate the current model, write evidence and figures; returns the headline as one line.

    Raises:
        ModelMissing: nothing was trained yet.
        ModelError: the model was trained on other data, or with another split.
        LeakageSuspected: a score lies above its band in anchors.toml; the evidence is written nevertheless.
    """
    began = time.perf_counter()
    tickets, manifest = ingestion.read(root)
    predictor = Predictor.load(root)
    stored = predictor.stored
    parts = split.parts(tickets, manifest, params)
    _refuse_other_data(stored, manifest, parts)
    seen = examine(predictor, parts, params)
    collected = findings.collect(root, params, manifest=manifest, stored=stored, parts=parts, seen=seen)
    collected["latency"] = bench.known_or_quick(root, params, collected["artifact"]["sha256"])

    from . import charts  # matplotlib, and only this verb draws

    charts.draw(root, collected, seen.decisions, seen.points)
    seconds = {"train": _train_seconds(root), "evaluate": round(time.perf_counter() - began, 2)}
    evidence.write(root, collected | {"run": evidence.run_facts(root, params.seed, seconds)})
    if (suspicious := anchors.above(collected["anchors"])) and not accept_suspicious:
        raise LeakageSuspected("; ".join(suspicious))
    return _summary(collected)


def _refuse_other_data(stored: StoredModel, manifest: Manifest, parts: Parts) -> None:
    """A model that has learned from other rows may have learned from those of this test."""
    same_data = stored.metadata["data"]["sha256"] == manifest.sha256
    if not same_data or stored.metadata["trained_on"]["sha256"] != sha256_of(to_bytes(parts.past)):
        what = "other data" if not same_data else "another split of these data"
        raise ModelError(
            f"model {stored.version} was trained on {what}; run `python -m helpdesk train` again"
        )


def _train_seconds(root: Path) -> float:
    """Return how long the last `train` took; 0 where it left no note."""
    try:
        return float(json.loads((root / training.TIMING).read_text(encoding="utf-8"))["seconds"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError, ValueError, TypeError):
        return 0.0


def _summary(found: dict[str, Any]) -> str:
    headline, baseline = found["headline"], found["headline"]["baseline"]
    low, high = headline["ci95"]
    return (
        f"{headline['metric']} {headline['value']:.3f} (95 % {low:.3f} to {high:.3f}) of {headline['model']} "
        f"against {baseline['value']:.3f} of {baseline['name']}, {headline['protocol']}, "
        f"{found['data']['source']} data"
    )
