"""Where a repository shows that it uses something: in its code, its notebooks, its workflows, its settings.

A word in a text proves nothing, so imports are looked up in the syntax tree and commands in the steps that
run them. Comments do not count. How much is read has a bound, whatever the repository holds.
"""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, proxy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from scaffolder.check.portfolio import Portfolio

MOST_TEXT = 60_000_000  # characters of one kind of file that are looked through
MOST_STEPS = 2_000  # of all the jobs of a workflow
LONGEST_LINE = 2_000  # of what is searched; a longer one was not written by hand

OTHER_PIPELINES = (
    *(".gitlab-ci.yml", ".circleci/config.yml", "azure-pipelines.yml", "bitbucket-pipelines.yml"),
    *(".travis.yml", "Jenkinsfile", "cloudbuild.yaml", "buildspec.yml"),
)

_IN_TESTS = re.compile(r"(.*/)?(tests?/.*|conftest\.py|test_[^/]*\.py|[^/]*_test\.py)")
_IMPORT = re.compile(r"^[ \t]*(?:from|import)[ \t]+([\w.]+)", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*#.*$|[ \t]#[ \t].*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Step:
    """A command, or an action, that a pipeline runs."""

    path: str  # of the pipeline's file
    text: str
    events: frozenset[str]  # what starts it; empty for a pipeline that is not GitHub's


class Traces:
    """What one repository shows; its texts are looked through once for all rules."""

    def __init__(self, portfolio: Portfolio) -> None:
        self.portfolio: Portfolio = proxy(portfolio)  # which keeps this object as long as it lives itself

    @classmethod
    def of(cls, portfolio: Portfolio) -> Traces:
        """Return the traces of a repository, the same object each time."""
        return _known.setdefault(portfolio, cls(portfolio))

    # ---- code

    @cached_property
    def sources(self) -> tuple[tuple[str, str], ...]:
        """The Python files and notebooks that are no tests, each with its code without comments."""
        paths = (
            path for path in self.portfolio.files if path.endswith((".py", ".ipynb")) and not is_test(path)
        )
        return tuple(
            (path, _without_comments(_cells(text) if path.endswith(".ipynb") else text))
            for path, text in read(self.portfolio, paths)
        )

    @cached_property
    def _named(self) -> dict[str, frozenset[str]]:
        """Modules that a file seems to import; a text between quotes may look like it."""
        return {
            path: frozenset(module for name in _IMPORT.findall(text) for module in _prefixes(name))
            for path, text in self.sources
        }

    def imports(self, path: str, module: str) -> bool:
        """Return True when the code of a file imports the module, or one below it."""
        if module not in self._named.get(path, ()):
            return False
        return path.endswith(".ipynb") or module in _imported(self.portfolio.tree(path))

    def first_import(self, modules: Iterable[str]) -> tuple[str, str] | None:
        """Return the first file that imports a module, and the module; those named first go before."""
        found = (
            (path, module) for module in modules for path, _ in self.sources if self.imports(path, module)
        )
        return next(found, None)

    def using(self, tools: Mapping[str, str]) -> tuple[str, str] | None:
        """Return the first file that imports a module and uses it, and the module.

        Args:
            tools: by module a regular expression for a use of it.
        """
        for module, pattern in tools.items():
            use = re.compile(pattern)
            for path, text in self.sources:
                if module in self._named[path] and use.search(text) and self.imports(path, module):
                    return path, module
        return None

    # ---- pipelines

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """What all pipelines run; one of another kind than GitHub's is a single step."""
        portfolio = self.portfolio
        github = (step for path in workflows(portfolio) for step in _steps(portfolio, path))
        others = (
            Step(path, _without_comments(text), frozenset())
            for path in OTHER_PIPELINES
            if portfolio.has(path) and (text := portfolio.text(path))
        )
        return (*github, *others)

    def step(self, pattern: str, *, on: tuple[str, ...] = ()) -> Step | None:
        """Return the first step that does what a pattern asks for, in a pipeline that an event starts.

        A pipeline that is not GitHub's counts as started by whatever is asked for, but never by `schedule`.
        """
        wanted = re.compile(pattern)
        for step in self.steps:
            starts = not on or bool(step.events & set(on)) or (not step.events and "schedule" not in on)
            if starts and wanted.search(step.text):
                return step
        return None

    # ---- settings

    def first_with(self, files: str, pattern: str) -> str | None:
        """Return the first file whose path matches a pattern and in whose text another one is found."""
        wanted = re.compile(pattern, re.MULTILINE)
        paths = sorted(self.portfolio.matching(files), key=lambda path: (path.count("/"), path))
        found = read(self.portfolio, paths)
        return next((path for path, text in found if wanted.search(_without_comments(text))), None)


_known: WeakKeyDictionary[Portfolio, Traces] = WeakKeyDictionary()


def read(portfolio: Portfolio, paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the files that hold text, with it, until the bound is reached."""
    left = MOST_TEXT
    for path in paths:
        text = portfolio.text(path)
        if text is not None and (left := left - len(text)) > 0:
            yield path, text


def is_test(path: str) -> bool:
    """Return True for a file of tests, by its place or its name."""
    return bool(_IN_TESTS.fullmatch(path))


def workflows(portfolio: Portfolio) -> tuple[str, ...]:
    """Return the workflows of GitHub Actions, the one for each push first where its name says so."""
    found = portfolio.matching(r"\.github/workflows/[^/]+\.ya?ml")
    return tuple(sorted(found, key=lambda path: (not re.search(r"/(ci|tests?|build)\b", path), path)))


def setting(portfolio: Portfolio, path: str, *keys: str) -> Any:
    """Return what a TOML file has at `keys`; None where it has nothing there."""
    value: Any = portfolio.toml(path) if portfolio.has(path) else {}
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _without_comments(text: str) -> str:
    return "\n".join(line[:LONGEST_LINE] for line in _COMMENT.sub("", text).split("\n"))


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".", 5)
    return (".".join(parts[:count]) for count in range(1, min(len(parts), 5) + 1))


def _imported(tree: ast.Module | None) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Import):
            names.update(one.name for one in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update((node.module, *(f"{node.module}.{one.name}" for one in node.names)))
    return {module for name in names for module in _prefixes(name)}


def _cells(text: str) -> str:
    """Return the code of a notebook; empty where it is none."""
    try:
        cells = json.loads(text)["cells"]
        code = (one["source"] for one in cells if one["cell_type"] == "code")
        return "\n".join(one if isinstance(one, str) else "".join(map(str, one)) for one in code)
    except (ValueError, LookupError, TypeError, RecursionError):
        return ""


def _steps(portfolio: Portfolio, path: str) -> Iterator[Step]:
    content = portfolio.yaml(path)
    if not isinstance(content, dict):
        return
    events = content.get("on", content.get(True))  # YAML 1.1 reads `on` as true
    events = [events] if isinstance(events, str) else events if isinstance(events, list | dict) else ()
    names = frozenset(one for one in events if isinstance(one, str)) or frozenset({"nothing"})
    found = (
        step
        for job in islice(_values(content.get("jobs")), MOST_STEPS)
        for step in islice(_values(job.get("steps") if isinstance(job, dict) else None), MOST_STEPS)
        if isinstance(step, dict)
    )
    for step in islice(found, MOST_STEPS):
        for key, before in (("run", ""), ("uses", "uses: ")):
            if isinstance(step.get(key), str):
                yield Step(path, before + _without_comments(step[key]), names)


def _values(value: Any) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
