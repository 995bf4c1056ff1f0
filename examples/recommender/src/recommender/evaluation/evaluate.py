"""Judge every model on what users did next, and write every figure to reports/metrics.json.

The test part is touched here and nowhere else. A score better than honest work can be is written down too,
and then refused: most often the future has leaked into the past.
"""

from __future__ import annotations

import json
import sys
import time
from typing import TYPE_CHECKING, Any

from ..data import ingestion
from ..model import split, training
from ..portfolio import anchors, evidence
from ..portfolio.errors import LeakageSuspected, ModelError
from ..serving import bench
from ..serving.predictor import Predictor
from . import findings, protocols

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.ingestion import Manifest
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
    found, items, manifest = ingestion.read(root)
    predictor = Predictor.load(root)
    stored = predictor.stored
    _refuse_other_data(stored, manifest, split.parts(found, split.TEMPORAL, params))
    tested = {}
    for protocol in split.PROTOCOLS:
        sys.stderr.write(f"{protocol}: every model, all items ranked\n")
        served = {stored.metadata["model"]: predictor.model} if protocol == split.TEMPORAL else None
        tested[protocol] = protocols.examine(
            found,
            protocol,
            params,
            stored.metadata["settings"],
            served=served,
            explicit=manifest.feedback == "explicit",
        )
    collected = findings.collect(
        root, params, found=found, items=items, manifest=manifest, stored=stored, tested=tested
    )
    collected["latency"] = bench.known_or_quick(root, params, collected["artifact"]["sha256"])

    from . import charts  # matplotlib, and only this verb draws

    charts.draw(root, collected, tested[split.TEMPORAL])
    seconds = {"train": _train_seconds(root), "evaluate": round(time.perf_counter() - began, 2)}
    evidence.write(root, collected | {"run": evidence.run_facts(root, params.seed, seconds)})
    if (suspicious := anchors.above(collected["anchors"])) and not accept_suspicious:
        raise LeakageSuspected("; ".join(suspicious))
    return _summary(collected)


def _refuse_other_data(stored: StoredModel, manifest: Manifest, parts: split.Parts) -> None:
    """A model that has learned from other rows may have learned from those of this test."""
    same_data = stored.metadata["data"]["sha256"] == manifest.sha256
    if not same_data or stored.metadata["trained_on"]["sha256"] != parts.train.fingerprint():
        what = "other data" if not same_data else "another split of these data"
        raise ModelError(
            f"model {stored.version} was trained on {what}; run `python -m recommender train` again"
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
        f"{headline['metric']}@{found['facts']['k']} {headline['value']:.3f} (95 % {low:.3f} to {high:.3f}) "
        f"of {headline['model']} against {baseline['value']:.3f} of {baseline['name']}, "
        f"{headline['protocol']}, {found['data']['source']} data"
    )
