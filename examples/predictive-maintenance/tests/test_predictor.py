"""The predictor: verified on loading, one answer for one reading however it is asked, reasons that add up."""

from __future__ import annotations

import ast
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
import xgboost

import maintenance
from maintenance import params
from maintenance.model import features
from maintenance.portfolio import store
from maintenance.portfolio.errors import ModelError, ModelMissing, ModelTampered
from maintenance.serving import bench
from maintenance.serving.modes import nearest_rule
from maintenance.serving.predictor import Predictor, Reading

if TYPE_CHECKING:
    from collections.abc import Callable

HEALTHY = Reading("M", 300.0, 310.2, 1530.0, 39.5, 75.0)
OVERHEATING = replace(
    HEALTHY, air_temperature_k=302.5, process_temperature_k=310.7, speed_rpm=1330.0, torque_nm=52.0
)


@pytest.fixture(scope="module")
def predictor(trained: Path) -> Predictor:
    return Predictor.load(trained)


def test_golden_prediction_is_repeated_on_loading(copy_of_trained: Path) -> None:
    stored = store.current(copy_of_trained)
    golden = {**stored.metadata["golden"], "probability": 0.123456}
    files = {name: (stored.path / name).read_bytes() for name in ("model.ubj", "reference.npz")}
    store.save(copy_of_trained, files, {**stored.metadata, "golden": golden})
    with pytest.raises(ModelError, match=r"answers 0\.\d+, but answered 0\.123456 when trained"):
        Predictor.load(copy_of_trained)


@pytest.mark.parametrize("name", ["model.ubj", "reference.npz", "metadata.json"])
def test_one_changed_byte_in_a_stored_file_is_refused(copy_of_trained: Path, name: str) -> None:
    path = store.current(copy_of_trained).path / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ModelTampered, match=f"{name}: sha256 is"):
        Predictor.load(copy_of_trained)


def test_without_a_model_loading_says_so(untrained: Path) -> None:
    with pytest.raises(ModelMissing, match="no trained model in models/"):
        Predictor.load(untrained)


def test_nothing_in_the_package_can_run_code_from_a_file() -> None:
    dangerous = {"pickle", "cloudpickle", "dill", "joblib", "shelve", "marshal"}
    for path in Path(str(maintenance.__file__)).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not dangerous & {name.partition(".")[0] for name in names}, path.name


def test_one_reading_and_many_get_the_same_answers(predictor: Predictor, trained: Path) -> None:
    readings = bench.readings(params.load(trained), 300)
    together = predictor.predict_many(readings)
    assert [predictor.predict(reading) for reading in readings] == together
    assert predictor.predict_many(readings[::-1]) == together[::-1]
    assert predictor.predict_many([]) == []
    assert any(answer.alert for answer in together)  # or the comparison would leave the reasons out


def test_threads_share_one_predictor(predictor: Predictor, trained: Path) -> None:
    readings = bench.readings(params.load(trained), 400)
    alone = [predictor.predict(reading, explained=True) for reading in readings]
    with ThreadPoolExecutor(8) as threads:
        shared = list(threads.map(lambda reading: predictor.predict(reading, explained=True), readings))
    assert shared == alone


def test_reasons_and_the_rest_add_up_to_the_margin(predictor: Predictor, trained: Path) -> None:
    booster = xgboost.Booster(model_file=store.current(trained).path / "model.ubj")
    for reading in [HEALTHY, OVERHEATING, *bench.readings(params.load(trained), 50)]:
        answer = predictor.predict(reading, explained=True)
        assert answer.explanation is not None
        why = answer.explanation
        total = why.base + sum(reason.contribution for reason in why.reasons) + why.others
        matrix = xgboost.DMatrix(features.row(reading), feature_names=list(features.FEATURES))
        assert total == pytest.approx(booster.predict(matrix, output_margin=True)[0], abs=1e-4)
        assert 1 / (1 + math.exp(-why.margin)) == pytest.approx(answer.probability, abs=1e-5)


def test_three_largest_reasons_come_first_and_say_their_direction(predictor: Predictor) -> None:
    why = predictor.predict(OVERHEATING).explanation
    assert why is not None
    sizes = [abs(reason.contribution) for reason in why.reasons]
    assert len(sizes) == 3
    assert sizes == sorted(sizes, reverse=True)
    assert {"temperature_difference_k", "speed_rpm"} <= {reason.feature for reason in why.reasons}
    for reason in why.reasons:
        assert ("raises" in reason.text) == (reason.contribution > 0)
        assert reason.odds_factor == pytest.approx(math.exp(reason.contribution))


def test_reasons_come_with_alerts_and_on_request(predictor: Predictor) -> None:
    alarm, calm = predictor.predict(OVERHEATING), predictor.predict(HEALTHY)
    assert alarm.alert
    assert alarm.explanation is not None
    assert not calm.alert
    assert calm.explanation is None
    assert predictor.predict(HEALTHY, explained=True).explanation is not None


TYPICAL = Reading("L", 300.0, 310.0, 1500.0, 40.0, 100.0)


@pytest.mark.parametrize(
    ("reading", "mode", "words"),
    [
        pytest.param(
            replace(TYPICAL, torque_nm=46.0, wear_min=220.0),
            "twf",
            "the tool wear rule applies: the tool has run 220 min; between 200 and 240 min it fails",
            id="worn tool",
        ),
        pytest.param(
            replace(TYPICAL, process_temperature_k=308.4, speed_rpm=1350.0),
            "hdf",
            "the heat dissipation rule applies: the process is 8.4 K warmer than the air at 1,350 rpm",
            id="both conditions of heat dissipation",
        ),
        pytest.param(
            replace(TYPICAL, torque_nm=55.0, speed_rpm=1450.0, wear_min=0.0),
            "pwf",
            "the power rule is closest, 76 % of the way from a typical reading to its limit: "
            "mechanical power is 8,351 W; it fails above 9,000 W",
            id="high power",
        ),
        pytest.param(
            replace(TYPICAL, torque_nm=15.0, speed_rpm=1900.0, wear_min=0.0),
            "pwf",
            "below 3,500 W",
            id="low power",
        ),
        pytest.param(
            replace(TYPICAL, torque_nm=60.0, speed_rpm=1300.0, wear_min=168.65),
            "osf",
            "tool wear x torque is 10,119 min Nm, 92 % of the limit of 11,000 min Nm for product quality L",
            id="nearly overstrained",
        ),
        pytest.param(
            replace(TYPICAL, type="H", torque_nm=56.0, wear_min=199.0, speed_rpm=1385.0),
            "twf",
            "99 % of the way",
            id="a better quality bears more strain",
        ),
    ],
)
def test_nearest_rule_is_named_with_its_figures(
    reading: Reading, mode: str, words: str, trained: Path
) -> None:
    typical = features.row(TYPICAL)[0].tolist()
    found = nearest_rule(features.row(reading)[0].tolist(), typical, params.load(trained).rules)
    assert found.mode == mode
    assert words in found.text
    assert (found.closeness >= 1) == ("applies" in found.text)


def test_latency_is_measured_for_the_evidence(trained: Path) -> None:
    settings = params.load(trained)
    quick = replace(settings, bench=replace(settings.bench, warmup=1, requests=200))
    found = bench.measure(trained, quick)
    for timed in (found, found["compared_with"]):
        assert timed["n"] == 200
        assert 0 < timed["p50_ms"] <= timed["p95_ms"] <= timed["p99_ms"]
    assert found["speedup"] == pytest.approx(found["compared_with"]["p50_ms"] / found["p50_ms"])


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count the calls of `features.build`: the service's path for one reading must not make a table."""
    calls: list[int] = []
    build = features.build

    def counting_build(table: pd.DataFrame) -> pd.DataFrame:
        calls.append(len(table))
        return build(table)

    monkeypatch.setattr(features, "build", counting_build)
    return lambda: len(calls)


def test_one_reading_is_answered_without_a_table(predictor: Predictor, counted: Callable[[], int]) -> None:
    predictor.predict(OVERHEATING)
    assert counted() == 0
    predictor.predict_many([OVERHEATING])
    assert counted() == 1


def test_both_paths_see_the_same_features(trained: Path) -> None:
    readings = bench.readings(params.load(trained), 100)
    table = features.build(pd.DataFrame(readings)).to_numpy(dtype=np.float32)
    rows = np.vstack([features.row(reading) for reading in readings])
    np.testing.assert_array_equal(rows, table)
