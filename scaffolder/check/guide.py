"""Family guide: what the guide for a portfolio asks every repository to have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder.check.rule import Rule

if TYPE_CHECKING:
    from scaffolder.check.portfolio import Portfolio


class Guide(Rule):
    """A rule of this family."""

    family = "guide"


class GD100(Guide):
    """Has a README."""

    def check(self, portfolio: Portfolio) -> bool:
        """Write a `README.md`: what problem the project solves, for whom, and how to run it."""
        return portfolio.readme is not None and self.passed(portfolio.readme)
