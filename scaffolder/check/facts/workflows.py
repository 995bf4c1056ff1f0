"""Whether a workflow of GitHub Actions runs the tests at a push or a pull request."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scaffolder.check.portfolio import Portfolio

WORKFLOWS = r"\.github/workflows/[^/]+\.ya?ml"
MOST_FILES = 50
MOST_STEPS = 5_000
EVENTS = {"push", "pull_request", "pull_request_target", "merge_group"}

_RUNNER = (
    r"(?:uv run|poetry run|pdm run|hatch run|pipenv run|pixi run|rye run|coverage run|conda run|xvfb-run)"
)
_TESTS = re.compile(
    rf"(?:{_RUNNER}(?: +-{{1,2}}\S+)* +)?(?:\S*/)?(?:"
    r"(?:pytest|py\.test|nox|tox)\b"
    r"|(?:python[\d.]* +|py +)?(?:-\w +)*-m +(?:coverage +run +)?(?:-m +)?(?:pytest|unittest|nox|tox)\b"
    r"|uvx +(?:pytest|nox|tox)\b"
    r"|(?:make|just|task|invoke|inv|poe|hatch)(?: +\S+){0,4}? +[\w:.-]*(?:test|tests|check|ci)\b"
    r"|(?:pixi|pdm|rye|hatch) +(?:run +)?\S*test)"
)
_NO_TESTS = re.compile(
    r"(?:echo|printf|pip|uv (?:pip|add|sync|tool install)|poetry add|conda install|apt)\b|#"
)


def tests_run(portfolio: Portfolio) -> tuple[str, str] | None:
    """Return the workflow that runs the tests, with its line and the command; None where there is none.

    A command that runs all tests goes before one that names a file.
    """
    found = list(islice(_commands(portfolio), MOST_STEPS))
    whole = [one for one in found if ".py" not in one[1]]
    for path, command in (whole or found)[:1]:
        return f"{path}:{_line_of(portfolio, path, command)}", command
    return None


def _commands(portfolio: Portfolio) -> Iterator[tuple[str, str]]:
    read = {path: portfolio.yaml(path) for path in portfolio.matching(WORKFLOWS)[:MOST_FILES]}
    for path, workflow in read.items():
        for job in _jobs(workflow) if _events(workflow) & EVENTS else ():
            yield from ((path, command) for command in _test_commands(job))
            used = job.get("uses")
            called = used.removeprefix("./") if isinstance(used, str) else ""
            for inner in _jobs(read.get(called)):
                yield from ((called, command) for command in _test_commands(inner))


def _events(workflow: Any) -> set[str]:
    """Return what starts the workflow; YAML reads the key `on` as true."""
    if not isinstance(workflow, dict):
        return set()
    found = workflow.get("on", workflow.get(True))
    named = [found] if isinstance(found, str) else found if isinstance(found, list | dict) else []
    return {one for one in islice(named, MOST_STEPS) if isinstance(one, str)}


def _jobs(workflow: Any) -> list[dict[Any, Any]]:
    jobs = workflow.get("jobs") if isinstance(workflow, dict) else None
    listed = islice(jobs.values(), MOST_STEPS) if isinstance(jobs, dict) else ()
    return [job for job in listed if isinstance(job, dict) and not _is_off(job)]


def _is_off(part: dict[Any, Any]) -> bool:
    """Return True for a job or step that never runs, or whose failure is overlooked."""
    condition = re.sub(r"[\s${}]", "", str(part.get("if", "")))[:20].lower()
    return condition in ("false", "0") or part.get("continue-on-error") is True


def _test_commands(job: dict[Any, Any]) -> Iterator[str]:
    steps = job.get("steps")
    for step in islice(steps, MOST_STEPS) if isinstance(steps, list) else ():
        script = step.get("run") if isinstance(step, dict) and not _is_off(step) else None
        for line in script[:100_000].split("\n") if isinstance(script, str) else ():
            if not line.rstrip().endswith(("|| true", "|| :", "|| exit 0")):
                yield from filter(_runs_tests, (part.strip() for part in re.split(r"&&|;|\|", line[:2_000])))


def _runs_tests(command: str) -> bool:
    plain = re.sub(r"^(?:[A-Za-z_]\w*=\S* +)+", "", command)
    return not _NO_TESTS.match(plain) and bool(_TESTS.match(plain)) and "--collect-only" not in plain


def _line_of(portfolio: Portfolio, path: str, command: str) -> int:
    lines = (portfolio.text(path) or "").split("\n")
    return next((number for number, line in enumerate(lines, 1) if command in line), 1)
