from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from parts import evidence
from parts.errors import EvidenceError


def test_what_is_written_is_read(root: Path, measured: dict[str, Any]) -> None:
    path = evidence.write(root, measured)
    assert path == root / "reports" / "metrics.json"
    assert evidence.read(root) == measured


def test_no_evidence_is_none(root: Path) -> None:
    assert evidence.read(root) is None


def test_two_writes_are_the_same_bytes_whatever_the_order(root: Path, measured: dict[str, Any]) -> None:
    first = evidence.write(root, measured).read_bytes()
    assert evidence.write(root, dict(reversed(measured.items()))).read_bytes() == first
    assert first.startswith(b'{\n  "anchors": [')
    assert first.endswith(b"}\n")


def test_fractions_keep_six_digits_and_numpy_becomes_json(root: Path, measured: dict[str, Any]) -> None:
    measured["facts"] = {
        "third": np.float64(1 / 3),
        "tiny": 1.23456789e-9,
        "rows": np.int64(1234567),
        "yes": np.True_,
    }
    measured["headline"]["ci95"] = np.array([0.1, 0.2])
    evidence.write(root, measured)
    stored = evidence.read(root)
    assert stored is not None
    assert stored["facts"] == {"third": 0.333333, "tiny": 1.23457e-9, "rows": 1234567, "yes": True}
    assert stored["headline"]["ci95"] == [0.1, 0.2]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), np.float32("-inf")])
def test_a_figure_that_is_no_number_is_refused_and_nothing_is_written(
    root: Path, measured: dict[str, Any], bad: float
) -> None:
    measured["metrics"][2]["value"] = bad
    with pytest.raises(
        EvidenceError, match=r"\$\.metrics\[2\]\.value is -?(nan|inf); expected a finite number"
    ):
        evidence.write(root, measured)
    assert not (root / evidence.PATH).exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        pytest.param(lambda e: e.pop("artifact"), r"\$: 'artifact' is a required property", id="missing"),
        pytest.param(lambda e: e.update(extra=1), r"\$: Additional properties.*'extra'", id="unknown"),
        pytest.param(lambda e: e["data"].update(source="guess"), r"\$\.data\.source: 'guess'", id="source"),
        pytest.param(lambda e: e["metrics"][1].update(ci95=[1]), r"\$\.metrics\[1\]\.ci95", id="interval"),
        pytest.param(
            lambda e: e["latency"].update(p51_ms=1), r"\$\.latency: Unevaluated.*'p51_ms'", id="latency"
        ),
        pytest.param(lambda e: e["run"].update(git_commit="abc"), r"\$\.run\.git_commit: 'abc'", id="commit"),
        pytest.param(
            lambda e: e["artifact"].update(path="/etc/x"), r"\$\.artifact\.path", id="absolute path"
        ),
        pytest.param(lambda e: e.update(schema=2), r"\$\.schema is 2; this project reads 1", id="version"),
        pytest.param(lambda e: e["facts"].update(a={1}), r"\$\.facts\.a is a set; expected", id="not JSON"),
    ],
)
def test_evidence_out_of_shape_is_refused_with_its_place(
    root: Path, measured: dict[str, Any], damage: Any, words: str
) -> None:
    damage(measured)
    with pytest.raises(EvidenceError, match=f"reports/metrics.json: {words}"):
        evidence.write(root, measured)
    assert not (root / evidence.PATH).exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not JSON"),
        (b"[1]", r"\$\.schema is None"),
        (b'{"schema": NaN}', "not JSON: NaN is not a finite number"),
        (b'{"schema": 1e999}', "not JSON: 1e999 is not a finite number"),
        (b"\xff\xfe", "not UTF-8"),
        (b'{"schema": 1}', r"\$: .* is a required property"),
    ],
)
def test_a_damaged_file_is_refused_by_name(root: Path, content: bytes, words: str) -> None:
    (root / evidence.PATH).write_bytes(content)
    with pytest.raises(EvidenceError, match=f"reports/metrics.json: {words}"):
        evidence.read(root)


def test_amend_replaces_one_key(evaluated: Path, measured: dict[str, Any]) -> None:
    latency = {**measured["latency"], "p50_ms": 0.5}
    evidence.amend(evaluated, latency=latency)
    assert evidence.read(evaluated) == {**measured, "latency": latency}


def test_amend_needs_evidence(root: Path) -> None:
    with pytest.raises(EvidenceError, match="not there yet; run evaluate first"):
        evidence.amend(root, facts={})


def test_run_facts_fit_the_schema(root: Path, measured: dict[str, Any]) -> None:
    measured["run"] = evidence.run_facts(root, 7, {"train": 1.5, "evaluate": 2})
    evidence.write(root, measured)
    assert measured["run"]["git_commit"] == "unknown"  # tmp_path is in no repository


def git(root: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@b.invalid", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *settings, *arguments], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def committed(root: Path) -> Path:
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message", "first")
    return root


def commit_in(root: Path) -> str:
    return str(evidence.run_facts(root, 1, {})["git_commit"])


def test_the_commit_is_named(committed: Path) -> None:
    assert commit_in(committed) == git(committed, "rev-parse", "HEAD")


def test_what_report_writes_does_not_make_the_code_dirty(evaluated: Path, committed: Path) -> None:
    for name in ("README.md", "MODEL_CARD.md", "reports/star.md"):
        (committed / name).write_text("new", encoding="utf-8")
    assert commit_in(committed) == git(committed, "rev-parse", "HEAD")


@pytest.mark.parametrize("name", ["params.toml", "new.py"])
def test_changed_code_is_called_dirty(committed: Path, name: str) -> None:
    (committed / name).write_text("x = 1\n", encoding="utf-8")
    assert commit_in(committed) == git(committed, "rev-parse", "HEAD") + "-dirty"


def test_without_git_the_commit_is_unknown(committed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert commit_in(committed) == "unknown"


def test_a_folder_that_an_outer_repository_ignores_has_no_commit(committed: Path) -> None:
    inner = committed / "inner"
    inner.mkdir()
    (inner / "params.toml").touch()
    assert commit_in(inner) == "unknown"


def test_the_schema_itself_is_valid() -> None:
    schema = json.loads(Path(evidence.__file__).with_name("evidence.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
