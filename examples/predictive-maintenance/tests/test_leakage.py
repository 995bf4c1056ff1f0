"""Leakage: each classic mistake is made on purpose and found; a score too good to be true is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from conftest import SEED, SMALLER
from projects import ROOT, new_project

from maintenance import params
from maintenance.__main__ import main
from maintenance.data import contract, generate, ingestion
from maintenance.model import candidates, features, fitting, split
from maintenance.portfolio import anchors, evidence
from maintenance.portfolio.errors import LeakageSuspected
from maintenance.portfolio.files import sha256_of
from maintenance.portfolio.ranking import average_precision

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from maintenance.params import Params

NOT_MEASURED = {"what": "not measured", "p50_ms": 0.0, "p95_ms": 0.0, "p99_ms": 0.0, "n": 0, "threads": 1}
QUICK = {"model.trees": 100}  # a third of the time; no leak needs more


@pytest.fixture
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An untrained project with fewer trees, whose pictures and latency are left out: no leak shows there."""
    monkeypatch.setattr("maintenance.evaluation.figures.draw", lambda *_, **__: [])
    monkeypatch.setattr("maintenance.serving.bench.measure", lambda *_: NOT_MEASURED)
    return new_project(tmp_path / "quick", {**SMALLER, **QUICK})


def store_readings(root: Path, frame: pd.DataFrame) -> None:
    """Put readings into a project as if its generator had made them."""
    settings = params.load(root)
    manifest = ingestion.ingest(root, settings, rows=200)
    content = contract.to_csv(frame)
    (root / ingestion.READINGS).write_bytes(content)
    text = (root / ingestion.MANIFEST).read_text(encoding="utf-8")
    for old, new in ((manifest.sha256, sha256_of(content)), ('"rows": 200', f'"rows": {len(frame)}')):
        assert old in text
        text = text.replace(old, new)
    (root / ingestion.MANIFEST).write_text(text, encoding="utf-8")


def oversampled(frame: pd.DataFrame) -> pd.DataFrame:
    """Repeat every failure ten times, each with a number of its own: what is done to "balance" a data set."""
    failed = frame[frame["failure"] == 1]
    result = pd.concat([frame, *[failed] * 9], ignore_index=True)
    return result.assign(uid=np.arange(1, len(result) + 1))


def test_oversampling_before_the_split_ends_above_the_band(
    quick: Path, settings: Params, capsys: pytest.CaptureFixture[str]
) -> None:
    store_readings(quick, oversampled(generate.readings(2_000, SEED, settings)))
    assert main(["train", "--root", str(quick)]) == 0
    assert main(["evaluate", "--root", str(quick)]) == 1
    said = capsys.readouterr().err
    assert "error: average_precision/stratified-5x of xgboost-physics is 0.99" in said
    assert "above the band 0.78 to 0.985: suspect leakage" in said
    assert "test rows are copies of training rows" in said
    found = evidence.read(quick)
    assert found is not None
    assert "above" in {row["verdict"] for row in found["anchors"]}
    assert main(["evaluate", "--root", str(quick), "--accept-suspicious"]) == 0


def plant_modes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take the guard away and let the failure modes into the features, as most published notebooks do."""
    build = features.build
    monkeypatch.setattr(features, "FORBIDDEN", frozenset())
    monkeypatch.setattr(
        features,
        "build",
        lambda frame: build(frame).join(
            frame[[mode for mode in contract.MODES if mode in frame]].astype(float)
        ),
    )


def test_mode_columns_among_the_features_end_above_the_band(
    quick: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--root", str(quick), "--rows", "2500"]) == 0
    plant_modes(monkeypatch)
    assert main(["train", "--root", str(quick)]) == 0
    assert main(["evaluate", "--root", str(quick)]) == 1
    assert "is 1, above the band 0.78 to 0.985: suspect leakage" in capsys.readouterr().err


def test_with_the_guard_in_place_mode_columns_never_get_that_far(
    readings: pd.DataFrame, settings: Params
) -> None:
    table = features.build(readings).join(readings[list(contract.MODES)])
    with pytest.raises(LeakageSuspected, match="hdf, osf, pwf, rnf, twf must never reach the model"):
        fitting.fit(table, readings["failure"].to_numpy(), settings)


def test_shuffled_labels_fall_to_the_share_of_failures(readings: pd.DataFrame, settings: Params) -> None:
    """A model that still ranks shuffled labels has seen them; three deviations of chance are allowed."""
    rng = np.random.default_rng(SEED)
    table, labels = features.build(readings), readings["failure"].to_numpy()
    scores = []
    for seed in range(5):
        failure = rng.permutation(labels)
        train, test = split.holdout(failure, seed, 0.2)
        score = candidates.MODELS[fitting.SERVED](
            table.iloc[train], failure[train], table.iloc[test], settings
        )
        scores.append(average_precision(failure[test], score))
    chance = [average_precision(failure[test], rng.random(len(test))) for _ in range(500)]
    assert np.mean(chance) == pytest.approx(labels.mean(), abs=0.01)
    assert np.mean(scores) < np.mean(chance) + 3 * np.std(chance) / np.sqrt(len(scores))


def test_the_bands_on_real_data_tell_leaks_from_honest_work(ai4i: pd.DataFrame, settings: Params) -> None:
    bands = [band for band in anchors.load(ROOT / "anchors.toml") if band.model == fitting.SERVED]
    band = next(band for band in bands if (band.source, band.protocol) == ("real", "stratified-5x"))
    table, failure = features.build(ai4i), ai4i["failure"].to_numpy()
    copied = oversampled(ai4i)
    with pytest.MonkeyPatch.context() as patch:
        plant_modes(patch)
        assert two_splits(features.build(ai4i), failure, settings) > band.high
    assert two_splits(features.build(copied), copied["failure"].to_numpy(), settings) > band.high
    assert band.low < two_splits(table, failure, settings) < band.high


def two_splits(table: pd.DataFrame, failure: NDArray[np.int64], settings: Params) -> float:
    """Average precision over the first two of the five random splits."""
    scores = []
    for train, test in split.repeats(failure, settings.seed, 2, 0.2):
        score = fitting.predict(fitting.fit(table.iloc[train], failure[train], settings), table.iloc[test])
        scores.append(average_precision(failure[test], score))
    return float(np.mean(scores))
