"""A killed update leaves the project as it was, or complete; the next run finishes what was begun."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from scaffolder.engine import apply, commit
from scaffolder.repository import open_repository
from scaffolder.update import Wish, update_project

from .cases import commit_all, files_of, git, text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .conftest import Make

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="finds processes in /proc")
COUNT = 30
BEFORE = {f"folder{number % 3}/file{number}.txt": text() for number in range(COUNT)}
AFTER = {
    **{name: text({2: f"two, renewed in {name}".encode()}) for name in sorted(BEFORE)[: COUNT - 5]},
    **{f"new/file{number}.txt": b"new\n" for number in range(5)},
}
Seen = tuple[dict[str, tuple[bytes, bool]], bytes]


@pytest.fixture
def project(make: Make) -> Path:
    """A project in which an update changes 25 files, adds 5 and removes 5, of 30; the owner edited five."""
    path = make(BEFORE, AFTER)
    for name in sorted(BEFORE)[:5]:
        (path / name).write_bytes(text({9: b"nine, mine"}))
    (path / "own.txt").write_bytes(b"own\n")
    commit_all(path, "Mine")
    (path / "untracked.txt").write_bytes(b"untracked\n")
    return path


def seen(project: Path) -> Seen:
    """Return the files that lie there, and what git's index says."""
    return files_of(project), git("ls-files", "--stage", cwd=project)


def copies(project: Path) -> Callable[[], Path]:
    """Return what makes a fresh copy of the project, always at the same place."""
    place = project.with_name("copy")

    def fresh() -> Path:
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(project, place, symlinks=True)
        git("status", cwd=place)  # refreshes the index, which has the times of the files
        return place

    return fresh


def begin(project: Path) -> int:
    """Update in a process group of its own; return the id of its process."""
    child = os.fork()
    if child == 0:
        os.setpgid(0, 0)
        try:
            update_project(project, Wish())
        finally:
            os._exit(0)
    return child


def descendants(process: int) -> list[int]:
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def kill(process: int, *, whole: bool) -> None:
    """Kill the process group; with `whole`, also those that left it."""
    for one in descendants(process)[1:] if whole else []:
        try:
            os.kill(one, signal.SIGSTOP)  # or it might begin others meanwhile
        except ProcessLookupError:
            continue
    doomed = descendants(process) if whole else []
    for one in doomed:
        try:
            os.kill(one, signal.SIGKILL)
        except ProcessLookupError:
            continue
    try:
        os.killpg(process, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(process, signal.SIGKILL)
    os.waitpid(process, 0)


def wait_for_the_lock(project: Path) -> None:
    """Wait until the process that writes, which no signal to the first one reaches, is at its end."""
    path = project / ".git" / "scaffolder" / "lock"
    if path.exists():
        with path.open() as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)


def outcomes(project: Path, fresh: Callable[[], Path]) -> tuple[Seen, Seen, float]:
    """Return the project before and after an update, and the time that it takes in s."""
    path = fresh()
    before, start = seen(path), time.perf_counter()
    _, status = os.waitpid(begin(path), 0)
    taken = time.perf_counter() - start
    assert status == 0
    after = seen(path)
    assert before != after
    assert b"nine, mine" in after[0][sorted(BEFORE)[0]][0]
    return before, after, taken


def shoot(project: Path, times: int, *, whole: bool) -> dict[str, int]:
    """Kill `times` updates at random moments; return how many had which end."""
    fresh, chance = copies(project), random.Random(20_261_124)  # noqa: S311 - no secret
    outcomes(project, fresh)
    before, after, taken = outcomes(project, fresh)
    ends = {"untouched": 0, "complete": 0, "finished by the next run": 0}
    for _ in range(times):
        path = fresh()
        process = begin(path)
        time.sleep(chance.uniform(0.0, 1.1 * taken))
        kill(process, whole=whole)
        wait_for_the_lock(path)
        now = seen(path)
        files_now = now[0].items()
        assert all(found in (before[0].get(name), after[0].get(name)) for name, found in files_now)
        if not whole:
            assert now in (before, after)
        is_half = now not in (before, after)
        repository = open_repository(path)
        assert apply.is_interrupted(repository) or not is_half
        if (repository.folder / "index.lock").exists() and not apply.is_interrupted(repository):
            assert now == before
        with apply.locked(repository):  # as the next run of any command does it
            pass
        healed = seen(path)
        assert healed in (before, after)
        assert not (repository.folder / "index.lock").exists()
        assert not (repository.folder / "scaffolder" / "staging").exists()
        if healed == before:
            update_project(path, Wish())
            assert seen(path) == after
        ends["finished by the next run" if is_half else "untouched" if now == before else "complete"] += 1
    return ends


@pytest.mark.parametrize("whole", [False, True], ids=["its process group", "everything that it began"])
def test_killed_at_random_moments(project: Path, whole: bool) -> None:
    assert sum(shoot(project, 12, whole=whole).values()) == 12


@pytest.mark.slow
@pytest.mark.parametrize("whole", [False, True], ids=["its process group", "everything that it began"])
def test_killed_at_two_hundred_random_moments(project: Path, whole: bool) -> None:
    ends = shoot(project, 200, whole=whole)
    assert sum(ends.values()) == 200
    assert ends["untouched"]
    assert ends["complete"]


def _crash_at(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Let the process die at the call of that number, counted from 0."""
    inner, calls = getattr(commit, name), iter(range(10**6))

    def deadly(*args: object) -> object:
        if next(calls) == number:
            os.kill(os.getpid(), signal.SIGKILL)
        return inner(*args)

    monkeypatch.setattr(commit, name, deadly)


def test_a_crash_at_each_rename_is_finished_by_the_next_run(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh = copies(project)
    before, after, _ = outcomes(project, fresh)
    steps = sum(before[0].get(name) != after[0].get(name) for name in before[0].keys() | after[0].keys())
    for number in range(steps):
        path = fresh()
        with monkeypatch.context() as patch:
            _crash_at(patch, "_take", number)
            os.waitpid(begin(path), 0)
        assert apply.is_interrupted(open_repository(path))
        with apply.locked(open_repository(path)):
            pass
        assert seen(path) == after


def test_a_rename_that_fails_takes_everything_back(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = copies(project)
    before, _, _ = outcomes(project, fresh)
    for number in (0, 7, 29):
        path = fresh()
        inner, calls = commit._take, iter(range(10**6))

        def failing(*args: object, calls=calls, inner=inner, number=number) -> object:  # type: ignore[no-untyped-def]
            if next(calls) == number:
                raise OSError(28, "No space left on device", "somewhere")
            return inner(*args)

        with monkeypatch.context() as patch:
            patch.setattr(commit, "_take", failing)
            with pytest.raises(Exception, match="No space left"):
                update_project(path, Wish())
        assert seen(path) == before
        assert not (path / ".git" / "index.lock").exists()
