"""Training and serving agree: the same rows get the same probabilities by either way in."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xgboost

from maintenance.data import ingestion
from maintenance.model import features
from maintenance.portfolio import store
from maintenance.serving.service import create_app

if TYPE_CHECKING:
    from pathlib import Path

ROWS = 100


@pytest.fixture(scope="module")
def raw(trained: Path) -> pd.DataFrame:
    """Half failures, half not, so that alerts and the other answers are both compared."""
    readings, _ = ingestion.read(trained)
    parts = [readings[readings["failure"] == label].head(ROWS // 2) for label in (0, 1)]
    return pd.concat(parts)[list(features.RAW_FEATURES)]


@pytest.fixture(scope="module")
def expected(trained: Path, raw: pd.DataFrame) -> list[float]:
    """Probabilities by the training path: a DataFrame of features, a DMatrix, the scikit-learn-like call."""
    booster = xgboost.Booster(model_file=store.current(trained).path / "model.ubj")
    return [float(score) for score in booster.predict(xgboost.DMatrix(features.build(raw)))]


def test_http_gives_the_probabilities_of_training(
    trained: Path, raw: pd.DataFrame, expected: list[float]
) -> None:
    client = create_app(trained).test_client()
    bodies = [json.loads(row.to_json()) for _, row in raw.iterrows()]
    one_by_one = [
        client.post("/predict", json=body).get_json()["prediction"]["probability"] for body in bodies
    ]
    at_once = client.post("/predict/batch", json={"readings": bodies}).get_json()["predictions"]
    assert len(expected) == ROWS
    np.testing.assert_allclose(one_by_one, expected, rtol=0, atol=1e-6)
    np.testing.assert_allclose([answer["probability"] for answer in at_once], expected, rtol=0, atol=1e-6)


def test_whole_numbers_and_fractions_mean_the_same(trained: Path) -> None:
    client = create_app(trained).test_client()
    texts = (
        '"speed_rpm":1500,"torque_nm":40,"wear_min":100',
        '"speed_rpm":1.5e3,"torque_nm":40.0,"wear_min":100.00',
    )
    start = '{"type":"L","air_temperature_k":300,"process_temperature_k":310,'
    answers = [
        client.post("/predict", data=f"{start}{text}}}", content_type="application/json") for text in texts
    ]
    assert answers[0].get_json()["prediction"] == answers[1].get_json()["prediction"]
