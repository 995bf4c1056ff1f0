"""Judge the stored model on reviews that it has never seen, and write every figure to reports/metrics.json.

The test part is touched here and nowhere else. A score better than honest work can be is written down too,
and then refused: most often test reviews have leaked into the training.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from ..data import ingestion
from ..model import split, training
from ..portfolio import anchors, evidence
from ..portfolio.errors import LeakageSuspected, ModelError
from ..portfolio.files import write_atomic
from ..serving import bench
from ..serving.predictor import Predictor
from . import behaviour, findings, protocols, slices

if TYPE_CHECKING:
    from pathlib import Path

    from ..data.ingestion import Manifest
    from ..model.split import Parts
    from ..params import Params
    from ..portfolio.store import StoredModel

MISTAKES = "reports/mistakes.md"


def run(root: Path, params: Params, *, accept_suspicious: bool = False) -> str:
    """Evaluate the current model, write evidence and figures; returns the headline as one line.

    Raises:
        ModelMissing: nothing was trained yet.
        ModelError: the model was trained on other data, or with another split.
        LeakageSuspected: a score lies above its band in anchors.toml; the evidence is written nevertheless.
    """
    began = time.perf_counter()
    reviews, manifest = ingestion.read(root)
    parts = split.parts(reviews, params)
    predictor = Predictor.load(root)
    _refuse_other_data(predictor.stored, manifest, parts)
    judges = protocols.Judges(root, params, parts, predictor)
    test = judges.score(parts.protocol, parts.test)
    seen = judges.score(split.SEEN, parts.seen) if len(parts.seen) > 1 else None
    texts = [review.text for review in parts.test]
    judged = findings.Judged(test, seen, behaviour.abilities(predictor.probabilities, texts, params))
    found = findings.collect(root, params, parts=parts, manifest=manifest, judges=judges, judged=judged)
    found["latency"], timed = bench.known_or_quick(root, params, found["artifact"]["sha256"])
    found["facts"] |= timed

    from . import charts  # matplotlib, and only this verb draws

    charts.draw(root, params, found, test)
    write_atomic(root / MISTAKES, _mistakes(test, found))
    seconds = {"train": _train_seconds(root), "evaluate": round(time.perf_counter() - began, 2)}
    evidence.write(root, found | {"run": evidence.run_facts(root, params.seed, seconds)})
    if (suspicious := anchors.above(found["anchors"])) and not accept_suspicious:
        raise LeakageSuspected("; ".join(suspicious))
    return _summary(found)


def _refuse_other_data(stored: StoredModel, manifest: Manifest, parts: Parts) -> None:
    """A model that has seen other reviews may have seen those of this test."""
    same_data = stored.metadata["data"]["sha256"] == manifest.sha256
    if not same_data or stored.metadata["trained_on"]["sha256"] != split.fingerprint(parts.train):
        what = "other data" if not same_data else "another split of these data"
        raise ModelError(
            f"model {stored.version} was trained on {what}; run `python -m sentiment train` again"
        )


def _train_seconds(root: Path) -> float:
    """Return how long the last `train` took; 0 where it left no note."""
    try:
        return float(json.loads((root / training.TIMING).read_text(encoding="utf-8"))["seconds"])
    except (FileNotFoundError, json.JSONDecodeError, KeyError, ValueError, TypeError):
        return 0.0


def _mistakes(test: protocols.Scored, found: dict[str, Any]) -> str:
    """Return the table of the surest mistakes. Reviews that are not ours to publish are named, not quoted."""
    data = found["data"]
    rows = []
    for row in slices.worst_mistakes(test):
        text = _cell(row["text"]) if data["source"] == "synthetic" else "(not published)"
        rows.append(f"| {row['id']} | {row['label']} | {row['probability']:.3f} | {text} |\n")
    return (
        f"# The surest mistakes\n\n{data['source'].capitalize()} data: {data['name']}.\n\n"
        f"| Review | Labelled | Probability of positive | Text |\n| --- | --- | ---: | --- |\n{''.join(rows)}"
    )


def _cell(text: str) -> str:
    return text.replace("|", r"\|")


def _summary(found: dict[str, Any]) -> str:
    headline, baseline = found["headline"], found["headline"]["baseline"]
    low, high = headline["ci95"]
    return (
        f"{headline['metric']} {headline['value']:.3f} (95 % {low:.3f} to {high:.3f}) against "
        f"{baseline['value']:.3f} of {baseline['name']}, {headline['protocol']}, "
        f"{found['data']['source']} data, {found['facts']['kind']} model"
    )
