"""A run of a repository's tests for data validation and model inference, in its own environment.

The one part of `check` that runs code of the repository, and only when asked to.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from xml.etree import ElementTree

from scaffolder import environment
from scaffolder.check.facts import testing
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from scaffolder.check.portfolio import Portfolio

TIME_LIMIT_S = 1800.0
TICK_S = 0.2  # between two looks at the run
RAN = (0, 1, 5)  # pytest's exit statuses of a run to its end: all passed, some failed, no tests
LARGEST_REPORT = 50_000_000  # bytes
OUTCOMES = ("passed", "failed", "errors", "skipped")
OUTCOME_OF = {"error": "errors", "failure": "failed", "skipped": "skipped"}

# Set in the shell or by a test run that started us; each would change what the tests do.
_FOREIGN = ("PYTEST_", "COVERAGE_", "COV_CORE_", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX", "GIT_PREFIX")


class CannotTest(ScaffolderError):
    """The tests do not run, so nothing can be said about them."""

    def __init__(self, folder: Path, why: str) -> None:
        super().__init__(f"{folder}: the tests cannot run: {' '.join(why.split()).rstrip('.')}")


@dataclass(frozen=True, slots=True)
class Counts:
    """What came of some tests."""

    passed: int = 0
    failed: int = 0
    errors: int = 0  # did not get as far as the test itself
    skipped: int = 0
    first_failing: str = ""  # `path::name`, of a file that cannot be imported its path

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.passed + other.passed,
            self.failed + other.failed,
            self.errors + other.errors,
            self.skipped + other.skipped,
            self.first_failing or other.first_failing,
        )

    def words(self) -> str:
        """Return the counts in words.

        >>> Counts(passed=3, failed=1).words(), Counts().words()
        ('3 passed, 1 failed', 'no test ran')
        """
        counts = {name: getattr(self, name) for name in OUTCOMES}
        return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "no test ran"


@dataclass(frozen=True, slots=True)
class TestRun:
    """What came of the tests of a repository, by file."""

    __test__: ClassVar[bool] = False  # no class of tests, whatever its name begins with

    files: Mapping[str, Counts]
    seconds: float

    def total(self, files: Iterable[str]) -> Counts:
        """Return the counts of some files together; one that did not run counts nothing."""
        return sum((self.files.get(path, Counts()) for path in files), Counts())


def _quiet(_line: str) -> None:
    pass


def run_tests(
    portfolio: Portfolio,
    on_line: Callable[[str], None] = _quiet,
    *,
    time_limit_s: float = TIME_LIMIT_S,
) -> TestRun:
    """Run the files with tests for data validation or model inference, with the project's own interpreter.

    Args:
        portfolio: a repository on this disk.
        on_line: called several times a second with what the run prints.
        time_limit_s: after which the run is ended.

    Raises:
        CannotTest: there is no environment, no pytest in it, no such test, or the run does not end in time.
    """
    tests = (*testing.validates_data(portfolio), *testing.asks_model(portfolio))
    files = tuple(dict.fromkeys(test.path for test in tests))
    folder = (portfolio.folder or Path()).absolute()
    if portfolio.folder is None:
        raise CannotTest(folder, "it does not lie on this disk")
    if not files:
        raise CannotTest(folder, "there are no tests for data validation or model inference")
    if not environment.is_usable(folder):
        raise CannotTest(folder, f"no environment at {environment.VENV}; {_how_to_make_one(portfolio)}")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="scaffolder-", ignore_cleanup_errors=True) as scratch:
        report = Path(scratch, "report.xml")
        _run(folder, files, report, on_line, time_limit_s)
        return TestRun(_read(report, files, folder), round(time.monotonic() - begun, 1))


def _how_to_make_one(portfolio: Portfolio) -> str:
    if portfolio.has("portfolio.toml"):
        return f"make it with 'scaffolder run {portfolio.folder}'"
    return "make one with 'uv venv .venv', and install the project and pytest into it"


def _run(
    folder: Path, files: Sequence[str], report: Path, on_line: Callable[[str], None], limit_s: float
) -> None:
    from scaffolder.process import Child

    python = str(environment.project_python(folder))
    options = ["--rootdir=.", f"--junitxml={report}", "-o", "junit_family=xunit1", "-p", "no:cacheprovider"]
    on = ["--continue-on-collection-errors", "--maxfail=0"]
    command = [python, "-m", "pytest", *options, *on, *files]
    begun = time.monotonic()
    with Child(command, cwd=folder, env=_variables(), log=report.with_name("log")) as child:
        while (status := child.wait(TICK_S)) is None:
            if time.monotonic() - begun > limit_s:
                raise CannotTest(folder, f"not done after {limit_s:.0f} s; last line: {child.latest}")
            on_line(child.latest)
    if status not in RAN or not report.is_file():
        why = child.reason(status)
        hint = f"; install it into {environment.VENV}" if "No module named pytest" in why else ""
        raise CannotTest(folder, f"{why}{hint}")


def _variables() -> dict[str, str]:
    kept = {
        key: value for key, value in environment.clean_variables().items() if not key.startswith(_FOREIGN)
    }
    return {**kept, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}


def _read(report: Path, files: Sequence[str], folder: Path) -> dict[str, Counts]:
    """Return what pytest reports of each file."""
    if report.stat().st_size > LARGEST_REPORT:
        raise CannotTest(folder, f"pytest's report is larger than {LARGEST_REPORT // 1_000_000} MB")
    found: dict[str, Counts] = {}
    for path, test, outcome in _cases(report, files):
        failing = outcome in ("failed", "errors")
        one = Counts(
            passed=int(outcome == "passed"),
            failed=int(outcome == "failed"),
            errors=int(outcome == "errors"),
            skipped=int(outcome == "skipped"),
            first_failing=(f"{path}::{test}" if test else path) if failing else "",
        )
        found[path] = found.get(path, Counts()) + one
    return found


def _cases(report: Path, files: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Yield file, name and outcome of each test; the name is empty for a file that cannot be imported."""
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - expat bounds what entities become
        outcome = next((OUTCOME_OF[child.tag] for child in case if child.tag in OUTCOME_OF), "passed")
        inner, name = case.get("classname", ""), case.get("name", "")
        path = _file_of(inner or name, case.get("file", "").replace("\\", "/"), files)
        module = path.removesuffix(".py").replace("/", ".")
        parts = [part for part in inner.removeprefix(module).strip(".").split(".") if part]
        yield path, "::".join([*parts, name]) if inner else "", outcome


def _file_of(dotted: str, stated: str, files: Sequence[str]) -> str:
    """Return which of the files a test is of: one that it inherits is reported with the file of its base."""
    for path in files:
        module = path.removesuffix(".py").replace("/", ".")
        if dotted == module or dotted.startswith(f"{module}."):
            return path
    return stated or f"{dotted.replace('.', '/')}.py"
