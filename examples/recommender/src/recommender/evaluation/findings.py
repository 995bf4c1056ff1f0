"""Put what was measured into the form of the evidence; every figure that a text states comes from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.ingestion import LICENCE, MOVIELENS
from ..model import split, training
from ..model.candidates import BASELINE
from ..portfolio import anchors, evidence
from ..portfolio.files import sha256_of
from ..portfolio.report import project_title
from . import measures, sentences, slices

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from ..data.ingestion import Manifest
    from ..data.interactions import Interactions, Item
    from ..params import Params
    from ..portfolio.store import StoredModel
    from .protocols import Tested


BANDS_ARE_OF = (1_000, 1_200)  # synthetic users and items behind the bands in anchors.toml


def collect(
    root: Path,
    params: Params,
    *,
    found: Interactions,
    items: tuple[Item, ...],
    manifest: Manifest,
    stored: StoredModel,
    tested: Mapping[str, Tested],
) -> dict[str, Any]:
    """Return the evidence of this run, but for `run` and `latency`."""
    metrics = [row for one in tested.values() for row in measures.of_protocol(one, params)]
    primary, served = tested[split.TEMPORAL], stored.metadata["model"]
    file = stored.file(training.MODEL)
    return {
        "schema": evidence.SCHEMA,
        "project": {"template": "recommender", "title": project_title(root)},
        "data": _data(manifest, primary),
        "headline": _headline(metrics, primary, served, params),
        "metrics": metrics,
        "anchors": anchors.judge(_bands(root, manifest), metrics, manifest.kind),
        "slices": slices.by_activity(primary, served, params),
        "artifact": {
            "path": file.relative_to(root).as_posix(),
            "bytes": file.stat().st_size,
            "sha256": sha256_of(file),
        },
        "facts": _facts(found, params, manifest=manifest, stored=stored, tested=tested, metrics=metrics)
        | _example(found, items, primary, served),
    }


def _bands(root: Path, manifest: Manifest) -> list[anchors.Anchor]:
    """Return the bands that fit these data: real ones are of MovieLens 100K, synthetic ones of one size."""
    known = list(anchors.load(root / "anchors.toml"))
    if manifest.source == MOVIELENS[0]:
        return known
    usual = (manifest.users, manifest.items) == BANDS_ARE_OF
    return [band for band in known if band.source == "real" and manifest.kind == "synthetic"] + [
        band for band in known if band.source == "synthetic" and (usual or manifest.kind == "real")
    ]


def _data(manifest: Manifest, primary: Tested) -> dict[str, Any]:
    parts = {"train": primary.parts.train, "test": primary.parts.test}
    found: dict[str, Any] = {
        "source": manifest.kind,
        "name": manifest.name,
        "rows": manifest.rows,
        "sha256": manifest.sha256,
        "split": {
            "protocol": primary.parts.protocol,
            "sizes": {name: len(part) for name, part in parts.items()},
            "hashes": {name: part.fingerprint() for name, part in parts.items()},
        },
    }
    if manifest.source in MOVIELENS:
        found["licence"] = LICENCE
    if manifest.origin.startswith("https://"):
        found["url"] = manifest.origin
    return found


def _headline(metrics: list[dict[str, Any]], primary: Tested, served: str, params: Params) -> dict[str, Any]:
    protocol = primary.parts.protocol
    model, simple = (
        measures.value(metrics, measures.HEADLINE, protocol, name) for name in (served, BASELINE)
    )
    difference = measures.difference(primary, served, params)
    return {
        "metric": measures.HEADLINE,
        "protocol": protocol,
        "model": served,
        "value": model["value"],
        "ci95": model["ci95"],
        "higher_is_better": True,
        "baseline": {"name": BASELINE, "value": simple["value"], "ci95": simple["ci95"]},
        "difference": {"value": difference.value, "ci95": difference.as_list()},
    }


def _facts(
    found: Interactions,
    params: Params,
    *,
    manifest: Manifest,
    stored: StoredModel,
    tested: Mapping[str, Tested],
    metrics: list[dict[str, Any]],
) -> dict[str, Any]:
    """Return what the texts say beside the tables."""
    metadata, primary = stored.metadata, tested[split.TEMPORAL]
    served = metadata["model"]
    counts = np.sort(np.bincount(found.item, minlength=manifest.items))[::-1]
    per_user = training.activity(found)
    warm = tested[split.GLOBAL]
    facts: dict[str, Any] = {
        "k": params.evaluation.k,
        "users": manifest.users,
        "items": manifest.items,
        "feedback": manifest.feedback,
        "density": manifest.rows / (manifest.users * manifest.items),
        "median_activity": float(np.median(per_user[per_user > 0])),
        "head_share": float(counts[: manifest.items // 10].sum() / counts.sum()),
        "served": served,
        "settings": sentences.shown(metadata["settings"][served]),
        "tried": len(metadata["tried"]),
        "chosen_on": metadata["chosen_on"],
        "validation_ndcg": max(row["ndcg"] for row in metadata["tried"] if row["model"] == served),
        "cold_users": warm.parts.cold,
        "warm_users": len(warm.parts.judged),
        "verdict": sentences.verdict(metrics),
        "gains": sentences.gains(metrics),
        "choices": sentences.choices(metadata["tried"], metadata["settings"]),
        "lesson": sentences.lesson(metrics, primary.rmse, primary.parts.protocol),
        "lesson_in_short": sentences.lesson_in_short(metrics, primary.rmse, primary.parts.protocol),
    }
    random, temporal = (
        measures.value(metrics, measures.HEADLINE, protocol, served)["value"]
        for protocol in (split.RANDOM, split.TEMPORAL)
    )
    return facts | {"random_over_temporal": random / temporal}


def _example(found: Interactions, items: tuple[Item, ...], primary: Tested, served: str) -> dict[str, Any]:
    """Return three lists as people see them: the best, a middling and an empty-handed one."""
    judged = primary.judged[served]
    order = np.argsort(-judged.ndcg, kind="stable")
    told = {}
    for name, place in (("best", 0), ("middle", len(order) // 2), ("worst", len(order) - 1)):
        row = int(order[place])
        user = int(judged.users[row])
        test = set(primary.parts.test.item[primary.parts.test.user == user].tolist())
        listed = [item for item in judged.lists[row].tolist() if item >= 0][:5]
        shown = "; ".join(f"{items[item].title}{' (seen next)' if item in test else ''}" for item in listed)
        told[f"list_{name}"] = f"{found.users[user]}, NDCG {judged.ndcg[row]:.3f}: {shown}"
    return told
