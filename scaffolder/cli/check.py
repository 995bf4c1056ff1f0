"""`check`: the rules of a portfolio, with evidence for each line."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from scaffolder.cli import options, output
from scaffolder.errors import ScaffolderError

if TYPE_CHECKING:
    from scaffolder.check.review import Report


def check(projects: options.Projects = None) -> int:
    """Check repositories against the rules of a portfolio.

    Exit status 0 when every required rule passes, 1 when one does not.

    Examples:
      scaffolder check
      scaffolder check pumps reviews
    """
    from scaffolder.check.review import review

    status = 0
    for path in projects or [Path()]:
        try:
            report = review(path)
        except ScaffolderError as error:
            output.error(str(error))
            status = 1
            continue
        _show(report)
        status = status or int(bool(report.failed))
    return status


def _show(report: Report) -> None:
    output.result(f"{report.title} ({report.path})")
    for key, name in report.families.items():
        output.result(f"\n{name}")
        for one in report.findings:
            if one.family == key:
                output.result(f"  {one.verdict:14} {one.rule:6} {one.title} {one.proof}{one.message}")
