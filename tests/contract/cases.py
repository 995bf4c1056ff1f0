"""Which projects the contract is checked on: every template with a pairwise set of answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from scaffolder import catalog

from .pairwise import pairwise

if TYPE_CHECKING:
    from scaffolder.catalog import Question

# A second value for each question that is answered by typing: allowed, and apt to trip up a file.
TYPED = {
    "project_name": "Zoë's pump no. 3: 50 % & more, #1",
    "author_name": "Ana María O'Neill [bot] & Søn, Ltd.",
}


@dataclass(frozen=True, slots=True)
class Case:
    """One template and an answer to each of its questions."""

    template: str
    answers: dict[str, object]
    changed: tuple[str, ...]  # the answers that are not the default

    def __str__(self) -> str:
        """Name the case in a test's id: what differs from the defaults."""
        words = (f"{name}={_short(self.answers[name])}" for name in self.changed)
        return "-".join([self.template, *words]) if self.changed else f"{self.template}-defaults"


def all_cases() -> list[Case]:
    """Return the cases of all templates; the first of each template has every default."""
    return [case for template in catalog.templates() for case in cases(template.name)]


def cases(template: str) -> list[Case]:
    """Return the cases of one template."""
    questions = catalog.questions(template)
    default = {question.name: question.default for question in questions}
    rows = pairwise({question.name: _values(question) for question in questions})
    return [Case(template, row, tuple(name for name in row if row[name] != default[name])) for row in rows]


def _values(question: Question) -> list[object]:
    default = question.default
    if question.type == "bool":
        return [default, not default]
    if question.choices:
        return [default, *(choice for choice in question.choices if choice != default)]
    return [default, TYPED[question.name]]


def _short(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "typed" if value in TYPED.values() else str(value)
