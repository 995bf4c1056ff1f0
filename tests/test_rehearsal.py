"""Rehearsals: real environments and real runs of pytest in small projects, and which tests count as lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import date
from typing import TYPE_CHECKING

import pytest

from scaffolder import checkout, history, places, rehearsal
from scaffolder.create import new_project
from scaffolder.environment import find_uv
from scaffolder.rehearsal import CannotRehearse
from scaffolder.update import Wish, update_project

from .conftest import git

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = '[project]\nname = "small"\nversion = "1"\n[dependency-groups]\ndev = ["pytest"]\n'
PASSING = "def test_one():\n    assert True\n"


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of our own, to see what a rehearsal leaves behind; uv keeps its own."""
    folder = tmp_path / "cache"
    monkeypatch.setattr(places, "cache", lambda: folder)
    return folder


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def small(folder: Path, **tests: str) -> Path:
    """A project of test files, named by keyword."""
    files = {f"tests/test_{name}.py": text for name, text in tests.items()}
    return write(folder, {"pyproject.toml": PYPROJECT} | files)


def made(passed: str = "", *, failed: str = "", skipped: str = "", files: str = "") -> object:
    """A result of tests given by their ids; each of `files` is `path=content`."""
    return rehearsal.TestRun(
        frozenset(passed.split()),
        frozenset(failed.split()),
        frozenset(),
        frozenset(skipped.split()),
        dict(part.split("=") for part in files.split()),
    )


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        pytest.param(made("a::x"), made("a::x"), [], id="passes"),
        pytest.param(made("a::x"), made(failed="a::x"), ["a::x"], id="fails"),
        pytest.param(made("a::x"), made(skipped="a::x"), ["a::x"], id="skipped-now"),
        pytest.param(made("a::x", failed="a::y"), made("a::x", failed="a::y"), [], id="failed-before"),
        pytest.param(made("a::x"), made("a::x", failed="a::new"), [], id="new-one-fails"),
        pytest.param(made("a::x", files="a=1"), made(files="a=1"), ["a::x"], id="gone-from-the-same-file"),
        pytest.param(made("a::x", files="a=1"), made(files="a=2"), [], id="gone-from-a-changed-file"),
        pytest.param(made("a::x", files="a=1"), made(), [], id="gone-with-its-file"),
        pytest.param(made("a::x", files="a=1"), made(failed="a", files="a=2"), ["a::x"], id="file-broken"),
        pytest.param(made("a::x", files="a=1"), made(failed="b::x", files="b=1"), ["a::x"], id="moved-fails"),
        pytest.param(made("a::x", files="a=1"), made("b::x", files="b=1"), [], id="moved-passes"),
        pytest.param(
            made("a::x", failed="b::x", files="a=1"), made(failed="b::x"), [], id="namesake-failed-before"
        ),
        pytest.param(made("a::x[1] a::x[2]", files="a=1"), made("a::x[1]", files="a=1"), [], id="one-case"),
        pytest.param(made("a::x[1]", files="a=1"), made("a::y", files="a=1"), ["a::x[1]"], id="all-cases"),
    ],
)
def test_lost(before: object, after: object, lost: list[str]) -> None:
    assert list(rehearsal.lost(before, after)) == lost


def test_every_outcome_has_its_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_ADDOPTS", "--collect-only")
    monkeypatch.setenv(
        "PYTHONPATH", str(write(tmp_path / "astray", {"small/__init__.py": "raise SystemExit"}))
    )
    code = """
import os, pathlib, pytest
import small

@pytest.fixture
def broken(): raise ValueError
@pytest.fixture
def untidy():
    yield
    raise ValueError

class TestGroup:
    @pytest.mark.parametrize("n", [1, "a.b/ü"])
    def test_case(self, n): pass
def test_fails(): assert small.half(2) == 2
def test_error(broken): pass
def test_untidy(untidy): pass
def test_threads(): assert os.environ["OMP_NUM_THREADS"] == "1"
@pytest.mark.skip
def test_skipped(): pass
@pytest.mark.xfail
def test_expected(): assert False
@pytest.mark.parametrize("path", [pathlib.Path(__file__).parent], ids=str)
def test_of_a_path(path): pass
"""
    options = '[tool.pytest.ini_options]\naddopts = "-x --doctest-modules"\ntestpaths = ["src", "tests"]\n'
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    wheel = '[tool.hatch.build.targets.wheel]\npackages = ["src/small"]\n'
    half = '"""Halves.\n\n>>> half(2)\n1.0\n"""\ndef half(n):\n    return n / 2\n'
    folder = small(tmp_path / "project", a=code, b=PASSING, broken="import no_such_thing\n")
    write(folder, {"pyproject.toml": PYPROJECT + build + wheel + options, "src/small/__init__.py": half})
    write(folder, {".venv/bin/python": "the user's own"})
    run = rehearsal.run_tests(folder)
    assert run.passed == {
        "src/small/__init__.py::small",
        "tests/test_a.py::TestGroup::test_case[1]",
        "tests/test_a.py::TestGroup::test_case[a.b/\\xfc]",
        "tests/test_a.py::test_of_a_path[./tests]",
        "tests/test_a.py::test_threads",
        "tests/test_b.py::test_one",
    }
    assert run.failed == {"tests/test_a.py::test_fails"}
    assert run.errors == {
        "tests/test_a.py::test_error",
        "tests/test_a.py::test_untidy",
        "tests/test_broken.py",
    }
    assert run.skipped == {"tests/test_a.py::test_skipped", "tests/test_a.py::test_expected"}
    assert (folder / ".venv/bin/python").read_text() == "the user's own"
    assert not (folder / ".pytest_cache").exists()


def test_rehearse_names_what_an_update_would_break(tmp_path: Path, cache: Path) -> None:
    folder = small(tmp_path / "project", a=PASSING, b=PASSING, c="def test_three():\n    assert False\n")
    said: list[str] = []
    lost = rehearsal.rehearse(
        folder, lambda: small(folder, a=PASSING, b="import gone\n" + PASSING, c=""), on_progress=said.append
    )
    assert lost == ("tests/test_b.py::test_one",)
    words = ["environment before the update, ", "tests before the update, "]
    words += ["environment after the update, ", "tests after the update, "]
    assert all(any(line.startswith(word) for line in said) for word in words)
    assert list((cache / "rehearsals").iterdir()) == []


@pytest.mark.parametrize(
    ("files", "why"),
    [
        pytest.param(
            {}, "there is no pyproject.toml, setup.py or requirements file to install from", id="empty"
        ),
        pytest.param({"pyproject.toml": "<<<<<<< yours\n"}, "pyproject.toml cannot be read: ", id="conflict"),
        pytest.param(
            {"pyproject.toml": PYPROJECT.replace("pytest", "no-such-package==0.0.0.1")},
            "no-such-package",
            id="cannot-install",
        ),
        pytest.param(
            {"pyproject.toml": PYPROJECT.replace("pytest", "iniconfig")},
            "No module named pytest",
            id="no-pytest",
        ),
        pytest.param({"pyproject.toml": PYPROJECT}, "there are none", id="no-tests"),
        pytest.param(
            {"tests/test_a.py": "def test_one():\n    assert False\n"}, "none of 1 passes", id="none"
        ),
        pytest.param(
            {"tests/conftest.py": "import no_such_thing\n"},
            "update: ModuleNotFoundError: No module named 'no_such_thing'",
            id="conftest",
        ),
        pytest.param({"tests/test_a.py": "import os\nos._exit(9)\n"}, "", id="dies"),
    ],
)
def test_what_cannot_be_rehearsed_is_one_line(tmp_path: Path, files: dict[str, str], why: str) -> None:
    wanted = {} if not files else {"pyproject.toml": PYPROJECT}
    folder = write(tmp_path / "project", wanted | files)
    folder.mkdir(exist_ok=True)
    with pytest.raises(CannotRehearse) as raised:
        rehearsal.rehearse(folder, lambda: None)
    line = str(raised.value)
    assert line.startswith("the tests cannot run before the update: ")
    assert why in line
    assert line.endswith("; put that right, or update without --test")
    assert "\n" not in line


def test_tests_that_never_end_are_stopped(tmp_path: Path, cache: Path) -> None:
    folder = small(tmp_path / "project", a="import time\ndef test_one():\n    time.sleep(600)\n")
    begun = time.monotonic()
    with pytest.raises(CannotRehearse, match="tests: not done after 6 s"):
        rehearsal.run_tests(folder, time_limit_s=6)
    assert time.monotonic() - begun < 60
    assert list((cache / "rehearsals").iterdir()) == []


def test_what_a_killed_run_left_is_removed_a_day_later(tmp_path: Path, cache: Path) -> None:
    old, new = write(cache / "rehearsals", {"old/x": "", "new/x": ""}) / "old", cache / "rehearsals" / "new"
    os.utime(old, (0, 0))
    with pytest.raises(CannotRehearse):
        rehearsal.run_tests(tmp_path)
    assert (old.exists(), new.exists()) == (False, True)


REQUIREMENTS = pytest.mark.parametrize(
    ("files", "wanted"),
    [
        pytest.param(
            {
                "requirements-dev.txt": "x==1 \\\n --hash=sha256:00\n",
                "pyproject.toml": PYPROJECT + "[build-system]",
            },
            [["-r", "requirements-dev.txt"], ["--no-deps", "-e", "."]],
            id="locked",
        ),
        pytest.param(
            {"requirements.txt": "x\n", "setup.py": ""},
            [["-r", "requirements.txt", "-e", "."]],
            id="setup.py",
        ),
        pytest.param(
            {"requirements.txt": "x\n", "requirements-dev.txt": "pytest\n"},
            [["-r", "requirements-dev.txt", "-r", "requirements.txt"]],
            id="scripts",
        ),
        pytest.param(
            {
                "pyproject.toml": '[build-system]\n[project]\nname = "x"\n[project.optional-dependencies]\n'
                "docs = []\ntest = []\ndev = []\n"
                '[dependency-groups]\nlint = [{include-group = "docs"}]\nci = ["pytest-cov>=4"]\n'
            },
            [["--group", "ci", "-e", ".[test,dev]"]],
            id="groups-and-extras",
        ),
        pytest.param(
            {"pyproject.toml": '[project]\nname = "x"\n[project.optional-dependencies]\ntest = []\n'},
            [["-r", "pyproject.toml", "--extra", "test"]],
            id="no-package",
        ),
    ],
)


@REQUIREMENTS
def test_what_a_project_declares_is_installed(
    tmp_path: Path, files: dict[str, str], wanted: list[list[str]]
) -> None:
    assert rehearsal._requirements(write(tmp_path, files), "here") == wanted


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_ends_the_tests_and_leaves_nothing(tmp_path: Path, cache: Path) -> None:
    mark = tmp_path / "mark"
    code = (
        "import os, pathlib, time\ndef test_one():\n"
        f"    pathlib.Path({str(mark)!r}).write_text(str(os.getpid()))\n    time.sleep(600)\n"
    )
    folder = small(tmp_path / "project", a=code)
    program = (
        "import signal, sys; from pathlib import Path; from scaffolder import places, rehearsal\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "places.cache = lambda: Path(sys.argv[2])\n"
        "try: rehearsal.run_tests(Path(sys.argv[1]))\n"
        "except KeyboardInterrupt: sys.exit(130)\n"
    )
    ours = subprocess.Popen([sys.executable, "-c", program, str(folder), str(cache)])
    deadline = time.monotonic() + 60
    while not (mark.exists() and mark.read_text()) and time.monotonic() < deadline:
        time.sleep(0.05)
    ours.send_signal(signal.SIGINT)
    assert ours.wait(30) == 130
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)
    assert list((cache / "rehearsals").iterdir()) == []


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Path:
    """A committed project of 0.1.0 with a test of its owner's. 0.2.0 changes what the test is about."""
    uv_cache = subprocess.run([find_uv(), "cache", "dir"], capture_output=True, text=True, check=True)
    monkeypatch.setenv("UV_CACHE_DIR", uv_cache.stdout.strip())
    toys = request.getfixturevalue("toys")
    project = toys / "templates/toy/project"
    for version, number in (("0.1.0", 1), ("0.2.0", 2)):
        write(project, {"pyproject.toml": PYPROJECT, "part.py": f"NUMBER = {number}\n"})
        git("add", "--all", cwd=toys)
        git("commit", "--quiet", "-m", version, cwd=toys)
        history.add(version, checkout.read_files(toys, places.ROOTS), date(2026, 1, 2))
    path = tmp_path / "mine"
    new_project("toy", path, answers={}, ask=False, version="0.1.0")
    return path


@pytest.mark.parametrize(
    ("test", "state"),
    [
        pytest.param("assert part.NUMBER == 1", "refused", id="breaks"),
        pytest.param("assert part.NUMBER", "updated", id="holds"),
    ],
)
def test_an_update_is_applied_only_if_what_passed_still_passes(project: Path, test: str, state: str) -> None:
    text = f"import sys; sys.path.insert(0, '.')\nimport part\ndef test_mine():\n    {test}\n"
    write(project, {"tests/test_mine.py": text})
    git("add", "--all", cwd=project)
    git("commit", "--quiet", "-m", "Mine", cwd=project)
    outcome = update_project(project, Wish(test=True))
    assert outcome.state == state
    if state == "refused":
        assert outcome.failed_tests == ("tests/test_mine.py::test_mine",)
        assert git("status", "--porcelain", "--ignored", cwd=project) == ""
        assert git("worktree", "list", cwd=project).count("\n") == 1
    else:
        assert (project / "part.py").read_text() == "NUMBER = 2\n"
        assert not (project / ".venv").exists()
