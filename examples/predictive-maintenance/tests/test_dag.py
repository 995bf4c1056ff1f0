"""The Airflow DAG, run for real: `airflow dags test` on a database of its own, in a project of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pandas as pd
import pytest

pytestmark = pytest.mark.skipif(
    find_spec("airflow") is None,  # not imported here: that alone would make a folder in the home directory
    reason="Airflow is not installed (pip install --group airflow)",
)

ROOT = Path(__file__).resolve().parents[1]
TIMEOUT_S = 600  # one run takes seconds on an idle machine, and minutes on a busy one
DAY, PAST_DAY = "2026-01-05", "2026-01-02"
WIRING = """
import json, runpy
found = runpy.run_path("dags/maintenance_daily.py")["maintenance_daily"]()
tasks = {task.task_id: [sorted(task.downstream_task_ids), task.retries] for task in found.tasks}
print(json.dumps({"tasks": tasks, "catchup": found.catchup, "schedule": type(found.timetable).__name__}))
"""


@dataclass(frozen=True, slots=True)
class Project:
    """A folder with the DAG and the parameters, and an Airflow that knows nothing else."""

    root: Path
    env: dict[str, str]

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=self.root,
            env=self.env,
            capture_output=True,
            encoding="utf-8",
            timeout=TIMEOUT_S,
            check=False,
        )

    def run_day(self, day: str) -> subprocess.CompletedProcess[str]:
        return self.run("-m", "airflow", "dags", "test", "maintenance_daily", day)

    def published(self, day: str) -> dict[str, bytes]:
        folder = self.root / "data" / "daily" / day
        return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project without any published day."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "dags", root / "dags")
    shutil.copy(ROOT / "params.toml", root)
    env = {
        **os.environ,
        "AIRFLOW_HOME": str(root / ".airflow"),
        "AIRFLOW__CORE__DAGS_FOLDER": str(root / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": str(ROOT / "src"),
    }
    made = Project(root, env)
    migrated = made.run("-m", "airflow", "db", "migrate")
    assert migrated.returncode == 0, migrated.stdout + migrated.stderr
    return made


@pytest.fixture(scope="module")
def with_a_day(project: Project) -> Project:
    """The same project with one published day."""
    done = project.run_day(DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    return project


def test_steps_follow_each_other_and_past_days_wait_to_be_asked_for(project: Project) -> None:
    done = project.run("-c", WIRING)
    assert done.returncode == 0, done.stderr
    wiring = json.loads(done.stdout.splitlines()[-1])
    assert wiring["tasks"] == {
        "ingest": [["validate"], 2],
        "validate": [["features"], 0],
        "features": [["publish"], 2],
        "publish": [[], 2],
    }
    assert wiring["catchup"] is False
    assert wiring["schedule"] == "CronDataIntervalTimetable"


def test_a_day_is_published_with_its_features_and_hashes(with_a_day: Project) -> None:
    published = with_a_day.published(DAY)
    assert sorted(published) == ["features.csv", "manifest.json", "readings.csv"]
    assert json.loads(published["manifest.json"])["day"] == DAY


def test_the_same_day_again_gives_the_same_bytes_and_no_row_twice(with_a_day: Project) -> None:
    before = with_a_day.published(DAY)
    done = with_a_day.run_day(DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert with_a_day.published(DAY) == before
    features = pd.read_csv(with_a_day.root / "data" / "daily" / DAY / "features.csv")
    assert features["uid"].is_unique
    assert len(features) == json.loads(before["manifest.json"])["rows"]


def test_a_past_day_is_filled_in_and_touches_no_other(with_a_day: Project) -> None:
    before = with_a_day.published(DAY)
    done = with_a_day.run_day(PAST_DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    assert with_a_day.published(PAST_DAY)["readings.csv"] != before["readings.csv"]
    assert with_a_day.published(DAY) == before


def test_a_day_that_fails_validation_stops_there_and_leaves_what_was_published(with_a_day: Project) -> None:
    before = with_a_day.published(DAY)
    incoming = with_a_day.root / "data" / "incoming" / f"{DAY}.csv"
    incoming.parent.mkdir(parents=True)
    damaged = pd.read_csv(with_a_day.root / "data" / "daily" / DAY / "readings.csv")
    damaged.loc[damaged.index[7], "Torque [Nm]"] = 900.0
    damaged.to_csv(incoming, index=False)
    done = with_a_day.run_day(DAY)
    assert done.returncode != 0
    assert "1 row with torque_nm 900 (line 9)" in done.stdout + done.stderr
    assert not (with_a_day.root / "data" / "staging" / DAY / "features.csv").exists()
    assert with_a_day.published(DAY) == before
