"""Family guide: what the guide for a portfolio asks every repository to have."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from scaffolder.check.facts import readme, testing, workflows
from scaffolder.check.facts.origin import template_files
from scaffolder.check.rule import Rule, code

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from scaffolder.check.portfolio import Portfolio, Section, TestFunction

LEAST_WORDS = 20
FEW_WORDS = 8
NOT_THE_PROJECT = r"(?:.*/)?(?:examples?|samples?|tests?|docs?|templates?|vendor|third_party)/.*"
DOCKERFILE = (
    r"(?:.*/)?(?:(?:Dockerfile|Containerfile)(?:[.-](?!dockerignore$)[\w.-]+)?|[\w.-]+\.(?i:dockerfile))"
)
LICENCE = r"(?i:(?:LICEN[CS]E|COPYING|UNLICENSE)(?:[.-][\w.-]+)?|LICENSES/[^/]+)"
JUNK = (
    r"(?:.*/)?(?:__pycache__|\.ipynb_checkpoints|node_modules|\.?venv|\.pytest_cache|\.mypy_cache|\.ruff_cache)/.*"
    r"|(?:.*/)?(?:\.DS_Store|Thumbs\.db|desktop\.ini|[^/]+\.py[co]|[^/]+\.egg-info/.*|\.env|[^/]+\.swp)"
)


class Guide(Rule):
    """A rule of this family."""

    family = "guide"

    @property
    def advice(self) -> str:
        """What to do when the rule fails, in one line."""
        return " ".join((type(self).check.__doc__ or "").split())


class GD100(Guide):
    """Has a README."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Write a `README.md`: what problem the project solves, for whom, and how to run it."""
        path = portfolio.readme
        if path is None:
            unread = next((one for one in portfolio.trouble if one.startswith("README")), None)
            return f"{code(unread)}: {code(portfolio.trouble[unread])}" if unread else False
        words = len((portfolio.text(path) or "").split())
        return words > 0 and self.passed(f"{path}: {words:,} words")


class ReadmeSection(Guide):
    """A rule about one section of the README."""

    def find(
        self,
        portfolio: Portfolio,
        headings: Sequence[str],
        lacks: Callable[[Section], str | None],
        shown: Callable[[Section], str],
    ) -> bool | str:
        """Pass when one section of such a heading lacks nothing; else say what the first of them lacks.

        Args:
            portfolio: the repository.
            headings: see `readme.find`.
            lacks: what is wrong with a section, as the end of a sentence in Markdown; None where nothing is.
            shown: what of a section shows that it is right.
        """
        first = ""
        for section in readme.find(portfolio.sections, headings):
            where = f"{portfolio.readme}:{section.line}"
            lack = lacks(section)
            if lack is None:
                return self.passed(f"{where}: {section.title}, {shown(section)}")
            first = first or f"{code(where)}: {code(section.title)} {lack}. {self.advice}"
        return first or False


class GD101(ReadmeSection):
    """README states the problem."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Add a section `Problem statement`: whose problem it is, what it costs, what the result decides."""
        return self.find(portfolio, readme.PROBLEM, lambda one: _lacks_words(one, LEAST_WORDS), _words)


class GD102(ReadmeSection):
    """README names the sources of the data."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Add a section `Data sources`: a link to where the data come from, or that they are synthetic."""

        def lacks(section: Section) -> str | None:
            if lack := _lacks_words(section, FEW_WORDS):
                return lack
            return None if readme.source(section) else "names no source: no link, licence or generator"

        return self.find(portfolio, readme.DATA, lacks, lambda one: readme.source(one) or "")


class GD103(ReadmeSection):
    """README states the metrics of the model."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Add a section `Model metrics` with the numbers of a run: `evaluate` and `report` write them."""

        def lacks(section: Section) -> str | None:
            if readme.NO_RUN in section.text:
                return "says that there was no run yet"
            return None if readme.first_number(section) else "states no measured number"

        def shown(section: Section) -> str:
            at, number = readme.first_number(section) or (0, "")
            return (
                f"{number} in line {readme.first_line(section, portfolio.text(portfolio.readme or '')) + at}"
            )

        return self.find(portfolio, readme.METRICS, lacks, shown)


class GD104(ReadmeSection):
    """README has the steps of the deployment."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Add a section `Deployment steps`: the commands that bring the service up, and where it answers."""

        def lacks(section: Section) -> str | None:
            if readme.first_command(section) is None:
                return "has no command that one could run"
            return _lacks_words(section, FEW_WORDS)

        return self.find(
            portfolio, readme.DEPLOYMENT, lacks, lambda one: (readme.first_command(one) or "")[:60]
        )


class TestsOf(Guide):
    """A rule about the tests of one kind."""

    tests: ClassVar[Callable[[Portfolio], tuple[TestFunction, ...]]]
    is_such_file: ClassVar[Callable[[str], bool]]

    def find(self, portfolio: Portfolio) -> bool | str:
        """Pass when there are such tests; else name those of the template that are not there."""
        tests = type(self).tests(portfolio)
        if not tests:
            known = filter(type(self).is_such_file, template_files(portfolio) or ())
            gone = [path for path in known if not portfolio.has(path)]
            shown = f"{', '.join(map(code, gone[:4]))} of the template is not there. " if gone else ""
            return f"{shown}{self.advice}" if shown else False
        first, files = tests[0], dict.fromkeys(test.path for test in tests)
        count = f"{len(tests)} test{'s' * (len(tests) != 1)} in {', '.join(list(files)[:4])}"
        more = f" and {len(files) - 4} more" if len(files) > 4 else ""
        return self.passed(f"{first.path}:{first.line}: {first.name}; {count}{more}")


class GD111(TestsOf):
    """Has pytest tests for data validation."""

    tests = testing.validates_data
    is_such_file = testing.is_of_data

    def check(self, portfolio: Portfolio) -> bool | str:
        """Write `tests/test_data.py`: tests that hold data to their columns, types and ranges."""
        return self.find(portfolio)


class GD112(TestsOf):
    """Has pytest tests for model inference."""

    tests = testing.asks_model
    is_such_file = testing.is_of_model

    def check(self, portfolio: Portfolio) -> bool | str:
        """Write `tests/test_predict.py`: tests that ask the model, or its service, and check the answer."""
        return self.find(portfolio)


class TestsPass(TestsOf):
    """A rule about what came of the tests of one kind."""

    def outcome(self, portfolio: Portfolio) -> bool | str | None:
        """Pass when every test in the files of this kind passes."""
        run = portfolio.test_run
        if run is None:
            self.does_not_apply("not run; --run-tests runs them")
            return None
        files = tuple(dict.fromkeys(test.path for test in type(self).tests(portfolio)))
        counts = run.total(files)
        if counts.first_failing:
            return f"{code(counts.first_failing, longest=160)} fails: {code(counts.words())}. {self.advice}"
        if not counts.passed:
            return f"{code(', '.join(files))}: none passed, {code(counts.words())}. {self.advice}"
        return self.passed(f"{counts.words()} in {', '.join(files)}")


class GD113(TestsPass):
    """The tests for data validation pass."""

    requires = frozenset({"GD111"})
    tests = testing.validates_data

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Run the tests for data validation with `pytest` and mend what fails."""
        return self.outcome(portfolio)


class GD114(TestsPass):
    """The tests for model inference pass."""

    requires = frozenset({"GD112"})
    tests = testing.asks_model

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Run the tests for model inference with `pytest` and mend what fails."""
        return self.outcome(portfolio)


class GD121(Guide):
    """Runs its tests in GitHub Actions at every push or pull request."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Add `.github/workflows/ci.yml`: at `push` and `pull_request`, a step runs `python -m pytest`."""
        if found := workflows.tests_run(portfolio):
            return self.passed(f"{found[0]}: {found[1][:80]}")
        there = portfolio.matching(workflows.WORKFLOWS)
        if broken := next((path for path in there if path in portfolio.trouble), None):
            return f"{code(broken)}: {code(portfolio.trouble[broken], longest=200)}"
        if there:
            shown = ", ".join(map(code, there[:4]))
            return f"{shown}: no step runs the tests at a push or a pull request. {self.advice}"
        return False


class GD131(Guide):
    """Has a Dockerfile that starts something."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Write a `Dockerfile`: `FROM` a pinned image, and `CMD` or `ENTRYPOINT` to start the service."""
        lacking = ""
        for path in portfolio.matching(DOCKERFILE):
            if re.fullmatch(NOT_THE_PROJECT, path):
                continue
            said = _instructions(portfolio.text(path) or "")
            starts = said.get("ENTRYPOINT", said.get("CMD"))
            if "FROM" in said and starts:
                return self.passed(f"{path}:{starts[0]}: {starts[1][:80]}")
            missing = "FROM" if "FROM" not in said else "CMD or ENTRYPOINT"
            lacking = lacking or f"{code(path)}: {code(portfolio.trouble.get(path, f'no {missing}'))}."
        return lacking or False


class GD141(Guide):
    """Has a licence."""

    required = False

    def check(self, portfolio: Portfolio) -> bool:
        """Add a file `LICENSE`: without one nobody may use the code."""
        for path in portfolio.matching(LICENCE):
            words = (portfolio.text(path) or "").split()
            if len(words) >= LEAST_WORDS:
                return self.passed(f"{path}: {' '.join(words[:4])}")
        return False


class GD142(Guide):
    """Keeps caches, environments and secrets out of git."""

    required = False

    def check(self, portfolio: Portfolio) -> bool | str | None:
        """Add a `.gitignore` for caches and environments."""
        if not portfolio.is_in_git:
            self.does_not_apply("lies in no git repository")
            return None
        junk = portfolio.matching(JUNK)
        if not junk:
            return self.passed(f"none among {len(portfolio.files)} files")
        more = f" and {len(junk) - 3} more" if len(junk) > 3 else ""
        shown = ", ".join(map(code, junk[:3]))
        return f"{shown}{more}: put them into `.gitignore`, and out of git with `git rm --cached`."


def _lacks_words(section: Section, least: int) -> str | None:
    """Return what the words of a section lack, in Markdown: what is quoted from it becomes code."""
    lack = readme.lacks_words(section, least)
    return None if lack is None else f"{lack.what} {code(lack.quoted)}" if lack.quoted else lack.what


def _words(section: Section) -> str:
    return f"{len(section.text.split()):,} words"


def _instructions(dockerfile: str) -> dict[str, tuple[int, str]]:
    """Return the last line of each instruction by its name; a line that continues another is none."""
    found: dict[str, tuple[int, str]] = {}
    continued = False
    for number, line in enumerate(dockerfile.split("\n"), 1):
        plain = line.strip()
        if plain.startswith("#") or not plain:
            continue
        if not continued and (name := re.match(r"([A-Za-z]+)\s+\S", plain)):
            found[name[1].upper()] = number, plain
        continued = plain.endswith(("\\", "`"))
    return found
