"""Runs every rule over a repository: ours, and those of other plugins of repo-review that are installed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from scaffolder.check.portfolio import Portfolio
from scaffolder.check.rule import Rule
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Verdict = Literal["passed", "failed", "not applicable"]


class NotReviewable(ScaffolderError):
    """A path that is no repository which could be looked at."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{path}: {' '.join(why.split())}")


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


@dataclass(frozen=True, slots=True)
class Report:
    """What all the rules say of one repository."""

    path: Path
    title: str
    families: Mapping[str, str]  # name of each family in the order in which they are shown
    findings: tuple[Finding, ...]
    notes: Mapping[str, str] = field(default_factory=dict)  # Markdown below a family's name

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The required rules that failed."""
        return tuple(one for one in self.findings if one.required and one.verdict == "failed")


def review(path: Path) -> Report:
    """Return what every rule says of the repository at `path`; nothing of it runs.

    Raises:
        NotReviewable: there is no such folder, or its pyproject.toml is no TOML.
    """
    from repo_review.checks import collect_checks
    from repo_review.families import (
        Family,
        collect_families,
        get_family_description,
        get_family_name,
        sort_family_keys,
    )
    from repo_review.fixtures import collect_fixtures, compute_fixtures
    from repo_review.processor import CollectionReturn, process

    if not path.is_dir():
        raise NotReviewable(path, "no such folder; expected a repository")
    portfolio = Portfolio(path)
    if portfolio.toml("pyproject.toml") == {} and (why := portfolio.trouble.get("pyproject.toml")):
        raise NotReviewable(path / "pyproject.toml", why)
    fixtures = compute_fixtures(path, path, {**collect_fixtures(), "portfolio": lambda: portfolio})
    checks = collect_checks(fixtures)
    families = collect_families(fixtures)
    for check in checks.values():
        families.setdefault(check.family, Family())
    _, results = process(path, collected=CollectionReturn(fixtures, checks, families))
    findings = []
    for one in results:
        rule = checks[one.name]
        verdict: Verdict = "not applicable" if one.result is None else "passed" if one.result else "failed"
        proof = rule.proof if isinstance(rule, Rule) else ""
        required = isinstance(rule, Rule) and rule.required
        findings.append(
            Finding(
                *(one.name, one.family, one.description, verdict, required),
                message=one.err_msg,
                proof=one.skip_reason or proof,
                url=one.url,
            )
        )
    keys = sort_family_keys(families)
    return Report(
        path,
        str(portfolio.facts.get("title") or path.absolute().name),
        {key: get_family_name(families, key) for key in keys},
        tuple(findings),
        {key: text for key in keys if (text := get_family_description(families, key))},
    )
