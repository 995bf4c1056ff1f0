"""Judge the stored model on rows that it has never seen, and write down every figure: reports/metrics.json.

The test part is touched here and nowhere else. A score better than honest work can be is written down too,
and then refused: most often the answer has leaked into the features, or test rows into the training.
"""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..data import ingestion
from ..model import features, fitting, split
from ..portfolio import anchors, evidence, store
from ..portfolio.errors import EvidenceError, LeakageSuspected, ModelError
from . import findings, protocols

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from ..data.ingestion import Manifest
    from ..params import Params
    from ..portfolio.store import StoredModel
    from .protocols import Scored


QUICK_REQUESTS = 200  # enough for a p95; `bench` takes as many as params.toml says


def run(root: Path, params: Params, *, accept_suspicious: bool = False) -> str:
    """Evaluate the current model, write evidence and figures; returns the headline as one line.

    Raises:
        ModelMissing: nothing was trained yet.
        ModelError: the model was trained on other data, or with another split.
        LeakageSuspected: a score lies above its band in anchors.toml; the evidence is written nevertheless.
    """
    began = time.perf_counter()
    readings, manifest = ingestion.read(root)
    stored = store.current(root)
    _refuse_other_data(stored, manifest, readings, params)
    booster = fitting.load(stored, params)
    table, failure = features.build(readings), readings["failure"].to_numpy()

    test = protocols.holdout(table, failure, params, booster)
    repeats = protocols.repeated(table, failure, params, test)
    scores = findings.Scores(test, repeats, protocols.blocked(table, failure, params))
    found = findings.collect(root, params, readings=readings, manifest=manifest, stored=stored, scores=scores)

    from . import figures  # matplotlib, and only this verb draws

    figures.draw(root, params, found=found, test=test, table=table.iloc[test.rows], booster=booster)
    found["latency"] = _latency(root, params, found["artifact"])
    seconds = {"train": _train_seconds(root), "evaluate": round(time.perf_counter() - began, 2)}
    evidence.write(root, found | {"run": evidence.run_facts(root, params.seed, seconds)})
    if (suspicious := anchors.above(found["anchors"])) and not accept_suspicious:
        raise LeakageSuspected("; ".join([*suspicious, *_copies(table, test)]))
    return _summary(found)


def _refuse_other_data(
    stored: StoredModel, manifest: Manifest, readings: pd.DataFrame, params: Params
) -> None:
    """A model that has seen other rows may have seen those of this test."""
    rows, _ = split.holdout(readings["failure"].to_numpy(), params.seed, params.model.test_share)
    trained_on = stored.metadata["trained_on"]["sha256"]
    same_data = stored.metadata["data"]["sha256"] == manifest.sha256
    if not same_data or trained_on != split.fingerprint(readings, rows):
        what = "other data" if not same_data else "another split of these data"
        raise ModelError(
            f"model {stored.version} was trained on {what}; run `python -m maintenance train` again"
        )


def _copies(table: pd.DataFrame, test: Scored) -> list[str]:
    """Count test rows that stand in the training part as well: what oversampling before the split does."""
    tested = table.iloc[test.rows]
    copies = tested.merge(table.drop(index=tested.index).drop_duplicates(), how="inner")
    return [f"{len(copies)} of {len(tested)} test rows are copies of training rows"] if len(copies) else []


def _latency(root: Path, params: Params, artifact: dict[str, Any]) -> dict[str, Any]:
    """Keep what `bench` has measured for this very model; else measure now."""
    try:
        before = evidence.read(root) or {}
    except EvidenceError:
        before = {}
    if "latency" in before and before["artifact"]["sha256"] == artifact["sha256"]:
        return dict(before["latency"])
    from ..serving import bench

    return bench.measure(root, replace(params, bench=replace(params.bench, requests=QUICK_REQUESTS)))


def _train_seconds(root: Path) -> float:
    """Return how long the last `train` took; 0 where it left no note."""
    try:
        return float(json.loads((root / fitting.TIMING).read_text(encoding="utf-8"))["seconds"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError, ValueError, TypeError):
        return 0.0


def _summary(found: dict[str, Any]) -> str:
    headline, baseline = found["headline"], found["headline"]["baseline"]
    low, high = headline["ci95"]
    return (
        f"{headline['metric'].replace('_', ' ')} {headline['value']:.3f} (95 % {low:.3f} to {high:.3f}) "
        f"against {baseline['value']:.3f} of {baseline['name']}, {found['data']['source']} data"
    )
