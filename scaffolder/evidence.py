"""Reads what a project's last run measured, `reports/metrics.json`; only the project writes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from scaffolder.project import Project

METRICS = "reports/metrics.json"


def headline(project: Project) -> str | None:
    """Return the headline metric with its interval beside its baseline, or None without readable evidence."""
    try:
        found = json.loads((project.path / METRICS).read_text(encoding="utf-8"))
        head, baseline = found["headline"], found["headline"]["baseline"]
        low, high = head["ci95"]
        return (
            f"{head['metric'].replace('_', ' ')} {head['value']:.3f} [{low:.3f}, {high:.3f}] against "
            f"{baseline['value']:.3f} ({baseline['name']}), {found['data']['source']} data"
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # absent, or not yet of schema 1: the stage's own last line is shown instead
