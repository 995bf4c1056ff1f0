"""Put what was measured into the form of the evidence; every figure that a text states comes from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import banking, clinc, ingestion
from ..data.tickets import to_bytes
from ..model import training
from ..portfolio import anchors, calibration, evidence
from ..portfolio.files import sha256_of
from ..portfolio.intervals import Interval, wilson
from ..portfolio.report import project_title
from . import curves, decisions, facts, measures, slices
from .searches import BM25, HYBRID, MAJORITY
from .tables import GAIN, LINEAR

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from ..data.ingestion import Manifest
    from ..model.split import Parts
    from ..params import Params
    from ..portfolio.store import StoredModel
    from .examination import Examination

    Metrics = list[dict[str, Any]]

BANDS_ARE_OF = 4181  # synthetic tickets and questions out of scope behind the bands in anchors.toml
_PUBLIC = {ingestion.CLINC: clinc, ingestion.BANKING: banking}


def collect(
    root: Path, params: Params, *, manifest: Manifest, stored: StoredModel, parts: Parts, seen: Examination
) -> dict[str, Any]:
    """Return the evidence of this run, but for `run` and `latency`."""
    protocol, found = parts.protocol, seen.decisions
    metrics = [
        *_of_searches(seen, protocol, params),
        *decisions.of_threshold(found, protocol, params),
        *_of_guesses(seen, protocol, params),
        *_of_redaction(manifest, protocol),
        *curves.rows(seen.points, len(seen.in_scope)),
    ]
    threshold = decisions.threshold(found, stored.metadata, params)
    file = stored.file(training.MODEL)
    return {
        "schema": evidence.SCHEMA,
        "project": {"template": "helpdesk-chatbot", "title": project_title(root)},
        "data": _data(manifest, parts),
        "headline": _headline(metrics, protocol),
        "metrics": metrics,
        "anchors": anchors.judge(bands(root, manifest, metrics), metrics, manifest.kind),
        "threshold": threshold,
        "calibration": {"protocol": protocol, "model": HYBRID}
        | calibration.table(
            found.right.astype(np.float64),
            found.confidence,
            bins=params.evaluation.bins,
            base_rate=float(stored.metadata["base_rate"]),
        ),
        "slices": slices.by_kind(seen.in_scope, seen.places, protocol, params, named=parts.named),
        "artifact": {
            "path": file.relative_to(root).as_posix(),
            "bytes": file.stat().st_size,
            "sha256": sha256_of(file),
        },
        "facts": facts.collect(
            metrics, threshold, params, manifest=manifest, stored=stored, parts=parts, seen=seen
        ),
    }


def bands(root: Path, manifest: Manifest, metrics: Metrics) -> list[anchors.Anchor]:
    """Return the bands that fit these data.

    Synthetic ones are of one number of tickets. The note of a real one begins with the public set that it was
    measured on; one that names no public set is of the owner's own tickets. A band of the learning curve is
    left out where that number of tickets was not tried.
    """
    tried = {row["protocol"] for row in metrics}
    known = [band for band in anchors.load(root / "anchors.toml") if band.source == manifest.kind]
    if manifest.kind == "synthetic":
        return [band for band in known if manifest.rows == BANDS_ARE_OF and _is_tried(band, tried)]
    others = tuple(public.NAME for source, public in _PUBLIC.items() if source != manifest.source)
    return [band for band in known if not band.note.startswith(others) and _is_tried(band, tried)]


def _is_tried(band: anchors.Anchor, tried: Collection[str]) -> bool:
    return not band.metric.startswith(curves.LEARNING) or band.protocol in tried


def _of_searches(seen: Examination, protocol: str, params: Params) -> Metrics:
    n, rows = len(seen.in_scope), []
    for model, places in seen.places.items():
        for cutoff in params.evaluation.cutoffs:
            interval = measures.mean(measures.hits(places, cutoff), params)
            rows.append(measures.row(f"hit@{cutoff}", protocol, model, interval, n))
        interval = measures.mean(measures.reciprocal(places), params)
        rows.append(measures.row("mrr", protocol, model, interval, n))
    first = {model: measures.hits(places, 1) for model, places in seen.places.items()}
    for other in list(first)[1:]:
        gain = measures.difference(first[HYBRID], first[other], params)
        rows.append(measures.row(f"{GAIN}{other}", protocol, HYBRID, gain, n))
    return rows


def _of_guesses(seen: Examination, protocol: str, params: Params) -> Metrics:
    return [
        measures.row(
            f"{field}_{name}", protocol, model, measures.measured(metric, one.truth, said, params), len(said)
        )
        for field, one in seen.guessed.items()
        for model, said in ((LINEAR, one.guess), (MAJORITY, one.common))
        for name, metric in (("accuracy", measures.accuracy), ("macro_f1", measures.macro_f1))
    ]


def _of_redaction(manifest: Manifest, protocol: str) -> Metrics:
    planted = sum(manifest.planted.values())
    if not planted:
        return []
    recall = 1 - sum(manifest.missed.values()) / planted
    return [
        measures.row(
            "redaction_recall", protocol, "rules", Interval(recall, *wilson(recall, planted)), planted
        )
    ]


def _headline(metrics: Metrics, protocol: str) -> dict[str, Any]:
    model, simple, gain = (
        next(row for row in metrics if (row["name"], row["protocol"], row["model"]) == (name, protocol, who))
        for name, who in ((measures.FIRST, HYBRID), (measures.FIRST, BM25), (f"{GAIN}{BM25}", HYBRID))
    )
    return {
        "metric": measures.FIRST,
        "protocol": protocol,
        "model": HYBRID,
        "value": model["value"],
        "ci95": model["ci95"],
        "higher_is_better": True,
        "baseline": {"name": BM25, "value": simple["value"], "ci95": simple["ci95"]},
        "difference": {"value": gain["value"], "ci95": gain["ci95"]},
    }


def _data(manifest: Manifest, parts: Parts) -> dict[str, Any]:
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    found: dict[str, Any] = {
        "source": manifest.kind,
        "name": manifest.name,
        "rows": manifest.rows,
        "sha256": manifest.sha256,
        "split": {
            "protocol": parts.protocol,
            "sizes": {name: len(part) for name, part in named.items()},
            "hashes": {name: sha256_of(to_bytes(part)) for name, part in named.items()},
        },
    }
    if manifest.source in _PUBLIC:
        public = _PUBLIC[manifest.source]
        found |= {"licence": public.LICENCE, "url": public.PAGE}
    return found
