"""The stages without a command line: real processes of a toy project."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from scaffolder import environment, evidence, stages
from scaffolder.project import Project, open_project
from scaffolder.stages import STAGES, StageResult

TOY = Path(__file__).parent / "data" / "toy-project"


@pytest.fixture(scope="session")
def toy_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment without packages of its own that finds pytest in ours."""
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    python = environment.project_python(folder.parent)
    asked = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    (packages / "ours.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return folder


@pytest.fixture
def toy(tmp_path: Path, toy_environment: Path) -> Project:
    """A toy project whose environment is there."""
    root = tmp_path / "toy"
    shutil.copytree(TOY, root)
    shutil.copytree(toy_environment, root / ".venv", symlinks=True)
    return open_project(root)


def replace_verb(project: Project, verb: str, code: str) -> None:
    folder = project.path / "verbs"
    folder.mkdir(exist_ok=True)
    (folder / f"{verb}.py").write_text(code, encoding="utf-8")


def run_from(project: Project, first: stages.StageName) -> tuple[dict[str, StageResult], list[StageResult]]:
    """Return the results by stage, and every event."""
    events: list[StageResult] = []
    results = stages.run(project, first=first, on_event=events.append)
    assert [result.name for result in results] == list(STAGES)
    return {result.name: result for result in results}, events


def test_every_stage_passes_and_gives_one_line(toy: Project) -> None:
    results, events = run_from(toy, "data")
    assert results["environment"].state == "skipped"
    assert {results[name].state for name in STAGES[1:]} == {"passed"}
    assert results["train"].result == "train went well"
    assert results["test"].result == "2 passed"
    assert results["serve"].result.endswith(" s, model toy-model-1")
    assert results["serve"].seconds > 0
    states = [event.state for event in events if event.name == "train"]
    assert states[0] == "running"
    assert states[-1] == "passed"


def test_logs_hold_command_and_output_and_git_ignores_them(toy: Project) -> None:
    run_from(toy, "report")
    log = stages.log_path(toy, "report").read_text(encoding="utf-8")
    assert log.startswith("$ ")
    assert "-m toy report" in log.splitlines()[0]
    assert {"about to begin", "report went well"} <= set(log.splitlines())
    assert (toy.path / ".scaffolder" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_second_run_starts_a_log_anew(toy: Project) -> None:
    run_from(toy, "serve")
    before = stages.log_path(toy, "serve").read_text(encoding="utf-8").count("$ ")
    run_from(toy, "serve")
    assert stages.log_path(toy, "serve").read_text(encoding="utf-8").count("$ ") == before == 1


def test_a_failure_stops_and_says_why(toy: Project) -> None:
    replace_verb(
        toy, "train", "import sys\nprint('half way')\nsys.exit('error: no readings; run data first')"
    )
    results, _ = run_from(toy, "data")
    assert results["train"].state == "failed"
    assert results["train"].result == "no readings; run data first"
    assert [results[name].state for name in STAGES[3:]] == ["skipped"] * 4


@pytest.mark.parametrize(
    ("code", "line"),
    [
        pytest.param(
            "import no_such_thing", "ModuleNotFoundError: No module named 'no_such_thing'", id="traceback"
        ),
        pytest.param("raise SystemExit(3)", "exit status 3 without a word", id="silent"),
        pytest.param(
            "import sys; print('error: cannot fetch\\n  cause: no route\\nhint: wait'); sys.exit(1)",
            "cannot fetch: no route",
            id="uv-0.13",
        ),
        pytest.param(
            "import sys; print('error: cannot fetch\\n  Caused by: no route'); sys.exit(2)",
            "cannot fetch: no route",
            id="uv-0.9",
        ),
        pytest.param(
            "print('  \\u00d7 No solution:\\n  \\u2570\\u2500\\u25b6 Because of flask'); raise SystemExit(1)",
            "No solution: Because of flask",
            id="uv-resolver",
        ),
    ],
)
def test_the_reason_of_a_failure_is_one_line(toy: Project, code: str, line: str) -> None:
    replace_verb(toy, "report", code)
    results, _ = run_from(toy, "report")
    assert results["report"].state == "failed"
    assert results["report"].result == line


def test_a_failing_test_shows_the_counts(toy: Project) -> None:
    (toy.path / "check_toy.py").write_text(
        "def test_a(): assert False\ndef test_b(): pass\n", encoding="utf-8"
    )
    results, _ = run_from(toy, "test")
    assert results["test"].state == "failed"
    assert results["test"].result.startswith("1 failed, 1 passed")


def test_the_newest_line_of_a_running_stage_is_shown(toy: Project) -> None:
    epochs = "for n in range(5):\n    print(f'epoch {n}', end='\\r', flush=True)\n    time.sleep(0.3)\n"
    replace_verb(toy, "train", f"import time\n{epochs}print('done')")
    results, events = run_from(toy, "train")
    shown = [event.result for event in events if event.name == "train" and event.state == "running"]
    assert any(line.startswith("epoch ") for line in shown)
    assert results["train"].result == "done"


def test_evaluate_shows_the_headline_beside_its_baseline(toy: Project) -> None:
    (toy.path / "reports").mkdir()
    found = {
        "data": {"source": "synthetic"},
        "headline": {
            "metric": "average_precision",
            "value": 0.75,
            "ci95": [0.7, 0.8],
            "baseline": {"name": "logistic-regression", "value": 0.5},
        },
    }
    (toy.path / evidence.METRICS).write_text(json.dumps(found), encoding="utf-8")
    line = "average precision 0.750 [0.700, 0.800] against 0.500 (logistic-regression), synthetic data"
    assert evidence.headline(toy) == line
    results, _ = run_from(toy, "evaluate")
    assert results["evaluate"].result == line


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"headline": {"baseline": null}}', '{"headline": 3}', "\0"]
)
def test_unreadable_evidence_has_no_headline(toy: Project, text: str) -> None:
    (toy.path / "reports").mkdir()
    (toy.path / evidence.METRICS).write_text(text, encoding="utf-8")
    assert evidence.headline(toy) is None


def test_a_project_is_run_without_our_environment(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("UV_OFFLINE", "1")
    names = ["VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "UV_OFFLINE", "PYTHONUTF8", "OMP_NUM_THREADS"]
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    replace_verb(toy, "report", f"import os; print([os.environ.get(name) for name in {names}])")
    results, _ = run_from(toy, "report")
    assert results["report"].result == "[None, None, None, '1', '1', None]"


def test_a_stage_has_no_input_to_wait_for(toy: Project) -> None:
    replace_verb(toy, "report", "import sys; print(repr(sys.stdin.read()))")
    results, _ = run_from(toy, "report")
    assert results["report"].result == "''"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        pytest.param("raise SystemExit('error: no model')", "the service ended: no model", id="ends"),
        pytest.param(
            "import time; time.sleep(60)", "/readyz did not answer 200 within 1 s", id="never-ready"
        ),
    ],
)
def test_a_service_that_does_not_answer_fails(
    toy: Project, monkeypatch: pytest.MonkeyPatch, code: str, line: str
) -> None:
    monkeypatch.setattr(stages, "READY_TIMEOUT_S", 1.0)
    replace_verb(toy, "serve", code)
    results, _ = run_from(toy, "serve")
    assert results["serve"].state == "failed"
    assert results["serve"].result == line


def test_a_service_without_model_version_fails(toy: Project) -> None:
    main = toy.path / "toy" / "__main__.py"
    main.write_text(main.read_text(encoding="utf-8").replace('"/version"', '"/other"'), encoding="utf-8")
    results, _ = run_from(toy, "serve")
    assert results["serve"].state == "failed"
    assert "/version" in results["serve"].result


def test_without_environment_a_later_stage_is_refused(toy: Project) -> None:
    shutil.rmtree(toy.path / ".venv")
    with pytest.raises(environment.NoEnvironment, match=r"no environment at \.venv; run without --from"):
        stages.run(toy, first="train", on_event=lambda result: None)
    assert not (toy.path / ".scaffolder").exists()


def test_the_environment_is_made_with_uv_and_then_kept(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """No index is needed: the toy has no requirements, and its build backend lies in its folder."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    shutil.rmtree(toy.path / ".venv")
    replace_verb(toy, "data", "raise SystemExit('error: far enough')")
    results, _ = run_from(toy, "environment")
    version = ".".join(map(str, sys.version_info[:3]))
    assert results["environment"] == StageResult(
        "environment", "passed", results["environment"].seconds, f"Python {version}, 1 package"
    )
    assert "-m toy data" in stages.log_path(toy, "data").read_text(encoding="utf-8")
    assert " venv " in stages.log_path(toy, "environment").read_text(encoding="utf-8")
    run_from(toy, "environment")
    assert " venv " not in stages.log_path(toy, "environment").read_text(encoding="utf-8")


def test_a_broken_environment_is_made_again(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after the Python that it was made with is gone."""
    monkeypatch.setenv("UV_OFFLINE", "1")
    shutil.rmtree(toy.path / ".venv")
    python = environment.project_python(toy.path)
    python.parent.mkdir(parents=True)
    python.symlink_to(toy.path / "gone" / "python")
    assert not environment.is_usable(toy.path)
    replace_verb(toy, "data", "raise SystemExit('error: far enough')")
    results, _ = run_from(toy, "environment")
    assert results["environment"].state == "passed"
    assert environment.is_usable(toy.path)


def test_a_missing_package_ends_in_one_clear_line(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_OFFLINE", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(toy.path / "empty-cache"))
    (toy.path / "requirements-dev.txt").write_text("flask==3.1.0\n", encoding="utf-8")
    results, _ = run_from(toy, "environment")
    assert results["environment"].state == "failed"
    assert results["environment"].result.startswith("No solution found when resolving dependencies: ")
    assert "flask" in results["environment"].result


def test_without_uv_the_environment_stage_says_so(toy: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    import uv

    def find_nothing() -> str:
        raise FileNotFoundError("uv")

    monkeypatch.setattr(uv, "find_uv_bin", find_nothing)
    results, _ = run_from(toy, "environment")
    assert results["environment"].state == "failed"
    assert results["environment"].result.startswith("uv is missing")
