"""Runs every rule over a repository: ours, and those of other plugins of repo-review that are installed."""

from __future__ import annotations

import os
import re
import warnings
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, cast

from scaffolder.check.installed import Watched, load_plugins
from scaffolder.check.portfolio import Portfolio
from scaffolder.check.rule import Rule
from scaffolder.errors import ScaffolderError
from scaffolder.fleet import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from repo_review.checks import Check

    from scaffolder.check.families.questions import Question

Verdict = Literal["passed", "failed", "not applicable"]

_SECTION = "[tool.repo-review]"
_SPAN = re.compile(r"`([^`\n]{1,300})`")
_PLACE = re.compile(r"(.+?)(?::(\d{1,7}))?")


class NotReviewable(ScaffolderError):
    """A path that is no repository which could be looked at."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {_one_line(why)}")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a review. Codes are whole ones; see `chosen`."""

    select: frozenset[str] = frozenset()  # only these; empty: all that the repository does not leave out
    ignore: frozenset[str] = frozenset()
    run_tests: bool = False  # run the repository's own tests: its code is trusted
    questions: bool = True


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule says of one repository."""

    rule: str  # its code, such as GD101
    family: str
    title: str  # the rule in one line
    verdict: Verdict
    required: bool
    message: str = ""  # Markdown: what is wrong and what to do; only of a failed rule
    proof: str = ""  # plain text: the file that shows it, or why the rule does not apply
    url: str = ""
    file: str = ""  # the first file that the message names, by its path in the repository
    line: int | None = None  # in that file


@dataclass(frozen=True, slots=True)
class Report:
    """What all the rules say of one repository."""

    path: Path
    title: str
    families: Mapping[str, str]  # name of each family in the order in which they are shown
    findings: tuple[Finding, ...]
    notes: Mapping[str, str] = field(default_factory=dict)  # Markdown below a family's name
    questions: tuple[Question, ...] = ()
    points: tuple[int, int] | None = None  # of the rubric: earned, and how many there are
    template_share: float | None = None  # of README and DECISIONS: how much is the template's, 0 to 1
    untested: str = ""  # why its tests, which were to be run, could not be

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The required rules that failed."""
        return tuple(one for one in self.findings if one.required and one.verdict == "failed")

    @property
    def advised(self) -> tuple[Finding, ...]:
        """The others that failed."""
        return tuple(one for one in self.findings if not one.required and one.verdict == "failed")

    def of(self, family: str) -> tuple[Finding, ...]:
        """Return the findings of one family."""
        return tuple(one for one in self.findings if one.family == family)

    def count(self, verdict: Verdict, *, required: bool | None = None) -> int:
        """Return how many rules have this verdict; by default of all, else of the required or the others."""
        return sum(one.verdict == verdict and required in (None, one.required) for one in self.findings)


def attempt(path: Path, wish: Wish, *, on_line: Callable[[str], None] | None = None) -> Report | Failure:
    """Review one of many: whatever goes wrong with it stops no other."""
    try:
        return review(path, wish, on_line=on_line)
    except Exception as error:
        return Failure.of(path, error)


def review(path: Path, wish: Wish | None = None, *, on_line: Callable[[str], None] | None = None) -> Report:
    """Return what every rule says of the repository at `path`; nothing of it runs, unless that is wished.

    Args:
        path: the folder.
        wish: what is wanted; by default all rules, and no tests.
        on_line: called with each line that the tests print.

    Raises:
        NotReviewable: there is no such folder, or its pyproject.toml says nothing usable.
        PluginFailed: a plugin of others does not work.
    """
    wish = wish or Wish()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python thinks of the code that it parses is for its owner
        portfolio = _open(path)
        untested = _run_tests(portfolio, on_line or (lambda _: None)) if wish.run_tests else ""
        return replace(_review(path, portfolio, wish), untested=untested)


def _run_tests(portfolio: Portfolio, on_line: Callable[[str], None]) -> str:
    """Run the tests for the rules that ask for it; return why that was not possible."""
    from scaffolder.check.own_tests import run_tests

    try:
        portfolio.test_run = run_tests(portfolio, on_line=on_line)
    except ScaffolderError as error:
        return str(error)
    return ""


def _open(path: Path) -> Portfolio:
    try:
        if not path.is_dir():
            why = "is a file; expected the folder of a repository" if path.exists() else "no such folder"
            raise NotReviewable(path, why)
        with os.scandir(path) as entries:
            names = {entry.name for entry in entries}
        whole = path.resolve()
    except OSError as error:
        raise NotReviewable(path, (error.strerror or str(error)).lower()) from error
    if whole == whole.parent:
        raise NotReviewable(path, "the root of a file system is no repository; name the repository's folder")
    if {"HEAD", "objects", "refs"} <= names and ".git" not in names:
        raise NotReviewable(
            path, "a bare git repository has no files to look at; clone it and check the clone"
        )
    return Portfolio(path)


def _review(path: Path, portfolio: Portfolio, wish: Wish) -> Report:
    from repo_review.checks import get_check_description, is_allowed
    from repo_review.families import get_family_description, get_family_name, sort_family_keys
    from repo_review.processor import CollectionReturn, process

    from scaffolder.check.families.practice import score
    from scaffolder.check.families.yours import template_share

    pyproject = _pyproject(path, portfolio)
    plugins = load_plugins()
    facts = plugins.facts(path, {"portfolio": portfolio, "pyproject": pyproject})
    rules = _needed(plugins.rules(facts), wish)
    families = plugins.names(facts)
    for rule in rules.values():
        families.setdefault(rule.family, {})
    watched = {code: Watched(code, rule) for code, rule in rules.items()}
    _, results = process(
        path,
        select=wish.select,
        extend_ignore=wish.ignore,
        collected=CollectionReturn(facts, cast("dict[str, Check]", watched), families),
    )
    findings = [_finding(one, rules[one.name], _unmet(rules[one.name], watched), path) for one in results]
    said = {one.rule for one in findings}
    findings += [
        Finding(
            *(code, rule.family, _one_line(get_check_description(code, rule)), "not applicable"),
            required=_is_required(rule),
            proof=f"left out by {_SECTION} in pyproject.toml",
        )
        for code, rule in rules.items()
        if code not in said and is_allowed(wish.select, wish.ignore, code)
    ]
    keys = [key for key in sort_family_keys(families) if any(one.family == key for one in findings)]
    return Report(
        path,
        _title(path, portfolio),
        {key: get_family_name(families, key) for key in keys},
        tuple(sorted(findings, key=lambda one: (keys.index(one.family), one.rule))),
        {key: text for key in keys if (text := get_family_description(families, key))},
        questions=_questions(portfolio) if wish.questions else (),
        points=score(portfolio) if "practice" in keys else None,
        template_share=template_share(portfolio) if "yours" in keys else None,
    )


def _pyproject(path: Path, portfolio: Portfolio) -> Mapping[str, Any]:
    """Return what pyproject.toml says, once repo-review can do something with it."""
    name = "pyproject.toml"
    content = portfolio.toml(name)
    if not content and (why := portfolio.trouble.get(name)):
        raise NotReviewable(path / name, why)
    tools = content.get("tool", {})
    section = tools.get("repo-review", {}) if isinstance(tools, dict) else None
    if not isinstance(section, dict):
        raise NotReviewable(path / name, f"{_SECTION} is no table")
    for key in ("select", "ignore"):
        value = section.get(key, [])
        texts = list(value.values()) if isinstance(value, dict) else value
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            raise NotReviewable(
                path / name, f"{_SECTION} {key}: expected a list of codes, or a table of reasons by code"
            )
    return content


def _needed(rules: dict[str, Check], wish: Wish) -> dict[str, Check]:
    """Return the rules that are wished, and those that have to pass before one of them."""
    waiting = [code for code in rules if code not in wish.ignore and (code in wish.select or not wish.select)]
    needed: set[str] = set()
    while waiting:
        code = waiting.pop()
        if code in rules and code not in needed:
            needed.add(code)
            waiting += getattr(rules[code], "requires", frozenset())
    return {code: rule for code, rule in rules.items() if code in needed}


def _unmet(rule: Check, watched: Mapping[str, Watched]) -> list[str]:
    """Return the rules that have to pass before this one, and did not."""
    wanted = sorted(getattr(rule, "requires", frozenset()))
    return [code for code in wanted if code in watched and not watched[code].has_passed]


def _finding(one: Any, rule: Check, before: Sequence[str], path: Path) -> Finding:
    verdict: Verdict = "not applicable" if one.result is None else "passed" if one.result else "failed"
    message = one.err_msg if verdict == "failed" else ""
    file, line = _place(message, path)
    waits = f"looked at once {' and '.join(before)} passes" if before and verdict == "not applicable" else ""
    return Finding(
        *(one.name, one.family, _one_line(one.description), verdict, _is_required(rule)),
        message=message,
        proof=_one_line(one.skip_reason or (rule.proof if isinstance(rule, Rule) else "") or waits),
        url=one.url,
        file=file,
        line=line,
    )


def _is_required(rule: Check) -> bool:
    return isinstance(rule, Rule) and rule.required


def _place(message: str, root: Path) -> tuple[str, int | None]:
    """Return the first file of the repository that a message names as `path` or `path:line`."""
    for span in _SPAN.findall(message):
        found = _PLACE.fullmatch(span.strip())
        if found and _is_file(root, found[1]):
            return found[1], int(found[2]) if found[2] else None
    return "", None


def _is_file(root: Path, name: str) -> bool:
    place = root / name
    try:
        return place.is_file() and place.resolve().is_relative_to(root.resolve()) and ".." not in place.parts
    except (OSError, ValueError):
        return False


def _title(path: Path, portfolio: Portfolio) -> str:
    title = portfolio.facts.get("title")
    return _one_line(title)[:120] if isinstance(title, str) and title.strip() else path.resolve().name


def _questions(portfolio: Portfolio) -> tuple[Question, ...]:
    from scaffolder.check.families.questions import questions

    return questions(portfolio)


def _one_line(text: str) -> str:
    return " ".join(text.split())
