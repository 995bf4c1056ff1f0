"""Features: the formulae by hand, the same in training and serving, and nothing that tells the answer."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from maintenance.model import features
from maintenance.portfolio.errors import LeakageSuspected
from maintenance.serving.predictor import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

READING = Reading("M", 298.1, 308.6, 1551.0, 42.8, 100.0)


def as_table(readings: Sequence[Reading]) -> pd.DataFrame:
    return pd.DataFrame(
        [{name: getattr(reading, name) for name in features.RAW_FEATURES} for reading in readings]
    )


def test_a_worked_example() -> None:
    row = features.build(as_table([READING])).iloc[0]
    assert row["type"] == 1.0
    assert row["temperature_difference_k"] == pytest.approx(10.5)
    assert row["power_w"] == pytest.approx(42.8 * 1551 / 60 * 2 * math.pi)  # 6951.6 W
    assert row["strain_min_nm"] == pytest.approx(4280.0)
    assert list(row.index) == list(features.FEATURES)


def test_the_temperature_difference_is_not_rounded() -> None:
    """The published labels follow plain float arithmetic, in which 308.9 - 300.3 is just below 8.6."""
    table = features.build(as_table([Reading("L", 300.3, 308.9, 1300.0, 50.0, 0.0)]))
    assert table["temperature_difference_k"].iloc[0] == 308.9 - 300.3
    assert table["temperature_difference_k"].iloc[0] != 8.6


def test_one_reading_and_a_table_give_the_same_features(readings: pd.DataFrame) -> None:
    raw = readings.head(200)
    table = features.build(raw).to_numpy()
    columns = zip(*(raw[name] for name in features.RAW_FEATURES), strict=True)
    rows = [features.row(Reading(*values))[0] for values in columns]
    np.testing.assert_allclose(np.array(rows), table, rtol=1e-6)


def test_the_service_path_is_float32_in_the_order_of_training() -> None:
    row = features.row(READING)
    assert (row.shape, row.dtype) == ((1, 9), np.dtype(np.float32))


def test_the_order_of_the_rows_changes_no_row(readings: pd.DataFrame) -> None:
    shuffled = readings.sample(frac=1.0, random_state=1)
    assert not shuffled.index.equals(readings.index)
    pd.testing.assert_frame_equal(features.build(shuffled).sort_index(), features.build(readings))


def test_labels_and_identifiers_change_no_feature(readings: pd.DataFrame) -> None:
    altered = readings.assign(uid=0, product_id="L0", failure=1 - readings["failure"], hdf=1, twf=1)
    assert not altered.equals(readings)
    pd.testing.assert_frame_equal(features.build(altered), features.build(readings))


def test_no_feature_is_forbidden() -> None:
    assert not set(features.FEATURES) & features.FORBIDDEN


@pytest.mark.parametrize("name", sorted(features.FORBIDDEN))
def test_each_forbidden_column_is_refused_by_name(name: str) -> None:
    with pytest.raises(LeakageSuspected, match=f"features: {name} must never reach the model"):
        features.refuse_forbidden([*features.FEATURES, name])
