"""One project as it is shown: what it says of itself, and what its last run measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from scaffolder.showcase.owner import Link


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture that the project's run drew."""

    path: Path  # absolute, a regular file inside the project
    alt: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What is shown of one project. Texts are plain unless they say Markdown; all of them are untrusted."""

    path: Path  # absolute
    slug: str  # lower case letters, digits and hyphens; unique in a showcase; a name in addresses and files
    title: str
    summary: str
    problem: str
    decision: str
    stack: tuple[str, ...]
    figures: tuple[Figure, ...]
    star: str  # Markdown of reports/star.md without its title; empty where there is none
    run: str  # the commands of the README's first code block
    limits: str  # Markdown: where it fails
    links: tuple[Link, ...]  # portfolio.toml [links], else the repository's public address
    evidence: Mapping[str, Any]  # valid: scaffolder.evidence.read

    @property
    def metric(self) -> str:
        """The headline metric in words: `average precision`."""
        return str(self.evidence["headline"]["metric"]).replace("_", " ")

    @property
    def model(self) -> Measure:
        """The headline."""
        return _measure(self.evidence["headline"])

    @property
    def baseline(self) -> Measure:
        """The same of the simple baseline."""
        return _measure(self.evidence["headline"]["baseline"])

    @property
    def is_synthetic(self) -> bool:
        """True when the data of the run were made by a generator, which every page has to say."""
        return bool(self.evidence["data"]["source"] == "synthetic")


def _measure(found: Mapping[str, Any]) -> Measure:
    return Measure(found["value"], *found["ci95"])


def read_entry(path: Path) -> Entry:
    """Read the project at `path`.

    Raises:
        ScaffolderError: it is no project, has no evidence or half of it, or a figure is missing or too large.
    """
    raise NotImplementedError
