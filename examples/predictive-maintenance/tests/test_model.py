"""Model: learns, repeats itself, comes back from disk as it was, and chooses its threshold by cost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from maintenance import params
from maintenance.data import ingestion
from maintenance.model import candidates, costs, features, fitting, split
from maintenance.params import Cost
from maintenance.portfolio import store
from maintenance.portfolio.errors import DataError, LeakageSuspected

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from maintenance.params import Params


def price(missed: float, false: float) -> Cost:
    return Cost(missed_failure=missed, false_alarm=false, unit="inspections", source="a test")


def test_only_the_nine_features_reach_the_stored_model(trained: Path, settings: Params) -> None:
    booster = fitting.load(store.current(trained), settings)
    assert booster.feature_names == list(features.FEATURES)
    assert not set(booster.feature_names) & features.FORBIDDEN


@pytest.mark.parametrize("name", sorted(candidates.MODELS))
def test_every_model_gives_probabilities(readings: pd.DataFrame, settings: Params, name: str) -> None:
    table, failure = features.build(readings), readings["failure"].to_numpy()
    score = candidates.MODELS[name](table[:4000], failure[:4000], table[4000:], settings)
    assert score.shape == (1000,)
    assert ((score >= 0) & (score <= 1)).all()


def test_training_twice_gives_the_same_version(trained: Path, copy_of_trained: Path) -> None:
    version = store.current(trained).version
    assert fitting.train(copy_of_trained, params.load(copy_of_trained)) == version


def test_another_seed_gives_another_model(trained: Path, copy_of_trained: Path) -> None:
    other = replace(params.load(copy_of_trained), seed=1)
    assert fitting.train(copy_of_trained, other) != store.current(trained).version


def test_saved_and_loaded_the_model_predicts_the_same(
    trained: Path, readings: pd.DataFrame, settings: Params
) -> None:
    failure = readings["failure"].to_numpy()
    rows, test = split.holdout(failure, settings.seed, settings.model.test_share)
    table = features.build(readings)
    fitted = fitting.fit(table.iloc[rows], failure[rows], settings)
    stored = fitting.load(store.current(trained), settings)
    np.testing.assert_array_equal(
        fitting.predict(stored, table.iloc[test]), fitting.predict(fitted, table.iloc[test])
    )


def test_the_model_can_learn_twenty_rows_by_heart(readings: pd.DataFrame, settings: Params) -> None:
    few = readings.groupby("failure").head(10)
    table, failure = features.build(few), few["failure"].to_numpy()
    loose = replace(settings, model=replace(settings.model, learning_rate=0.5))
    score = fitting.predict(fitting.fit(table, failure, loose), table)
    assert score[failure == 1].min() > 0.5 > score[failure == 0].max()


def test_a_forbidden_column_stops_the_fit(readings: pd.DataFrame, settings: Params) -> None:
    table = features.build(readings).assign(hdf=readings["hdf"])
    failure = readings["failure"].to_numpy()
    for name in ("logistic-regression", "xgboost-physics"):
        with pytest.raises(LeakageSuspected, match="hdf must never reach the model"):
            candidates.MODELS[name](table, failure, table, settings)


def test_out_of_fold_predictions_are_worse_than_those_of_learned_rows(
    readings: pd.DataFrame, settings: Params
) -> None:
    table, failure = features.build(readings), readings["failure"].to_numpy()
    unseen = fitting.out_of_fold(table, failure, settings)
    learned = fitting.predict(fitting.fit(table, failure, settings), table)
    assert np.mean((unseen - failure) ** 2) > 2 * np.mean((learned - failure) ** 2)


def test_the_threshold_is_the_cheapest_one_that_a_search_finds() -> None:
    rng = np.random.default_rng(3)
    failure = (rng.random(400) < 0.2).astype(np.int64)
    score = (0.3 * failure + rng.random(400) * 0.7).round(2).astype(np.float64)  # rounded: with ties
    for cost in (price(10, 1), price(1, 1), price(1, 10)):
        chosen = costs.cheapest_threshold(failure, score, cost)
        candidates_ = np.linspace(0, 1.01, 1000)
        cheapest = min(costs.total_cost(failure, score, at, cost) for at in candidates_)
        assert costs.total_cost(failure, score, chosen, cost) == cheapest


def test_the_dearer_a_missed_failure_the_lower_the_threshold(
    readings: pd.DataFrame, settings: Params
) -> None:
    table, failure = features.build(readings), readings["failure"].to_numpy()
    score = fitting.out_of_fold(table, failure, settings)
    chosen = [costs.cheapest_threshold(failure, score, price(missed, 1)) for missed in (1, 10, 50)]
    assert chosen[0] > chosen[1] > chosen[2]


def test_the_cost_counts_both_kinds_of_mistake() -> None:
    failure, score = np.array([1, 1, 0, 0]), np.array([0.9, 0.2, 0.8, 0.1])
    assert costs.total_cost(failure, score, 0.5, price(10, 1)) == 11.0


def test_metadata_says_what_the_model_was_made_from(trained: Path) -> None:
    metadata = store.current(trained).metadata
    _, manifest = ingestion.read(trained)
    assert metadata["data"]["sha256"] == manifest.sha256
    assert metadata["features"] == list(features.FEATURES)
    assert 0 < metadata["threshold"] < 0.5  # a missed failure costs ten times as much as a false alarm
    assert metadata["trained_on"]["rows"] == 4000
    assert "out-of-fold" in metadata["chosen_on"]


def test_the_reference_sample_can_be_read_without_running_code(trained: Path) -> None:
    with np.load(store.current(trained).path / "reference.npz", allow_pickle=False) as reference:
        assert set(reference) == {*features.FEATURES, "score"}
        assert {len(reference[name]) for name in reference} == {2000}


def test_too_few_failures_are_refused_with_their_number(untrained: Path) -> None:
    settings = params.load(untrained)
    ingestion.ingest(untrained, settings, rows=120)
    with pytest.raises(DataError, match=r"only \d failures among 120 rows; at least 10 are needed"):
        fitting.train(untrained, settings)
    assert not (untrained / "models").exists()
