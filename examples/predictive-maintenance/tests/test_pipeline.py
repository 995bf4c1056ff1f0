"""The whole way by the front door: the verbs, their last lines and exit statuses, and the daily steps."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from projects import ROOT

from maintenance import params
from maintenance.__main__ import main
from maintenance.data import contract, daily, defects, generate, ingestion
from maintenance.model import features, fitting
from maintenance.portfolio import evidence, store
from maintenance.portfolio.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from maintenance.params import Params

DAY = "2026-01-05"
VERBS = (
    "data",
    "train",
    "evaluate",
    "report",
    "serve",
    "bench",
    "drift",
    "predict",
    "probe",
    "rollback",
    "daily",
)


# ---- the verbs


def test_the_help_names_every_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["--help"])
    said = capsys.readouterr().out
    assert all(f"\n    {verb} " in said for verb in VERBS)


def test_help_and_import_are_light() -> None:
    """Nothing that takes half a second is imported before a verb needs it."""
    code = (
        "import sys, maintenance.__main__ as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'numpy', 'pandas', 'pandera', 'xgboost', 'sklearn', 'scipy', 'matplotlib', 'flask'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.splitlines()[-1] == "[]"


def test_outside_a_project_the_way_in_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["train"]) == 1
    assert "no params.toml here or above" in capsys.readouterr().err


def test_the_project_is_found_from_a_folder_inside(
    untrained: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inside = untrained / "some" / "folder"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert main(["data", "--rows", "500"]) == 0
    assert capsys.readouterr().out.startswith("500 synthetic readings, ")
    assert (untrained / ingestion.READINGS).is_file()


@pytest.mark.parametrize("verb", ["evaluate", "drift", "bench"])
def test_without_a_model_a_verb_says_what_to_run(
    untrained: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["data", "--root", str(untrained), "--rows", "500"]) == 0
    assert main([verb, "--root", str(untrained)]) == 1
    assert "error: no trained model in models/; run 'train' first" in capsys.readouterr().err


def test_other_data_need_another_training(copy_of_trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "--root", str(copy_of_trained), "--rows", "4000"]) == 0
    assert main(["evaluate", "--root", str(copy_of_trained)]) == 1
    assert "was trained on other data; run `python -m maintenance train` again" in capsys.readouterr().err


def test_two_evaluations_are_equal_but_for_times(evaluated: Path) -> None:
    """The latency of the same model is kept, since another measurement would be another number."""
    first = evidence.read(evaluated)
    assert first is not None
    first["latency"]["note"] = "measured on a quiet machine"
    evidence.write(evaluated, first)
    pictures = {path.name: path.read_bytes() for path in (evaluated / "reports").rglob("*.png")}
    assert main(["evaluate", "--root", str(evaluated)]) == 0
    second = evidence.read(evaluated)
    assert second is not None
    assert second.pop("run")["seconds"]["train"] > 0
    assert second == {key: part for key, part in first.items() if key != "run"}
    assert {path.name: path.read_bytes() for path in (evaluated / "reports").rglob("*.png")} == pictures


def test_a_rollback_puts_the_version_before_back(
    copy_of_trained: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = store.current(copy_of_trained).version
    ingestion.ingest(copy_of_trained, params.load(copy_of_trained), rows=4_500)
    second = fitting.train(copy_of_trained, params.load(copy_of_trained))
    assert second != first
    assert main(["rollback", "--root", str(copy_of_trained)]) == 0
    assert capsys.readouterr().out.strip() == f"in use again: {first}"
    assert store.current(copy_of_trained).version == first


def test_one_reading_is_answered_as_json(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    reading = (
        '{"type":"L","air_temperature_k":300,"process_temperature_k":310,'
        '"speed_rpm":1300,"torque_nm":60,"wear_min":200}'
    )
    assert main(["predict", "--root", str(trained), reading]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["alert"]
    assert answer["nearest_rule"]["mode"] == "osf"


def test_a_wrong_reading_is_refused_by_its_fields(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["predict", "--root", str(trained), '{"type":"L","speed_rpm":0}']) == 1
    said = capsys.readouterr().err
    assert "speed_rpm is 0; expected a number from 1000 to 3000" in said
    assert "torque_nm is missing" in said


def test_a_file_of_readings_is_answered_as_csv(
    trained: Path, readings: pd.DataFrame, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--root", str(trained), "--file", str(trained / ingestion.READINGS)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "uid,probability,alert"
    assert len(lines) == len(readings) + 1


# ---- the daily steps


@pytest.fixture
def project(untrained: Path) -> Path:
    return untrained


def published(root: Path, day: str = DAY) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((root / daily.PUBLISHED / day).iterdir())}


def incoming(root: Path, content: bytes, day: str = DAY) -> None:
    path = root / daily.INCOMING / f"{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_a_day_repeated_gives_the_same_bytes_and_no_row_twice(project: Path) -> None:
    daily.run_day(project, DAY)
    first = published(project)
    daily.run_day(project, DAY)
    assert published(project) == first
    assert set(first) == {"readings.csv", "features.csv", "manifest.json"}
    table = pd.read_csv(project / daily.PUBLISHED / DAY / "features.csv")
    assert table["uid"].is_unique
    assert list(table.columns) == ["uid", *features.FEATURES]
    assert len(table) == params.load(project).daily.rows


@pytest.mark.parametrize(
    "step", [daily.ingest_day, daily.validate_day, daily.build_features_day, daily.publish_day]
)
def test_each_step_can_be_repeated_by_itself(project: Path, step: Any) -> None:
    daily.run_day(project, DAY)
    first = published(project)
    assert step(project, DAY)
    assert published(project) == first


def test_a_past_day_is_filled_in_beside_the_others(project: Path) -> None:
    daily.run_day(project, DAY)
    before = published(project)
    daily.run_day(project, "2025-12-31")
    assert daily.published_days(project) == ["2025-12-31", DAY]
    assert published(project) == before
    assert published(project, "2025-12-31")["features.csv"] != before["features.csv"]


def test_incoming_readings_go_before_synthetic_ones(project: Path, settings: Params) -> None:
    incoming(project, contract.to_csv(generate.readings(600, 9, settings)))
    assert daily.run_day(project, DAY) == f"{DAY}: 600 readings published in data/daily/{DAY}"


def test_a_day_corrected_later_replaces_the_first_one_whole(project: Path, settings: Params) -> None:
    daily.run_day(project, DAY)
    incoming(project, contract.to_csv(generate.readings(600, 9, settings)))
    daily.run_day(project, DAY)
    assert len(pd.read_csv(project / daily.PUBLISHED / DAY / "features.csv")) == 600
    assert [path.name for path in (project / daily.PUBLISHED).iterdir()] == [DAY]


def test_a_day_that_fails_validation_is_not_published(project: Path, settings: Params) -> None:
    daily.run_day(project, DAY)
    before = published(project)
    incoming(project, defects.plant(contract.to_csv(generate.readings(600, 9, settings)), "wear-900"))
    daily.ingest_day(project, DAY)
    message = rf"data/staging/{DAY}/readings\.csv: 1 row with wear_min 900 \(line 13\); expected 0 to 300"
    for step in (daily.validate_day, daily.build_features_day, daily.publish_day):
        with pytest.raises(DataError, match=message):
            step(project, DAY)
    assert published(project) == before


def test_features_of_other_readings_are_not_published(project: Path, settings: Params) -> None:
    daily.run_day(project, DAY)
    incoming(project, contract.to_csv(generate.readings(600, 9, settings)))
    daily.ingest_day(project, DAY)
    with pytest.raises(DataError, match="no features yet; run build_features_day first"):
        daily.publish_day(project, DAY)


@pytest.mark.parametrize("day", ["2026-02-30", "20260105", "../2026-01-05", "today", "2026-W01-1"])
def test_what_is_no_day_is_refused(project: Path, day: str) -> None:
    with pytest.raises(DataError, match="is not a date; expected YYYY-MM-DD"):
        daily.ingest_day(project, day)


def test_a_missing_incoming_file_is_named(project: Path) -> None:
    with pytest.raises(DataError, match=rf"data/incoming/{DAY}\.csv: no such file"):
        daily.ingest_day(project, DAY, "incoming")


def test_the_daily_verb_does_all_four_steps(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["daily", DAY, "--root", str(project)]) == 0
    assert capsys.readouterr().out.strip() == f"{DAY}: 1,000 readings published in data/daily/{DAY}"


# ---- what may be committed


def test_no_data_and_no_pickle_in_the_project() -> None:
    sources = list((ROOT / "src").rglob("*.py"))
    assert len(sources) > 20
    for path in sources:
        text = path.read_text(encoding="utf-8")
        for word in ("import pickle", "import joblib", "allow_pickle=True"):
            assert word not in text, f"{path.name}: {word}"
