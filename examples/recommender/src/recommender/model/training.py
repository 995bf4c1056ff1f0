"""Choose settings and model on validation data, fit on the training part, store: what `train` does.

The test part is cut off first and never looked at. Of the rest, each user's last items are the validation:
every setting of every model is judged there, models of ratings by RMSE and all others by NDCG. Of the models,
each with its best setting, the one with the best NDCG is fitted again on all of the training part.

models/<version>/
    model.npz          arrays of the model; loading them cannot run code
    histories.npz      everybody's interactions, with which a new service starts
    catalogue.json     the items
    reference.npz      what the training data look like, for the drift check
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
from ..portfolio import store
from ..portfolio.files import write_atomic
from . import candidates, split
from .engines import engine
from .judge import judged
from .mf import ExplicitMf
from .popularity import Popularity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ..data.ingestion import Manifest
    from ..data.interactions import Interactions, Item
    from ..params import Params
    from .base import Recommender

MODEL, HISTORIES, CATALOGUE, REFERENCE = "model.npz", "histories.npz", "catalogue.json", "reference.npz"
TIMING = "models/timing.json"
_GOLDEN = 5  # items of the list that a loaded model has to repeat


def train(root: Path, params: Params) -> str:
    """Choose, fit and store the model; returns its version.

    Raises:
        DataError: no interactions yet, or too few. ModelError: an engine is not installed.
    """
    began = time.perf_counter()
    engine(params.als.engine)  # refused now, where it is not installed, rather than halfway
    found, items, manifest = ingestion.read(root)
    parts = split.parts(found, split.TEMPORAL, params)
    tried = choose(parts.train, params, explicit=manifest.feedback == "explicit")
    best = {name: _best(rows) for name, rows in _by_model(tried).items()}
    name = max(best, key=lambda one: float(best[one]["ndcg"]))
    explicit = manifest.feedback == "explicit"
    model = candidates.make(name, best[name]["settings"], params, explicit=explicit).fit(parts.train)
    popular = Popularity().fit(parts.train)
    metadata = _metadata(params, parts, manifest, tried) | {
        "model": name,
        "settings": {one: row["settings"] for one, row in best.items()},
        "golden": _golden(model, parts),
    }
    files = {
        MODEL: _npz({**model.arrays(), "popular": popular.arrays()["share"]}),
        HISTORIES: _npz(_columns(found)),
        CATALOGUE: _catalogue(items),
        REFERENCE: _npz(reference(parts.train)),
    }
    version = store.save(root, files, metadata, keep=params.training.versions_kept)
    # Outside the version: the same data and settings give the same version, however long it took.
    seconds = {"version": version, "seconds": round(time.perf_counter() - began, 3)}
    write_atomic(root / TIMING, json.dumps(seconds) + "\n")
    return version


def choose(train_part: Interactions, params: Params, *, explicit: bool) -> list[dict[str, Any]]:
    """Judge every setting of every model on a validation part of `train_part`; returns a row each."""
    held_back = split.last_of_each(train_part, params.split.validation_share)
    inner = split.Parts("validation", train_part.take(~held_back), train_part.take(held_back), 0)
    grids = candidates.grid(params, explicit=explicit, items=len(train_part.items))
    rows = []
    for name, grid in grids.items():
        for settings in grid:
            began = time.perf_counter()
            model = candidates.make(name, settings, params, explicit=explicit).fit(inner.train)
            per_user = judged(model, inner, params.evaluation.k, params.training.chunk_users)
            row = {"model": name, "settings": settings, "ndcg": float(per_user.ndcg.mean())}
            if isinstance(model, ExplicitMf):
                row["rmse"] = model.rmse(inner.test)
            rows.append(row)
            _say(row, time.perf_counter() - began)
    return rows


def activity(found: Interactions) -> NDArray[np.int64]:
    """Return the number of entries of each user, shape (users,)."""
    return np.bincount(found.user, minlength=len(found.users))


def reference(found: Interactions) -> dict[str, NDArray[Any]]:
    """Return what drift compares: how popular the items are, and how high the ratings."""
    by_item = np.bincount(found.item, minlength=len(found.items))
    rank = np.empty(len(by_item), dtype=np.int64)
    rank[np.argsort(-by_item, kind="stable")] = np.arange(len(by_item))
    return {
        "popularity rank": rank[found.item].astype(np.float64),
        "rating": found.value.astype(np.float64),
        "ranks": rank,
    }


def _by_model(rows: Sequence[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    models = dict.fromkeys(row["model"] for row in rows)
    return {name: [row for row in rows if row["model"] == name] for name in models}


def _best(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the best row of one model: by what it is made for, so that the comparison is fair to it."""
    return min(rows, key=lambda row: float(row["rmse"] if "rmse" in row else -row["ndcg"]))


def _metadata(
    params: Params, parts: split.Parts, manifest: Manifest, tried: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "kind": manifest.kind,
        "feedback": manifest.feedback,
        "low": manifest.low,
        "high": manifest.high,
        "seed": params.seed,
        "tried": tried,
        "chosen_on": f"each user's last {params.split.validation_share:.0%} of the training part",
        "engine": params.als.engine,
        "data": asdict(manifest),
        "trained_on": {
            "protocol": parts.protocol,
            "rows": len(parts.train),
            "sha256": parts.train.fingerprint(),
        },
        "made_with": {
            "python": platform.python_version(),
            **{name: installed(name) for name in ("numpy", "scipy")},
        },
    }


def _golden(model: Recommender, parts: split.Parts) -> dict[str, Any]:
    """Remember one answer, so that a service can see whether it still gives it."""
    user = int(parts.judged[0])
    return {"user": parts.train.users[user], "items": model.recommend(user, _GOLDEN)} | {
        "history": parts.train.item[parts.train.user == user].tolist(),
        "values": parts.train.value[parts.train.user == user].tolist(),
    }


def _columns(found: Interactions) -> dict[str, NDArray[Any]]:
    return {
        "users": np.array(found.users),
        "user": found.user,
        "item": found.item,
        "value": found.value,
        "time": found.time,
    }


def _catalogue(items: Sequence[Item]) -> bytes:
    rows = [asdict(item) for item in items]
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()


def _npz(arrays: dict[str, NDArray[Any]]) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _say(row: dict[str, Any], seconds: float) -> None:
    shown = ", ".join(f"{key} {value:g}" for key, value in row["settings"].items()) or "no settings"
    error = f", RMSE {row['rmse']:.4f}" if "rmse" in row else ""
    sys.stderr.write(
        f"{row['model']:<13} {shown:<22} NDCG {row['ndcg']:.4f}{error} on validation, {seconds:.1f} s\n"
    )
