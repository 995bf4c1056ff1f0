"""Drift: silent on readings of the same kind, an alarm on a shift, no verdict on too few rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from maintenance import params
from maintenance.__main__ import main
from maintenance.data import contract, daily, generate
from maintenance.evaluation import monitor
from maintenance.model import features, fitting
from maintenance.portfolio import drift, store
from maintenance.portfolio.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

    from maintenance.params import Params


def write(folder: Path, frame: pd.DataFrame) -> Path:
    path = folder / "current.csv"
    path.write_bytes(contract.to_csv(frame))
    return path


def test_twenty_clean_samples_raise_no_alarm(trained: Path, settings: Params) -> None:
    stored = store.current(trained)
    booster = fitting.load(stored, settings)
    with np.load(stored.path / "reference.npz", allow_pickle=False) as file:
        reference = {name: file[name] for name in file}
    for seed in range(1000, 1020):
        table = features.build(generate.readings(1000, seed, settings))
        current = {name: table[name].to_numpy() for name in features.FEATURES}
        current["score"] = fitting.predict(booster, table)
        drifts = drift.compare(
            reference, current, minimum=settings.drift.minimum, psi_alarm=settings.drift.psi_alarm
        )
        alarms = [d.name for d in drifts if d.level == "alarm" and d.name not in settings.drift.no_alarm]
        assert alarms == [], f"seed {seed}"


@pytest.mark.parametrize(
    ("shift", "moved"),
    [
        pytest.param(lambda f: f.assign(torque_nm=f["torque_nm"] + 6), "torque_nm", id="harder material"),
        pytest.param(
            lambda f: f.assign(air_temperature_k=f["air_temperature_k"] + 1.0),
            "temperature_difference_k",
            id="sensor off by one kelvin",
        ),
        pytest.param(
            lambda f: f.assign(type="H", product_id="H" + f["product_id"].str[1:]), "type", id="product mix"
        ),
        pytest.param(lambda f: f.assign(wear_min=f["wear_min"] * 0.5), "wear_min", id="tools changed early"),
    ],
)
def test_a_shift_raises_an_alarm_that_names_it(
    copy_of_trained: Path,
    settings: Params,
    shift: Callable[[pd.DataFrame], pd.DataFrame],
    moved: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    clean = generate.readings(1000, 77, settings)
    assert (
        main(["drift", "--root", str(copy_of_trained), "--current", str(write(copy_of_trained, clean))]) == 0
    )
    assert "no alarm in 1,000 readings of current.csv" in capsys.readouterr().out
    shifted = write(copy_of_trained, shift(clean))
    assert main(["drift", "--root", str(copy_of_trained), "--current", str(shifted)]) == 1
    assert moved in capsys.readouterr().err
    report = (copy_of_trained / monitor.REPORT).read_text(encoding="utf-8")
    assert f"| {moved} | 1,000 |" in report
    assert "| alarm |" in report


def test_the_weather_is_shown_but_raises_no_alarm(copy_of_trained: Path, settings: Params) -> None:
    frame = generate.readings(1000, 77, settings)
    summer = frame.assign(
        air_temperature_k=frame["air_temperature_k"] + 4,
        process_temperature_k=frame["process_temperature_k"] + 4,
    )
    said = monitor.run(copy_of_trained, settings, write(copy_of_trained, summer))
    assert said.startswith("no alarm in 1,000 readings")
    report = (copy_of_trained / monitor.REPORT).read_text(encoding="utf-8")
    assert "| air_temperature_k | 1,000 |" in report.split("follow the weather")[1]


def test_too_few_readings_get_no_verdict(copy_of_trained: Path, settings: Params) -> None:
    few = write(copy_of_trained, generate.readings(499, 5, settings))
    said = monitor.run(copy_of_trained, settings, few)
    assert said.startswith("no verdict on 499 readings of current.csv: at least 500 are needed")


def test_by_default_the_published_days_are_compared(copy_of_trained: Path) -> None:
    for day in ("2026-01-01", "2026-01-02"):
        daily.run_day(copy_of_trained, day)
    said = monitor.run(copy_of_trained, params.load(copy_of_trained))
    assert said.startswith("no alarm in 2,000 readings of 2026-01-01 to 2026-01-02")


def test_without_anything_to_compare_the_way_out_is_said(trained: Path, settings: Params) -> None:
    with pytest.raises(DataError, match=r"no published days in data/daily; give a file with --current FILE"):
        monitor.run(trained, settings)


def test_readings_that_break_the_contract_are_no_drift(copy_of_trained: Path, settings: Params) -> None:
    frame = generate.readings(600, 5, settings)
    frame.loc[3, "torque_nm"] = 900.0
    with pytest.raises(DataError, match=r"current\.csv: 1 row with torque_nm 900 \(line 5\)"):
        monitor.run(copy_of_trained, settings, write(copy_of_trained, frame))
