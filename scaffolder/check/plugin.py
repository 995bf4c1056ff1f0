"""What repo-review finds through the entry points in pyproject.toml."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from scaffolder.check.families import evidence, guide, practice, yours
from scaffolder.check.portfolio import Portfolio
from scaffolder.check.rule import Rule

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from repo_review.families import Family

MODULES = (guide, evidence, practice, yours)


def portfolio(root: Traversable) -> Portfolio:
    """Fixture: the repository as our rules see it."""
    return Portfolio(root)


def rules() -> dict[str, Rule]:
    """Return a new object of every rule, by its code."""
    found = (kind for module in MODULES for _, kind in inspect.getmembers(module, inspect.isclass))
    return {kind.__name__: kind() for kind in found if issubclass(kind, Rule) and kind.__name__[-1].isdigit()}


def families(portfolio: Portfolio) -> dict[str, Family]:
    """Return the families in the order in which they are shown, with what two of them come to as a whole."""
    return {
        "guide": {"name": "Guide: what every portfolio repository has", "order": -40},
        "evidence": {"name": "Evidence: every number comes from a run", "order": -30},
        "practice": {
            "name": "Practice: the MLOps-zoomcamp rubric",
            "order": -20,
            "description": practice.description(portfolio),
        },
        "yours": {
            "name": "Yours: what the owner made of it",
            "order": -10,
            "description": yours.description(portfolio),
        },
    }
