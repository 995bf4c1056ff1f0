"""Fit the model that serves, choose its alarm threshold by cost, and store both.

The stored model is gradient-boosted trees on readings and physics. Nothing here looks at the test part.
"""

from __future__ import annotations

import io
import json
import platform
import time
from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data import ingestion
from ..portfolio import store
from ..portfolio.files import write_atomic
from . import features, split
from .costs import cheapest_threshold

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from numpy.typing import NDArray

    from ..params import Params
    from ..portfolio.store import StoredModel

    Scores = NDArray[np.float64]  # shape (n,); probability of failure, 0..1
    Labels = NDArray[np.int64]  # shape (n,); 1 where the machine failed

# More wear, and more strain, never lowers the risk: physics, which the trees would otherwise unlearn where
# data are thin.
MONOTONE = {"wear_min": 1, "strain_min_nm": 1}
SERVED = "xgboost-physics"
TIMING = "models/timing.json"


def fit(table: pd.DataFrame, failure: Labels, params: Params) -> Any:
    """Fit gradient-boosted trees on the columns of `table`; returns an `xgboost.Booster`.

    Args:
        table: features as `features.build` makes them, or some of its columns.
        failure: shape (n,); 1 where the machine failed.
        params: of the project; the seed and one thread make two fits equal.

    Raises:
        LeakageSuspected: `table` has a column that tells the answer.

    Source: Chen and Guestrin (2016), XGBoost: A Scalable Tree Boosting System.
    """
    import xgboost  # half a second, and only some verbs need it

    features.refuse_forbidden(table.columns)
    settings = {
        "objective": "binary:logistic",
        "tree_method": "hist",
        "max_depth": params.model.depth,
        "eta": params.model.learning_rate,
        "monotone_constraints": {name: way for name, way in MONOTONE.items() if name in table},
        "nthread": params.threads,
        "seed": params.seed,
    }
    return xgboost.train(settings, xgboost.DMatrix(table, failure), num_boost_round=params.model.trees)


def predict(booster: Any, table: pd.DataFrame) -> Scores:
    """Predict the probability of failure for every row; the columns are those of the fit, in their order."""
    values = table[booster.feature_names].to_numpy(dtype=np.float32)
    return np.asarray(booster.inplace_predict(values, validate_features=False), dtype=np.float64)


def load(stored: StoredModel, params: Params) -> Any:
    """Read the booster of a stored version whose hashes were checked."""
    import xgboost

    booster = xgboost.Booster({"nthread": params.threads})
    booster.load_model(stored.path / "model.ubj")
    return booster


def out_of_fold(table: pd.DataFrame, failure: Labels, params: Params) -> Scores:
    """Predict every row by a model that has not seen it: honest probabilities of the training part."""
    scores = np.empty(len(failure))
    for train, test in split.folds(failure, params.seed, params.model.folds):
        scores[test] = predict(fit(table.iloc[train], failure[train], params), table.iloc[test])
    return scores


def train(root: Path, params: Params) -> str:
    """Fit the model on the training part, choose its threshold there, store both; returns the version.

    Raises:
        DataError: no readings yet, or too few failures among them.
    """
    began = time.perf_counter()
    readings, manifest = ingestion.read(root)
    failure = readings["failure"].to_numpy()
    rows, _ = split.holdout(failure, params.seed, params.model.test_share)
    table, truth = features.build(readings).iloc[rows], failure[rows]
    booster, unseen = fit(table, truth, params), out_of_fold(table, truth, params)
    metadata = {
        "model": SERVED,
        "features": list(table.columns),
        "threshold": cheapest_threshold(truth, unseen, params.cost),
        "chosen_on": f"out-of-fold predictions of the training part ({params.model.folds} folds)",
        "cost": asdict(params.cost),
        "settings": asdict(params.model),
        "seed": params.seed,
        "data": asdict(manifest),
        "trained_on": {"rows": len(rows), "sha256": split.fingerprint(readings, rows)},
        "golden": _golden(booster, readings.iloc[rows]),
        "made_with": {"python": platform.python_version(), "xgboost": import_module("xgboost").__version__},
    }
    files = {"model.ubj": bytes(booster.save_raw("ubj")), "reference.npz": _reference(table, unseen, params)}
    version = store.save(root, files, metadata, keep=params.model.versions_kept)
    # Outside the version: the same data and settings give the same version, however long it took.
    seconds = {"version": version, "seconds": round(time.perf_counter() - began, 3)}
    write_atomic(root / TIMING, json.dumps(seconds) + "\n")
    return version


def _golden(booster: Any, readings: pd.DataFrame) -> dict[str, Any]:
    """Remember one failure and its probability: whoever loads the model lets it answer again and compares."""
    first = readings[readings["failure"] == 1].iloc[[0]]
    probability = float(predict(booster, features.build(first))[0])
    reading = {name: first[name].item() for name in features.RAW_FEATURES}
    return {"reading": reading, "probability": probability}


def _reference(table: pd.DataFrame, unseen: Scores, params: Params) -> bytes:
    """Keep a sample of the training part for the drift check: features, and out-of-fold scores."""
    size = min(params.drift.reference_rows, len(table))
    rows = np.sort(np.random.default_rng(params.seed).choice(len(table), size, replace=False))
    columns = {str(name): table[name].to_numpy()[rows] for name in table} | {"score": unseen[rows]}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **columns)
    return buffer.getvalue()
