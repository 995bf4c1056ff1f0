"""A project's own tests before and after an update, away from the user's folder and environment.

What is installed is what the project declares: a requirements file for development, the dependency groups and
extras of its pyproject.toml that are named `dev`, `test` or the like or hold pytest, and the project itself.
"""

from __future__ import annotations

import contextlib
import hashlib
import shutil
import sys
import tempfile
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from xml.etree import ElementTree

from scaffolder import environment, places
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

TIME_LIMIT_S = 1800.0  # for one run of the tests
TICK_S = 0.2  # between two looks at a running command
LEFT_BEHIND_S = 24 * 3600.0  # what a killed run left in the cache is removed after this time

REQUIREMENTS = ("requirements-dev.txt", "dev-requirements.txt", "requirements-test.txt", "requirements.txt")
FOR_TESTS = ("dev", "test", "tests", "testing")  # names of dependency groups and of extras
OUTCOMES = ("errors", "failed", "skipped", "passed")  # the worst first
OUTCOME_OF = {"error": "errors", "failure": "failed", "skipped": "skipped"}
RAN = (0, 1, 5)  # pytest's exit statuses of a run to its end: all passed, some failed, no tests

# Set in the shell or by a test run or a git hook that started us; each would change what the tests do.
_FOREIGN = (
    "PYTEST_",
    "COVERAGE_",
    "COV_CORE_",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX",
    "GIT_OBJECT",
    "GIT_PREFIX",
)


class CannotRehearse(ScaffolderError):
    """The project's tests do not run, so nothing can be said about an update."""

    def __init__(self, when: str, why: str) -> None:
        self.why = why
        super().__init__(
            f"the tests cannot run {when}: {why.rstrip('.')}; put that right, or update without --test"
        )


@dataclass(frozen=True, slots=True)
class TestRun:
    """What came of a project's tests. An id is `path::Class::name[case]`, its path as in the project."""

    __test__: ClassVar[bool] = False  # no class of tests, whatever its name begins with

    passed: frozenset[str]
    failed: frozenset[str]
    errors: frozenset[str]  # did not get as far as the test itself; of a file that cannot be imported, `path`
    skipped: frozenset[str]
    files: Mapping[str, str]  # digest of each file of the project, as it was before the tests


def _quiet(_line: str) -> None:
    pass


def rehearse(
    folder: Path,
    update: Callable[[], object],
    *,
    on_progress: Callable[[str], None] = _quiet,
    time_limit_s: float = TIME_LIMIT_S,
) -> tuple[str, ...]:
    """Return the tests that pass in `folder` and no longer after `update`; see `lost`.

    Args:
        folder: a checkout of the project as it stands, made for this: its tests may write into it.
        update: what puts the update into `folder`.
        on_progress: called with one line several times a second.
        time_limit_s: for each of the two runs of the tests.

    Raises:
        CannotRehearse: the tests do not run before or after, or none passes before.
    """
    before = run_tests(folder, when="before the update", on_progress=on_progress, time_limit_s=time_limit_s)
    if not before.passed:
        count = len(before.failed | before.errors | before.skipped)
        raise CannotRehearse("before the update", f"none of {count} passes" if count else "there are none")
    update()
    after = run_tests(folder, when="after the update", on_progress=on_progress, time_limit_s=time_limit_s)
    return lost(before, after)


def lost(before: TestRun, after: TestRun) -> tuple[str, ...]:
    """Return the tests that passed before and do not pass after, sorted.

    A test that is no longer there at all is lost when its file is as it was or cannot be imported any more,
    or when a new test of its name fails elsewhere. In a file that the update changed, moved or removed it was
    removed or renamed on purpose; so was one case of a parametrised test of which other cases are left.
    """
    failing = after.failed | after.errors | after.skipped
    there = after.passed | failing
    functions = {_function(test) for test in there}
    moved = {
        _name(test) for test in failing - (before.passed | before.failed | before.errors | before.skipped)
    }

    def is_lost(test: str) -> bool:
        if test in there:
            return test not in after.passed
        path = test.partition("::")[0]
        is_same = before.files.get(path) is not None and before.files.get(path) == after.files.get(path)
        return path in failing or _name(test) in moved or (is_same and _function(test) not in functions)

    return tuple(sorted(filter(is_lost, before.passed)))


def _function(test: str) -> str:
    return test.partition("[")[0]


def _name(test: str) -> str:
    return test.partition("::")[2]


def run_tests(
    folder: Path,
    *,
    when: str = "here",
    on_progress: Callable[[str], None] = _quiet,
    time_limit_s: float = TIME_LIMIT_S,
) -> TestRun:
    """Run the tests of the project in `folder`, a checkout made for this, in an environment made for this.

    Args:
        folder: the project. Its tests may write into it, and so does the build of its package.
        when: the words for it in messages.
        on_progress: called with one line several times a second.
        time_limit_s: for the tests; the environment has as much again.

    Raises:
        CannotRehearse: there is no pytest, the environment cannot be made, or the run does not end in time.
        UvMissing: no uv binary was found.
    """
    with _workshop() as scratch:
        run = _Run(folder.resolve(), scratch, when, on_progress, time_limit_s)
        files = dict(_digests(run.folder))
        run.install()
        return run.test(files)


@dataclass(frozen=True, slots=True)
class _Run:
    """One run of the tests under way."""

    folder: Path
    scratch: Path
    when: str
    on_progress: Callable[[str], None]
    time_limit_s: float

    def install(self) -> None:
        """Make the environment."""
        wanted = _requirements(self.folder, self.when)
        uv = environment.find_uv()
        commands = [
            [uv, "venv", "--python", sys.executable, str(self.scratch / environment.VENV)],
            *([uv, "pip", "install", "--python", self._python, *part] for part in wanted),
        ]
        for command in commands:
            status, why = self._call("environment", command)
            if status:
                raise CannotRehearse(self.when, why)

    def test(self, files: Mapping[str, str]) -> TestRun:
        """Run pytest and read what it reports.

        A file that cannot be imported must not keep the others from running, nor a test that fails.
        """
        report = self.scratch / "report.xml"
        options = ["--rootdir=.", f"--junitxml={report}", "-o", "junit_family=xunit1"]
        on = ["--continue-on-collection-errors", "--maxfail=0"]
        command = [self._python, "-m", "pytest", "-p", "no:cacheprovider", *options, *on]
        status, why = self._call("tests", command)
        if status not in RAN or not report.is_file():
            raise CannotRehearse(self.when, why)
        found: dict[str, set[str]] = {outcome: set() for outcome in OUTCOMES}
        for test, outcome in _read(report, self.folder):
            found[outcome].add(test)
        worse: set[str] = set()
        for outcome in OUTCOMES:  # one that passes and then fails to clean up is reported twice
            found[outcome] -= worse
            worse |= found[outcome]
        return TestRun(**{outcome: frozenset(tests) for outcome, tests in found.items()}, files=files)

    @property
    def _python(self) -> str:
        return str(environment.project_python(self.scratch))

    def _call(self, what: str, command: Sequence[str]) -> tuple[int, str]:
        """Run `command` to its end; return its exit status and the one line that says why it failed."""
        from scaffolder.process import Child

        begun = time.monotonic()
        log = self.scratch / "log"
        self.on_progress(f"{what} {self.when}, 0 s: begins")  # it may be over before the first tick
        with Child(command, cwd=self.folder, env=_variables(), log=log) as child:
            while (status := child.wait(TICK_S)) is None:
                seconds = time.monotonic() - begun
                if seconds > self.time_limit_s:
                    raise CannotRehearse(self.when, f"{what}: not done after {self.time_limit_s:.0f} s")
                self.on_progress(f"{what} {self.when}, {seconds:.0f} s: {child.latest}")
        return status, child.reason(status).removeprefix("E ").lstrip() if status else ""  # pytest's mark


def _requirements(folder: Path, when: str) -> list[list[str]]:
    """Return what to install, as the arguments of one `pip install` after the other.

    A requirements file with hashes names everything there is, as pip demands of it; the project itself then
    comes without what it depends on.
    """
    facts = _read_pyproject(folder, when)
    is_package = "build-system" in facts or (folder / "setup.py").is_file()
    there = [name for name in REQUIREMENTS if (folder / name).is_file()]
    for name in there:
        if "--hash=" in (folder / name).read_text(encoding="utf-8", errors="replace"):
            return [["-r", name], *([["--no-deps", "-e", "."]] if is_package else [])]
    listed = [part for name in there for part in ("-r", name)]
    project = facts.get("project", {})
    extras = _for_tests(project.get("optional-dependencies", {}))
    groups = [part for name in _for_tests(facts.get("dependency-groups", {})) for part in ("--group", name)]
    if is_package:
        itself = ["-e", f".[{','.join(extras)}]" if extras else "."]
    elif project:
        itself = ["-r", "pyproject.toml", *(part for name in extras for part in ("--extra", name))]
    else:
        itself = []
    if not (listed or groups or itself):
        raise CannotRehearse(
            when, "there is no pyproject.toml, setup.py or requirements file to install from"
        )
    return [[*listed, *groups, *itself]]


def _for_tests(lists: Mapping[str, Sequence[object]]) -> list[str]:
    """Return the names of the lists that are for tests, by their name or by what they hold."""
    return [
        name
        for name, wanted in lists.items()
        if name in FOR_TESTS or any(str(requirement).startswith("pytest") for requirement in wanted)
    ]


def _read_pyproject(folder: Path, when: str) -> dict[str, Any]:
    try:
        return tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise CannotRehearse(when, f"pyproject.toml cannot be read: {error}") from error


def _read(report: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Yield id and outcome of each test in pytest's report."""
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by the pytest just run
        outcome = next((OUTCOME_OF[child.tag] for child in case if child.tag in OUTCOME_OF), "passed")
        yield _identify(case.attrib, folder), outcome


def _identify(case: Mapping[str, str], folder: Path) -> str:
    """Return the id of a test, without the folder, which is another one before and after an update.

    >>> _identify({"file": "tests/a.py", "classname": "tests.a.TestB", "name": "test_c[1]"}, Path("/x"))
    'tests/a.py::TestB::test_c[1]'
    >>> _identify({"classname": "", "name": "tests.test_a"}, Path("/x"))
    'tests/test_a.py'
    """
    name = case["name"].replace(str(folder), ".")
    if not case.get("classname"):  # a whole file
        return case.get("file") or f"{name.replace('.', '/')}.py"
    path = case.get("file", "").replace("\\", "/")
    module = path.removesuffix(".py").replace("/", ".")
    inner = case["classname"].removeprefix(module).strip(".")
    return "::".join([path, *filter(None, inner.split(".")), name])


def _digests(folder: Path) -> Iterator[tuple[str, str]]:
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file() and not name.startswith(".git/"):
            yield name, hashlib.sha256(path.read_bytes()).hexdigest()


def _variables() -> dict[str, str]:
    kept = {
        key: value for key, value in environment.clean_variables().items() if not key.startswith(_FOREIGN)
    }
    return {**kept, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


@contextlib.contextmanager
def _workshop() -> Iterator[Path]:
    """Make a temporary folder in the cache, beside uv's, from where packages can be linked, not copied."""
    place = places.cache() / "rehearsals"
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - old.stat().st_mtime > LEFT_BEHIND_S:
                shutil.rmtree(old, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as scratch:
        yield Path(scratch)
