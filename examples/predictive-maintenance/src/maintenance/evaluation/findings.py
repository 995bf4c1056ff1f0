"""Put what was measured into the form of the evidence; every figure that a text states comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ai4i
from ..model import candidates, fitting, split
from ..portfolio import anchors, evidence
from ..portfolio.files import sha256_of
from ..portfolio.intervals import paired_difference
from ..portfolio.report import project_title
from . import calibration, measures, protocols, slices
from .ranks import average_precision, dense

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from ..data.ingestion import Manifest
    from ..params import Params
    from ..portfolio.intervals import Interval
    from ..portfolio.store import StoredModel
    from .protocols import Scored


@dataclass(frozen=True, slots=True)
class Scores:
    """Predictions under every protocol."""

    test: Scored  # the hold-out
    repeats: list[Scored]  # the hold-out and further random splits
    ordered: Scored  # contiguous blocks


def collect(
    root: Path,
    params: Params,
    *,
    readings: pd.DataFrame,
    manifest: Manifest,
    stored: StoredModel,
    scores: Scores,
) -> dict[str, Any]:
    """Return the evidence of this run, but for `run` and `latency`."""
    runs = split.tool_runs(readings["wear_min"].to_numpy())
    pooled = protocols.pooled(scores.repeats)
    threshold = float(stored.metadata["threshold"])
    metrics = [
        *measures.of_models(scores.test, protocols.HOLDOUT, params),
        *measures.of_decisions(scores.test, protocols.HOLDOUT, params, threshold),
        *measures.of_repeats(scores.repeats),
        *measures.of_blocks(scores.ordered, protocols.BLOCKED, params, _groups(runs, scores.ordered)),
    ]
    file = stored.path / "model.ubj"
    return {
        "schema": evidence.SCHEMA,
        "project": {"template": "predictive-maintenance", "title": project_title(root)},
        "data": _data(readings, manifest, scores.test),
        "headline": _headline(metrics, scores.test, params),
        "metrics": metrics,
        # The bands were measured on the public file and on the generator: the owner's own data have none.
        "anchors": anchors.judge(anchors.load(root / "anchors.toml"), metrics, manifest.source),
        "threshold": measures.threshold_facts(scores.test, stored.metadata, params),
        "calibration": calibration.table(scores.test, protocols.HOLDOUT, params),
        "slices": slices.slices(readings, pooled, _groups(runs, pooled), threshold, params),
        "artifact": {
            "path": file.relative_to(root).as_posix(),
            "bytes": file.stat().st_size,
            "sha256": sha256_of(file),
        },
        "facts": _gain(scores.test, params) | slices.worst_mistakes(readings, scores.test),
    }


def _data(readings: pd.DataFrame, manifest: Manifest, test: Scored) -> dict[str, Any]:
    part = np.setdiff1d(np.arange(len(readings)), test.rows)
    parts = {"train": part, "test": test.rows}
    facts = {
        "source": "synthetic" if manifest.source == "synthetic" else "real",
        "name": manifest.name,
        "rows": manifest.rows,
        "sha256": manifest.sha256,
        "base_rate": manifest.failures / manifest.rows,
        "split": {
            "protocol": protocols.HOLDOUT,
            "sizes": {name: len(rows) for name, rows in parts.items()},
            "hashes": {name: split.fingerprint(readings, rows) for name, rows in parts.items()},
        },
    }
    return facts | ({"licence": ai4i.LICENCE, "url": ai4i.PAGE} if manifest.source == "real" else {})


def _headline(metrics: list[dict[str, Any]], test: Scored, params: Params) -> dict[str, Any]:
    served, baseline = (
        next(
            row
            for row in metrics
            if (row["name"], row["protocol"], row["model"]) == (measures.HEADLINE, protocols.HOLDOUT, name)
        )
        for name in (fitting.SERVED, candidates.BASELINE)
    )
    difference = _difference(test, candidates.BASELINE, params)
    return {
        "metric": measures.HEADLINE,
        "protocol": protocols.HOLDOUT,
        "model": fitting.SERVED,
        "value": served["value"],
        "ci95": served["ci95"],
        "higher_is_better": True,
        "baseline": {"name": candidates.BASELINE, "value": baseline["value"], "ci95": baseline["ci95"]},
        "difference": {"value": difference.value, "ci95": difference.as_list()},
    }


def _gain(test: Scored, params: Params) -> dict[str, Any]:
    """Say what the physical features are worth: with them minus without them, on the same resamples."""
    gain = _difference(test, candidates.RAW, params)
    return {"physics_gain": gain.value, "physics_gain_low": gain.low, "physics_gain_high": gain.high}


def _difference(test: Scored, other: str, params: Params) -> Interval:
    return paired_difference(
        average_precision,
        test.failure,
        dense(test.scores[fitting.SERVED]),
        dense(test.scores[other]),
        resamples=params.evaluation.resamples,
        seed=params.seed,
    )


def _groups(runs: NDArray[np.int64], scored: Scored) -> NDArray[np.int64] | None:
    """Return the tool of every scored row; None where the data know only one tool."""
    return runs[scored.rows] if runs[-1] > 0 else None
