"""Family evidence: what a repository states was measured by a run, and can be held against it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scaffolder import evidence
from scaffolder.check.rule import Rule, code

if TYPE_CHECKING:
    from scaffolder.check.portfolio import Portfolio


class Evidence(Rule):
    """A rule of this family."""

    family = "evidence"


class EV100(Evidence):
    """Has evidence of a run, valid against its schema."""

    def check(self, portfolio: Portfolio) -> bool | str:
        """Run `evaluate`: it writes `reports/metrics.json`, from which every number of the texts comes."""
        if portfolio.evidence is not None:
            return self.passed(evidence.METRICS)
        why = portfolio.trouble.get(evidence.METRICS)
        return f"{code(evidence.METRICS)}: {code(why, longest=300)}" if why else False
