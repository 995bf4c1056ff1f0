"""Put what was measured into the form of the evidence; every figure that a text states comes from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.ingestion import LICENCES
from ..model import baseline, split, training
from ..model.runtime import INT8
from ..portfolio import anchors, calibration, evidence
from ..portfolio.files import sha256_of
from ..portfolio.report import project_title
from . import behaviour, measures, slices
from .protocols import FP32

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.ingestion import Manifest
    from ..model.split import Parts
    from ..params import Params
    from .protocols import Judges, Scored

_TIMED = 50  # texts on which the simple model is timed


@dataclass(frozen=True, slots=True)
class Judged:
    """Everything that was scored."""

    test: Scored
    seen: Scored | None  # synthetic data only
    abilities: list[behaviour.Ability]


def collect(
    root: Path, params: Params, *, parts: Parts, manifest: Manifest, judges: Judges, judged: Judged
) -> dict[str, Any]:
    """Return the evidence of this run, but for `run` and `latency`."""
    test, stored = judged.test, judges.predictor.stored
    metrics = measures.of_models(test, params, list(measures.METRICS))
    metrics += measures.of_band(test, params, stored.metadata["band"])
    if judged.seen is not None:
        metrics += measures.of_models(judged.seen, params, [measures.HEADLINE])
    metrics += [ability.as_metric() for ability in judged.abilities]
    tokens = [one.tokens for one in judges.predictor.encode([review.text for review in test.reviews])]
    file = stored.file(INT8)
    score = test.scores[training.SERVED]
    return {
        "schema": evidence.SCHEMA,
        "project": {"template": "sentiment", "title": project_title(root)},
        "data": _data(manifest, parts),
        "headline": _headline(metrics, test, params),
        "metrics": metrics,
        # The bands are for the kind of model that they were measured with.
        "anchors": anchors.judge(
            _bands(root, stored.metadata["kind"], manifest.source), metrics, manifest.kind
        ),
        "threshold": measures.threshold(test, stored.metadata),
        "calibration": {"protocol": test.protocol, "model": training.SERVED}
        | calibration.table(
            test.labels,
            score,
            bins=params.evaluation.bins,
            base_rate=float(test.scores[baseline.MAJORITY][0]),
        ),
        "slices": slices.slices(test, tokens, params),
        "artifact": {
            "path": file.relative_to(root).as_posix(),
            "bytes": file.stat().st_size,
            "sha256": sha256_of(file),
        },
        "facts": _facts(params, parts, manifest, judges=judges, judged=judged),
    }


def _bands(root: Path, kind: str, source: str) -> list[anchors.Anchor]:
    """Return the bands that fit this kind of model and data: a tiny model has none on real reviews."""
    found = anchors.load(root / "anchors.toml")
    if source == "synthetic":
        return [
            band for band in found if band.source == "real" or kind == "smoke" or band.model == baseline.TFIDF
        ]
    measured_on = source == "polarity"
    return [band for band in found if band.source == "synthetic" or (measured_on and kind == "fine-tuned")]


def _data(manifest: Manifest, parts: Parts) -> dict[str, Any]:
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    found = {
        "source": manifest.kind,
        "name": manifest.name,
        "rows": manifest.rows,
        "sha256": manifest.sha256,
        "base_rate": manifest.positives / manifest.rows,
        "split": {
            "protocol": parts.protocol,
            "sizes": {name: len(part) for name, part in named.items()},
            "hashes": {name: split.fingerprint(part) for name, part in named.items()},
        },
    }
    licence = LICENCES.get(manifest.source)
    if licence:
        found["licence"] = licence
    if manifest.origin.startswith("https://"):
        found["url"] = manifest.origin
    return found


def _headline(metrics: list[dict[str, Any]], test: Scored, params: Params) -> dict[str, Any]:
    served, simple = (
        next(
            row
            for row in metrics
            if (row["name"], row["protocol"], row["model"]) == (measures.HEADLINE, test.protocol, name)
        )
        for name in (training.SERVED, baseline.TFIDF)
    )
    difference = measures.difference(test, params, training.SERVED, baseline.TFIDF)
    return {
        "metric": measures.HEADLINE,
        "protocol": test.protocol,
        "model": training.SERVED,
        "value": served["value"],
        "ci95": served["ci95"],
        "higher_is_better": True,
        "baseline": {"name": baseline.TFIDF, "value": simple["value"], "ci95": simple["ci95"]},
        "difference": {"value": difference.value, "ci95": difference.as_list()},
    }


def _facts(
    params: Params, parts: Parts, manifest: Manifest, *, judges: Judges, judged: Judged
) -> dict[str, Any]:
    """Return what the texts say beside the tables."""
    test, metadata = judged.test, judges.predictor.metadata
    texts = [review.text for review in test.reviews]
    encoded = judges.predictor.encode(texts)
    answers = [judges.predictor.predict(text)[1] for text in texts[: _TIMED + 5]][5:]
    same = (test.scores[FP32] >= 0.5) == (test.scores[training.SERVED] >= 0.5)
    facts: dict[str, Any] = {
        "kind": metadata["kind"],
        "base_model": metadata["base"]["name"],
        "base_revision": metadata["base"]["revision"] or "none",
        "parameters": metadata["parameters"],
        "best_epoch": metadata["best_epoch"],
        "max_tokens": metadata["max_tokens"],
        "temperature": metadata["temperature"],
        "truncated_train": metadata["truncated"],
        "truncated_test": float(np.mean([one.truncated for one in encoded])),
        "near_duplicates_removed": parts.near_duplicates,
        "left_out": ", ".join(f"{n:,} {reason}" for reason, n in manifest.left_out.items()) or "nothing",
        "int8_agreement_test": float(same.mean()),
        "bert_ms": float(np.median(answers)),
        "bert_mb": judges.predictor.stored.file(INT8).stat().st_size / 1e6,
        "tfidf_ms": float(np.median(judges.tfidf.milliseconds(texts[: _TIMED + 5])[5:])),
        "tfidf_mb": judges.tfidf.bytes() / 1e6,
        "label_noise": params.generator.label_noise if manifest.source == "synthetic" else None,
        "budgets_exceeded": ", ".join(a.name for a in judged.abilities if a.rate > a.budget) or "none",
        **behaviour.gap(judges.predictor.probabilities, params),
    }
    facts["ms_ratio"] = facts["bert_ms"] / facts["tfidf_ms"]
    ours = manifest.kind == "synthetic"
    for ability in judged.abilities:
        if ability.example and (ours or not ability.of_reviews):
            facts[f"failed_{ability.name}"] = ability.example
    mistakes = [_described(mistake, quoted=ours) for mistake in slices.worst_mistakes(test, 3)]
    for place in range(3):
        facts[f"mistake_{place + 1}"] = mistakes[place] if place < len(mistakes) else "none"
    if judged.seen is not None:
        drop = measures.METRICS[measures.HEADLINE]
        seen, held_out = (drop(part.labels, part.scores[training.SERVED]) for part in (judged.seen, test))
        facts["seen_minus_held_out"] = seen - held_out
    return facts


def _described(mistake: dict[str, Any], *, quoted: bool) -> str:
    """Put a mistake into words; reviews that are not ours to publish are named, not quoted."""
    said = f"labelled {mistake['label']}, probability of positive {mistake['probability']:.3f}"
    text = f": “{mistake['text']}”" if quoted else " (text not published)"
    return f"{mistake['id']}, {said}{text}"
