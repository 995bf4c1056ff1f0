"""The reports of one or several repositories as one web page that needs no other file.

Everything that comes from a repository is text: Jinja2 escapes it, and of the Markdown of messages no HTML,
no picture and no link to elsewhere than http(s) is taken. The page's own policy forbids the browser the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scaffolder.check.facts.share import percent
from scaffolder.fleet import Failure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jinja2 import Template
    from markdown_it import MarkdownIt

    from scaffolder.check.review import Finding, Report

# For each outcome its tag, and how several are counted, in that order.
OUTCOMES = {
    "passed": ("Passed", "passed"),
    "failed": ("Failed", "failed"),
    "advised": ("Advice", "left as advice"),
    "not-applicable": ("Does not apply", "not applicable"),
}


@dataclass(frozen=True, slots=True)
class Family:
    """One table of a report."""

    key: str  # part of an address in the page
    name: str
    note: str  # HTML
    findings: tuple[Finding, ...]


def render(results: Sequence[Report | Failure], *, label: Callable[[Path], str] = str) -> str:
    """Return the page; `label` is how the path of a repository is shown."""
    from importlib.metadata import version

    reports = [one for one in results if not isinstance(one, Failure)]
    return _template().render(
        reports=reports,
        failures=[one for one in results if isinstance(one, Failure)],
        title=f"{reports[0].title}: portfolio check" if len(reports) == 1 else "Portfolio check",
        good=sum(not one.failed for one in reports),
        label=label,
        families=families,
        markdown=markdown,
        outcome=outcome,
        counted=counted,
        as_percent=as_percent,
        outcomes={name: tag for name, (tag, _) in OUTCOMES.items()},
        version=version("portfolio-scaffolder"),
    )


def as_percent(share: float) -> str:
    """Return a share in per cent; 0 % and 100 % are nothing else.

    >>> as_percent(0.61), as_percent(0.9998), as_percent(1.0)
    ('61 %', '99.98 %', '100 %')
    """
    return percent(round(share * 1e6), 1_000_000)


def families(report: Report) -> list[Family]:
    """Return the tables of a report, in order."""
    return [
        Family(
            re.sub(r"[^a-z0-9]+", "-", key.lower()).strip("-") or "family",
            name,
            markdown(report.notes.get(key, "")),
            report.of(key),
        )
        for key, name in report.families.items()
    ]


def outcome(finding: Finding) -> str:
    """Return one of OUTCOMES."""
    if finding.verdict == "failed" and not finding.required:
        return "advised"
    return finding.verdict.replace(" ", "-")


def counted(findings: Iterable[Finding]) -> str:
    """Return how often each outcome is there, in words."""
    found = [outcome(one) for one in findings]
    return ", ".join(f"{found.count(name)} {words}" for name, (_, words) in OUTCOMES.items() if name in found)


def markdown(text: str) -> Any:
    """Return HTML of a Markdown text of which nothing can act or load anything."""
    from markupsafe import Markup

    return Markup(_markdown().render(text))  # noqa: S704 - its HTML is switched off


@cache
def _markdown() -> MarkdownIt:
    from markdown_it import MarkdownIt

    result = MarkdownIt("commonmark", {"html": False}).disable(["image", "heading", "lheading"])
    result.validateLink = lambda url: url.startswith(("https://", "http://"))  # type: ignore[method-assign]
    result.add_render_rule("link_open", _link_open)
    return result


def _link_open(self: Any, tokens: Sequence[Any], index: int, options: Any, env: Any) -> str:
    tokens[index].attrSet("rel", "nofollow noopener noreferrer")
    return str(self.renderToken(tokens, index, options, env))


@cache
def _template() -> Template:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(Path(__file__).with_name("report.html").read_text(encoding="utf-8"))
