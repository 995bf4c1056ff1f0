"""What earns the points of the rubric's last line, the best practices: one function for each of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scaffolder.check.facts.rubric import DEPLOYS, PUSH, TESTS_RUN, Earned, earned, first_of
from scaffolder.check.facts.traces import OTHER_PIPELINES, Traces, setting, workflows
from scaffolder.check.rule import code

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from scaffolder.check.portfolio import Portfolio, TestFunction

MOST_INCLUDED = 20  # files of a Makefile

_ASSERTS = re.compile(
    r"\bassert\b|\bpytest\.(raises|warns|fail)\b|\bself\.(assert|fail)|\bassert_\w+\(|\bexpect\("
)
_ACROSS = re.compile(r"integration|end_?to_?end|e2e", re.IGNORECASE)
_CLIENTS = re.compile(
    r"\b(TestClient|AsyncClient|APIClient)\s*\(|\.test_client\s*\(|\btestcontainers\b|\bhttpx\.(get|post"
    r"|Client)\s*\("
    r"|\brequests\.(get|post|put|delete)\s*\(|\burlopen\s*\(|\bsubprocess\.(run|Popen|check_\w+)\s*\("
)
_LINTERS = r"\b(ruff|black|flake8|pylint|isort|autopep8|yapf|pycodestyle)\b"
_LINTER_FILES = ("ruff.toml", ".ruff.toml", ".flake8", ".pylintrc", "pylintrc", ".style.yapf", ".isort.cfg")
_LINTER_TABLES = ("ruff", "black", "pylint", "isort", "autopep8", "yapf", "flake8")
_CHECKS_RUN = rf"{TESTS_RUN}|{_LINTERS}|\bmypy\b|\bpre-commit run\b|\bmake lint\b|\bnpm run lint\b"
_DELIVERS = (
    rf"{DEPLOYS}|\bdocker(x)? .*\b(build|push)\b|\bdocker compose .*build\b|^uses: docker/build-push-action"
    r"|\b(twine|uv|poetry|hatch|flit) (upload|publish)\b|^uses: (pypa/gh-action-pypi-publish"
    r"|actions/deploy-pages|peaceiris/)"
    r"|\b(python3? -m build|uv build|make (image|deploy|publish))\b|\bhuggingface-cli upload\b"
    r"|\bgit push .*(heroku|hf)"
)


def unit_tests(portfolio: Portfolio) -> Earned:
    """Look for a test that asserts something."""
    found = [one for one in portfolio.tests if _ASSERTS.search(one.source)]
    plain = next((one for one in found if not _ACROSS.search(f"{one.path} {one.name}")), None)
    if plain:
        return Earned(1, (f"{plain.path}:{plain.line}",))
    return Earned(
        0, (), "no test with an assertion that pytest would collect; write one in `tests/test_….py`"
    )


def integration_test(portfolio: Portfolio) -> Earned:
    """Look for a test that runs several parts together: by its name, or since it asks a running service."""
    tests = [one for one in portfolio.tests if _ASSERTS.search(one.source)]
    named = next((one for one in tests if _ACROSS.search(f"{one.path} {one.name}")), None)
    found = named or next(_across(portfolio, tests), None)
    if found:
        return Earned(1, (f"{found.path}:{found.line}",))
    script = portfolio.matching(r"(.*/)?integration[-_]?tests?/[^/]+\.(sh|py)")
    if script:
        return Earned(1, script[:1])
    return Earned(
        0,
        (),
        "no test that runs several parts together; start the service in a test and ask it for a prediction",
    )


def _across(portfolio: Portfolio, tests: Iterable[TestFunction]) -> Iterator[TestFunction]:
    """Yield the tests of files that ask a service or start a process, those of the clearest names first."""
    by_file: dict[str, TestFunction] = {}
    for one in tests:
        by_file.setdefault(one.path, one)
    clear = re.compile(r"service|api|app|server|pipeline")
    for path in sorted(by_file, key=lambda path: (not clear.search(path.rpartition("/")[2]), path)):
        if _CLIENTS.search(portfolio.text(path) or ""):
            yield by_file[path]


def linter(portfolio: Portfolio) -> Earned:
    """Look for the settings of a linter or formatter, or for a step that runs one."""
    tables = (
        name
        for name in _LINTER_TABLES
        if isinstance(setting(portfolio, "pyproject.toml", "tool", name), dict)
    )
    found = next((path for path in _LINTER_FILES if portfolio.begin(path, 1)), None)
    found = found or ("pyproject.toml" if next(tables, None) else None)
    found = found or first_of(
        Traces.of(portfolio),
        (
            (r"setup\.cfg|tox\.ini", r"^\[(flake8|pycodestyle|isort|yapf)"),
            (r"\.pre-commit-config\.ya?ml|[Mm]akefile", _LINTERS),
        ),
    )
    step = None if found else Traces.of(portfolio).step(_LINTERS)
    found = found or (step.path if step else None)
    return (
        Earned(1, (found,))
        if found
        else Earned(0, (), "no linter or formatter is set up; `ruff` needs one `ruff.toml`")
    )


def makefile(portfolio: Portfolio) -> Earned:
    """Look for a Makefile with a target that does something, itself or in what it includes."""
    found = next((path for path in ("GNUmakefile", "Makefile", "makefile") if portfolio.has(path)), None)
    if found is None:
        return Earned(0, (), "there is no `Makefile`; give the commands of the README their targets")
    lines = (portfolio.text(found) or "").split("\n")
    included = [line.split()[1] for line in lines if re.match(r"-?include[ \t]+\S", line)][:MOST_INCLUDED]
    for path in (found, *(path for path in included if portfolio.has(path))):
        if _has_target((portfolio.text(path) or "").split("\n")):
            return earned(1, (found, path))
    return Earned(0, (), f"{code(found)} has no target with a command")


def _has_target(lines: Sequence[str]) -> bool:
    target = False
    for line in lines:
        if target and line.startswith("\t") and line.strip():
            return True
        if line.strip() and line[0] != "#":
            target = re.match(r"[\w/%$(){}-][^=:]*:(?!=)", line) is not None
    return False


def hooks(portfolio: Portfolio) -> Earned:
    """Look for a hook that runs before a commit."""
    for path in (".pre-commit-config.yaml", ".pre-commit-config.yml"):
        content = portfolio.yaml(path) if portfolio.has(path) else None
        repos = content.get("repos") if isinstance(content, dict) else None
        if any(
            isinstance(one, dict) and one.get("hooks") for one in (repos if isinstance(repos, list) else ())
        ):
            return Earned(1, (path,))
    others = ((r"prek\.toml", r"^\s*(\[\[repos\]\]|repos\s*=)"), (r"lefthook\.ya?ml", r"^pre-commit:"))
    found = first_of(Traces.of(portfolio), (*others, (r"\.(husky|githooks)/pre-commit", r"\S")))
    return (
        Earned(1, (found,))
        if found
        else Earned(0, (), "no hook runs before a commit; write `.pre-commit-config.yaml`")
    )


def pipeline(portfolio: Portfolio) -> Earned:
    """Look for a pipeline that tests at each push, and for one that builds or deploys what is delivered."""
    traces = Traces.of(portfolio)
    tests, delivers = (
        traces.step(_CHECKS_RUN, on=PUSH),
        traces.step(_DELIVERS, on=(*PUSH, "release", "workflow_run")),
    )
    by = [step.path for step in (tests, delivers) if step]
    if tests and delivers:
        return earned(2, by)
    if tests:
        return earned(
            1, by, f"{code(tests.path)} tests; let a workflow build the image, publish or deploy it, too"
        )
    if delivers:
        return earned(
            1, by, f"{code(delivers.path)} delivers untested; let a workflow run the tests at each push first"
        )
    there = [*workflows(portfolio), *(path for path in OTHER_PIPELINES if portfolio.has(path))]
    what = f"{code(there[0])} neither tests nor delivers at a push" if there else "there is no pipeline"
    return Earned(
        0,
        (),
        f"{what}; run the tests at each push, and build what is deployed, in `.github/workflows/ci.yml`",
    )
