"""Behaviour: what must raise the risk raises it, what must not matter does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from maintenance.data import contract
from maintenance.model import features, fitting
from maintenance.portfolio import store
from maintenance.portfolio.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from maintenance.params import Params


@pytest.fixture(scope="module")
def booster(trained: Path, settings: Params) -> Any:
    return fitting.load(store.current(trained), settings)


@pytest.fixture(scope="module")
def rows(readings: pd.DataFrame) -> pd.DataFrame:
    """Five hundred readings, failures among them."""
    failed = readings[readings["failure"] == 1].head(100)
    return pd.concat([failed, readings[readings["failure"] == 0].head(400)])


def risk(booster: Any, readings: pd.DataFrame) -> NDArray[np.float64]:
    return fitting.predict(booster, features.build(readings))


def differs(before: pd.DataFrame, after: pd.DataFrame) -> bool:
    """Whether every row is another one after preparation, too."""
    return bool((features.build(before).to_numpy() != features.build(after).to_numpy()).any(axis=1).all())


def test_a_more_worn_tool_is_never_safer(booster: Any, rows: pd.DataFrame) -> None:
    worn = rows.assign(wear_min=rows["wear_min"] + 40)
    assert differs(rows, worn)
    change = risk(booster, worn) - risk(booster, rows)
    assert change.min() >= -1e-6
    assert change.max() > 0.1  # and for some it is the difference


def test_the_heat_rule_is_learned(booster: Any, settings: Params) -> None:
    """A slow spindle in warm air: the smaller the temperature difference, the higher the risk."""
    reading = {
        "type": "L",
        "air_temperature_k": 300.0,
        "speed_rpm": 1330.0,
        "torque_nm": 50.0,
        "wear_min": 20.0,
    }
    gaps = [11.0, settings.rules.hdf_difference_k - 0.8]
    cool, hot = risk(
        booster, pd.DataFrame([reading | {"process_temperature_k": 300.0 + gap} for gap in gaps])
    )
    assert hot > 0.5 > cool


def test_the_power_rule_is_learned_on_both_sides(booster: Any) -> None:
    reading = {"type": "M", "air_temperature_k": 300.0, "process_temperature_k": 310.5, "wear_min": 20.0}
    # watt: 1.2 thousand, 6.4 thousand, 9.6 thousand
    points = [(2800.0, 4.0), (1530.0, 40.0), (1310.0, 70.0)]
    low, usual, high = risk(
        booster,
        pd.DataFrame([reading | {"speed_rpm": speed, "torque_nm": torque} for speed, torque in points]),
    )
    assert min(low, high) > 0.5 > usual


def test_better_quality_bears_more_strain(booster: Any) -> None:
    reading = {
        "air_temperature_k": 300.0,
        "process_temperature_k": 310.5,
        "speed_rpm": 1400.0,
        "torque_nm": 59.0,
        "wear_min": 195.0,  # 11,505 min Nm: above the limit of L, below that of H
    }
    low, _, high = risk(booster, pd.DataFrame([reading | {"type": kind} for kind in features.TYPES]))
    assert low > high + 0.3


def test_the_quality_class_does_not_matter_far_from_the_strain_limit(
    booster: Any, readings: pd.DataFrame
) -> None:
    easy = readings[(readings["wear_min"] < 100) & (readings["torque_nm"].between(30, 45))].head(300)
    other = easy.assign(type=easy["type"].map({"L": "M", "M": "H", "H": "L"}))
    assert differs(easy, other)
    assert np.abs(risk(booster, other) - risk(booster, easy)).mean() < 0.01


def test_a_reading_is_judged_by_itself(booster: Any, rows: pd.DataFrame) -> None:
    """Neither the order of the rows nor a repeated row changes an answer."""
    shuffled = rows.sample(frac=1.0, random_state=5)
    assert not shuffled.index.equals(rows.index)
    expected = pd.Series(risk(booster, rows), index=rows.index)
    pd.testing.assert_series_equal(
        pd.Series(risk(booster, shuffled), index=shuffled.index).sort_index(), expected.sort_index()
    )
    twice = risk(booster, pd.concat([rows, rows]))
    np.testing.assert_array_equal(twice[: len(rows)], twice[len(rows) :])


def test_who_made_the_part_does_not_matter(booster: Any, rows: pd.DataFrame) -> None:
    renamed = rows.assign(uid=rows["uid"] + 100_000, product_id="H" + rows["product_id"].str[1:])
    assert not renamed.equals(rows)
    np.testing.assert_array_equal(risk(booster, renamed), risk(booster, rows))


def test_a_change_of_unit_is_refused_not_predicted(rows: pd.DataFrame, settings: Params) -> None:
    celsius = rows.assign(
        air_temperature_k=rows["air_temperature_k"] - 273.15,
        process_temperature_k=rows["process_temperature_k"] - 273.15,
    )
    with pytest.raises(DataError, match="look like degrees Celsius"):
        contract.validate(celsius.reset_index(drop=True), settings.ranges, "celsius.csv")
