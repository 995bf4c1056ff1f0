"""Many projects at once, with an update that does what the test wants instead of the real one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from scaffolder import update
from scaffolder.errors import NotUpdatable
from scaffolder.fleet import Failure, discover, update_all
from scaffolder.update import Outcome, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    """Fail instead of waiting for ever for a process that does not end."""
    if os.name == "nt":
        yield
        return

    def give_up(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def projects(tmp_path: Path) -> list[Path]:
    """Seven folders, each a repository of its own."""
    found = [tmp_path / f"p{number}" for number in range(7)]
    for path in found:
        (path / ".git").mkdir(parents=True)
    return found


def outcome(path: Path, **facts: object) -> Outcome:
    return Outcome(path, "toy", "1.0.0", "2.0.0", "updated", **facts)  # type: ignore[arg-type]


def use(monkeypatch: pytest.MonkeyPatch, action: Callable[[Path], Outcome]) -> None:
    monkeypatch.setattr(update, "update_project", lambda path, _wish: action(path))


@pytest.mark.parametrize("jobs", [1, 2, 3, 50])
def test_every_project_has_its_result_once(
    projects: list[Path], monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    def failing_at_times(path: Path) -> Outcome:
        if path.name == "p1":
            raise NotUpdatable(path, "it is dirty")
        if path.name == "p2":
            raise PermissionError(13, "Permission denied", str(path / "x"))
        if path.name == "p3":
            raise ZeroDivisionError("a bug")
        return outcome(path)

    use(monkeypatch, failing_at_times)
    found = {one.path.name: one for one in update_all([*projects, projects[0]], Wish(), jobs=jobs)}
    failures = {name: one.message for name, one in found.items() if isinstance(one, Failure)}
    assert sorted(found) == [path.name for path in projects]
    assert sorted(failures) == ["p1", "p2", "p3"]
    assert failures["p1"].endswith("p1 cannot be updated: it is dirty")
    assert failures["p2"] == f"{projects[2] / 'x'}: Permission denied"
    assert "internal error, ZeroDivisionError: a bug" in failures["p3"]
    assert not multiprocessing.active_children()


@needs_fork
def test_as_many_processes_as_jobs_and_all_of_them_used(
    projects: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(path: Path) -> Outcome:
        time.sleep(0.1)
        return outcome(path, commit=str(os.getpid()))

    use(monkeypatch, slow)
    found = list(update_all(projects, Wish(), jobs=3))
    pids = {one.commit for one in found if isinstance(one, Outcome)}
    assert len(pids) == 3
    assert str(os.getpid()) not in pids
    assert [one.path for one in found] != []


@needs_fork
@pytest.mark.parametrize("jobs", [2, 3])
def test_a_killed_process_costs_one_project(
    projects: list[Path], monkeypatch: pytest.MonkeyPatch, jobs: int
) -> None:
    def deadly(path: Path) -> Outcome:
        if path.name in ("p0", "p4"):
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome(path)

    use(monkeypatch, deadly)
    found = {one.path.name: one for one in update_all(projects, Wish(), jobs=jobs)}
    assert sorted(found) == [path.name for path in projects]
    failures = {name: one.message for name, one in found.items() if isinstance(one, Failure)}
    assert sorted(failures) == ["p0", "p4"]
    assert failures["p0"] == f"{projects[0]}: its update ended unexpectedly (Killed); run it again"


@needs_fork
def test_projects_of_one_repository_are_updated_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mono" / ".git").mkdir(parents=True)
    inside = [tmp_path / "mono" / "apps" / name for name in ("a", "b", "c")]
    (tmp_path / "alone" / ".git").mkdir(parents=True)
    for path in inside:
        path.mkdir(parents=True)

    def alone(path: Path) -> Outcome:
        mark = path.parent / "under-way"
        mark.touch(exist_ok=False)
        time.sleep(0.1)
        mark.unlink()
        return outcome(path)

    use(monkeypatch, alone)
    found = list(update_all([*inside, tmp_path / "alone"], Wish(), jobs=4))
    assert [one for one in found if isinstance(one, Failure)] == []
    assert len(found) == 4


@needs_fork
def test_a_process_that_dies_within_a_repository_leaves_the_others_of_it_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("mono/.git", "mono/a", "mono/b", "mono/c", "alone/.git"):
        (tmp_path / name).mkdir(parents=True)

    def deadly(path: Path) -> Outcome:
        if path.name == "a":
            os.kill(os.getpid(), signal.SIGKILL)
        return outcome(path)

    use(monkeypatch, deadly)
    paths = [tmp_path / name for name in ("mono/a", "mono/b", "mono/c", "alone")]
    found = {one.path.name: type(one) for one in update_all(paths, Wish(), jobs=2)}
    assert found == {"a": Failure, "b": Outcome, "c": Outcome, "alone": Outcome}


@needs_fork
def test_whoever_stops_listening_leaves_no_process_and_no_half_update(
    projects: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow_and_long(path: Path) -> Outcome:
        (path / "begun").touch()
        time.sleep(0.2)
        (path / "ended").touch()
        return outcome(path, diff="x" * 1_000_000)  # more than a pipe holds

    use(monkeypatch, slow_and_long)
    results = update_all(projects, Wish(), jobs=2)
    next(results)  # type: ignore[call-overload]
    results.close()  # type: ignore[attr-defined]
    begun = [path for path in projects if (path / "begun").exists()]
    assert 2 <= len(begun) < len(projects)
    assert all((path / "ended").exists() for path in begun)
    assert not multiprocessing.active_children()


SCRIPT = """
import signal, sys, time
from pathlib import Path
# A shell that runs the tests in the background makes them, and what they start, ignore Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
from scaffolder import update
from scaffolder.cli.app import execute

def slow(path, wish):
    try:
        (path / "begun").touch()
        print("begun", flush=True)
        time.sleep(30 if wish.test else 0.5)
        (path / "ended").touch()
    finally:
        time.sleep(0.1)
        (path / "cleaned").touch()
    return update.Outcome(path, "toy", "1.0.0", "2.0.0", "updated")

update.update_project = slow
sys.exit(execute(["update", "--jobs", "2", *sys.argv[1:]]))
"""


def interrupt(arguments: list[str], *, everybody: bool) -> tuple[int, str]:
    """Press Ctrl-C once an update is under way; return the exit status and what was said."""
    with subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        if everybody:  # as a terminal does it
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=20)[1]
    assert "Traceback" not in said
    return process.returncode, said


@needs_fork
@pytest.mark.parametrize("everybody", [True, False])
def test_ctrl_c_lets_projects_under_way_come_to_their_end(projects: list[Path], everybody: bool) -> None:
    status, said = interrupt([str(path) for path in projects], everybody=everybody)
    begun = [path for path in projects if (path / "begun").exists()]
    assert status == 130
    assert 1 <= len(begun) <= 2
    assert all((path / "ended").exists() for path in begun)
    assert "interrupted: 0 of 7 projects are done; run it again for the rest" in said


@needs_fork
@pytest.mark.parametrize("everybody", [True, False])
def test_ctrl_c_breaks_the_tests_of_projects_off(projects: list[Path], everybody: bool) -> None:
    begin = time.monotonic()
    status, _ = interrupt(["--test", *(str(path) for path in projects)], everybody=everybody)
    begun = [path for path in projects if (path / "begun").exists()]
    assert status == 130
    assert time.monotonic() - begin < 15
    assert [path for path in begun if (path / "cleaned").exists()] == begun
    assert not any((path / "ended").exists() for path in begun)


def test_discover_finds_answers_files_and_looks_into_no_environment(tmp_path: Path) -> None:
    wanted = ["a", "b/c", "b/c/nested"]
    others = [".git/x", "a/.venv/x", "a/node_modules/y", "b/.mypy_cache/z"]
    for name in [*wanted, *others]:
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / ".copier-answers.yml").touch()
    (tmp_path / "empty").mkdir()
    assert discover(tmp_path) == tuple(tmp_path / name for name in wanted)
    assert discover(tmp_path / "a") == (tmp_path / "a",)
    assert discover(tmp_path / "empty") == ()
